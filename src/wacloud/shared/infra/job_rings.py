"""Which jobs to ring for, where a dispatcher other than PostgreSQL names jobs one by one."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from typing import Any

from wacloud.shared.application.db import StoreAway
from wacloud.shared.application.jobs import Lane
from wacloud.shared.infra.new_jobs import QueuedJob
from wacloud.shared.infra.postgres import PostgresDatabase

# May this job run now? Every older open job of its order key has ended, and none of that key is running.
# `offset 0` keeps it a look-up for each job: as a join, planned while the queue is empty, it compares all with all.
ITS_TURN = """(j.order_key is null or not exists (
  select from app.jobs p
  where p.tenant = j.tenant and p.order_key = j.order_key and p.state <> 'parked' and p.id <> j.id
    and (p.id < j.id or p.state = 'running')
  offset 0))"""

# For a dispatcher that names jobs: who is first in these orders now, who was named too early, who was forgotten.
_FIRST_IN_ORDER = """
select j.id, j.lane, j.kind, greatest(extract(epoch from j.run_at - now()), 0)::float8 as delay
from unnest(%s::uuid[], %s::text[]) as k(tenant, order_key)
cross join lateral (
  select * from app.jobs o where o.tenant = k.tenant and o.order_key = k.order_key and o.state <> 'parked'
  order by o.id limit 1) j
where j.state = 'ready'
"""
_NOT_YET_DUE = """
select id, lane, kind, extract(epoch from run_at - now())::float8 as delay from app.jobs
where id = any(%s) and state = 'ready' and run_at > now()
"""
_OVERDUE = f"""
select o.id, o.lane, o.kind, 0::float8 as delay from unnest(%s::text[]) as l(lane)
cross join lateral (
  select j.id, j.lane, j.kind from app.jobs j
  where j.lane = l.lane and j.state = 'ready' and j.run_at < now() - %s * interval '1 second' and {ITS_TURN}
  order by j.id limit %s) o
"""


class JobRings:
    """
    Finds whom to ring for after a commit. Without such a dispatcher it does nothing.

    What it misses because the database goes away becomes overdue and is rung for as such.
    """

    def __init__(self, db: PostgresDatabase) -> None:
        self._db = db

    def ring(self, jobs: Sequence[QueuedJob]) -> None:
        """These may run, now or after their delay."""
        if jobs and self._db.ring is not None:
            self._db.ring(jobs)

    async def after(self, ended: Sequence[Any], returned: Sequence[Any]) -> None:
        """Jobs have ended or came back (rows): ring for those, and for those whose turn it now is."""
        if self._db.ring is None:
            return
        self.ring([QueuedJob(row.id, row.lane, row.kind, row.delay) for row in returned if row.state == "ready"])
        gone = [*ended, *(row for row in returned if row.state == "parked")]
        keys = sorted({(row.tenant, row.order_key) for row in gone if row.order_key})
        # Asked after the commit, so that a job refused while its forerunner was being settled is not overlooked.
        if keys:
            await self._ring_found("find next jobs", _FIRST_IN_ORDER, [t for t, _ in keys], [k for _, k in keys])

    async def early(self, ids: Iterable[int]) -> None:
        """These were named and could not be claimed: ring in time for those that are not due yet. Clocks differ."""
        if named := list(ids):
            await self._ring_found("find early jobs", _NOT_YET_DUE, named)

    async def overdue(self, seconds: float, limit: int = 200) -> list[QueuedJob]:
        """Jobs that could have run for so long and nobody has claimed, the oldest of each lane."""
        async with self._db.system("find overdue jobs") as tx:
            return [QueuedJob(*row) for row in await tx.rows(_OVERDUE, (list(Lane), seconds, limit))]

    async def _ring_found(self, why: str, sql: str, *columns: Sequence[object]) -> None:
        if self._db.ring is not None:
            with suppress(StoreAway):
                async with self._db.system(why) as tx:
                    found = await tx.rows(sql, columns)
                self.ring([QueuedJob(*row) for row in found])
