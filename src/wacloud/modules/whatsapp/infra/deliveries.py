"""Outbound messages on their way: read, marked, recorded in batches; statuses move them forward only."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from wacloud.modules.whatsapp.application.stored import Applied, Held, LeftBehind, Outgoing, SendResult
from wacloud.modules.whatsapp.domain.callback import read_callback
from wacloud.modules.whatsapp.domain.cost import free_entry_until
from wacloud.modules.whatsapp.domain.inbound import StatusUpdate
from wacloud.modules.whatsapp.domain.message import PROGRESS, STATE_OF_STATUS
from wacloud.modules.whatsapp.infra.costs import count_delivered, open_free_entries
from wacloud.modules.whatsapp.infra.unmatched_statuses import (
    businesses_with_unmatched,
    keep_unmatched,
    take_matched,
)
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId

_TO_SEND = """
select m.business_id, m.id, m.created_at, m.conversation_id, m.state, m.kind, m.body, m.content,
       m.refers_to as quoted_wamid, m.dispatch_attempt, c.last_inbound_at,
       n.id as number_id, n.phone_number_id, n.access_token, n.throughput, n.state as number_state, n.held_until,
       n.held_because,
       p.phone as recipient_phone,
       (select i.value from app.contact_identities i
        where i.business_id = c.business_id and i.contact_id = c.contact_id and i.kind = 'bsuid'
        order by i.first_seen_at desc limit 1) as recipient_bsuid,
       n.waba_id, coalesce(a.portfolio_id, n.waba_id) as portfolio_id, a.messaging_limit, m.bulk,
       t.status as template_status, t.code_minutes,
       coalesce(t.category, upper(m.category), '') = 'AUTHENTICATION' as is_code
from unnest(%s::uuid[], %s::uuid[]) as w(business_id, id)
-- One look-up after the other by whole keys; a planner that knows little joins all of a business instead.
cross join lateral (select * from app.messages o where o.business_id = w.business_id and o.id = w.id limit 1) m
cross join lateral (
  select * from app.conversations o where o.business_id = m.business_id and o.id = m.conversation_id limit 1) c
cross join lateral (select * from app.contacts o where o.business_id = c.business_id and o.id = c.contact_id limit 1) p
cross join lateral (
  select * from app.phone_numbers o where o.business_id = c.business_id and o.id = c.number_id limit 1) n
cross join lateral (
  select * from app.whatsapp_accounts o where o.business_id = n.business_id and o.waba_id = n.waba_id limit 1) a
left join lateral (
  select case when o.deleted_at is null then o.status else 'DELETED' end as status, o.category,
         (jsonb_path_query_first(o.components, '$[*].code_expiration_minutes ? (@.type() == "number")'))::float8
           as code_minutes
  from app.message_templates o
  where m.kind = 'template' and o.business_id = m.business_id and o.waba_id = n.waba_id
    and o.name = m.content -> 'template' ->> 'name' and o.language = m.content -> 'template' -> 'language' ->> 'code'
  limit 1) t on true
where m.state in ('queued', 'dispatching') and m.direction = 'out'
"""

# The row says where a POST may leave from: whoever turned it from queued to dispatching, and nobody else.
_BEGIN = """
update app.messages m
set state = 'dispatching', dispatched_at = now(), dispatch_attempt = m.dispatch_attempt + 1, reason = null,
    error = null, held_until = null
from unnest(%s::uuid[], %s::uuid[], %s::timestamptz[]) as w(business_id, id, created_at)
where m.business_id = w.business_id and m.id = w.id and m.created_at = w.created_at and m.state = 'queued'
returning m.id, m.dispatch_attempt
"""

# What is known already is not written again: some wait for hours, and ask every now and then.
_NOTE_WAITING = """
update app.messages m set reason = w.reason, held_until = w.until
from unnest(%s::uuid[], %s::uuid[], %s::timestamptz[], %s::text[], %s::timestamptz[])
  as w(business_id, id, created_at, reason, until)
