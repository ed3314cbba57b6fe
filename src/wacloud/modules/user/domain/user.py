"""A person who logs in."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from zoneinfo import available_timezones

from wacloud.shared.domain.errors import AppError
from wacloud.shared.domain.ids import UserId

LONGEST_EMAIL = 254
# One mailbox: nothing that a mail program could read as several, as a name, or as another header.
_EMAIL = re.compile(r"[^@\s,;:<>()\[\]\\\"]+@[^@\s,;:<>()\[\]\\\"]+")
LONGEST_NAME = 120
LANGUAGES: Final = ("es", "en")
DEFAULT_ZONE = "Europe/Madrid"


class NameNotPossible(AppError):
    """A name has 1 to 120 characters that can be seen."""


class LanguageUnknown(AppError):
    """We speak Spanish and English."""


class ZoneUnknown(AppError):
    """There is no such time zone."""


@dataclass(frozen=True, slots=True)
class Notifications:
    """What a person wants to be told by mail. Mails about the safety of their account are no choice."""

    handover_waiting: bool = True
    mentions: bool = True
    usage_alerts: bool = True
    weekly_digest: bool = True
    product_news: bool = False

    @classmethod
    def of(cls, stored: Mapping[str, object]) -> "Notifications":
        """As stored; what is not stored is as it is by default."""
        return cls(**{name: value for name in cls.__slots__ if isinstance(value := stored.get(name), bool)})

    def as_dict(self) -> dict[str, bool]:
        """By name."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class User:
    """Their name and language are theirs; the e-mail address is unique whatever its capitals."""

    id: UserId
    name: str
    email: str
    language: str
    created_at: datetime
    time_zone: str = DEFAULT_ZONE
    notifications: Notifications = field(default_factory=Notifications)
    email_verified_at: datetime | None = None
    disabled_at: datetime | None = None

    @property
    def is_verified(self) -> bool:
        """Whether they have shown that mail to their address reaches them."""
        return self.email_verified_at is not None

    @property
    def is_disabled(self) -> bool:
        """Whether nobody may sign in as them."""
        return self.disabled_at is not None


def canonical_email(typed: str) -> str:
    """An address as it is stored and compared: no space around it, no capitals."""
    return typed.strip().lower()


def is_possible_email(address: str) -> bool:
    """Whether it may be stored as an address: one mailbox, nothing invisible in it."""
    return len(address) <= LONGEST_EMAIL and address.isprintable() and _EMAIL.fullmatch(address) is not None


def checked_name(typed: str) -> str:
    """
    The name with single spaces, as it is shown and written into mails.

    :raises NameNotPossible: nothing is left of it, it is too long, or it holds line ends or what cannot be seen.
    """
    name = " ".join(part for part in typed.split(" ") if part)
    if not 1 <= len(name) <= LONGEST_NAME or not name.isprintable():
        raise NameNotPossible
    return name


def checked_language(language: str) -> str:
    """:raises LanguageUnknown: nothing is written in it."""
    if language not in LANGUAGES:
        raise LanguageUnknown
    return language


def checked_zone(time_zone: str) -> str:
    """:raises ZoneUnknown: it is not in the database of time zones."""
    if time_zone not in available_timezones():
        raise ZoneUnknown
    return time_zone
