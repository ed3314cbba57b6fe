"""Rows as pages and lists show them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from wacloud.shared.application.cache import Kept
from wacloud.shared.domain.ids import BusinessId, UserId


@dataclass(frozen=True, slots=True, kw_only=True)
class BusinessDetail:
    """A business as its members see it."""

    id: BusinessId
    name: str
    sector: str
    phone: str | None
    employee_count: str | None
    language: str
    time_zone: str
    profile: Mapping[str, Any]
    created_at: datetime
    erase_at: datetime | None
    demands_second_factor: bool


# The same for all of them: what somebody is in it, is no part of it.
PROFILE = Kept("profile", "business.read", BusinessDetail)


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member with the name they gave themselves."""

    user_id: UserId
    name: str
    email: str
    role: str
    joined_at: datetime
    has_second_factor: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NewInvitation:
    """An invitation to keep."""

    business_id: BusinessId
    email: str
    role: str
    invited_by: UserId
    link_hash: bytes
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRow:
    """One line of the audit log; a name where the person is still somebody we know."""

    id: UUID
    at: datetime
    action: str
    actor_kind: str
    actor_id: UserId | None
    actor_name: str | None
    user_id: UserId | None
    user_name: str | None
    detail: Mapping[str, Any]
    address: str
    user_agent: str
    request_id: str


@dataclass(frozen=True, slots=True)
class AuditPage:
    """Some lines, and where the next ones begin."""

    rows: Sequence[AuditRow]
    next_cursor: str | None
