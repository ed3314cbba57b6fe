"""
What was read of a business a moment ago, for everybody who may read it.

What is kept is the same for all who hold one permission; who holds it is asked anew at every request, before the cache
is. What differs between two people who hold it is not kept here.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, Generic, Literal, Protocol, TypeVar

from wacloud.shared.domain.ids import BusinessId

T = TypeVar("T")

# How long at most, by what it is. Sessions are remembered elsewhere and by rules of their own (`auth`).
CACHE_TTL: Final[Mapping[Literal["api"], timedelta]] = {"api": timedelta(minutes=5)}


@dataclass(frozen=True, slots=True)
class Kept(Generic[T]):
    """
    Something of a business that may be kept: a dataclass of plain values.

    `scope` is the permission that opens it; `of` says how long it is kept.
    """

    name: str
    scope: str
    kind: type[T]
    of: Literal["api"] = "api"


class Cache(Protocol):
    """Network: never with a transaction open. It never raises, and without it everything is read where it belongs."""

    async def get_or(self, business_id: BusinessId, kept: Kept[T], load: Callable[[], Awaitable[T | None]]) -> T | None:
        """What is kept, or what `load` finds. None is not kept, and nothing that changed while it was being read."""
        ...

    async def forget(self, business_id: BusinessId, kept: Kept[Any]) -> None:
        """It has changed. After the commit: `Tx.outdate` sees to that."""
        ...


class NoCache:
    """See `Cache`. Keeps nothing."""

    async def get_or(self, business_id: BusinessId, kept: Kept[T], load: Callable[[], Awaitable[T | None]]) -> T | None:
        return await load()

    async def forget(self, business_id: BusinessId, kept: Kept[Any]) -> None:
        return None
