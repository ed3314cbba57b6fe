"""The job table: fair batch claims, leases with fencing, results. See `docs/adr` for the figures behind it."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

from wacloud.shared.application.jobs import Again, Done, Failed, Job, Lane, NewJob, Outcome
from wacloud.shared.infra.job_rings import ITS_TURN, JobRings
from wacloud.shared.infra.new_jobs import LEASE_S, QueuedJob, to_job
from wacloud.shared.infra.postgres import PostgresDatabase, storable

BACKOFF = timedelta(seconds=2)  # 2 s, 4 s, 8 s ...
LONGEST_BACKOFF = timedelta(hours=1)
TENANTS_A_WALK = 64
WALKS = 8
FIRST_TENANT = UUID(int=0)

# Fair over tenants: walk the tenants that have ready jobs (a loose index scan that starts after the tenant served
# last), rank each tenant's jobs, add what it already runs, and take the lowest ranks first, in the order of the walk.
# Arrays instead of joins, for the plan is often made while the queue is empty: 3,000 jobs took 560 ms a claim with
# joins, 4 ms with arrays.
_CLAIM = f"""
with recursive tenants as (
  select k as tenant, k as first_tenant, 1 as n from (select coalesce(
      (select tenant from app.jobs where lane = %(lane)s and state = 'ready' and tenant > %(after)s
       order by tenant limit 1),
      (select tenant from app.jobs where lane = %(lane)s and state = 'ready' order by tenant limit 1)) as k) s
  where k is not null
  union all
  select x.k, t.first_tenant, t.n + 1
  from tenants t, lateral (select coalesce(
      (select tenant from app.jobs where lane = %(lane)s and state = 'ready' and tenant > t.tenant
       order by tenant limit 1),
      (select tenant from app.jobs where lane = %(lane)s and state = 'ready' order by tenant limit 1)) as k) x
  where x.k <> t.first_tenant and t.n < {TENANTS_A_WALK}
), candidates as materialized (
  select c.id, t.n from tenants t
  cross join lateral (
    select d.id, row_number() over (order by d.run_at, d.id) as rank from (
      select j.id, j.run_at from app.jobs j
      where j.lane = %(lane)s and j.tenant = t.tenant and j.state = 'ready' and j.run_at <= now() and {ITS_TURN}
      order by j.run_at, j.id limit %(limit)s) d) c
  cross join lateral (
    select count(*) as n from app.jobs r where r.lane = %(lane)s and r.tenant = t.tenant and r.state = 'running'
    offset 0) busy
  order by c.rank + busy.n, t.n, c.id limit %(limit)s
), claimed as (
  update app.jobs
  set state = 'running', attempts = attempts + 1, claims = claims + 1, worker = %(worker)s,
      leased_until = now() + interval '{LEASE_S} seconds'
  where id = any (array(
    select j.id from app.jobs j
    where j.id = any (array(select id from candidates)) and j.state = 'ready' and j.run_at <= now()
    for update skip locked))
  returning id, kind, lane, business_id, payload, claims, attempts, max_attempts, created_at, order_key, tenant
)
select claimed.*, candidates.n as step, walk.tenant as walked_to, walk.n as walked
from (select tenant, n from tenants order by n desc limit 1) walk
left join (claimed join candidates using (id)) on true
"""

_CLAIM_THIS = f"""
update app.jobs j
set state = 'running', attempts = attempts + 1, claims = claims + 1, worker = %(worker)s,
    leased_until = now() + interval '{LEASE_S} seconds'
where j.id = any (select c.id from app.jobs c where c.id = any(%(ids)s) and c.state = 'ready' for update skip locked)
  and j.run_at <= now() and {ITS_TURN}
returning id, kind, lane, business_id, payload, claims, attempts, max_attempts, created_at, order_key, tenant
"""

_FINISH = """
with done as (
  delete from app.jobs j where j.id = any (array(
    select f.id from unnest(%s::bigint[], %s::int[]) as f(id, claim)
    cross join lateral (
      select from app.jobs o where o.id = f.id and o.claims = f.claim and o.state = 'running' limit 1 for update) held))
  returning j.*
), kept as (
  insert into app.finished_jobs (id, lane, kind, business_id, payload, attempts, last_error, created_at)
  select id, lane, kind, business_id, payload, attempts, last_error, created_at from done
)
select id, tenant, order_key, exists (
    select from app.jobs n
    where n.tenant = done.tenant and n.order_key = done.order_key and n.id <> done.id and n.state = 'ready' offset 0
  ) as more
from done where order_key is not null
"""

# Back into the queue, or parked. A waiting job with the same unique key already stands for the work, so this one
# gives its key up rather than clash with it; of several that come back together one keeps it.
_RETURN = """
update app.jobs j
set state = case when r.park then 'parked' else 'ready' end,
    parked_at = case when r.park then now() end,
    run_at = now() + r.after, last_error = r.error, leased_until = null, worker = null,
    waits_for = case when not r.park then r.waits_for end,
    attempts = case when r.counts then j.attempts else greatest(j.attempts - 1, 0) end,
    unique_key = case when r.park then j.unique_key
                      when r.nth = 1 and not exists (
                        select from app.jobs o
                        where o.tenant = j.tenant and o.unique_key = j.unique_key and o.state = 'ready')
                      then j.unique_key end
