"""Entries of the audit log."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from wacloud.shared.domain.ids import BusinessId, UserId

ActorKind = Literal["user", "api_key", "system", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """
    One thing that was done or refused, `module.past_tense` (`auth.signed_in`, `business.member_removed`).

    `business_id` is None where it concerns the person `user_id` alone. `detail` holds ids and plain values: never a
    secret, never what a customer wrote.
    """

    action: str
    actor_kind: ActorKind = "user"
    actor_id: UserId | None = None
    business_id: BusinessId | None = None
    user_id: UserId | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
