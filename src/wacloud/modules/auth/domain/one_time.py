"""Secrets good for one thing, once: links and codes in mails, what they are exchanged for, a waiting sign-in."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias
from uuid import UUID

from wacloud.shared.domain.errors import AppError
from wacloud.shared.domain.ids import UserId

OneTimePurpose: TypeAlias = Literal[
    "verify_email",
    "reset_password",
    "change_email",
    "magic_link",
    "second_factor",
    "factor_challenge",
    "auth_code",
    "reauthenticate",
]

# What lets somebody in, or half of the way: void as soon as the password or the address is another one.
LEAD_IN: tuple[OneTimePurpose, ...] = ("reset_password", "magic_link", "second_factor", "auth_code")

ONE_TIME_LIFETIMES: Mapping[OneTimePurpose, timedelta] = {
    "verify_email": timedelta(hours=24),
    "reset_password": timedelta(hours=1),
    "change_email": timedelta(hours=1),
    "magic_link": timedelta(minutes=15),
    "second_factor": timedelta(minutes=5),
    "auth_code": timedelta(minutes=5),
    "reauthenticate": timedelta(minutes=10),
    "factor_challenge": timedelta(minutes=5),
}


class LinkNotGood(AppError):
    """This link or code is no longer good; ask for a new one."""


@dataclass(frozen=True, slots=True)
class OneTimeToken:
    """What the secret is for. `detail` is what it will do: the new address, or what was typed at sign-up."""

    id: UUID
    user_id: UserId
    purpose: OneTimePurpose
    expires_at: datetime
    code_hash: bytes | None = None
    detail: Mapping[str, Any] = field(default_factory=dict)
