"""Conversations whose messages wait for an answer, read and settled in batches."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from uuid import UUID

from wacloud.modules.whatsapp.application.stored import Ending, Mailbox, Said, Stale, Waiting
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId

_WAITING = """
select m.conversation_id, m.id, m.created_at, m.arrival, m.sent_at,
       case when m.content #>> '{media,transcript}' is null then m.kind else 'text' end as kind,
       coalesce(m.body, m.content #>> '{media,transcript}') as body, m.wamid,
       (m.content #>> '{media,words_by}')::timestamptz as words_by
from unnest(%s::uuid[], %s::uuid[]) as w(business_id, id)
join app.messages m on m.business_id = w.business_id and m.conversation_id = w.id and m.state = 'pending'
order by m.sent_at, m.arrival
"""

_WITH = """
select c.business_id, c.id as conversation_id, c.handler, c.contact_id,
       coalesce(p.name, p.profile_name) as contact_name,
       p.opted_out_at is not null as opted_out, c.last_inbound_at, n.phone_number_id, n.access_token
from unnest(%s::uuid[], %s::uuid[]) as w(business_id, id)
cross join lateral (select * from app.conversations o where o.business_id = w.business_id and o.id = w.id limit 1) c
cross join lateral (select * from app.contacts o where o.business_id = c.business_id and o.id = c.contact_id limit 1) p
cross join lateral (
  select * from app.phone_numbers o where o.business_id = c.business_id and o.id = c.number_id limit 1) n
"""

_HISTORY = """
select w.id as conversation_id, h.author, h.kind, h.body
from unnest(%s::uuid[], %s::uuid[]) as w(business_id, id)
cross join lateral (
  select m.author, m.kind, coalesce(m.body, m.content #>> '{media,transcript}') as body, m.sent_at, m.arrival
  from app.messages m
  where m.business_id = w.business_id and m.conversation_id = w.id and m.state not in ('pending', 'failed')
    and m.revoked_at is null and m.kind not in ('reaction', 'edit', 'revoke', 'system')
  order by m.sent_at desc, m.arrival desc limit %s) h
order by h.sent_at, h.arrival
"""


class PostgresMailboxes:
    """See `stores.Mailboxes`."""

    async def read(self, tx: Tx, conversations: Sequence[tuple[BusinessId, UUID]], history: int) -> list[Mailbox]:
        pairs = ([b for b, _ in conversations], [c for _, c in conversations])
        waiting: dict[UUID, list[Waiting]] = {}
        for row in await tx.rows(_WAITING, pairs):
            waiting.setdefault(row.conversation_id, []).append(Waiting(*row[1:]))
        said: dict[UUID, list[Said]] = {}
        if history:
            for row in await tx.rows(_HISTORY, (*pairs, history)):
                said.setdefault(row.conversation_id, []).append(Said(*row[1:]))
        return [
            Mailbox(
                **row._asdict(),
                messages=waiting.get(row.conversation_id, ()),
                history=said.get(row.conversation_id, ()),
            )
            for row in await tx.rows(_WITH, pairs)
        ]

    async def still_waiting(
        self, tx: Tx, conversations: Sequence[tuple[BusinessId, UUID]]
    ) -> Mapping[UUID, tuple[str, Mapping[UUID, str | None]]]:
        in_order = sorted(conversations, key=lambda pair: pair[1])
        pairs = ([b for b, _ in in_order], [c for _, c in in_order])
        # No key update: a message that comes in meanwhile only needs the conversation to be there, and is not kept
        # waiting; locked harder, two batches could wait for each other's conversations.
        handlers = await tx.rows(
            """
            select c.id, c.handler from unnest(%s::uuid[], %s::uuid[]) as w(business_id, id)
            cross join lateral (
              select o.id, o.handler from app.conversations o
              where o.business_id = w.business_id and o.id = w.id limit 1 for no key update) c
            """,
            pairs,
        )
        # A statement of its own: it must see what those who held the locks before us have written.
        waiting: dict[UUID, dict[UUID, str | None]] = {}
        for row in await tx.rows(_WAITING, pairs):
            waiting.setdefault(row.conversation_id, {})[row.id] = row.body
        return {row.id: (row.handler, waiting.get(row.id, {})) for row in handlers}

    async def settle(self, tx: Tx, ends: Sequence[Ending]) -> None:
        flat = [(end, message_id) for end in ends for message_id in end.message_ids]
        await tx.execute(
            """
            update app.messages m set state = e.state, reason = e.reason, answered_by = e.answered_by
            from unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::uuid[])
              as e(business_id, conversation_id, id, state, reason, answered_by)
            where m.business_id = e.business_id and m.conversation_id = e.conversation_id and m.id = e.id
              and m.state = 'pending'
            """,
            (
                [end.business_id for end, _ in flat],
                [end.conversation_id for end, _ in flat],
                [message_id for _, message_id in flat],
                [end.state for end, _ in flat],
                [end.reason for end, _ in flat],
                [end.answered_by for end, _ in flat],
            ),
        )

    async def stale(self, tx: Tx, older_than: timedelta) -> list[Stale]:
        rows = await tx.rows(
            """
            select w.business_id, w.conversation_id, exists (
                select from app.jobs j where j.business_id = w.business_id and j.state = 'parked'
                and j.order_key = 'turn:' || w.conversation_id and j.parked_at >= w.since) as gave_up
            from (
              select m.business_id, m.conversation_id, min(m.created_at) as since from app.messages m
              where m.state = 'pending' and m.created_at < now() - %s group by 1, 2) w
            where not exists (select from app.jobs j where j.tenant = w.business_id
                              and j.order_key = 'turn:' || w.conversation_id and j.state <> 'parked')
            limit 500
            """,
            (older_than,),
        )
        return [Stale(*row) for row in rows]
