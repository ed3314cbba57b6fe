"""
What stands around the model: whose key pays, how much may be used, what may be said.

Each may be missing, and then it does not stand in the way.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Literal, Protocol
from uuid import UUID

from wacloud.modules.bot.domain.picture import Picture, sees
from wacloud.modules.bot.domain.prices import PRICES, Price
from wacloud.shared.domain.ids import BusinessId

if TYPE_CHECKING:
    from wacloud.modules.bot.application.model import ModelPort


@dataclass(frozen=True, slots=True)
class KeyHealth:
    """How one of several keys fares. `rests_s`: for so long it is not used, because of `why`."""

    number: int
    rests_s: int
    why: str | None
    calls: int
    failures: int
    left_requests: int | None = None
    left_tokens: int | None = None


TellHealth = Callable[[Sequence[KeyHealth]], None]


@dataclass(frozen=True, slots=True)
class Moderated:
    """What a text was found to hold; nothing: it may be said."""

    categories: frozenset[str] = frozenset()


class ModerationAway(Exception):
    """Nobody can judge at the moment, or this provider never does."""


class Moderator(Protocol):
    """Judges texts. Network: never call it with a transaction open."""

    async def judge(self, text: str) -> Moderated:
        """:raises ModerationAway: nobody can."""
        ...


@dataclass(frozen=True, slots=True)
class Provider:
    """
    Somebody to ask: a model, and who judges texts for it. `own`: the business pays itself.

    `vision`: whether its models see pictures; None: their names tell. `fails`: why their own key was last refused.
    """

    model: "ModelPort"
    moderator: Moderator | None = None
    own: bool = False
    vision: bool | None = None
    fails: Literal["refused", "no_money"] | None = None

    def sees(self, model: str | None) -> bool:
        """Whether this model, or the usual one, may be shown pictures."""
        return sees(model or self.model.name) if self.vision is None else self.vision


class Pictures(Protocol):
    """Pictures that customers sent. Opens its own transactions, and may wait: call it without one."""

    async def of(self, business_id: BusinessId, media_ids: Sequence[UUID]) -> tuple[Picture, ...]:
        """Those that are there, of a kind models take and not too large."""
        ...


class OwnProviders(Protocol):
    """The providers of businesses that bring a key of their own. Opens its own transactions."""

    async def of(self, business_id: BusinessId) -> Provider | None:
        """Theirs, or None where they use ours."""
        ...


class TokenBuckets(Protocol):
    """How many tokens each business may use in a minute, so that one cannot take them all. It never raises."""

    async def take(self, business_id: BusinessId, tokens: int) -> bool:
        """Take so many; False, taking nothing, where there are not enough."""
        ...


Period = Literal["day", "month"]


@dataclass(frozen=True, slots=True)
class Spent:
    """US dollars of models, on one day and in its month."""

    day: Decimal
    month: Decimal


class Spending(Protocol):
    """What the models of businesses have cost. Opens its own transactions: call it without one."""

    async def until(self, business_id: BusinessId, day: date) -> Spent:
        """On this day, and in this month up to it."""
        ...

    async def tell_out(self, business_id: BusinessId, day: date, period: Period) -> None:
        """Tell those in charge, once a day, that the budget is used up."""
        ...


class AnswerMemory(Protocol):
    """Answers to questions that come again and again. It never raises; `place` names exactly what they hold for."""

    async def find(self, business_id: BusinessId, place: str) -> str | None:
        """The answer that was kept."""
        ...

    async def keep(self, business_id: BusinessId, place: str, answer: str) -> None:
        """Keep it for some hours."""
        ...


@dataclass(frozen=True, slots=True)
class Guards:
    """All of them. `offered`: the models a business may choose on our keys, beside the one that is set up."""

    provider: Provider | None = None
    own: OwnProviders | None = None
    buckets: TokenBuckets | None = None
    spending: Spending | None = None
    memory: AnswerMemory | None = None
    pictures: Pictures | None = None
    offered: frozenset[str] = frozenset()
    prices: tuple[Price, ...] = PRICES