where m.business_id = w.business_id and m.id = w.id and m.created_at = w.created_at and m.state = 'queued'
  and (m.reason is distinct from w.reason or m.held_until is null or w.until is null
       or abs(extract(epoch from m.held_until - w.until)) > 10)
  and (m.reason is distinct from w.reason or m.held_until is distinct from w.until)
returning m.business_id, m.conversation_id
"""

# Rows are locked in the order they are named, here and below: by key, so that two batches never wait for each other.
# One look-up after the other (lateral, limit 1): left to itself the planner reads all of a business's messages while
# it believes that there are few.
_RECORD = """
with told as (
  select m.business_id, m.id, m.created_at, r.state as told, r.wamid, r.reason, r.error, r.until, case
      -- A refusal is news only of a message that no status has told better about.
      when r.state in ('queued', 'failed', 'unconfirmed') then
        case when m.state in ('dispatching', 'queued', 'unconfirmed') and m.dispatch_attempt = r.attempt then r.state
             else m.state end
      -- What failed was an earlier POST of the same message.
      when m.state = 'failed' and m.wamid is distinct from r.wamid then r.state
      when array_position(%(progress)s::text[], r.state) > array_position(%(progress)s::text[], m.state) then r.state
      else m.state end as state
  from unnest(%(businesses)s::uuid[], %(ids)s::uuid[], %(created)s::timestamptz[], %(states)s::text[],
              %(wamids)s::text[], %(reasons)s::text[], %(errors)s::text[], %(attempts)s::int[],
              %(untils)s::timestamptz[])
    as r(business_id, id, created_at, state, wamid, reason, error, attempt, until)
  cross join lateral (
    select o.business_id, o.id, o.created_at, o.state, o.wamid, o.dispatch_attempt from app.messages o
    where o.business_id = r.business_id and o.id = r.id and o.created_at = r.created_at limit 1 for update) m
)
update app.messages m
set state = r.state,
    wamid = coalesce(r.wamid, m.wamid),
    accepted_at = case when r.told = 'sent' then coalesce(m.accepted_at, now()) else m.accepted_at end,
    failed_at = case when r.state = 'failed' and r.told = 'failed' then now() else m.failed_at end,
    reason = case when r.state = r.told then r.reason else m.reason end,
    error = case when r.state = r.told then r.error::jsonb else m.error end,
    held_until = case when r.state = 'queued' then r.until end
from told r
where m.business_id = r.business_id and m.id = r.id and m.created_at = r.created_at
returning m.business_id, m.conversation_id
"""

_REMEMBER_WAMIDS = """
insert into app.message_keys (business_id, key, message_id, created_at)
select business_id, 'wamid:' || wamid, id, created_at
from unnest(%s::uuid[], %s::text[], %s::uuid[], %s::timestamptz[]) as k(business_id, wamid, id, created_at)
on conflict do nothing
"""

_LOOK_UP = """
select k.business_id, w.wamid, k.message_id, k.created_at
-- The key is made before the join (offset 0): inside it, row level security would keep it from the index.
from (select business_id, wamid, 'wamid:' || wamid as key
      from unnest(%s::uuid[], %s::text[]) as u(business_id, wamid) offset 0) w
cross join lateral (
  select o.business_id, o.message_id, o.created_at from app.message_keys o
  where o.business_id = w.business_id and o.key = w.key limit 1) k
