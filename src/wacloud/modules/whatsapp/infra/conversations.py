"""Conversations: their place in the list, their service window, and who handles them."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from wacloud.modules.whatsapp.application.stored import (
    ConversationState,
    Heard,
    Newest,
    StoredConversation,
    TakenBack,
)
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId

_OPEN = """
with wanted as (
  select distinct business_id, contact_id, number_id
  from unnest(%(businesses)s::uuid[], %(contacts)s::uuid[], %(numbers)s::uuid[])
    as w(business_id, contact_id, number_id)
), made as (
  insert into app.conversations (business_id, contact_id, number_id)
  select business_id, contact_id, number_id from wanted order by 1, 2, 3
  on conflict (business_id, contact_id, number_id) do nothing
  returning id, contact_id, number_id, handler
)
select id, contact_id, number_id, handler, false as is_blocked from made
union all
select c.id, c.contact_id, c.number_id, c.handler, p.blocked_at is not null
from wanted w cross join lateral (
  select o.id, o.contact_id, o.number_id, o.handler from app.conversations o
  where o.business_id = w.business_id and o.contact_id = w.contact_id and o.number_id = w.number_id limit 1) c
cross join lateral (
  select o.blocked_at from app.contacts o where o.business_id = w.business_id and o.id = w.contact_id limit 1) p
"""


class PostgresConversations:
    """See `stores.Conversations`."""

    async def open_all(
        self, tx: Tx, pairs: Iterable[tuple[BusinessId, UUID, UUID]]
    ) -> Mapping[tuple[UUID, UUID], StoredConversation]:
        wanted = sorted(set(pairs))
        params = {
            "businesses": [business_id for business_id, _, _ in wanted],
            "contacts": [contact_id for _, contact_id, _ in wanted],
            "numbers": [number_id for _, _, number_id in wanted],
        }
        rows = await tx.rows(_OPEN, params)
        if len(rows) < len(wanted):
            # Somebody else made some of them while we did; the insert waited for them, this snapshot sees them.
            rows = await tx.rows(_OPEN, params)
        return {
            (row.contact_id, row.number_id): StoredConversation(row.id, row.handler, row.is_blocked) for row in rows
        }

    async def hear(self, tx: Tx, heard: Sequence[Heard]) -> None:
        in_order = sorted(heard, key=lambda one: one.conversation_id)
        await tx.execute(
            """
            update app.conversations c
            set last_inbound_at = greatest(c.last_inbound_at, h.last_inbound_at),
                last_outbound_at = greatest(c.last_outbound_at, h.last_outbound_at),
                unread = c.unread + h.unread,
                -- What is new from the contact brings it back, whoever had put it away.
                status = case when h.unread > 0 then 'open' else c.status end,
                snoozed_until = case when h.unread > 0 then null else c.snoozed_until end,
                closed_at = case when h.unread > 0 then null else c.closed_at end,
                closed_by = case when h.unread > 0 then null else c.closed_by end,
                last_message_id = case when c.last_message_at is null or h.last_message_at >= c.last_message_at
                                       then h.last_message_id else c.last_message_id end,
                last_message_created_at = case when c.last_message_at is null or h.last_message_at >= c.last_message_at
                                               then h.last_message_created_at else c.last_message_created_at end,
                last_message_at = greatest(c.last_message_at, h.last_message_at)
            from unnest(%s::uuid[], %s::uuid[], %s::timestamptz[], %s::timestamptz[], %s::uuid[],
                        %s::timestamptz[], %s::int[], %s::timestamptz[])
              as h(business_id, id, last_inbound_at, last_message_at, last_message_id, last_message_created_at, unread,
                   last_outbound_at)
            where c.business_id = h.business_id and c.id = h.id
            """,
            (
                [one.business_id for one in in_order],
                [one.conversation_id for one in in_order],
                [one.last_inbound_at for one in in_order],
                [one.last_message_at for one in in_order],
                [one.last_message_id for one in in_order],
                [one.last_message_created_at for one in in_order],
                [one.unread for one in in_order],
                [one.last_outbound_at for one in in_order],
            ),
        )

    async def hand_to(
        self,
        tx: Tx,
        conversations: Sequence[tuple[BusinessId, UUID]],
        handler: str,
        *,
        because: str | None = None,
        user_id: UUID | None = None,
    ) -> None:
        await tx.execute(
            """
            update app.conversations c
            set handler = %(handler)s,
                handler_since = case when c.handler = %(handler)s then c.handler_since else now() end,
                handed_over_because = case when %(handler)s = 'bot' then null
                                           else coalesce(%(because)s, c.handed_over_because) end,
                assigned_to = case when %(handler)s = 'person' then coalesce(%(user)s, c.assigned_to) end,
                -- Whoever needs or has a person is open; given back to the bot it stays as it was.
                status = case when %(handler)s = 'bot' then c.status else 'open' end,
                snoozed_until = case when %(handler)s = 'bot' then c.snoozed_until end,
                closed_at = case when %(handler)s = 'bot' then c.closed_at end,
                closed_by = case when %(handler)s = 'bot' then c.closed_by end
            from unnest(%(businesses)s::uuid[], %(ids)s::uuid[]) as h(business_id, id)
            where c.business_id = h.business_id and c.id = h.id
              -- Waiting for a person is over once a person has it.
              and not (%(handler)s = 'waiting' and c.handler = 'person')
            """,
            {
                "handler": handler,
                "because": because,
                "user": user_id,
                "businesses": [business_id for business_id, _ in conversations],
                "ids": [conversation_id for _, conversation_id in conversations],
            },
        )

    async def with_silent_person(
        self, tx: Tx, silent_since: Mapping[BusinessId, datetime], most: int
    ) -> list[TakenBack]:
        rows = await tx.rows(
            """
            select c.business_id, c.id, c.last_inbound_at
            from unnest(%s::uuid[], %s::timestamptz[]) as w(business_id, since)
            join app.conversations c on c.business_id = w.business_id and c.handler = 'person'
              and c.handler_since < w.since and c.handler_since > '2000-01-01T00:00:00Z'  -- as its index says
            where coalesce(c.last_outbound_at < w.since, true)
            order by c.handler_since limit %s for no key update of c skip locked
            """,
            (list(silent_since), list(silent_since.values()), most),
        )
        return [TakenBack(*row) for row in rows]

    async def find(self, tx: Tx, business_id: BusinessId, conversation_id: UUID) -> ConversationState | None:
        row = await tx.row(
            "select id, handler, last_inbound_at, contact_id, number_id from app.conversations "
            "where business_id = %s and id = %s for no key update",
            (business_id, conversation_id),
        )
        return ConversationState(*row) if row else None

    async def mark_seen(self, tx: Tx, business_id: BusinessId, conversation_id: UUID) -> Newest | None:
        row = await tx.row(
            """
            with seen as (
              update app.conversations set unread = 0 where business_id = %s and id = %s and unread > 0
              returning business_id, id, number_id)
            select n.phone_number_id, n.access_token, m.wamid
            from seen s
            cross join lateral (
              select * from app.phone_numbers o where o.business_id = s.business_id and o.id = s.number_id limit 1) n
            cross join lateral (
              select o.wamid from app.messages o
              where o.business_id = s.business_id and o.conversation_id = s.id
                and o.direction = 'in' and o.author = 'contact' and o.wamid is not null
              order by o.sent_at desc, o.arrival desc limit 1) m
            """,
            (business_id, conversation_id),
        )
        return Newest(*row) if row else None
