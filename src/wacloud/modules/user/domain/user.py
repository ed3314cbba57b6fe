"""A person who logs in."""

from dataclasses import dataclass
from datetime import datetime

from wacloud.shared.domain.ids import UserId

LONGEST_EMAIL = 254


@dataclass(frozen=True, slots=True)
class User:
    """Their name and language are theirs; the e-mail address is unique whatever its capitals."""

    id: UserId
    name: str
    email: str
    language: str
    created_at: datetime


def canonical_email(typed: str) -> str:
    """An address as it is stored and compared: no space around it, no capitals."""
    return typed.strip().lower()


def is_possible_email(address: str) -> bool:
    """Whether it may be stored as an address: something before and after an @, nothing invisible in it."""
    before, _, after = address.rpartition("@")
    return bool(before and after) and len(address) <= LONGEST_EMAIL and address.isprintable() and " " not in address