"""

# `fails`: a failure counts for the POST it tells of. One that is repeated after a person had the message sent again,
# or that comes from an earlier POST, says nothing of the one under way.
_ADVANCE = """
with told as (
  select s.*, m.state as was, m.counted as was_counted, case m.state
      when 'queued' then false
      when 'dispatching' then not (m.failed_at is not null and coalesce(m.wamid = s.wamid, false))
      when 'unconfirmed' then not (m.failed_at is not null and coalesce(m.wamid = s.wamid, false))
      else coalesce(m.wamid = s.wamid, true) end and s.failed_at is not null as fails
  from unnest(%(businesses)s::uuid[], %(ids)s::uuid[], %(created)s::timestamptz[], %(states)s::text[],
              %(wamids)s::text[], %(sent)s::timestamptz[], %(delivered)s::timestamptz[], %(read)s::timestamptz[],
              %(failed)s::timestamptz[], %(errors)s::text[], %(pricing)s::text[])
    as s(business_id, id, created_at, state, wamid, sent_at, delivered_at, read_at, failed_at, error, pricing)
  cross join lateral (
    select o.state, o.failed_at, o.wamid, o.direction, o.counted from app.messages o
    where o.business_id = s.business_id and o.id = s.id and o.created_at = s.created_at limit 1 for update) m
  where m.direction = 'out'
), moved as (
  select t.*, (%(progress)s::text[])[greatest(
      array_position(%(progress)s::text[], t.was), array_position(%(progress)s::text[], t.state),
      case when t.fails then array_position(%(progress)s::text[], 'failed') end)] as becomes
  from told t
)
update app.messages m
set state = s.becomes,
    wamid = coalesce(m.wamid, s.wamid),
    accepted_at = least(m.accepted_at, s.sent_at, s.delivered_at, s.read_at),
    delivered_at = least(m.delivered_at, s.delivered_at, s.read_at),
    read_at = least(m.read_at, s.read_at),
    failed_at = case when s.fails then least(m.failed_at, s.failed_at) else m.failed_at end,
    error = case when s.becomes in ('sent', 'delivered', 'read') then null
                 when not s.fails or (s.was = 'failed' and m.failed_at <= s.failed_at) then m.error
                 else coalesce(s.error::jsonb, m.error) end,
    reason = case when s.becomes in ('sent', 'delivered', 'read') then null
                  when not s.fails or (s.was = 'failed' and m.failed_at <= s.failed_at) then m.reason
                  else coalesce('meta:' || (s.error::jsonb ->> 'code'), 'meta') end,
    pricing = coalesce(m.pricing, s.pricing::jsonb),
    -- Meta charges for what was delivered; whichever of the two comes last.
    counted = m.counted or (coalesce(m.delivered_at, s.delivered_at, s.read_at) is not null
                            and coalesce(m.pricing, s.pricing::jsonb) is not null)
