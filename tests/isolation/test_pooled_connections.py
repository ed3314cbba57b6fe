"""Many businesses on two connections, everything going wrong in the middle: each sees its own, nothing is left over."""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import psycopg
import pytest

from wacloud.shared.application.db import StoreAway
from wacloud.shared.application.jobs import Lane, NewJob
from wacloud.shared.domain.ids import BusinessId, UserId, new_id
from wacloud.shared.infra.postgres import Connection, PostgresDatabase, make_pool

BUSINESSES = 50
ROUNDS = 8


@pytest.fixture
async def db(app_dsn: str) -> AsyncIterator[PostgresDatabase]:
    """A pool of two for everybody; whoever waits too long is told so."""
    pool = make_pool(app_dsn, smallest=2, largest=2, timeout_s=30)
    async with pool:
        yield PostgresDatabase(pool)


@pytest.fixture
async def people(db: PostgresDatabase) -> dict[BusinessId, UserId]:
    """Businesses with one contact each, whose name is the business's id."""
    people = {BusinessId(new_id()): UserId(new_id()) for _ in range(BUSINESSES)}
    both = (list(people), list(people.values()))
    async with db.system("test: make businesses") as tx:
        await tx.execute(
            "insert into app.users (id, name, email) select id, 'P', id || '@example.test' from unnest(%s::uuid[]) id",
            (both[1],),
        )
        await tx.execute(
            "insert into app.businesses (id, owner_id, name) "
            "select b, u, 'Tienda' from unnest(%s::uuid[], %s::uuid[]) t(b, u)",
            both,
        )
        await tx.execute(
            "insert into app.members (business_id, user_id, role) "
            "select b, u, 'owner' from unnest(%s::uuid[], %s::uuid[]) t(b, u)",
            both,
        )
    async with db.tenant(*people) as tx:
        await tx.execute(
            "insert into app.contacts (business_id, name) select b, b::text from unnest(%s::uuid[]) b", (both[0],)
        )
    return people


class Wrong(Exception):
    """Of the code that holds the transaction."""


async def test_each_sees_its_own_and_a_connection_goes_back_clean(
    db: PostgresDatabase, people: dict[BusinessId, UserId], app_dsn: str
):
    random.seed(7)
    seen: Counter[str] = Counter()

    async def look(tx: Any, business: BusinessId) -> None:
        rows = await tx.rows("select business_id, name from app.contacts")
        assert [(row.business_id, row.name) for row in rows] == [(business, str(business))]
        seen["looks"] += 1

    async def live(business: BusinessId, person: UserId) -> None:
        for _ in range(ROUNDS):
            way = random.choice(list(ways))
            try:
                await ways[way](business, person)
            except (Wrong, psycopg.Error, StoreAway, asyncio.CancelledError) as error:
                seen[f"{way}: {type(error).__name__}"] += 1

    async def as_worker(business: BusinessId, person: UserId) -> None:
        async with db.tenant(business) as tx:
            await look(tx, business)
            await tx.execute("update app.contacts set username = 'x'")
            await look(tx, business)

    async def as_member(business: BusinessId, person: UserId) -> None:
        async with db.member(person, read_only=True) as tx:
            await look(tx, business)

    async def raising(business: BusinessId, person: UserId) -> None:
        async with db.member(person) as tx:
            await look(tx, business)
            raise Wrong

    async def refused(business: BusinessId, person: UserId) -> None:
        async with db.tenant(business) as tx:
            await look(tx, business)
            await tx.execute("select 1 / 0")

    async def too_slow(business: BusinessId, person: UserId) -> None:
        async with db.tenant(business) as tx:
            await tx.execute("set local statement_timeout = '15ms'")
            await tx.execute("select pg_sleep(5)")

    async def cancelled(business: BusinessId, person: UserId) -> None:
        async def work() -> None:
            async with db.tenant(business) as tx:
                await look(tx, business)
                await tx.execute("select pg_sleep(0.02)")
                await look(tx, business)

        task = asyncio.create_task(work())
        await asyncio.sleep(random.random() * 0.06)
        task.cancel()
        if random.random() < 0.3:
            await asyncio.sleep(0)
            task.cancel()  # impatient people press twice
        await task

    async def lasting(business: BusinessId, person: UserId) -> None:
        """Somebody forgets that a setting may outlive the transaction. One that is rolled back does not."""
        async with db.tenant(business) as tx:
            await tx.execute("select set_config('app.business_ids', %s, false)", (str(business),))
            raise Wrong

    async def cut(business: BusinessId, person: UserId) -> None:
        async with db.tenant(business) as tx:
            row = await tx.row("select pg_backend_pid() as pid")
            assert row
            await asyncio.to_thread(end_backend, app_dsn, row.pid)
            await look(tx, business)

    ways = {
        "worker": as_worker,
        "member": as_member,
        "raising": raising,
        "refused": refused,
        "too slow": too_slow,
        "cancelled": cancelled,
        "lasting": lasting,
    }
    async with asyncio.TaskGroup() as group:
        for business, person in people.items():
            group.create_task(live(business, person))
    assert seen["looks"] > BUSINESSES * ROUNDS / 2
    assert {"raising: Wrong", "refused: DivisionByZero", "too slow: QueryCanceled", "cancelled: CancelledError"} <= set(
        seen
    )
    await assert_clean(db)
    # A server that ends a connection in the middle: the caller is told, the next one gets another connection.
    for business, person in list(people.items())[:2]:
        with pytest.raises(StoreAway):
            await cut(business, person)
        await as_worker(business, person)
    await assert_clean(db)


