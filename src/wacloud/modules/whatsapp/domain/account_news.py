"""What Meta's news about accounts, numbers and templates mean for us: what changes, and what the business is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeAlias

# Why all numbers of an account are held, as it stands with them and their messages.
RESTRICTED: Final = "account_restricted"
DISABLED: Final = "account_disabled"
REVIEW: Final = "account_review"
OFFBOARDED: Final = "account_offboarded"
ACCESS_REMOVED: Final = "access_removed"
DELETED: Final = "account_deleted"


@dataclass(frozen=True, slots=True)
class NumberChanged:
    """What is None stays. `digits` are those of the number as people read it."""

    digits: str
    quality: str | None = None
    per_second: int | None = None
    name: str | None = None
    name_status: str | None = None
    username: str | None = None


@dataclass(frozen=True, slots=True)
class TemplateChanged:
    """What is None stays."""

    meta_id: str | None
    name: str
    language: str
    status: str | None = None
    category: str | None = None
    next_category: str | None = None
    next_category_at: datetime | None = None
    quality: str | None = None
    reason: str | None = None
    advice: str | None = None
    is_stale: bool = False


@dataclass(frozen=True, slots=True)
class Restriction:
    """One thing an account may not do, until then where Meta says until when."""

    type: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class AccountChanged:
    """What is None stays. `ban` may be empty: none any more."""

    messaging_limit: str | None = None
    review: str | None = None
    ban: str | None = None
    restrictions: Sequence[Restriction] | None = None


@dataclass(frozen=True, slots=True)
class NumbersHeld:
    """Nothing is sent from the numbers of the account: what is to be sent waits."""

    why: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class NumbersFreed:
    """What was held for this reason goes on."""

    why: str


@dataclass(frozen=True, slots=True)
class NumbersDisconnected:
    """Nothing is sent until somebody connects them again."""

    why: str


Effect: TypeAlias = NumberChanged | TemplateChanged | AccountChanged | NumbersHeld | NumbersFreed | NumbersDisconnected


@dataclass(frozen=True, slots=True)
class Told:
    """The words for the business: see the notices of the module notification."""

    code: str
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AccountNews:
    """
    One of Meta's news, understood. `subject` is what it is about: of two about the same, the later one holds.

    Nothing to do and nothing to tell: it is kept, and that is all.
    """

    subject: str
    effects: Sequence[Effect] = ()
    told: Told | None = None
