"""
Inserts the jobs of a transaction, and hands those that may run at once to a runner in the same process.

A job handed over is inserted as claimed: committed, it starts without anybody having to find it. Should its process
die first, its lease runs out like any other.
"""

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Protocol
from uuid import UUID

from wacloud.shared.application.db import Tx
from wacloud.shared.application.jobs import Job, NewJob
from wacloud.shared.domain.ids import BusinessId

LEASE_S = 8
NO_TENANT = UUID(int=0)
NO_DELAY = timedelta()

_NEW = """
  select j.lane, j.kind, j.business_id, j.order_key, j.unique_key, j.payload::jsonb as payload, j.delay, j.max_attempts
  from unnest(%s::text[], %s::text[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::interval[], %s::smallint[])
    as j(lane, kind, business_id, order_key, unique_key, payload, delay, max_attempts)
"""

# One statement for the jobs of a transaction. A waiting job with the same unique key is touched, not left alone:
# the touch holds its row until we commit, so no worker can run it without seeing what we are writing now.
_INSERT = f"""
with new as (
  insert into app.jobs (lane, kind, business_id, order_key, unique_key, payload, run_at, max_attempts)
  select j.lane, j.kind, j.business_id, j.order_key, j.unique_key, j.payload, now() + j.delay, j.max_attempts
  from ({_NEW}) j
  on conflict (tenant, unique_key) where state = 'ready' do update set run_at = least(app.jobs.run_at, excluded.run_at)
  returning id, lane, kind, run_at
)
"""
_AND_RING = (
    _INSERT + "select pg_notify('wacloud_jobs', lane) from (select distinct lane from new where run_at <= now()) due"
)
_AND_RETURN = _INSERT + "select id, lane, kind, extract(epoch from run_at - now())::float8 as delay from new"

# Those that are first in their order are claimed at once; the others follow them as ever.
_WAKE = """
with woken as (
  update app.jobs set run_at = now()
  where tenant = %s and waits_for = %s and state = 'ready' and run_at > now()
  returning id, lane, kind
), rung as (
  select pg_notify('wacloud_jobs', lane) from (select distinct lane from woken) lanes
)
select id, lane, kind, 0::float8 as delay, (select count(*) from rung) as lanes from woken
"""

# Only where nothing of its order is open: what waits or runs there comes first.
_INSERT_CLAIMED = f"""
insert into app.jobs (lane, kind, business_id, order_key, unique_key, payload, max_attempts,
                      state, attempts, claims, worker, leased_until)
select j.lane, j.kind, j.business_id, j.order_key, j.unique_key, j.payload, j.max_attempts,
       'running', 1, 1, %s, clock_timestamp() + interval '{LEASE_S} seconds'
from ({_NEW}) j
where not exists (
  select from app.jobs o
  where o.tenant = coalesce(j.business_id, '{NO_TENANT}') and o.order_key = j.order_key and o.state <> 'parked'
  offset 0)
on conflict do nothing
returning id, kind, lane, business_id, payload, claims, attempts, max_attempts, created_at, order_key
"""


@dataclass(frozen=True, slots=True)
class QueuedJob:
    """A job that is now in the table; `delay` in seconds until it may run."""

    id: int
    lane: str
    kind: str
    delay: float


class Taker(Protocol):
    """A runner in this process."""

    @property
    def worker(self) -> str:
        """The name claims of this process carry."""
        ...

    def reserve(self, lane: str) -> bool:
        """Keep a place for one job of this lane, if there is one."""
        ...

    def release(self, lanes: Iterable[str]) -> None:
        """Free places that were kept: one for each lane named."""
        ...

    def start_reserved(self, jobs: Sequence[Job]) -> None:
        """Run jobs that were inserted as claimed, in the places kept for them."""
        ...


@dataclass(slots=True)
class Inserted:
    """What became of the jobs of a transaction; `taken` start after its commit."""

    queued: list[QueuedJob] = field(default_factory=list)
    taken: list[Job] = field(default_factory=list)


async def insert_jobs(tx: Tx, jobs: Sequence[NewJob], *, ring: bool, taker: Taker | None) -> Inserted:
    """
    Write the jobs; `ring` wakes workers by NOTIFY, otherwise the caller rings for what is queued.

    Whoever gets `taken` starts them once they are committed, or releases their places.
    """
    inserted = Inserted()
    waiting = _one_each(jobs)
    if taker is not None:
        inserted.taken = await _insert_claimed(tx, waiting, taker)
        taken = {(job.business_id, job.order_key) for job in inserted.taken}
        waiting = [job for job in waiting if (job.business_id, job.order_key) not in taken]
    if waiting:
        params = _columns(waiting)
        if ring:
            await tx.execute(_AND_RING, params)
        else:
            inserted.queued = [QueuedJob(*row) for row in await tx.rows(_AND_RETURN, params)]
    return inserted


async def wake_jobs(tx: Tx, business_id: BusinessId, waits_for: str) -> list[QueuedJob]:
    """Those that wait for this may run now."""
    return [QueuedJob(row.id, row.lane, row.kind, row.delay) for row in await tx.rows(_WAKE, (business_id, waits_for))]


async def _insert_claimed(tx: Tx, jobs: Sequence[NewJob], taker: Taker) -> list[Job]:
    """Of each order key the only job; two of one key wait for each other in the queue."""
    in_order = Counter((job.business_id, job.order_key) for job in jobs)
    wanted = [
        job
        for job in jobs
        if job.order_key and in_order[job.business_id, job.order_key] == 1 and not job.delay and taker.reserve(job.lane)
    ]
    if not wanted:
        return []
    places: list[str] = [job.lane for job in wanted]
    try:
        rows = await tx.rows(_INSERT_CLAIMED, (taker.worker, *_columns(wanted)))
    except BaseException:
        taker.release(places)
        raise
    taken = [to_job(row) for row in rows]
    taker.release((Counter(places) - Counter(job.lane for job in taken)).elements())
    return taken


def _one_each(jobs: Sequence[NewJob]) -> list[NewJob]:
    unique: dict[object, NewJob] = {}
    for index, job in enumerate(jobs):
        key = (job.business_id, job.unique_key) if job.unique_key else index
        if key not in unique or (job.delay or NO_DELAY) < (unique[key].delay or NO_DELAY):
            unique[key] = job
    # Always in the same order, so that two transactions never wait for each other's keys.
    return sorted(unique.values(), key=lambda job: (job.unique_key or "", job.order_key or ""))


def _columns(jobs: Sequence[NewJob]) -> tuple[list[Any], ...]:
    return (
        [job.lane.value for job in jobs],
        [job.kind for job in jobs],
        [job.business_id for job in jobs],
        [job.order_key for job in jobs],
        [job.unique_key for job in jobs],
        [json.dumps(dict(job.payload), default=str) for job in jobs],
        [job.delay or NO_DELAY for job in jobs],
        [job.max_attempts for job in jobs],
    )


def to_job(row: Any) -> Job:
    """A claimed row of `app.jobs`."""
    return Job(
        id=row.id,
        kind=row.kind,
        lane=row.lane,
        business_id=row.business_id,
        payload=row.payload,
        attempt=row.claims,
        tries=row.attempts,
        max_attempts=row.max_attempts,
        created_at=row.created_at,
        order_key=row.order_key,
    )