async def assert_clean(db: PostgresDatabase) -> None:
    """Both connections are there, idle, and carry nothing of whoever had them."""
    held: list[Connection] = [await db.pool.getconn() for _ in range(2)]
    try:
        for connection in held:
            cursor = await connection.execute(
                "select current_user = session_user as itself, current_setting('statement_timeout') as patience, "
                "coalesce(current_setting('app.business_ids', true), '') as businesses, "
                "coalesce(current_setting('request.jwt.claims', true), '') as claims, "
                "current_setting('transaction_read_only') as read_only"
            )
            assert await cursor.fetchone() == (True, "30s", "", "", "off")
            assert connection.info.transaction_status == psycopg.pq.TransactionStatus.IDLE
    finally:
        for connection in held:
            await db.pool.putconn(connection)


async def test_a_refused_statement_that_was_swallowed_is_not_taken_for_a_commit(
    db: PostgresDatabase, people: dict[BusinessId, UserId]
):
    """PostgreSQL answers COMMIT of a failed transaction with a rollback and no error."""
    business = next(iter(people))

    async def swallow() -> None:
        async with db.tenant(business) as tx:
            await tx.execute("update app.contacts set username = 'lost'")
            with contextlib.suppress(psycopg.Error):
                await tx.execute("select 1 / 0")

    with pytest.raises(psycopg.errors.InFailedSqlTransaction):
        await swallow()
    async with db.tenant(business, read_only=True) as tx:
        assert [row.username for row in await tx.rows("select username from app.contacts")] == [None]
    await assert_clean(db)


async def test_of_two_jobs_with_one_key_in_one_transaction_the_earlier_time_counts(
    db: PostgresDatabase, people: dict[BusinessId, UserId]
):
    business = next(iter(people))
    kind = f"test.{business}"
    soon = NewJob(kind=kind, lane=Lane.MAIL, business_id=business, unique_key=kind)
    late = NewJob(kind=kind, lane=Lane.MAIL, business_id=business, unique_key=kind, delay=timedelta(hours=1))
    async with db.tenant(business) as tx:
        tx.queue(soon, late)
    async with db.tenant(business) as tx:
        rows = await tx.rows("select run_at <= now() as due from app.jobs where kind = %s", (kind,))
        assert [row.due for row in rows] == [True]
        await tx.execute("delete from app.jobs where kind = %s", (kind,))


def end_backend(app_dsn: str, pid: int) -> None:
    with psycopg.connect(app_dsn, autocommit=True) as connection:
        connection.execute("select pg_terminate_backend(%s)", (pid,))
