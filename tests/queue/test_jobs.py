"""The queue's promises, one by one, against real PostgreSQL."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from queue_rig import KIND, Queue, open_queue

from wacloud.shared.application.jobs import Failed, Lane, NewJob
from wacloud.shared.domain.ids import BusinessId, new_id
from wacloud.shared.infra.bell import listen


@pytest.fixture
async def queue(own_database: Any) -> AsyncIterator[Queue]:
    async with open_queue(own_database.app_dsn) as queue:
        yield queue


# Order.


async def test_jobs_of_one_order_key_run_one_after_the_other_oldest_first(queue: Queue):
    await queue.add(n=5, order="k")
    ran = []
    for worker in "abcde":
        job = await queue.claim_one(worker)
        assert await queue.claim(worker="other") == []
        ran.append(job.id)
        await queue.done(job)
    assert ran == sorted(ran)
    assert await queue.rows() == []


async def test_a_key_of_one_business_neither_stands_for_nor_holds_up_the_work_of_another(queue: Queue):
    one, other = BusinessId(new_id()), BusinessId(new_id())
    await queue.add(business=one, order="same", unique="same")
    [held] = await queue.claim()
    await queue.add(business=one, unique="same", delay=60)
    await queue.add(business=other, order="same", unique="same")
    assert [job.business_id for job in await queue.claim()] == [other]
    assert held.business_id == one


async def test_a_job_that_waits_for_its_next_try_holds_up_those_behind_it_and_no_others(queue: Queue):
    await queue.add(order="k")
    first = await queue.claim_one()
    await queue.add(order="k")
    await queue.add(order="another")
    await queue.fail(first)
    [free] = await queue.claim()
    assert (await queue.rows(f"id = {free.id}"))[0].order_key == "another"
    await queue.pass_time(2)
    assert (await queue.claim_one()).id == first.id


async def test_a_parked_job_holds_up_nobody_and_comes_back_in_its_place(queue: Queue):
    await queue.add(n=3, order="k", tries=1)
    first = await queue.claim_one()
    await queue.fail(first)
    second = await queue.claim_one()
    assert second.id > first.id
    assert len(await queue.worker().replay([first.id])) == 1
    assert await queue.claim() == []  # not while the second runs
    await queue.done(second)
    assert (await queue.claim_one()).id == first.id
    assert await queue.claim() == []


async def test_two_workers_never_run_one_order_key_even_if_an_older_job_is_committed_late(queue: Queue):
    """Ids are given before the commit: the older row may be seen after the younger one was claimed."""
    async with queue.db.system("test: a claim under way") as claiming:
        async with queue.db.system("test: late") as late:
            [older] = await late.rows(
                "insert into app.jobs (lane, kind, order_key) values ('turns', %s, 'k') returning id", (KIND,)
            )
            await queue.add(order="k")
            younger = (await claiming.rows("select id from app.jobs"))[0].id
            assert older.id < younger
            await claiming.execute(
                "update app.jobs set state = 'running', claims = 1, leased_until = now() + interval '9 seconds'"
            )
        waiting = asyncio.create_task(queue.claim(worker="two"))
        await asyncio.sleep(0.15)
    assert await waiting == []
    assert [row.id for row in await queue.rows("state = 'running'")] == [younger]


# Unique keys.


async def test_a_waiting_job_is_not_queued_twice_and_runs_at_the_earlier_time(queue: Queue):
    await queue.add(unique="u", delay=60)
    await queue.add(unique="u", delay=120)
    [row] = await queue.rows()
    assert 50 < row.wait <= 60
    await queue.add(unique="u")
    [row] = await queue.rows()
    assert row.wait <= 0


async def test_while_it_runs_one_more_may_wait(queue: Queue):
    await queue.add(unique="u")
    job = await queue.claim_one()
    await queue.add(unique="u")
    await queue.add(unique="u")
    assert [row.state for row in await queue.rows()] == ["running", "ready"]
    await queue.done(job)
    assert (await queue.claim_one()).id != job.id


async def test_a_job_touched_by_an_open_transaction_is_not_claimed_before_its_commit(queue: Queue):
    """Otherwise a worker could run it without seeing what that transaction writes, and nobody would come again."""
    await queue.add(unique="u")
    async with queue.db.system("test: writing") as tx:
        tx.queue(NewJob(kind=KIND, lane=Lane.TURNS, unique_key="u"))
        await tx._insert_jobs(ring=True)
        tx._jobs.clear()
        assert await queue.claim() == []
    assert len(await queue.claim()) == 1


async def test_a_job_queued_while_the_waiting_one_is_being_claimed_is_not_lost(queue: Queue):
    """The other way round: whoever comes too late for the waiting job makes a new one."""
    await queue.add(unique="u")
    async with queue.db.system("test: a claim under way") as claiming:
        await claiming.execute("update app.jobs set state = 'running', leased_until = now() + interval '9 seconds'")
        adding = asyncio.create_task(queue.add(unique="u"))
        await asyncio.sleep(0.1)
        assert not adding.done()
    await adding
    assert [row.state for row in await queue.rows()] == ["running", "ready"]


@pytest.mark.parametrize("way", ["fail", "again", "reap", "replay"])
async def test_several_of_one_unique_key_that_come_back_together_do_not_clash(queue: Queue, way: str):
    """One takes the key again, the others wait without."""
    jobs = []
    for _ in range(3):
        await queue.add(unique="u", tries=1 if way == "replay" else 3)
        jobs.append(await queue.claim_one())
    match way:
        case "fail":
            await queue.fail(*jobs)
        case "again":
            await queue.again(*jobs)
        case "reap":
            await queue.pass_time(60)
            assert await queue.worker().reap() == 3
        case "replay":
            await queue.fail(*jobs)
            assert {row.state for row in await queue.rows()} == {"parked"}
            assert len(await queue.worker().replay(every=True)) == 3
    assert [(row.state, row.unique_key) for row in await queue.rows()] == [
        ("ready", "u"),
        ("ready", None),
        ("ready", None),
    ]
    await queue.add(unique="u")
    assert len(await queue.rows()) == 3


# Tries.


async def test_a_try_is_counted_before_the_work_and_pauses_grow(queue: Queue):
    await queue.add(tries=4)
    for tries, pause in ((1, 2), (2, 4), (3, 8)):
        job = await queue.claim_one()
        assert job.tries == tries == (await queue.rows())[0].attempts
        await queue.fail(job, error=f"no {tries}")
        [row] = await queue.rows()
        assert (row.state, row.last_error) == ("ready", f"no {tries}")
        assert pause - 0.5 < row.wait <= pause
        assert await queue.claim() == []
        await queue.pass_time(pause)
    await queue.fail(await queue.claim_one(), error="no 4")
    [parked] = await queue.worker().parked()
    assert (parked.attempts, parked.error) == (4, "no 4")
    await queue.pass_time(10_000)
    assert await queue.claim() == []
    assert await queue.worker().counts() == {("turns", "parked"): 1}


async def test_a_job_with_very_many_tries_pauses_an_hour_at_most(queue: Queue):
    await queue.add(tries=30_000)
    async with queue.db.system("test: tried often") as tx:
        await tx.execute("update app.jobs set attempts = 20000")
    await queue.fail(await queue.claim_one())
    [row] = await queue.rows()
    assert 3000 < row.wait <= 3600


async def test_again_gives_the_try_back(queue: Queue):
    await queue.add()
    for _ in range(5):
        job = await queue.claim_one()
        assert job.tries == 1
        await queue.again(job, after=30)
        [row] = await queue.rows()
        assert (row.attempts, row.last_error) == (0, "later")
        assert 29 < row.wait <= 30
        await queue.pass_time(30)


async def test_a_job_can_be_parked_at_once(queue: Queue):
    await queue.add()
    await queue.end([await queue.claim_one()], Failed("hopeless", parked=True))
    assert [job.attempts for job in await queue.worker().parked()] == [1]


async def test_a_replayed_job_has_all_its_tries_again(queue: Queue):
    await queue.add(n=2, tries=1)
    await queue.fail(*await queue.claim())
    one, _ = await queue.worker().parked()
    assert len(await queue.worker().replay([one.id])) == 1
    assert len(await queue.worker().replay([one.id])) == 0
    job = await queue.claim_one()
    assert (job.id, job.tries) == (one.id, 1)


@pytest.mark.parametrize("error", ["zero \x00 byte", "half a \ud83d pair", "é" * 50_000])
async def test_whatever_an_error_says_the_job_is_settled(queue: Queue, error: str):
    await queue.add()
    await queue.fail(await queue.claim_one(), error=error)
    [row] = await queue.rows()
    assert row.state == "ready"
    assert row.last_error[:4] == error[:4]
    assert len(row.last_error) <= 2000


# Leases and fencing.


async def test_a_worker_that_lost_its_lease_can_settle_nothing(queue: Queue):
    await queue.add()
    lost = await queue.claim_one("slow")
    await queue.pass_time(60)
    assert await queue.worker("reaper").reap() == 1
    held = await queue.claim_one("quick")
    assert (held.id, held.tries, held.attempt) == (lost.id, 2, 2)
    for settle in (queue.done, queue.fail, queue.again):
        await settle(lost)
        [row] = await queue.rows()
        assert (row.state, row.worker, row.attempts) == ("running", "quick", 2)
    await queue.worker("slow").renew([lost.id])
    await queue.pass_time(7.5)
    assert await queue.worker("quick").renew([held.id]) is None
    await queue.pass_time(7.5)
    assert await queue.worker("reaper").reap() == 0
    await queue.done(held)
    assert await queue.rows() == []
    await queue.done(held)
    assert len(await queue.finished()) == 1


async def test_a_job_that_kills_its_workers_is_parked_and_holds_up_nobody(queue: Queue):
    await queue.add(n=2, order="k")
    for tries in (1, 2, 3):
        killer = await queue.claim_one()
        assert killer.tries == tries
        await queue.pass_time(60)
        await queue.worker().reap()
    [parked] = await queue.worker().parked()
    assert (parked.id, parked.error) == (killer.id, "its worker stopped answering")
    assert (await queue.claim_one()).id > killer.id


async def test_two_reapers_give_a_job_back_once(queue: Queue):
    await queue.add(n=50)
    await queue.claim()
    await queue.pass_time(60)
    assert sum(await asyncio.gather(*(queue.worker(str(n)).reap() for n in range(5)))) == 50


# Fairness and time.


async def test_small_tenants_are_served_beside_a_big_one(queue: Queue):
    big = BusinessId(UUID(int=1))
    small = [BusinessId(new_id()) for _ in range(20)]
    await queue.add(n=2000, business=big)
    for business in small:
        await queue.add(n=2, business=business)
    first = await queue.claim(100)
    assert len(first) == 100
    assert {job.business_id for job in first} == {big, *small}
    assert sum(job.business_id != big for job in first) == 40


async def test_a_tenant_that_fills_the_places_waits_for_those_with_nothing_running(queue: Queue):
    big, small = BusinessId(UUID(int=1)), BusinessId(new_id())
    await queue.add(n=100, business=big)
    assert len(await queue.claim(50)) == 50
    await queue.add(n=2, business=small)
    assert [job.business_id for job in await queue.claim(2)] == [small, small]


async def test_one_place_goes_round_all_tenants(queue: Queue):
    businesses = [BusinessId(new_id()) for _ in range(10)]
    for business in businesses:
        await queue.add(n=3, business=business)
    served = []
    for _ in range(10):
        [job] = await queue.claim(1)
        served.append(job.business_id)
        await queue.done(job)
    assert set(served) == set(businesses)


async def test_tenants_whose_jobs_wait_hide_nobody_behind_them(queue: Queue):
    """A campaign planned for tomorrow by very many tenants may not stop the one who has something to do now."""
    async with queue.db.system("test: plans") as tx:
        tx.queue(
            *(
                NewJob(kind=KIND, lane=Lane.TURNS, business_id=BusinessId(UUID(int=n)), delay=timedelta(days=1))
                for n in range(1, 301)
            )
        )
    late = BusinessId(UUID(int=2**128 - 1))
    await queue.add(business=late)
    assert [job.business_id for job in await queue.claim(10)] == [late]
    await queue.add(business=late)
    assert [job.business_id for job in await queue.claim(10)] == [late]


async def test_a_delayed_job_comes_when_it_is_due(queue: Queue):
    await queue.add(delay=30)
    assert await queue.claim() == []
    await queue.pass_time(29)
    assert await queue.claim() == []
    await queue.pass_time(1.1)
    assert len(await queue.claim()) == 1


async def test_lanes_do_not_see_each_others_jobs(queue: Queue):
    for lane in Lane:
        await queue.add(lane=lane)
    for lane in Lane:
        assert [job.lane for job in await queue.claim(lane=lane)] == [lane]


async def test_finished_rows_lie_in_the_partition_of_their_day(queue: Queue):
    await queue.add(n=3, payload={"words": "año"})
    jobs = await queue.claim()
    await queue.done(*jobs)
    finished = await queue.finished()
    assert {row.leaf for row in finished} == {f"app.finished_jobs_{datetime.now(UTC):%Y%m%d}"}
    assert [(row.id, row.payload) for row in finished] == [(job.id, {"words": "año"}) for job in jobs]


# The clock.


async def test_two_clocks_queue_a_recurring_job_once(queue: Queue):
    kinds = {"test.often": timedelta(seconds=1), "test.seldom": timedelta(hours=6)}
    lanes = dict.fromkeys(kinds, Lane.HOUSEKEEPING)
    clocks = [queue.worker(str(n)) for n in range(4)]
    for clock in clocks:
        await clock.set_schedules(kinds)
    await asyncio.gather(*(clock.queue_due(lanes) for clock in clocks))
    rows = await queue.rows()
    assert sorted(row.kind for row in rows) == sorted(kinds)
    # Both run; nothing is due again until its time has come, also after a long silence of all clocks.
    await queue.done(*await queue.claim(lane=Lane.HOUSEKEEPING))
    async with queue.db.system("test: nobody was there for a day") as tx:
        await tx.execute("update app.schedules set next_at = now() - interval '1 day' where kind = 'test.seldom'")
    for clock in clocks:
        await clock.queue_due(lanes)
        seldom = await queue.rows("kind = 'test.seldom'")
        await queue.done(*await queue.claim(lane=Lane.HOUSEKEEPING))
        if clock is not clocks[0]:
            assert seldom == [], "once for the day that was missed, not once more for now"
    await clocks[0].set_schedules({"test.seldom": timedelta(hours=1)})
    async with queue.db.system("test: look") as tx:
        assert [tuple(row) for row in await tx.rows("select kind, every from app.schedules")] == [
            ("test.seldom", timedelta(hours=1))
        ]


# The doorbell.


async def test_a_commit_rings_once_for_each_lane_and_a_rollback_does_not(queue: Queue):
    rung: list[str] = []
    listening = asyncio.create_task(listen(queue.db.pool.conninfo, lambda lane: None, rung.append))
    try:
        await until(lambda: rung == ["*"])
        await queue.add(n=100)
        await queue.add(lane=Lane.MAIL)
        await queue.add(lane=Lane.SENDING, delay=60)
        with pytest.raises(ZeroDivisionError):
            await change_ones_mind(queue)
        await queue.add(lane=Lane.HOUSEKEEPING)
        await until(lambda: rung[-1:] == ["housekeeping"])
        assert rung == ["*", "turns", "mail", "housekeeping"]
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)


async def change_ones_mind(queue: Queue) -> None:
    async with queue.db.system("test: change of mind") as tx:
        tx.queue(NewJob(kind=KIND, lane=Lane.CAMPAIGNS))
        raise ZeroDivisionError


async def until(holds: Callable[[], bool], seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        while not holds():
            await asyncio.sleep(0.01)
