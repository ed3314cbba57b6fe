"""The inbox table: micro-batched durable accept, leased claims, results."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg

from wacloud.shared.application.batching import Batcher
from wacloud.shared.application.db import StoreAway
from wacloud.shared.application.webhooks import QUIET_LANE, WEBHOOK_LANES, Processed, RawWebhook, StoredWebhook
from wacloud.shared.infra.postgres import PostgresDatabase, storable

LEASE_S = 6  # renewed while its worker lives
MAX_ATTEMPTS = 3
BATCH_BYTES = 2_000_000
ACCEPT_WAITS_S = 1.5  # for a connection; a vendor that is told soon comes back soon
# Nobody waits for a tick; during a campaign there are three for each message, and one transaction keeps many of them.
QUIET_GATHER_S = 0.02
DUPLICATE_HORIZON = "9 days"  # Meta retries for up to seven

# A body seen in the last nine days is the same webhook. Inside one partition the unique key sees to it even between
# concurrent inserts; the look-back covers the partitions before.
_KEEP = f"""
with kept as (
  insert into app.webhook_inbox (provider, lane, business_id, body, headers, digest)
  select w.provider, w.lane, a.business_id, w.body, w.headers::jsonb, w.digest
  from unnest(%b::text[], %b::smallint[], %b::text[], %b::bytea[], %b::text[], %b::bytea[])
    as w(provider, lane, account, body, headers, digest)
  left join app.whatsapp_accounts a on a.waba_id = w.account
  where not exists (
    select from app.webhook_inbox seen
    where seen.provider = w.provider and seen.digest = w.digest and seen.part_of is null
      and seen.received_at > now() - interval '{DUPLICATE_HORIZON}'
      and seen.received_at < date_trunc('week', now() at time zone 'utc') at time zone 'utc' offset 0)
  on conflict do nothing
  returning id, lane
)
"""
_AND_RING = _KEEP + "select pg_notify('wacloud_webhooks', lane::text) from kept group by lane"
_AND_RETURN = _KEEP + "select id, lane, 0::float8 as delay from kept"

_MAY_RUN = f"""state = 'pending' and attempts < {MAX_ATTEMPTS} and (leased_until is null or leased_until < now())"""
# So many, but no more than two megabytes of them: what is claimed is parsed in one go and stored in one transaction.
_LEASE = f"""
update app.webhook_inbox w
set attempts = w.attempts + 1, leased_until = clock_timestamp() + interval '{LEASE_S} seconds'
from (
  select received_at, id from (
    select received_at, id, size, sum(size) over (order by lane, id) as sum from (
      select received_at, id, lane, octet_length(body) as size from app.webhook_inbox
      where {_MAY_RUN} and run_at <= now() {{which}} for update skip locked) locked) weighed
  where sum - size < {BATCH_BYTES}
) due
where w.received_at = due.received_at and w.id = due.id
returning w.id, w.provider, w.body, w.received_at, w.attempts, w.business_id
"""

_CLAIM = _LEASE.format(which="and lane = any(%s) and attempts = 0 order by lane, id limit %s")
# One that killed its worker must not take hundreds of others with it at each try: they come again in few, then alone.
_CLAIM_LAST = _LEASE.format(which="and attempts > 1 order by lane, id limit 1")
_CLAIM_RETRIED = _LEASE.format(which="and attempts = 1 order by lane, id limit 10")
# Both lanes are named so that the index of open webhooks finds a number.
_CLAIM_THESE = _LEASE.format(which="and lane in (0, 1) and id = any(%s)")
_OVERDUE = f"""
select id, lane, 0::float8 as delay from app.webhook_inbox
where {_MAY_RUN} and run_at < now() - %s * interval '1 second' order by lane, id limit %s
"""

# One that is being settled right now needs no lease; waiting for it could end in a deadlock.
_RENEW = f"""
update app.webhook_inbox w set leased_until = now() + interval '{LEASE_S} seconds'
from (
  select m.received_at, m.id from unnest(%s::timestamptz[], %s::bigint[], %s::smallint[]) as m(received_at, id, attempt)
  cross join lateral (
    select from app.webhook_inbox o
    where o.received_at = m.received_at and o.id = m.id and o.attempts = m.attempt and o.state = 'pending'
    limit 1 for update skip locked) held
) mine
where w.received_at = mine.received_at and w.id = mine.id
"""

# The work could not be done now, through no fault of the webhook's: it is as if it had not been claimed.
_GIVE_BACK = """
update app.webhook_inbox w
set attempts = w.attempts - 1, leased_until = null, run_at = now() + %s
from (
  select b.received_at, b.id from unnest(%s::timestamptz[], %s::bigint[], %s::smallint[]) as b(received_at, id, attempt)
  cross join lateral (
    select from app.webhook_inbox o
    where o.received_at = b.received_at and o.id = b.id and o.attempts = b.attempt and o.state = 'pending'
    limit 1 for update) held
) b
where w.received_at = b.received_at and w.id = b.id
returning w.id, w.lane, extract(epoch from w.run_at - now())::float8 as delay
"""

# A webhook that killed its worker three times is not tried a fourth time.
_GIVE_UP = f"""
update app.webhook_inbox set state = 'failed', error = 'its worker died each time', processed_at = now()
where state = 'pending' and attempts >= {MAX_ATTEMPTS} and leased_until < now()
"""

_SETTLE = f"""
update app.webhook_inbox w
set state = case when r.error is null then 'processed'
                 when r.final or w.attempts >= {MAX_ATTEMPTS} then 'failed' else 'pending' end,
    processed_at = case when r.error is null or r.final or w.attempts >= {MAX_ATTEMPTS} then now() end,
    run_at = case when r.error is null then w.run_at else now() + interval '2 seconds' * power(2, w.attempts - 1) end,
    leased_until = null, error = r.error, notes = r.notes,
    business_id = case when r.shared then null else coalesce(r.business_id, w.business_id) end