from (
  select w.*, row_number() over (partition by m.tenant, m.unique_key, w.park order by w.id) as nth
  from unnest(%s::bigint[], %s::int[], %s::interval[], %s::text[], %s::boolean[], %s::boolean[], %s::text[])
    as w(id, claim, after, error, counts, park, waits_for)
  join app.jobs m on m.id = w.id and m.claims = w.claim and m.state = 'running'
) r
where j.id = r.id and j.claims = r.claim and j.state = 'running'
returning j.id, j.lane, j.kind, extract(epoch from j.run_at - now())::float8 as delay, j.state, j.tenant, j.order_key
"""

_REPLAY = """
update app.jobs j
set state = 'ready', attempts = 0, run_at = now(), parked_at = null,
    unique_key = case when r.nth = 1 and not exists (
                   select from app.jobs o
                   where o.tenant = j.tenant and o.unique_key = j.unique_key and o.state = 'ready')
                 then j.unique_key end
from (
  select id, row_number() over (partition by tenant, unique_key order by id) as nth from app.jobs
  where state = 'parked' and (id = any(%s) or %s)
) r
where j.id = r.id and j.state = 'parked'
returning j.id, j.lane, j.kind, 0::float8 as delay
"""

_EXPIRED = """
select id, claims, attempts, max_attempts from app.jobs
where state = 'running' and leased_until < now() order by id limit 500 for update skip locked
"""


@dataclass(frozen=True, slots=True)
class ParkedJob:
    """A job that needs a person: it failed at every try."""

    id: int
    kind: str
    lane: str
    business_id: UUID | None
    payload: dict[str, Any]
    attempts: int
    error: str | None
    parked_at: datetime


class PostgresJobs:
    """The queue as workers see it."""

    def __init__(self, db: PostgresDatabase, worker: str) -> None:
        self._db = db
        self.worker = worker
        self._rings = JobRings(db)
        self._last_tenant: dict[str, UUID] = {}

    async def claim(self, lane: str, limit: int) -> list[Job]:
        """Up to `limit` jobs of a lane, fair over tenants, in order within an order key."""
        rows: list[Any] = []
        async with _one_at_a_time(), self._db.system("claim jobs", repeatable=True) as tx:
            rows = await self._walk(tx, lane, limit)
        return [to_job(row) for row in sorted(rows, key=lambda row: row.id)]

    async def _walk(self, tx: Any, lane: str, limit: int) -> list[Any]:
        """Claim; tenants whose jobs all wait for a time or a turn are walked past, so that they hide nobody."""
        for _ in range(WALKS):
            after = self._last_tenant.get(lane, FIRST_TENANT)
            found = await tx.rows(_CLAIM, {"lane": lane, "limit": limit, "worker": self.worker, "after": after})
            rows = [row for row in found if row.id is not None]
            if found:
                last = max(rows, key=lambda row: row.step, default=None)
                self._last_tenant[lane] = last.tenant if last else found[0].walked_to
            if rows or not found or found[0].walked < TENANTS_A_WALK:
                return rows
        return []

    async def claim_these(self, ids: Sequence[int]) -> list[Job]:
        """
        Those of these jobs that are ready, due and first in their order.

        Who was named too early is rung again in time: clocks of machines differ.
        """
        rows: list[Any] = []
        async with _one_at_a_time(), self._db.system("claim jobs", repeatable=True) as tx:
            rows = await tx.rows(_CLAIM_THIS, {"ids": list(ids), "worker": self.worker})
        await self._rings.early(set(ids) - {row.id for row in rows})
        return [to_job(row) for row in sorted(rows, key=lambda row: row.id)]

    async def settle(self, results: Sequence[tuple[Job, Outcome]]) -> Sequence[bool]:
        """
        Record how jobs ended; says for each whether another of its order key waits for its end.

        A job whose lease went to another worker is left to that one.
        """
        done = [job for job, outcome in results if isinstance(outcome, Done)]
        back = [(job, outcome) for job, outcome in results if not isinstance(outcome, Done)]
        ended: list[Any] = []
        returned: list[Any] = []
        async with self._db.system("settle jobs", repeatable=True) as tx:
            if done:
                ended = await tx.rows(_FINISH, ([job.id for job in done], [job.attempt for job in done]))
            if back:
                returned = await self._return(tx, [_way_back(job, outcome) for job, outcome in back])
        await self._rings.after(ended, returned)
        followed = {row.id for row in ended if row.more}
        return [not isinstance(outcome, Done) or job.id in followed for job, outcome in results]

    async def _return(self, tx: Any, ways: Sequence["_WayBack"]) -> list[Any]:
        rows: list[Any] = await tx.rows(
            _RETURN,
            (
                [way.id for way in ways],
                [way.claim for way in ways],
                [way.after for way in ways],
                [way.error for way in ways],
                [way.counts for way in ways],
                [way.park for way in ways],
                [way.waits_for for way in ways],
            ),
        )
        return rows

    async def renew(self, ids: Sequence[int]) -> None:
        """Keep the leases of running jobs."""
        async with self._db.system("renew leases", repeatable=True) as tx:
            await tx.execute(
                # A job that is being settled right now needs no lease; waiting for it could end in a deadlock.
                f"""
                update app.jobs set leased_until = now() + interval '{LEASE_S} seconds'
                where id in (select id from app.jobs where id = any(%s) and worker = %s and state = 'running'
                             for update skip locked)
                """,
                (list(ids), self.worker),
            )

    async def reap(self) -> int:
        """Give jobs of dead workers back, or park those that ran out of tries; returns how many there were."""
        returned: list[Any] = []
        async with self._db.system("reap jobs") as tx:
            rows = await tx.rows(_EXPIRED)
            if rows:
                returned = await self._return(
                    tx,
                    [
                        _WayBack(
                            row.id,
                            row.claims,
                            timedelta(),
                            "its worker stopped answering",
                            True,
                            row.attempts >= row.max_attempts,
                        )
                        for row in rows
                    ],
                )
        await self._rings.after([], returned)
        return len(rows)

    async def overdue(self, seconds: float) -> list[QueuedJob]:
        """Jobs that could have run for so long and nobody has claimed, the oldest of each lane."""
        return await self._rings.overdue(seconds)

    async def counts(self) -> dict[tuple[str, str], int]:
        """Open jobs by (lane, state)."""
        async with self._db.system("count jobs") as tx:
            rows = await tx.rows("select lane, state, count(*) as n from app.jobs group by 1, 2 order by 1, 2")
        return {(row.lane, row.state): row.n for row in rows}

    async def parked(self, limit: int = 50) -> list[ParkedJob]:
        """The newest parked jobs."""
        async with self._db.system("list parked jobs") as tx:
            rows = await tx.rows(
                "select id, kind, lane, business_id, payload, attempts, last_error, parked_at from app.jobs "
                "where state = 'parked' order by parked_at desc limit %s",
                (limit,),
            )
        return [ParkedJob(*row) for row in rows]

    async def replay(self, ids: Sequence[int] = (), *, every: bool = False) -> list[int]:
        """Give parked jobs a fresh set of tries; returns which."""
        async with self._db.system("replay jobs") as tx:
            rows = await tx.rows(_REPLAY, (list(ids), every))
            for lane in {row.lane for row in rows}:
                await tx.execute("select pg_notify('wacloud_jobs', %s)", (lane,))
        self._rings.ring([QueuedJob(*row) for row in rows])
        return [row.id for row in rows]

    async def queue_due(self, lane_of: Mapping[str, Lane]) -> None:
        """Queue the recurring jobs that are due now: the clock moves on in the transaction that queues them."""
        async with self._db.system("run the clock") as tx:
            rows = await tx.rows(
                "update app.schedules "
                "set next_at = every + case when next_at + every > now() then next_at else now() end "
                "where next_at <= now() returning kind"
            )
            tx.queue(*(NewJob(kind=row.kind, lane=lane_of[row.kind], unique_key=f"cron:{row.kind}") for row in rows))

    async def set_schedules(self, schedules: dict[str, timedelta]) -> None:
        """Make the schedule table say exactly this."""
        async with self._db.system("set schedules") as tx:
            await tx.execute(
                """
                insert into app.schedules (kind, every)
                select * from unnest(%s::text[], %s::interval[])
                on conflict (kind) do update set every = excluded.every where app.schedules.every <> excluded.every
                """,
                (list(schedules), list(schedules.values())),
            )
            await tx.execute("delete from app.schedules where kind <> all(%s)", (list(schedules),))


@dataclass(frozen=True, slots=True)
class _WayBack:
    id: int
    claim: int
    after: timedelta
    error: str
    counts: bool
    park: bool
    waits_for: str | None = None


def _way_back(job: Job, outcome: Outcome) -> _WayBack:
    if isinstance(outcome, Again):
        return _WayBack(job.id, job.attempt, outcome.after, outcome.why, False, False, outcome.waits_for)
    assert isinstance(outcome, Failed)
    park = outcome.parked or job.tries >= job.max_attempts
    pause = min(BACKOFF * 2 ** min(job.tries - 1, 16), LONGEST_BACKOFF)
    return _WayBack(job.id, job.attempt, pause, storable(outcome.error), True, park)


@asynccontextmanager
async def _one_at_a_time() -> AsyncIterator[None]:
    """
    Of one order key one job runs, whatever two claims saw: the database refuses the second.

    That claim then has nothing; its worker looks again.
    """
    with suppress(psycopg.errors.UniqueViolation):
        yield
