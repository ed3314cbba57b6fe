"""Requests that name themselves by a key, so that the same one again has no second effect."""

from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from wacloud.shared.domain.errors import AppError
from wacloud.shared.domain.ids import ApiKeyId, BusinessId, UserId


class IdempotencyKeyReused(AppError):
    """This request already did something else. Send it with another key if it is a new one."""


class IdempotencyKeyInUse(AppError):
    """The same request is being answered right now; ask again in a moment."""

    kind = "conflict"


@dataclass(frozen=True, slots=True)
class Request:
    """
    One request, as its caller names it. `fingerprint` is what it asks for: the same key with another is refused.

    Keys of another caller, business or operation have nothing to do with one another.
    """

    caller: UserId | ApiKeyId
    business_id: BusinessId | None
    operation: str
    key: str
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered."""

    status: int
    media_type: str
    body: str


@dataclass(frozen=True, slots=True)
class Claim:
    """
    The right to answer a request, until the lease is over: `attempt` is its fencing number.

    `id` stays the same over all attempts: what is made for a request may carry it, and is then made once.
    """

    id: UUID
    attempt: int
    business_id: BusinessId | None


class Idempotency(Protocol):
    """Remembers requests for a day. Each call is a transaction of its own, and durable when it returns."""

    async def claim(self, request: Request) -> Claim | Answer:
        """
        The right to answer it, or the answer it has already.

        :raises IdempotencyKeyReused: its key was used for something else.
        :raises IdempotencyKeyInUse: somebody is answering it; `retry_after` says when to ask again.
        """
        ...

    async def record(self, claim: Claim, answer: Answer) -> None:
        """It is answered; whoever asks again gets this."""
        ...

    async def give_up(self, claim: Claim) -> None:
        """It ended without an answer that holds: the same request may be tried again at once."""
        ...

    async def forget(self, claim: Claim) -> None:
        """It was refused before it began: as if it had never come."""
        ...