from (
  select x.id, x.received_at, x.business_id, x.error, x.final, x.shared,
         (select array_agg(n) from jsonb_array_elements_text(x.notes) n) as notes
  from unnest(%s::bigint[], %s::timestamptz[], %s::smallint[], %s::uuid[], %s::text[], %s::boolean[], %s::boolean[],
              %s::jsonb[])
    as x(id, received_at, attempt, business_id, error, final, shared, notes)
  -- Found and locked one by one: asked for in the join, what is pending would be read whole for each of them.
  cross join lateral (
    select from app.webhook_inbox o
    where o.received_at = x.received_at and o.id = x.id and o.attempts = x.attempt and o.state = 'pending'
    limit 1 for update) mine
) r
where w.received_at = r.received_at and w.id = r.id
returning w.id, w.lane, extract(epoch from w.run_at - now())::float8 as delay, w.state
"""

_SHARE = """
insert into app.webhook_inbox (provider, lane, business_id, body, digest, state, processed_at, part_of, received_at)
select provider, 0, business_id, body, digest, 'processed', now(), part_of, received_at
from unnest(%s::text[], %s::uuid[], %s::bytea[], %s::bytea[], %s::bigint[], %s::timestamptz[])
  as s(provider, business_id, body, digest, part_of, received_at)
where not exists (select from app.webhook_inbox o where o.part_of = s.part_of and o.business_id = s.business_id
                  and o.received_at = s.received_at)
