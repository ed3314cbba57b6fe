"""The transaction as a value: it carries the tenant, the events and the jobs of what is being done."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Protocol

from wacloud.shared.application.cache import Kept
from wacloud.shared.application.jobs import NewJob
from wacloud.shared.domain.events import Event
from wacloud.shared.domain.ids import BusinessId, UserId

Params = Sequence[Any] | Mapping[str, Any]


class Tx(Protocol):
    """
    One database transaction. It is committed when its block ends, rolled back when the block raises.

    Nothing that holds a `tx` may touch the network: decide and queue, call, record.
    """

    async def rows(self, sql: str, params: Params = ()) -> list[Any]:
        """Run a statement; rows come as named tuples."""
        ...

    async def row(self, sql: str, params: Params = ()) -> Any | None:
        """Return the first row, or None."""
        ...

    async def execute(self, sql: str, params: Params = ()) -> int:
        """Run a statement and return how many rows it touched."""
        ...

    def publish(self, *events: Event) -> None:
        """Insert one job per subscriber of each event before the commit."""
        ...

    def queue(self, *jobs: NewJob) -> None:
        """Insert jobs before the commit."""
        ...

    async def wake(self, business_id: BusinessId, waits_for: str) -> int:
        """Jobs of the business that wait for this run as soon as we commit; returns how many there were."""
        ...

    def outdate(self, business_id: BusinessId, kept: Kept[Any]) -> None:
        """After the commit, the cache forgets this of the business."""
        ...

    def show(self, business_id: BusinessId, *conversations: object) -> None:
        """After the commit, tell open pages that these conversations changed. Best effort: a page can reload."""
        ...


class Database(Protocol):
    """Opens transactions, each with exactly the rights of whom it works for."""

    def tenant(self, *business_ids: BusinessId, read_only: bool = False) -> AbstractAsyncContextManager[Tx]:
        """Trusted code working for these businesses; every other business's rows do not exist in it."""
        ...

    def member(self, user_id: UserId, *, read_only: bool = False) -> AbstractAsyncContextManager[Tx]:
        """A person: sees the businesses they are a member of, by the database's own rules."""
        ...

    def system(self, why: str) -> AbstractAsyncContextManager[Tx]:
        """One of the few paths that cross tenants. `why` names it; a test lists who may call this."""
        ...


class StoreAway(Exception):
    """The database cannot be reached, or did not answer in time."""
