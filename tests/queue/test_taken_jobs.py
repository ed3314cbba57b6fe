"""Jobs a worker inserts and keeps: they start with the commit, and nothing else changes."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import psycopg
import pytest
from queue_rig import KIND, Queue, open_queue

from wacloud.shared.application.jobs import BatchHandler, Job, JobKind, Lane, one_by_one
from wacloud.shared.infra import job_runner
from wacloud.shared.infra.job_runner import JobRunner, Places


@pytest.fixture
async def queue(own_database: Any, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Queue]:
    monkeypatch.setattr(job_runner, "POLL_S", 30.0)  # nobody rings here, so what is not taken is not run
    async with open_queue(own_database.app_dsn) as queue:
        yield queue


@asynccontextmanager
async def taking(queue: Queue, handle: BatchHandler, *, at_once: int = 20) -> AsyncIterator[JobRunner]:
    runner = JobRunner(
        queue.worker("taker"), [JobKind(KIND, Lane.TURNS, handle)], {Lane.TURNS: Places(at_once, at_once)}
    )
    queue.db.taker = runner
    task = asyncio.create_task(runner.run())
    await asyncio.sleep(0.1)  # its first, empty claim
    try:
        yield runner
    finally:
        queue.db.taker = None
        runner.stop()
        await task


class Seen:
    """What ran, in order; `hold` keeps jobs running until it is set."""

    def __init__(self, *, held: bool = False) -> None:
        self.jobs: list[Job] = []
        self.hold = asyncio.Event()
        if not held:
            self.hold.set()

    async def __call__(self, job: Job) -> None:
        self.jobs.append(job)
        await self.hold.wait()

    async def until(self, n: int) -> None:
        async with asyncio.timeout(5):
            while len(self.jobs) < n:
                await asyncio.sleep(0.005)


async def test_a_job_with_room_runs_with_its_commit_and_counts_its_try(queue: Queue):
    seen = Seen()
    async with taking(queue, one_by_one(seen)):
        await queue.add(order="a", unique="a", payload={"n": 1})
        await seen.until(1)
    [job] = seen.jobs
    assert (job.tries, job.attempt, job.payload, job.order_key) == (1, 1, {"n": 1}, "a")
    [finished] = await queue.finished()
    assert finished.attempts == 1


async def test_what_waits_in_the_same_order_comes_first(queue: Queue):
    await queue.add(order="a", payload={"n": 1}, delay=30)
    seen = Seen()
    async with taking(queue, one_by_one(seen)):
        await queue.add(order="a", payload={"n": 2})
        await asyncio.sleep(0.1)
        assert seen.jobs == []
    assert [row.state for row in await queue.rows()] == ["ready", "ready"]


async def test_the_next_of_its_order_runs_when_the_taken_one_has_ended(queue: Queue):
    seen = Seen(held=True)
    async with taking(queue, one_by_one(seen)):
        await queue.add(order="a", payload={"n": 1})
        await seen.until(1)
        await queue.add(order="a", payload={"n": 2})
        await asyncio.sleep(0.1)
        assert len(seen.jobs) == 1
        seen.hold.set()
        await seen.until(2)
    assert [job.payload["n"] for job in seen.jobs] == [1, 2]


async def test_two_of_one_order_in_one_transaction_keep_their_order(queue: Queue):
    await queue.add(n=2, order="a")
    async with taking(queue, one_by_one(Seen())):
        await queue.add(n=2, order="b")
    assert [row.state for row in await queue.rows("order_key = 'b'")] == ["ready", "ready"]


async def test_without_room_jobs_wait_to_be_claimed_and_then_run(queue: Queue):
    seen = Seen(held=True)
    async with taking(queue, one_by_one(seen), at_once=2):
        for n in range(4):
            await queue.add(order=f"{n}")
        await seen.until(2)
        assert sorted(row.state for row in await queue.rows()) == ["ready", "ready", "running", "running"]
        seen.hold.set()
        await seen.until(4)


async def test_a_transaction_that_fails_runs_nothing_and_gives_its_places_back(queue: Queue):
    seen = Seen()
    async with taking(queue, one_by_one(seen), at_once=1):
        for _ in range(3):
            with pytest.raises(psycopg.errors.NotNullViolation):
                await queue.add(order="a", tries=None)
        assert seen.jobs == []
        await queue.add(order="a")
        await seen.until(1)


async def test_a_taken_job_of_a_dead_worker_comes_back_with_its_lease(queue: Queue):
    class Dead:
        worker = "dead"

        def reserve(self, lane: str) -> bool:
            return True

        def release(self, lanes: Any) -> None:
            pass

        def start_reserved(self, jobs: Any) -> None:
            pass

    queue.db.taker = Dead()
    await queue.add(order="a")
    queue.db.taker = None
    assert await queue.claim() == []
    await queue.pass_time(9)
    assert await queue.worker().reap() == 1
    [job] = await queue.claim()
    assert (job.tries, job.attempt) == (2, 2)
