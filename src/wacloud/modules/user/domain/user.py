"""A person who logs in."""

import re
from dataclasses import dataclass
from datetime import datetime

from wacloud.shared.domain.ids import UserId

LONGEST_EMAIL = 254
# One mailbox: nothing that a mail program could read as several, as a name, or as another header.
_EMAIL = re.compile(r"[^@\s,;:<>()\[\]\\\"]+@[^@\s,;:<>()\[\]\\\"]+")


@dataclass(frozen=True, slots=True)
class User:
    """Their name and language are theirs; the e-mail address is unique whatever its capitals."""

    id: UserId
    name: str
    email: str
    language: str
    created_at: datetime
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
