"""How often something may be done: one table of limits, counted for all processes together."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from wacloud.shared.domain.errors import AppError

By = Literal["address", "user", "everybody"]


@dataclass(frozen=True, slots=True)
class Limit:
    """
    At most `most` in any `per_s` seconds, for each address, each user or everybody together.

    `closes`: what guards against guessing is refused while nobody can count; all else is let through.
    """

    name: str
    most: int
    per_s: int
    by: By
    closes: bool = False


@dataclass(frozen=True, slots=True)
class Standing:
    """Where one caller stands after this try: `left` more may follow, `resets_in_s` until there is room again."""

    allowed: bool
    left: int
    resets_in_s: float


class TooManyRequests(AppError):
    """Too many requests; try again in a moment."""

    kind = "limit"


class CounterAway(Exception):
    """Nobody can count at the moment."""


class RateLimiter(Protocol):
    """Counts tries."""

    async def count(self, limit: Limit, who: str) -> Standing:
        """
        Count one try if it is allowed. One round trip, and exact however many come at once.

        :raises CounterAway: the counter cannot be reached.
        """
        ...


@dataclass(frozen=True, slots=True)
class Limits:
    """The table, and who counts."""

    table: Mapping[str, Limit]
    limiter: RateLimiter

    async def check(self, name: str, who: str) -> Standing | None:
        """
        Count one try of this kind; None where nobody could count and the limit does not close.

        :raises TooManyRequests: there were too many; its field `retry_after` says when there is room again.
        :raises CounterAway: nobody can count, and this limit closes.
        """
        limit = self.table[name]
        try:
            return await self.limiter.count(limit, who)
        except CounterAway:
            if limit.closes:
                raise
            return None
