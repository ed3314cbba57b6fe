"""Runs jobs: one loop a lane, each with its own places, so that no lane waits for another."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic

import structlog

from wacloud.shared.application.batching import Batcher
from wacloud.shared.application.db import StoreAway
from wacloud.shared.application.jobs import Again, Done, Failed, Finish, Job, JobKind, Lane, Outcome
from wacloud.shared.infra.jobs import PostgresJobs
from wacloud.shared.infra.new_jobs import LEASE_S

log = structlog.get_logger()

# Claims of a lane keep this distance: what comes meanwhile is claimed, written and sent together. The first after a
# pause waits for nobody.
GATHER_S = 0.015
# Nobody waits for the next message of a campaign: what has left within so long is written down together.
UNHURRIED_S = 0.08
POLL_S = 1.0  # a lost wake-up costs this much at most
SETTLE_TRIES = 4  # of a result the database refuses; then its lease runs out and the job runs again
GRACE_S = 6.0  # for what is running when we are told to stop; whoever told us kills us after 10


@dataclass(frozen=True, slots=True)
class Places:
    """How many jobs of a lane run at once, how many are claimed in one go, and for how few no claim is made."""

    at_once: int
    batch: int
    least: int = 1

    def have_room(self, busy: int) -> bool:
        """Whether a claim is worth it."""
        return self.at_once - busy >= min(self.least, self.at_once)


class JobRunner:
    """
    Claims and runs the jobs of some lanes until it is stopped. Without lanes it runs what it is told to start.

    `wake(lane)` is the doorbell. Leases are renewed while a job runs; a job given back is timed here, so that a
    short pause is short.
    """

    def __init__(self, jobs: PostgresJobs, kinds: Sequence[JobKind], places: Mapping[str, Places]) -> None:
        self._jobs = jobs
        self._kinds = {kind.name: kind for kind in kinds}
        self._places = places
        self._bells = {lane: asyncio.Event() for lane in places}
        self._running: dict[int, Job] = {}
        self._busy: dict[str, int] = defaultdict(int)
        self._rings: dict[str, int] = defaultdict(int)
        self._awaited: dict[tuple[int, int], asyncio.Future[None]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._settler: Batcher[tuple[Job, Outcome], bool] = Batcher(self._write_results, writers=1, most=500)
        self._unhurried: Batcher[tuple[Job, Outcome], bool] = Batcher(
            self._write_results, writers=1, most=500, gather_s=UNHURRIED_S
        )
        self._stop = asyncio.Event()
        self.finished = 0

    def wake(self, lane: str) -> None:
        """Somebody queued a job in this lane."""
        bell = self._bells.get(lane)
        if bell is not None:
            self._rings[lane] += 1
            bell.set()

    async def run(self) -> None:
        """Work until `stop` is called; then finish what is running, within reason."""
        async with asyncio.TaskGroup() as group:
            lanes = [
                group.create_task(self._run_lane(lane, places), name=f"lane {lane}")
                for lane, places in self._places.items()
            ]
            keeper = group.create_task(self._keep_leases(), name="leases")
            await self._stop.wait()
            for bell in self._bells.values():
                bell.set()
            # The lanes first: one that is just claiming still starts what it gets.
            if lanes:
                await asyncio.wait(lanes)
            grace_ends = asyncio.get_running_loop().time() + GRACE_S
            while self._tasks and (left := grace_ends - asyncio.get_running_loop().time()) > 0:
                await asyncio.wait(set(self._tasks), timeout=left)
            await self._give_back()
            await self._settler.close()
            await self._unhurried.close()
            keeper.cancel()

    def stop(self) -> None:
        """Claim nothing more; `run` returns when what is running has ended or was given back."""
        self._stop.set()

    async def _give_back(self) -> None:
        """What takes too long is left to another worker, at once where the database can be told, else by its lease."""
        unfinished = list(self._running.values())
        for task in set(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        if unfinished:
            log.warning("jobs.given_back", jobs=len(unfinished))
            await self._write_results([(job, Again(timedelta(), "its worker stopped")) for job in unfinished])
        for awaited in self._awaited.values():
            if not awaited.done():
                awaited.set_result(None)

    async def start_these(self, ids: Sequence[int]) -> Sequence[asyncio.Future[None] | None]:
        """
        Start exactly these jobs, for a dispatcher that names them.

        For each comes a future that holds once the job's end is recorded, or None where it is not its turn.
        """
        claimed = await self._jobs.claim_these(ids)
        loop = asyncio.get_running_loop()
        started: dict[int, asyncio.Future[None]] = {}
        for job in claimed:
            started[job.id] = self._awaited[job.id, job.attempt] = loop.create_future()
        self._start(claimed)
        return [started.get(id_) for id_ in ids]

    @property
    def worker(self) -> str:
        """See `new_jobs.Taker`."""
        return self._jobs.worker

    def reserve(self, lane: str) -> bool:
        """See `new_jobs.Taker`. While more waits than can run, nothing is taken out of turn."""
        places = self._places.get(lane)
        if places is None or self._stop.is_set() or self._busy[lane] >= places.at_once:
            return False
        self._busy[lane] += 1
        return True

    def release(self, lanes: Iterable[str]) -> None:
        """See `new_jobs.Taker`."""
        for lane in lanes:
            self._busy[lane] -= 1
            self.wake(lane)

    def start_reserved(self, jobs: Sequence[Job]) -> None:
        """See `new_jobs.Taker`."""
        for job in jobs:
            self._running[job.id] = job
        for kind, batch in _by_kind(jobs).items():
            self._run(kind, batch)

    def _start(self, claimed: Sequence[Job]) -> None:
        for job in claimed:
            self._busy[job.lane] += 1
        self.start_reserved(claimed)

    def _run(self, kind: str, batch: Sequence[Job]) -> None:
        task = asyncio.create_task(self._run_batch(kind, batch))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run_lane(self, lane: str, places: Places) -> None:
        bell = self._bells[lane]
        claimed_at = 0.0
        while not self._stop.is_set():
            await asyncio.sleep(max(claimed_at + GATHER_S - monotonic(), 0))
            claimed_at = monotonic()
            bell.clear()
            if self._stop.is_set():
                break
            free = places.at_once - self._busy[lane]
            claimed: list[Job] = []
            if places.have_room(self._busy[lane]):
                try:
                    claimed = await self._jobs.claim(lane, min(free, places.batch))
                except Exception as error:
                    log.warning("jobs.claim_failed", lane=lane, error=str(error))
                    await asyncio.sleep(POLL_S)
            self._start(claimed)
            if not claimed:
                try:
                    async with asyncio.timeout(POLL_S):
                        await bell.wait()
                except TimeoutError:
                    continue

    async def _run_batch(self, kind_name: str, batch: Sequence[Job]) -> None:
        open_jobs = {job.id: job for job in batch}

        def finish(job: Job, outcome: Outcome) -> None:
            if open_jobs.pop(job.id, None) is not None:
                self._end(job, outcome)

        kind = self._kinds.get(kind_name)
        try:
            if kind is None:
                raise LookupError(f"no handler for {kind_name}")
            await self._handle(kind, batch, open_jobs, finish)
        except Exception as error:
            if not isinstance(error, StoreAway):
                log.exception("job.failed", kind=kind_name, jobs=len(open_jobs))
            for job in list(open_jobs.values()):
                finish(job, Failed(f"{type(error).__name__}: {error}"[:2000]))
        for job in list(open_jobs.values()):
            finish(job, Done())

    async def _handle(self, kind: JobKind, batch: Sequence[Job], open_jobs: Mapping[int, Job], finish: Finish) -> None:
        try:
            await kind.handle(batch, finish)
        except StoreAway:
            raise
        except Exception:
            if len(batch) == 1:
                raise
            # It may be the fault of one of them. A handler can stand a repeat; the others do not fail with it.
            for job in list(open_jobs.values()):
                try:
                    await kind.handle([job], finish)
                except StoreAway:
                    raise
                except Exception as error:
                    finish(job, Failed(f"{type(error).__name__}: {error}"[:2000]))
                else:
                    finish(job, Done())

    def _end(self, job: Job, outcome: Outcome) -> None:
        task = asyncio.create_task(self._settle(job, outcome))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _settle(self, job: Job, outcome: Outcome) -> None:
        rings = self._rings[job.lane]
        more = True
        try:
            settler = self._unhurried if job.lane == Lane.CAMPAIGNS else self._settler
            more = await settler.add((job, outcome))
        finally:
            places = self._places.get(job.lane)
            was_full = places is not None and not places.have_room(self._busy[job.lane])
            # Given back and claimed again it is another run, which keeps its own lease.
            if self._running.get(job.id) is job:
                del self._running[job.id]
            self._busy[job.lane] -= 1
            self.finished += 1
            awaited = self._awaited.pop((job.id, job.attempt), None)
            if awaited is not None and not awaited.done():
                awaited.set_result(None)
        if isinstance(outcome, Again):
            asyncio.get_running_loop().call_later(outcome.after.total_seconds() + 0.002, self.wake, job.lane)
        elif more or was_full or self._rings[job.lane] != rings:
            # The next job of its order key may run now, or one that found no place. What was queued behind it while
            # its end was being written is not among `more`, but has rung.
            self.wake(job.lane)
        if isinstance(outcome, Failed):
            log.warning("job.failed", kind=job.kind, job=job.id, tries=job.tries, error=outcome.error[:300])

    async def _write_results(self, results: Sequence[tuple[Job, Outcome]]) -> Sequence[bool]:
        tries = 0
        while True:
            try:
                return await self._jobs.settle(results)
            except Exception as error:
                # The work is done and its handler can stand a repeat, but a repeat is waste: try for as long as the
                # leases can be kept, and when stopping leave it to them.
                log.warning("jobs.settle_failed", jobs=len(results), error=f"{type(error).__name__}: {error}"[:300])
                tries += 1
                away = isinstance(error, StoreAway)
                if not away and len(results) > 1:
                    # It may be the fault of one of them; the others do not wait for it.
                    for result in results:
                        await self._write_results([result])
                if self._stop.is_set() or (not away and (len(results) > 1 or tries == SETTLE_TRIES)):
                    return [True] * len(results)
                await asyncio.sleep(POLL_S / 4)

    async def _keep_leases(self) -> None:
        while True:
            await asyncio.sleep(LEASE_S / 4)
            try:
                if self._running:
                    await self._jobs.renew(list(self._running))
            except Exception as error:
                log.warning("jobs.renew_failed", error=str(error))


def _by_kind(jobs: Sequence[Job]) -> dict[str, list[Job]]:
    kinds: dict[str, list[Job]] = defaultdict(list)
    for job in jobs:
        kinds[job.kind].append(job)
    return kinds
