"""The job table on its own: queue, claim and settle by hand, and let time pass."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

from wacloud.shared.application.jobs import Again, Done, Failed, Job, Lane, NewJob, Outcome
from wacloud.shared.domain.ids import BusinessId
from wacloud.shared.infra.jobs import PostgresJobs
from wacloud.shared.infra.postgres import PostgresDatabase, make_pool

KIND = "test.do_it"


class Queue:
    """One database's jobs and any number of workers."""

    def __init__(self, db: PostgresDatabase) -> None:
        self.db = db
        self._workers: dict[str, PostgresJobs] = {}
        self._before = 0

    def worker(self, name: str = "one") -> PostgresJobs:
        return self._workers.setdefault(name, PostgresJobs(self.db, name))

    async def add(
        self,
        *,
        n: int = 1,
        kind: str = KIND,
        lane: Lane = Lane.TURNS,
        business: BusinessId | None = None,
        order: str | None = None,
        unique: str | None = None,
        delay: float = 0,
        tries: int = 3,
        payload: dict[str, Any] | None = None,
    ) -> None:
        async with self.db.system("test: queue") as tx:
            tx.queue(
                *(
                    NewJob(
                        kind=kind,
                        lane=lane,
                        business_id=business,
                        order_key=order,
                        unique_key=unique,
                        delay=timedelta(seconds=delay) if delay else None,
                        max_attempts=tries,
                        payload=payload or {},
                    )
                    for _ in range(n)
                )
            )

    async def claim(self, limit: int = 1000, *, lane: Lane = Lane.TURNS, worker: str = "one") -> list[Job]:
        return await self.worker(worker).claim(lane, limit)

    async def claim_one(self, worker: str = "one") -> Job:
        [job] = await self.claim(worker=worker)
        return job

    async def done(self, *jobs: Job) -> None:
        await self.end(jobs, Done())

    async def fail(self, *jobs: Job, error: str = "broken") -> None:
        await self.end(jobs, Failed(error))

    async def again(self, *jobs: Job, after: float = 0) -> None:
        await self.end(jobs, Again(timedelta(seconds=after), "later"))

    async def end(self, jobs: Sequence[Job], outcome: Outcome) -> None:
        await self.worker().settle([(job, outcome) for job in jobs])

    async def rows(self, where: str = "true") -> list[Any]:
        """The open jobs, oldest first, with the seconds until they may run."""
        async with self.db.system("test: look") as tx:
            return await tx.rows(
                f"select *, extract(epoch from run_at - now())::float8 as wait from app.jobs where {where} order by id"
            )

    async def finished(self) -> list[Any]:
        async with self.db.system("test: look") as tx:
            return await tx.rows(
                "select *, tableoid::regclass::text as leaf from app.finished_jobs where id > %s order by id",
                (self._before,),
            )

    async def pass_time(self, seconds: float) -> None:
        """As if so long had gone by."""
        async with self.db.system("test: let time pass") as tx:
            await tx.execute(
                "update app.jobs set run_at = run_at - %(s)s * interval '1 second', "
                "leased_until = leased_until - %(s)s * interval '1 second'",
                {"s": seconds},
            )

    async def empty(self) -> None:
        self._workers.clear()
        async with self.db.system("test: begin anew") as tx:
            await tx.execute("delete from app.jobs")
            await tx.execute("delete from app.schedules")
            [row] = await tx.rows("select coalesce(max(id), 0) as last from app.finished_jobs")
            self._before = row.last


@asynccontextmanager
async def open_queue(app_dsn: str) -> AsyncIterator[Queue]:
    async with make_pool(app_dsn, smallest=2, largest=10) as pool:
        queue = Queue(PostgresDatabase(pool))
        await queue.empty()
        yield queue