from moved s
where m.business_id = s.business_id and m.id = s.id and m.created_at = s.created_at
returning m.business_id, m.conversation_id, m.id, m.created_at, m.counted and not s.was_counted as is_charged
"""


@dataclass(slots=True)
class _Advance:
    """All that a batch of statuses says about one message."""

    message_id: UUID
    created_at: datetime
    wamid: str
    state: str | None = None  # the furthest it has come, failure aside
    times: dict[str, datetime] = field(default_factory=dict)
    error: str | None = None
    pricing: str | None = None
    free_entry_until: datetime | None = None

    def take(self, status: StatusUpdate) -> None:
        state = STATE_OF_STATUS[status.status]
        first_time = self.times.get(state)
        if state == "failed":
            if status.errors and (self.error is None or first_time is None or status.at < first_time):
                self.error = _first_error(status)
        elif self.state is None or PROGRESS.index(state) > PROGRESS.index(self.state):
            self.state = state
        self.times[state] = min(status.at, first_time or status.at)
        if status.pricing:
            self.pricing = json.dumps(status.pricing, default=str)
        if (until := free_entry_until(status)) is not None:
            self.free_entry_until = max(until, self.free_entry_until or until)


class PostgresDeliveries:
    """See `stores.Deliveries`."""

    async def to_send(self, tx: Tx, ids: Sequence[tuple[BusinessId, UUID]]) -> list[Outgoing]:
        rows = await tx.rows(_TO_SEND, ([b for b, _ in ids], [m for _, m in ids]))
        return [Outgoing(*row) for row in rows]

    async def begin_dispatch(self, tx: Tx, messages: Sequence[Outgoing]) -> Mapping[UUID, int]:
        rows = await tx.rows(
            _BEGIN,
            ([m.business_id for m in messages], [m.id for m in messages], [m.created_at for m in messages]),
        )
        return {row.id: row.dispatch_attempt for row in rows}

    async def note_waiting(self, tx: Tx, waiting: Sequence[Held]) -> list[Applied]:
        ordered = sorted(waiting, key=lambda one: (one.message.business_id, one.message.id))
        rows = await tx.rows(
            _NOTE_WAITING,
            (
                [one.message.business_id for one in ordered],
                [one.message.id for one in ordered],
                [one.message.created_at for one in ordered],
                [one.reason for one in ordered],
                [one.until for one in ordered],
            ),
        )
        return [Applied(row.business_id, row.conversation_id) for row in rows]

    async def record(self, tx: Tx, results: Sequence[SendResult]) -> list[Applied]:
        results = sorted(results, key=lambda result: (result.message.business_id, result.message.id))
        rows = await tx.rows(
            _RECORD,
            {
                "progress": list(PROGRESS),
                "businesses": [r.message.business_id for r in results],
                "ids": [r.message.id for r in results],
                "created": [r.message.created_at for r in results],
                "states": [r.state for r in results],
                "wamids": [r.wamid for r in results],
                "reasons": [r.reason for r in results],
                "attempts": [r.message.dispatch_attempt for r in results],
                "untils": [r.until for r in results],
                "errors": [None if r.error is None else json.dumps(r.error, default=str) for r in results],
            },
        )
        sent = [r for r in results if r.wamid]
        if sent:
            await self._remember(
                tx, [(r.message.business_id, r.wamid, r.message.id, r.message.created_at) for r in sent]
            )
        return [Applied(row.business_id, row.conversation_id) for row in rows]

    async def _remember(self, tx: Tx, keys: Sequence[tuple[BusinessId, str | None, UUID, datetime]]) -> None:
        keys = sorted(keys)
        await tx.execute(
            _REMEMBER_WAMIDS,
            ([k[0] for k in keys], [k[1] for k in keys], [k[2] for k in keys], [k[3] for k in keys]),
        )

    async def apply_statuses(self, tx: Tx, updates: Sequence[tuple[BusinessId, StatusUpdate]]) -> list[Applied]:
        pairs = sorted({(business_id, status.wamid) for business_id, status in updates})
        rows = await tx.rows(_LOOK_UP, ([b for b, _ in pairs], [w for _, w in pairs]))
        known = {(row.business_id, row.wamid): (row.message_id, row.created_at) for row in rows}
        # Before we have recorded our own POST, our id in the callback data tells which message it is.
        told = {
            (business_id, status.wamid): place
            for business_id, status in updates
            if (business_id, status.wamid) not in known and (place := read_callback(status.callback_data)) is not None
        }
        advances: dict[tuple[BusinessId, UUID], _Advance] = {}
        unmatched: list[tuple[BusinessId, StatusUpdate]] = []
        for business_id, status in updates:
            place = known.get((business_id, status.wamid)) or told.get((business_id, status.wamid))
            if place is None:
                unmatched.append((business_id, status))
                continue
            advance = advances.setdefault((business_id, place[0]), _Advance(*place, status.wamid))
            advance.take(status)
        applied = await self._advance(tx, advances)
        found = {message_id for _, _, message_id in applied}
        if told:
            await self._remember(
                tx,
                [
                    (business_id, wamid, place[0], place[1])
                    for (business_id, wamid), place in told.items()
                    if place[0] in found
                ],
            )
            # An id in the callback data that is no message of this business is kept like any unknown status.
            unmatched += [
                (business_id, status)
                for business_id, status in updates
                if (place := told.get((business_id, status.wamid))) is not None and place[0] not in found
            ]
        if unmatched:
            await keep_unmatched(tx, unmatched)
        return [Applied(business_id, conversation_id) for business_id, conversation_id, _ in applied]

    async def _advance(
        self, tx: Tx, advances: dict[tuple[BusinessId, UUID], _Advance]
    ) -> list[tuple[BusinessId, UUID, UUID]]:
        if not advances:
            return []
        ordered = sorted(advances.items(), key=lambda pair: pair[0])
        rows = await tx.rows(
            _ADVANCE,
            {
                "progress": list(PROGRESS),
                "businesses": [key[0] for key, _ in ordered],
                "ids": [key[1] for key, _ in ordered],
                "created": [a.created_at for _, a in ordered],
                "states": [a.state for _, a in ordered],
                "wamids": [a.wamid for _, a in ordered],
                "sent": [a.times.get("sent") for _, a in ordered],
                "delivered": [a.times.get("delivered") for _, a in ordered],
                "read": [a.times.get("read") for _, a in ordered],
                "failed": [a.times.get("failed") for _, a in ordered],
                "errors": [a.error for _, a in ordered],
                "pricing": [a.pricing for _, a in ordered],
            },
        )
        await count_delivered(tx, [(row.business_id, row.id, row.created_at) for row in rows if row.is_charged])
        await open_free_entries(
            tx,
            [
                (row.business_id, row.conversation_id, until)
                for row in rows
                if (until := advances[row.business_id, row.id].free_entry_until) is not None
            ],
        )
        return [(row.business_id, row.conversation_id, row.id) for row in rows]

    async def apply_unmatched(
        self, tx: Tx, business_ids: Sequence[BusinessId], *, most: int, keep: timedelta
    ) -> tuple[list[Applied], dict[BusinessId, int]]:
        taken, dropped = await take_matched(tx, business_ids, most=most, keep=keep)
        return (await self.apply_statuses(tx, taken) if taken else []), dropped

    async def businesses_with_unmatched(self, tx: Tx) -> list[BusinessId]:
        return await businesses_with_unmatched(tx)

    async def left_behind(self, tx: Tx, older_than: timedelta) -> list[LeftBehind]:
        rows = await tx.rows(
            """
            select m.business_id, m.conversation_id, m.id, m.bulk, exists (
                select from app.jobs j where j.business_id = m.business_id and j.state = 'parked'
                and j.order_key = case when m.bulk then 'bulk:' else 'send:' end || m.conversation_id
                and j.payload ->> 'message_id' = m.id::text) as gave_up
            from app.messages m
            where m.direction = 'out' and m.state = 'queued' and m.created_at < now() - %s
              and not exists (select from app.jobs j where j.tenant = m.business_id
                              and j.order_key = case when m.bulk then 'bulk:' else 'send:' end || m.conversation_id
                              and j.state <> 'parked')
            limit 500
            """,
            (older_than,),
        )
        return [LeftBehind(*row) for row in rows]

    async def fail(self, tx: Tx, messages: Sequence[LeftBehind], reason: str) -> None:
        await tx.execute(
            """
            update app.messages m set state = 'failed', failed_at = now(), reason = %s
            from unnest(%s::uuid[], %s::uuid[]) as f(business_id, id)
            where m.business_id = f.business_id and m.id = f.id and m.state = 'queued'
            """,
            (reason, [one.business_id for one in messages], [one.id for one in messages]),
        )

    async def requeue(self, tx: Tx, business_id: BusinessId, message_id: UUID) -> tuple[UUID, str] | None:
        row = await tx.row(
            """
            update app.messages set state = 'queued', reason = null, error = null, held_until = null, bulk = false
            where business_id = %s and id = %s and direction = 'out' and state in ('failed', 'unconfirmed')
              -- What was written on the phone, or before the number was connected, is not ours to send.
              and author in ('bot', 'member')
            returning conversation_id, kind
            """,
            (business_id, message_id),
        )
        return (row.conversation_id, row.kind) if row else None


def _first_error(status: StatusUpdate) -> str:
    first, *others = status.errors
    return json.dumps(
        {
            "code": first.code,
            "title": first.title or first.message,
            "details": first.details,
            "others": [error.code for error in others],
        }
    )
