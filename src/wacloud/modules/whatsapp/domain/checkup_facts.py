"""What can be learned of a number: from Meta, and from what came in and went out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class NoAnswer:
    """
    What could not be asked.

    away: no answer, or Meta is out of order. throttled: too many questions. refused: this token may not ask that.
    gone: there is no such thing for this token. sealed: we cannot read our own token. unset: a setting is missing.
    """

    kind: Literal["away", "throttled", "refused", "gone", "sealed", "unset"]
    code: int | None = None
    subcode: int | None = None
    told: str = ""


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """What Meta says of a token. `targets`: the only accounts it was granted, by permission; missing: all."""

    is_valid: bool
    app_id: str | None
    expires_at: datetime | None
    scopes: frozenset[str]
    targets: Mapping[str, frozenset[str]]
    subcode: int | None = None


@dataclass(frozen=True, slots=True)
class HealthFault:
    """One thing Meta says is wrong: with the number, the account, the portfolio or the app."""

    entity: str
    verdict: str
    code: int | None
    told: str
    solution: str


@dataclass(frozen=True, slots=True)
class NumberFacts:
    """What Meta says of a number; what it left out is None."""

    status: str | None = None
    name_status: str | None = None
    quality: str | None = None
    limit: str | None = None
    throughput: str | None = None
    platform: str | None = None
    has_pin: bool | None = None
    is_on_phone: bool | None = None
    callbacks: Mapping[str, str] = field(default_factory=dict)
    health: str | None = None
    faults: tuple[HealthFault, ...] = ()


@dataclass(frozen=True, slots=True)
class SubscriptionFacts:
    """Which apps get the webhooks of an account; `elsewhere`: ours gets them at an address of this account's own."""

    app_ids: tuple[str, ...]
    overrides: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Traffic:
    """
    What came in of this number lately, and what became of what was sent.

    `refused`: Meta's codes for what it refused since it last took a message, within a day.
    `people`: how many the portfolio wrote to first in the last 24 hours, as our own rows say.
    """

    heard_at: datetime | None
    sent: int
    ticked: int
    refused: frozenset[int] = frozenset()
    people: int = 0