"""


@dataclass(frozen=True, slots=True)
class _Row:
    webhook: RawWebhook
    digest: bytes


@dataclass(frozen=True, slots=True)
class OpenWebhook:
    """A webhook that waits in the table; `delay` in seconds until it may be processed."""

    id: int
    lane: int
    delay: float


RingWebhooks = Callable[[Sequence[OpenWebhook]], None]


class PostgresWebhookInbox:
    """
    See `shared.application.webhooks.WebhookInbox`.

    `ring` is called after a commit with the webhooks that wait since, for a dispatcher other than PostgreSQL; without
    it workers are woken by NOTIFY inside the transaction.
    """

    def __init__(
        self,
        db: PostgresDatabase,
        *,
        ring: RingWebhooks | None = None,
        batch: int = 500,
    ) -> None:
        self._db = db
        self._ring = ring
        # Two writers, so that the next batch gathers and travels while the one before commits.
        self._writer: Batcher[_Row, StoreAway | None] = Batcher(self._write, writers=2, most=batch, one_by_one=True)
        self._quiet: Batcher[_Row, StoreAway | None] = Batcher(
            self._write, most=batch, one_by_one=True, gather_s=QUIET_GATHER_S
        )

    async def keep(self, webhook: RawWebhook) -> None:
        try:
            writer = self._quiet if webhook.lane == QUIET_LANE else self._writer
            away = await writer.add(_Row(webhook, hashlib.sha256(webhook.body).digest()))
        except psycopg.Error as error:
            raise StoreAway(str(error)) from error
        if away is not None:
            raise StoreAway(str(away)) from away

    async def _write(self, rows: Sequence[_Row]) -> Sequence[StoreAway | None]:
        """
        A database that is away is so for all of them: they are refused together, and soon.

        Whatever else goes wrong may be the fault of one row, and is raised, so that each is tried alone.
        """
        one_each = list({(row.webhook.provider, row.digest): row for row in rows}.values())
        webhooks = [row.webhook for row in one_each]
        try:
            async with self._db.system("accept webhooks", wait_s=ACCEPT_WAITS_S) as tx:
                kept = await tx.rows(
                    _AND_RING if self._ring is None else _AND_RETURN,
                    (
                        [webhook.provider for webhook in webhooks],
                        [webhook.lane for webhook in webhooks],
                        [webhook.account for webhook in webhooks],
                        [webhook.body for webhook in webhooks],
                        [json.dumps(dict(webhook.headers)) if webhook.headers else "{}" for webhook in webhooks],
                        [row.digest for row in one_each],
                    ),
                )
        except StoreAway as away:
            return [away] * len(rows)
        self._ring_for(kept)
        return [None] * len(rows)

    async def claim(self, limit: int, lanes: Sequence[int] = WEBHOOK_LANES) -> Sequence[StoredWebhook]:
        async with self._db.system("claim webhooks", repeatable=True) as tx:
            return _in_order(await tx.rows(_CLAIM, (list(lanes), limit)))

    async def claim_retried(self) -> Sequence[StoredWebhook]:
        """Those that were tried before, in small batches; before their last try, alone."""
        async with self._db.system("claim webhooks", repeatable=True) as tx:
            return _in_order(await tx.rows(_CLAIM_LAST) or await tx.rows(_CLAIM_RETRIED))

    async def claim_these(self, ids: Sequence[int]) -> Sequence[StoredWebhook]:
        """Those of these that wait and are due."""
        async with self._db.system("claim webhooks", repeatable=True) as tx:
            return _in_order(await tx.rows(_CLAIM_THESE, (list(ids),)))

    async def renew(self, webhooks: Sequence[StoredWebhook]) -> None:
        """Keep the leases of claimed webhooks."""
        async with self._db.system("renew leases", repeatable=True) as tx:
            await tx.execute(
                _RENEW,
                (
                    [webhook.received_at for webhook in webhooks],
                    [webhook.id for webhook in webhooks],
                    [webhook.attempt for webhook in webhooks],
                ),
            )

    async def give_back(self, webhooks: Sequence[StoredWebhook], pause: timedelta) -> None:
        """Nothing was done with these, and it was not their fault; they may be claimed again after a pause."""
        async with self._db.system("give webhooks back", repeatable=True) as tx:
            rows = await tx.rows(
                _GIVE_BACK,
                (
                    pause,
                    [webhook.received_at for webhook in webhooks],
                    [webhook.id for webhook in webhooks],
                    [webhook.attempt for webhook in webhooks],
                ),
            )
        self._ring_for(rows)

    async def overdue(self, seconds: float, limit: int = 500) -> Sequence[OpenWebhook]:
        """Webhooks that could have been processed for so long and nobody has claimed."""
        async with self._db.system("find overdue webhooks") as tx:
            return [OpenWebhook(*row) for row in await tx.rows(_OVERDUE, (seconds, limit))]

    def _ring_for(self, rows: Sequence[Any]) -> None:
        if rows and self._ring is not None:
            self._ring([OpenWebhook(row.id, row.lane, row.delay) for row in rows])

    async def give_up_on_killers(self) -> int:
        """Park webhooks whose worker died at every try; returns how many."""
        async with self._db.system("park webhooks") as tx:
            return await tx.execute(_GIVE_UP)

    async def settle(self, results: Sequence[Processed]) -> None:
        async with self._db.system("settle webhooks", repeatable=True) as tx:
            settled = await tx.rows(
                _SETTLE,
                (
                    [result.webhook.id for result in results],
                    [result.webhook.received_at for result in results],
                    [result.webhook.attempt for result in results],
                    [result.business_id for result in results],
                    [storable(result.error) if result.error is not None else None for result in results],
                    [result.final for result in results],
                    [result.shared for result in results],
                    [json.dumps([storable(note) for note in result.notes]) for result in results],
                ),
            )
            shares = [(result.webhook, share) for result in results for share in result.shares]
            if shares:
                await tx.execute(
                    _SHARE,
                    (
                        [webhook.provider for webhook, _ in shares],
                        [share.business_id for _, share in shares],
                        [share.body for _, share in shares],
                        [hashlib.sha256(share.body).digest() for _, share in shares],
                        [webhook.id for webhook, _ in shares],
                        [webhook.received_at for webhook, _ in shares],
                    ),
                )
        self._ring_for([row for row in settled if row.state == "pending"])

    async def replay(self, *, ids: Sequence[int] = (), failed: bool = False) -> list[int]:
        """Put webhooks back into the queue; what they already did is not done again. Returns which."""
        async with self._db.system("replay webhooks") as tx:
            rows = await tx.rows(
                """
                update app.webhook_inbox
                set state = 'pending', attempts = 0, run_at = now(), leased_until = null, error = null
                where state <> 'pending' and part_of is null and (id = any(%s) or (%s and state = 'failed'))
                returning id, lane, 0::float8 as delay
                """,
                (list(ids), failed),
            )
        self._ring_for(rows)
        return [row.id for row in rows]

    async def counts(self) -> Mapping[tuple[str, str], int]:
        """How many webhooks of each provider are in each state."""
        async with self._db.system("count webhooks") as tx:
            rows = await tx.rows(
                "select provider, state, count(*) as n from app.webhook_inbox where part_of is null group by 1, 2"
            )
        return {(row.provider, row.state): row.n for row in rows}

    async def failed(self, limit: int = 50) -> Sequence["FailedWebhook"]:
        """The newest that could not be processed."""
        async with self._db.system("list failed webhooks") as tx:
            rows: list[Any] = await tx.rows(
                """
                select id, provider, received_at, business_id, error, length(body) as bytes from app.webhook_inbox
                where state = 'failed' and part_of is null order by received_at desc limit %s
                """,
                (limit,),
            )
        return [FailedWebhook(r.id, r.provider, r.received_at, r.business_id, r.error, r.bytes) for r in rows]


def _in_order(rows: Sequence[Any]) -> list[StoredWebhook]:
    return [
        StoredWebhook(row.id, row.provider, row.body, row.received_at, row.attempts, row.business_id)
        for row in sorted(rows, key=lambda row: row.id)
    ]


@dataclass(frozen=True, slots=True)
class FailedWebhook:
    """A webhook that an operator should look at."""

    id: int
    provider: str
    received_at: datetime
    business_id: UUID | None
    error: str
    bytes: int
