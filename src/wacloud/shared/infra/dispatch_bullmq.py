"""The worker's side of BullMQ: fetch what was rung for, have the row worked on, sweep up what nothing rang for."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from itertools import count
from typing import Any

import structlog
from bullmq import UnrecoverableError, Worker

from wacloud.shared.application.batching import Batcher
from wacloud.shared.infra.job_runner import JobRunner, Places
from wacloud.shared.infra.jobs import PostgresJobs
from wacloud.shared.infra.rings_bullmq import (
    KEPT,
    VALKEY_AWAY,
    WEBHOOK_JOB,
    WEBHOOK_QUEUE,
    BullMqRings,
    connect,
    lane_queue,
)
from wacloud.shared.infra.webhook_inbox import PostgresWebhookInbox
from wacloud.shared.infra.webhook_runner import WebhookRunner

log = structlog.get_logger()

# A worker that dies leaves a lock of five seconds; the check after that gives its job to another: within eight seconds.
WORKER_OPTIONS = {"lockDuration": 5000, "stalledInterval": 3000, "maxStalledCount": 2, **KEPT}
OVERDUE_S = 2.0
SWEEP_S = 1.0
AWAY_S = 1.0
MOST_FETCHES = 8
WEBHOOKS_AT_ONCE = 300


class BullMqQueue:
    """
    Works off one queue: fetch while there is a place, have the row worked on, then complete the BullMQ job.

    `work` returns whether the row was there to work on; when it raises, BullMQ's own attempts count. Jobs are fetched
    by hand: the library's loop asks Valkey once for every free place each time a job comes, which with hundreds of
    places costs more than the work.
    """

    def __init__(
        self, redis_url: str, name: str, number: str, places: int, work: Callable[[int], Awaitable[bool]]
    ) -> None:
        self._name = name
        self._number = number
        self._places = places
        self._work = work
        self._redis = connect(redis_url, connections=MOST_FETCHES, timeout_s=15)
        self._worker = Worker(name, None, {"connection": self._redis, "name": "wacloud", **WORKER_OPTIONS})
        self._tasks: set[asyncio.Task[None]] = set()
        self._place_free = asyncio.Event()
        self._tokens = count(1)
        self._stopping = False
        self._fetched_all = asyncio.Event()
        self._away = False

    async def run(self) -> None:
        """Work until `stop`; then finish what was fetched."""
        self._worker.lockManager.start()
        checking = asyncio.create_task(self._return_stalled(), name=f"stalled {self._name}")
        wanted = 1
        try:
            while not self._stopping:
                free = self._places - len(self._tasks)
                if not free:
                    self._place_free.clear()
                    await self._place_free.wait()
                    continue
                wanted = min(wanted, free)
                fetched = await self._fetch(wanted)
                # Twice as many while there are enough; a lone job costs a single wait.
                wanted = min(wanted * 2, MOST_FETCHES) if fetched == wanted else 1
            self._fetched_all.set()
            while self._tasks:
                await asyncio.wait(set(self._tasks))
        finally:
            checking.cancel()
            await asyncio.gather(checking, return_exceptions=True)
            await self._worker.close()
            await self._redis.aclose()

    async def stop(self) -> None:
        """Fetch nothing more; returns when all that was fetched has been handed over to be worked on."""
        self._stopping = True
        self._place_free.set()
        # Ends the wait for a job.
        await self._worker.pause(do_not_wait_active=True)
        await self._fetched_all.wait()
        # The last ones begin in the next round of the loop.
        await asyncio.sleep(0)

    async def _fetch(self, wanted: int) -> int:
        """Fetch so many at once and start what was there; wait for one where there is none."""
        tokens = [f"{self._worker.id}:{next(self._tokens)}" for _ in range(wanted)]
        answers = await asyncio.gather(*map(self._worker.getNextJob, tokens), return_exceptions=True)
        fetched = 0
        error: BaseException | None = None
        for token, answer in zip(tokens, answers, strict=True):
            if isinstance(answer, BaseException):
                error = answer
            elif answer is not None:
                fetched += 1
                task = asyncio.create_task(self._handle(answer, token))
                self._tasks.add(task)
                task.add_done_callback(self._end)
        if error is not None and not self._stopping:
            if not self._away:
                log.warning("bullmq.not_fetched", queue=self._name, error=f"{type(error).__name__}: {error}"[:300])
            await asyncio.sleep(AWAY_S)
        self._away = error is not None
        return fetched

    def _end(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        self._place_free.set()

    async def _handle(self, job: Any, token: str) -> None:
        self._worker.lockManager.track_job(job.id, token, int(time.time() * 1000))
        job.opts = {**KEPT, **job.opts}
        try:
            try:
                here = await self._work(self._number_in(job))
            except Exception as error:
                log.warning("bullmq.job_failed", queue=self._name, job=job.id, error=str(error)[:300])
                await job.moveToFailed(error, token)
            else:
                await job.moveToCompleted("done" if here else "nothing to do", token)
        except Exception as error:
            # The row is settled in PostgreSQL; the ring is gone, or will come once more.
            log.info("bullmq.not_closed", queue=self._name, job=job.id, error=str(error)[:200])
        finally:
            self._worker.lockManager.untrack_job(job.id)

    def _number_in(self, job: Any) -> int:
        """
        The row's number, from a job that anybody may have added.

        :raises UnrecoverableError: there is none.
        """
        if self._name == WEBHOOK_QUEUE and job.name != WEBHOOK_JOB:
            raise UnrecoverableError(f"a job here is named {WEBHOOK_JOB}, not {job.name}")
        found = job.data.get(self._number) if isinstance(job.data, dict) else None
        text = str(found) if isinstance(found, int | str) else ""
        if not (text.isascii() and text.isdigit() and 0 < int(text[:20]) < 2**63):
            raise UnrecoverableError(f"the data of a job here is {self._number} with the number of a row")
        return int(text)

    async def _return_stalled(self) -> None:
        while True:
            await asyncio.sleep(WORKER_OPTIONS["stalledInterval"] / 1000)
            with suppress(*VALKEY_AWAY):
                await self._worker.runStalledJobsCheck()


class BullMqDispatch:
    """The worker's side: every queue worked off, and a sweep for rows that nothing rang for."""

    def __init__(
        self,
        redis_url: str,
        rings: BullMqRings,
        inbox: PostgresWebhookInbox,
        webhooks: WebhookRunner,
        jobs: PostgresJobs,
        runner: JobRunner,
        lanes: Mapping[str, Places],
    ) -> None:
        self._rings = rings
        self._inbox = inbox
        self._jobs = jobs
        self._runner = runner
        # What BullMQ hands over one by one while a batch is being worked on goes together into the next.
        self._webhooks = Batcher(webhooks.process_these, writers=2, most=WEBHOOKS_AT_ONCE)
        self._starts = {lane: Batcher(runner.start_these, most=places.batch) for lane, places in lanes.items()}
        self._queues = [BullMqQueue(redis_url, WEBHOOK_QUEUE, "webhook_id", WEBHOOKS_AT_ONCE, self._process)]
        for lane, places in lanes.items():
            self._queues.append(BullMqQueue(redis_url, lane_queue(lane), "job_id", places.at_once, self._run_in(lane)))
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Work until `stop`; then finish what was fetched."""
        sweeping = asyncio.create_task(self._sweep(), name="bullmq sweep")
        try:
            async with asyncio.TaskGroup() as group:
                for queue in self._queues:
                    group.create_task(queue.run())
                await self._stopping.wait()
                for queue in self._queues:
                    await queue.stop()
                await asyncio.gather(*(starts.close() for starts in self._starts.values()))
                # Nothing more is started. What takes too long is given back, which ends its BullMQ job too.
                self._runner.stop()
        finally:
            sweeping.cancel()
            await asyncio.gather(sweeping, return_exceptions=True)

    def stop(self) -> None:
        """Fetch nothing more; `run` returns when what was fetched has ended."""
        self._stopping.set()

    async def _process(self, webhook_id: int) -> bool:
        return await self._webhooks.add(webhook_id)

    def _run_in(self, lane: str) -> Callable[[int], Awaitable[bool]]:
        async def run(job_id: int) -> bool:
            end = await self._starts[lane].add(job_id)
            if end is not None:
                await end
            return end is not None

        return run

    async def _sweep(self) -> None:
        while True:
            try:
                webhooks = await self._inbox.overdue(OVERDUE_S)
                jobs = await self._jobs.overdue(OVERDUE_S)
                try:
                    await self._rings.again(webhooks, jobs)
                except VALKEY_AWAY:
                    # Nothing can be rung: work goes on from here, at the pace of the sweep.
                    waiting = [self._webhooks.add(row.id) for row in webhooks]
                    starting = [self._starts[row.lane].add(row.id) for row in jobs if row.lane in self._starts]
                    await asyncio.gather(*waiting, *starting, return_exceptions=True)
            except Exception as error:
                log.warning("bullmq.sweep_missed", error=f"{type(error).__name__}: {error}"[:300])
            await asyncio.sleep(SWEEP_S)
