"""A mail to one of our own people, from the decision to what became of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, NewType
from uuid import UUID

from wacloud.shared.domain.ids import BusinessId, UserId

MailId = NewType("MailId", UUID)

State = Literal[
    "queued",
    "sending",
    "unconfirmed",
    "sent",
    "delayed",
    "delivered",
    "bounced",
    "complained",
    "failed",
    "suppressed",
]

# A mail moves from a lower rank to a higher one, never back: reports of a provider come in any order.
_RANK: Final[Mapping[str, int]] = {
    "queued": 0,
    "sending": 1,
    "unconfirmed": 2,
    "sent": 3,
    "delayed": 4,
    "delivered": 5,
    # Said after the delivery: somebody's server took it and then gave it back, or somebody called it spam.
    "bounced": 6,
    "failed": 6,
    "suppressed": 6,
    "complained": 7,
}
LONGEST_ADDRESS = 254


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """
    A mail to queue. `values` are those its template names (`domain/templates.py`).

    `user_id` is whom it goes to, where they have an account: their time zone is used. `business_id` is in whose name it
    goes. `key` names the decision it comes from: a second mail with the same key is not written.
    """

    to: str
    template: str
    language: str
    values: Mapping[str, str]
    user_id: UserId | None = None
    business_id: BusinessId | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class StoredMail:
    """A mail as it stands in the outbox."""

    id: MailId
    business_id: BusinessId | None
    user_id: UserId | None
    recipient: str
    template: str
    language: str
    sealed: str | None
    state: State
    attempts: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Email:
    """A mail ready to go: one recipient, text and HTML that say the same."""

    id: MailId
    template: str
    recipient: str
    subject: str
    html: str
    text: str


def may_move(state: str, to: str) -> bool:
    """Whether this is a step forward."""
    return _RANK[to] > _RANK[state]


def is_one_address(address: str) -> bool:
    """
    Whether this is exactly one address, whatever reads it: no list, no name beside it, nothing invisible.

    Stricter than the standard on purpose: quoted parts and comments are ways to say one thing to us and another to
    the next server.
    """
    before, at, after = address.partition("@")
    return (
        bool(before and at and after)
        and len(address) <= LONGEST_ADDRESS
        and address.isprintable()
        and not any(character in " @,;:<>()[]\\\"'`" for character in after)
        and not any(character in ' @,;:<>()[]\\"' for character in before)
        and not after.startswith((".", "-"))
    )
