"""PostgreSQL: the pool, and transactions that carry exactly one identity."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, cast

import psycopg
from psycopg.rows import namedtuple_row
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from wacloud.shared.application.cache import Cache, Kept, NoCache
from wacloud.shared.application.db import Params, StoreAway
from wacloud.shared.application.jobs import NewJob
from wacloud.shared.application.live import Announcer, Change
from wacloud.shared.domain.events import Event
from wacloud.shared.domain.ids import BusinessId, UserId
from wacloud.shared.infra.arrays import with_quick_arrays
from wacloud.shared.infra.new_jobs import Inserted, QueuedJob, Taker, insert_jobs, wake_jobs

Connection = psycopg.AsyncConnection[Any]
ToJobs = Callable[[Event], Sequence[NewJob]]

STATEMENT_TIMEOUT_S = 30
QUERY_TIMEOUT_S = 10
RECONNECT_WITHIN_S = 2

MEMBER = "authenticated"
RingJobs = Callable[[Sequence[QueuedJob]], None]


class PostgresTx:
    """See `shared.application.db.Tx`."""

    __slots__ = ("_changes", "_conn", "_jobs", "_outdated", "_to_jobs", "_woken")

    def __init__(self, conn: Connection, to_jobs: ToJobs) -> None:
        self._conn = conn
        self._to_jobs = to_jobs
        self._jobs: list[NewJob] = []
        self._woken: list[QueuedJob] = []
        self._changes: set[Change] = set()
        self._outdated: set[tuple[BusinessId, Kept[Any]]] = set()

    async def rows(self, sql: str, params: Params = ()) -> list[Any]:
        async with asyncio.timeout(QUERY_TIMEOUT_S):
            cursor = await self._conn.execute(cast(Any, sql), params or None)
            return await cursor.fetchall() if cursor.description else []

    async def row(self, sql: str, params: Params = ()) -> Any | None:
        async with asyncio.timeout(QUERY_TIMEOUT_S):
            cursor = await self._conn.execute(cast(Any, sql), params or None)
            return await cursor.fetchone() if cursor.description else None

    async def execute(self, sql: str, params: Params = ()) -> int:
        async with asyncio.timeout(QUERY_TIMEOUT_S):
            cursor = await self._conn.execute(cast(Any, sql), params or None)
            return cursor.rowcount

    def publish(self, *events: Event) -> None:
        for event in events:
            self._jobs.extend(self._to_jobs(event))

    def queue(self, *jobs: NewJob) -> None:
        self._jobs.extend(jobs)

    async def wake(self, business_id: BusinessId, waits_for: str) -> int:
        woken = await wake_jobs(self, business_id, waits_for)
        self._woken += woken
        return len(woken)

    def show(self, business_id: BusinessId, *conversations: object) -> None:
        self._changes.update(Change(business_id, cast(Any, conversation)) for conversation in conversations)

    def outdate(self, business_id: BusinessId, kept: Kept[Any]) -> None:
        self._outdated.add((business_id, kept))

    async def _insert_jobs(self, ring: bool, taker: Taker | None = None) -> Inserted:
        if not self._jobs:
            return Inserted()
        return await insert_jobs(self, self._jobs, ring=ring, taker=taker)


class PostgresDatabase:
    """
    See `shared.application.db.Database`.

    `to_jobs` knows who subscribes to an event. `ring` is called after a commit with the jobs it inserted, for a
    dispatcher other than PostgreSQL; without it workers are woken by NOTIFY inside the transaction. `taker` is the
    runner of this process, where there is one: it takes the jobs it has room for without their being claimed.
    """

    taker: Taker | None = None

    def __init__(
        self,
        pool: "AsyncConnectionPool[Connection]",
        *,
        to_jobs: ToJobs = lambda event: (),
        announcer: Announcer | None = None,
        cache: Cache | None = None,
        ring: RingJobs | None = None,
    ) -> None:
        self.pool = pool
        self._to_jobs = to_jobs
        self._announcer = announcer
        self._cache = cache or NoCache()
        self.ring = ring

    @asynccontextmanager
    async def tenant(self, *business_ids: BusinessId, read_only: bool = False) -> AsyncIterator[PostgresTx]:
        ids = ",".join(sorted({str(business_id) for business_id in business_ids}))
        async with self._transaction("wacloud_worker", {"app.business_ids": ids}, read_only) as tx:
            yield tx

    @asynccontextmanager
    async def member(self, user_id: UserId, *, read_only: bool = False) -> AsyncIterator[PostgresTx]:
        claims = json.dumps({"sub": str(user_id), "role": "authenticated"})
        async with self._transaction(MEMBER, {"request.jwt.claims": claims}, read_only) as tx:
            yield tx

    @asynccontextmanager
    async def system(
        self, why: str, *, wait_s: float | None = None, repeatable: bool = False
    ) -> AsyncIterator[PostgresTx]:
        """
        `wait_s` is how long to wait for a connection at most, where the pool's own time is too long.

        A `repeatable` commit waits for no disk. Should the server's power fail within the next half second it may be
        undone, which is as if its worker had died before it: what was claimed is free again, what was ended runs
        again. It can not be undone once anything written later is durable.
        """
        settings = {"app.why": why, **({"synchronous_commit": "off"} if repeatable else {})}
        async with self._transaction("wacloud_system", settings, False, wait_s) as tx:
            yield tx

    @asynccontextmanager
    async def _transaction(
        self, role: str, settings: Mapping[str, str], read_only: bool, wait_s: float | None = None
    ) -> AsyncIterator[PostgresTx]:
        # A member may queue work; claiming it is for those who do it.
        taker = None if role == MEMBER else self.taker
        inserted = Inserted()
        try:
            conn = await self._begin(_opening(role, settings, read_only), wait_s)
            try:
                tx = PostgresTx(conn, self._to_jobs)
                try:
                    yield tx
                    inserted = await tx._insert_jobs(self.ring is None, taker)
                except BaseException:
                    await _roll_back(conn)
                    raise
                async with asyncio.timeout(QUERY_TIMEOUT_S):
                    committed = await conn.execute("commit")
                if committed.statusmessage != "COMMIT":
                    # After an error somebody swallowed, PostgreSQL answers COMMIT with a rollback and no complaint.
                    raise psycopg.errors.InFailedSqlTransaction("a statement failed before: nothing was committed")
            except BaseException:
                if taker is not None:
                    # Had they been committed all the same, their leases would run out and others would run them.
                    taker.release(job.lane for job in inserted.taken)
                raise
            finally:
                await self.pool.putconn(conn)
        except (psycopg.OperationalError, PoolTimeout, TimeoutError) as error:
            if isinstance(error, psycopg.errors.QueryCanceled | psycopg.errors.DeadlockDetected):
                raise
            raise StoreAway(str(error)) from error
        for business_id, kept in tx._outdated:
            # Waited for: whoever wrote reads what they wrote.
            await self._cache.forget(business_id, kept)
        if taker is not None:
            taker.start_reserved(inserted.taken)
        if (inserted.queued or tx._woken) and self.ring is not None:
            self.ring([*inserted.queued, *tx._woken])
        if tx._changes and self._announcer is not None:
            self._announcer.announce(tx._changes)

    async def _begin(self, opening: str, wait_s: float | None) -> Connection:
        """
        A connection with the transaction open.

        After a restart of the server the pool holds connections that are dead without knowing it. Nothing has been
        done on one that cannot even begin, so the pool is cleaned and another one is tried.
        """
        for last_try in (False, True):
            conn = await self.pool.getconn(wait_s)
            try:
                async with asyncio.timeout(QUERY_TIMEOUT_S):
                    await conn.execute(cast(Any, opening))
                return conn
            except BaseException as error:
                dead = _is_dead(conn)
                if not dead:
                    await _roll_back(conn)
                await self.pool.putconn(conn)
                if last_try or not dead or not isinstance(error, psycopg.OperationalError):
                    raise
                await self.pool.check()
        raise AssertionError("unreachable")


def storable(text: str, longest: int = 2000) -> str:
    """What PostgreSQL takes as text: a report may quote whatever somebody sent us."""
    return text[:longest].replace("\x00", "\N{REPLACEMENT CHARACTER}").encode("utf-8", "replace").decode()


def _is_dead(conn: Connection) -> bool:
    return conn.closed or conn.broken


async def _roll_back(conn: Connection) -> None:
    """A connection that cannot roll back is closed, so that the pool throws it away with whatever it holds."""
    try:
        async with asyncio.timeout(2):
            await conn.execute("rollback")
    except Exception:
        await conn.close()
    except asyncio.CancelledError:
        await conn.close()
        raise


def _opening(role: str, settings: Mapping[str, str], read_only: bool) -> str:
    """Begin, become the role, set the tenant: one trip, and all of it ends with the transaction."""
    configs = ", ".join(
        f"set_config('{name}', '{value.replace(chr(39), chr(39) * 2)}', true)"
        for name, value in {"role": role, "statement_timeout": f"{STATEMENT_TIMEOUT_S}s", **settings}.items()
    )
    return f"begin{' read only' if read_only else ''}; select {configs}"


def make_pool(
    dsn: str, *, smallest: int = 5, largest: int = 20, timeout_s: float = 5, transaction_pooled: bool = False
) -> "AsyncConnectionPool[Connection]":
    """
    A pool of 5 to 20 connections. It is not opened yet.

    `transaction_pooled` is for a pooler in transaction mode (Supavisor, PgBouncer before 1.21), where prepared
    statements of one client can meet another client's connection.
    """
    return AsyncConnectionPool(
        dsn,
        min_size=smallest,
        max_size=largest,
        timeout=timeout_s,
        # The pool doubles its pauses between attempts to connect until it gives up, and starts anew when somebody
        # asks. Given up early, it is never longer than this behind a server that is back.
        reconnect_timeout=RECONNECT_WITHIN_S,
        open=False,
        kwargs={
            "autocommit": True,
            "row_factory": namedtuple_row,
            "prepare_threshold": None if transaction_pooled else 5,
            "connect_timeout": 5,
            "application_name": "wacloud",
            "context": with_quick_arrays(),
        },
    )
