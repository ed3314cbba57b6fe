"""Several workers at once over one queue: order, retries, leases, wake-ups and results that cannot be written."""

import asyncio
import random
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from queue_rig import KIND, Queue, open_queue

from wacloud.shared.application.db import StoreAway
from wacloud.shared.application.jobs import (
    Again,
    BatchHandler,
    Failed,
    Finish,
    Job,
    JobKind,
    Lane,
    NewJob,
    Outcome,
    one_by_one,
)
from wacloud.shared.infra import job_runner, jobs
from wacloud.shared.infra.bell import listen
from wacloud.shared.infra.job_runner import JobRunner, Places


@pytest.fixture
async def queue(own_database: Any) -> AsyncIterator[Queue]:
    async with open_queue(own_database.app_dsn) as queue:
        yield queue


@asynccontextmanager
async def running(
    queue: Queue, handle: BatchHandler, *, workers: int = 1, at_once: int = 20
) -> AsyncIterator[list[JobRunner]]:
    """Workers for the lane of turns until the block ends."""
    runners = [
        JobRunner(
            queue.worker(f"runner {n}"),
            [JobKind(KIND, Lane.TURNS, handle)],
            {Lane.TURNS: Places(at_once, max(at_once // 2, 1))},
        )
        for n in range(workers)
    ]
    tasks = [asyncio.create_task(runner.run()) for runner in runners]
    try:
        yield runners
    finally:
        for runner in runners:
            runner.stop()
        await asyncio.gather(*tasks)


async def empty(queue: Queue, seconds: float = 20, *, but: str = "state = 'parked'") -> None:
    """Wait until nothing is left to do."""
    async with asyncio.timeout(seconds):
        while await queue.rows(f"not ({but})"):
            await asyncio.sleep(0.02)


async def test_three_workers_with_failures_keep_the_order_of_every_key(queue: Queue, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(jobs, "BACKOFF", timedelta(milliseconds=2))
    monkeypatch.setattr(job_runner, "POLL_S", 0.05)
    chance = random.Random(11)
    # An order key's jobs end for good in the order of their ids; none begins while another one of the key runs.
    ended: dict[str, list[int]] = defaultdict(list)
    inside: dict[str, int] = defaultdict(int)
    runs: dict[int, int] = defaultdict(int)

    async def handle(job: Job) -> Outcome | None:
        key = job.payload["key"]
        inside[key] += 1
        assert inside[key] == 1
        runs[job.id] += 1
        try:
            await asyncio.sleep(chance.random() * 0.004)
            luck = chance.random()
            if luck < 0.1:
                return Again(timedelta(milliseconds=2), "not yet")
            if luck < 0.3:
                if job.tries == job.max_attempts:
                    ended[key].append(job.id)
                raise ValueError("unlucky")
            ended[key].append(job.id)
            return None
        finally:
            inside[key] -= 1

    async def in_batch(batch: Sequence[Job], finish: Finish) -> None:
        await asyncio.gather(*(one_by_one(handle)([job], finish) for job in batch))

    async with running(queue, in_batch, workers=3):
        for _ in range(12):
            async with queue.db.system("test: queue") as tx:
                tx.queue(
                    *(
                        NewJob(kind=KIND, lane=Lane.TURNS, order_key=f"k{n}", payload={"key": f"k{n}"}, max_attempts=3)
                        for n in range(10)
                    )
                )
            await asyncio.sleep(0.01)
        await empty(queue)
    parked = {job.id for job in await queue.worker().parked(1000)}
    assert sum(map(len, ended.values())) == 120
    for key, ids in ended.items():
        assert ids == sorted(ids), key
    assert len(parked) + len(await queue.finished()) == 120
    assert all(count >= 3 for id_, count in runs.items() if id_ in parked)


async def test_a_job_that_breaks_its_batch_fails_alone(queue: Queue):
    """What a handler reported before it raised stands; each of the others is handled by itself."""

    async def handle(batch: Sequence[Job], finish: Finish) -> None:
        for job in batch:
            if job.payload["n"] == 1:
                finish(job, Failed("this one", parked=True))
                finish(job, Failed("said twice"))
            if job.payload["n"] == 2:
                raise ValueError("broken")

    async with queue.db.system("test: queue") as tx:
        tx.queue(*(NewJob(kind=KIND, lane=Lane.TURNS, payload={"n": n}) for n in range(4)))
    async with running(queue, handle):
        await empty(queue, but="attempts > 0 and state <> 'running'")
    rows = {row.payload["n"]: (row.state, row.last_error) for row in await queue.rows()}
    assert rows == {1: ("parked", "this one"), 2: ("ready", "ValueError: broken")}
    assert {row.payload["n"] for row in await queue.finished()} == {0, 3}


async def test_one_by_one_a_job_that_raises_fails_alone(queue: Queue):
    async def handle(job: Job) -> None:
        if job.payload["n"] == 1:
            raise ValueError("only me")

    async with queue.db.system("test: queue") as tx:
        tx.queue(*(NewJob(kind=KIND, lane=Lane.TURNS, payload={"n": n}) for n in range(3)))
    async with running(queue, one_by_one(handle)):
        await empty(queue, but="last_error is not null")
    assert [row.last_error for row in await queue.rows()] == ["ValueError: only me"]


async def test_a_kind_nobody_handles_is_tried_again_and_then_parked(queue: Queue):
    """During a deploy the old worker may meet a new kind: another one will take it."""
    await queue.add(kind="test.of_tomorrow", tries=1)
    async with running(queue, one_by_one(none)):
        await empty(queue)
    assert [job.error for job in await queue.worker().parked()] == ["LookupError: no handler for test.of_tomorrow"]


async def test_a_commit_wakes_a_worker_at_once(queue: Queue, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(job_runner, "POLL_S", 30.0)
    done = asyncio.Event()

    async def handle(job: Job) -> None:
        done.set()

    async with running(queue, one_by_one(handle)) as [runner]:
        bell = asyncio.create_task(listen(queue.db.pool.conninfo, lambda lane: None, lambda lane: runner.wake("turns")))
        await asyncio.sleep(0.3)
        started = asyncio.get_running_loop().time()
        await queue.add()
        async with asyncio.timeout(3):
            await done.wait()
        assert asyncio.get_running_loop().time() - started < 1
        bell.cancel()
        await asyncio.gather(bell, return_exceptions=True)


async def test_a_short_again_is_short_although_nobody_rings(queue: Queue, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(job_runner, "POLL_S", 30.0)
    seen: list[float] = []

    async def handle(job: Job) -> Outcome | None:
        seen.append(asyncio.get_running_loop().time())
        return Again(timedelta(milliseconds=50), "a little later") if len(seen) < 4 else None

    await queue.add()
    async with running(queue, one_by_one(handle)):
        await empty(queue, 5)
    assert seen[-1] - seen[0] < 1.5


async def test_a_lease_is_kept_while_the_work_lasts(queue: Queue, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(job_runner, "LEASE_S", 0.2)  # renewed every 50 ms, for eight seconds each
    go = asyncio.Event()

    async def handle(job: Job) -> None:
        await go.wait()

    await queue.add()
    async with running(queue, one_by_one(handle)):
        while not await queue.rows("state = 'running'"):
            await asyncio.sleep(0.02)
        for _ in range(3):
            await queue.pass_time(6)
            await asyncio.sleep(0.3)
            assert await queue.worker("reaper").reap() == 0
        go.set()
        await empty(queue)


async def test_a_result_the_database_refuses_holds_up_no_other(queue: Queue, monkeypatch: pytest.MonkeyPatch):
    """And while the database is away, results wait for it."""
    monkeypatch.setattr(job_runner, "POLL_S", 0.02)
    settle = jobs.PostgresJobs.settle
    away = 2

    async def troubled(self: jobs.PostgresJobs, results: Sequence[tuple[Job, Outcome]]) -> Sequence[None]:
        nonlocal away
        if away:
            away -= 1
            raise StoreAway("away")
        if any(job.payload.get("bad") for job, _ in results):
            raise psycopg.DataError("cannot store this")
        return await settle(self, results)

    monkeypatch.setattr(jobs.PostgresJobs, "settle", troubled)
    await queue.add(payload={"bad": True})
    await queue.add(n=5)
    async with running(queue, one_by_one(none)) as [runner]:
        await empty(queue, but="payload ? 'bad'")
        while runner.finished < 6:
            await asyncio.sleep(0.02)
    monkeypatch.undo()
    [bad] = await queue.rows()
    assert bad.state == "running"
    await queue.pass_time(60)
    assert await queue.worker().reap() == 1


async def test_two_claims_at_once_share_the_work(queue: Queue):
    """Nothing is claimed twice, nothing is forgotten."""
    await queue.add(n=400)
    got: list[int] = []
    while batches := [
        batch for batch in await asyncio.gather(*(queue.claim(30, worker=str(n)) for n in range(6))) if batch
    ]:
        got += [job.id for batch in batches for job in batch]
    got += [job.id for job in await queue.claim()]
    assert sorted(got) == sorted(set(got))
    assert len(got) == 400


async def none(job: Job) -> None:
    """Done at once."""
