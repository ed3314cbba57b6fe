"""Conversations whose messages wait for an answer, read and settled in batches."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from wacloud.modules.whatsapp.application.stored import Ending, LockedMailbox, Mailbox, Said, Stale, Waiting
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId

_COLUMNS = """
m.conversation_id, m.id, m.created_at, m.arrival, m.sent_at,
case when m.content #>> '{media,transcript}' is null then m.kind else 'text' end as kind,
coalesce(m.body, m.content #>> '{media,transcript}') as body, m.wamid,
(m.content #>> '{media,words_by}')::timestamptz as words_by
"""
_PENDING = """
from unnest(%s::uuid[], %s::uuid[]) as w(business_id, id)
join app.messages m on m.business_id = w.business_id and m.conversation_id = w.id and m.state = 'pending'
"""
_WAITING = f"select {_COLUMNS} {_PENDING} order by m.sent_at, m.arrival"

# With what each says besides its words, and the message it quotes, answers or reacts to. The key is made before the
# joins: inside them, row level security would keep it from the index.
_WHOLE = f"""
select w.*, q.author, q.kind as quoted_kind, q.body as quoted_body, q.sent_at as quoted_at,
       q.content as quoted_content
from (select m.business_id, {_COLUMNS}, m.content, 'wamid:' || m.refers_to as refers_key {_PENDING} offset 0) w
left join app.message_keys k on k.business_id = w.business_id and k.key = w.refers_key
left join lateral (
  select o.author, o.kind, coalesce(o.body, o.content #>> '{{media,transcript}}') as body, o.sent_at, o.content
  from app.messages o
  where o.business_id = k.business_id and o.id = k.message_id and o.created_at = k.created_at
    and o.conversation_id = w.conversation_id and o.revoked_at is null limit 1) q on true
order by w.sent_at, w.arrival
"""

_WITH = """
select c.business_id, c.id as conversation_id, c.handler, c.contact_id,
       coalesce(p.name, p.profile_name) as contact_name,
       p.opted_out_at is not null as opted_out, c.last_inbound_at, n.phone_number_id, n.access_token,
       case when c.handler = 'bot' and c.handler_since > c.created_at then c.handler_since end as given_back_at,
       array(select o.id from app.conversations o
             where o.business_id = c.business_id and o.contact_id = c.contact_id) as of_contact,
       p.fields,
       array(select t.name from app.tagged_contacts o
             join app.contact_tags t on t.business_id = o.business_id and t.id = o.tag_id
             where o.business_id = c.business_id and o.contact_id = c.contact_id order by t.name) as tags
from unnest(%s::uuid[], %s::uuid[]) as w(business_id, id)
cross join lateral (select * from app.conversations o where o.business_id = w.business_id and o.id = w.id limit 1) c
cross join lateral (select * from app.contacts o where o.business_id = c.business_id and o.id = c.contact_id limit 1) p
cross join lateral (
  select * from app.phone_numbers o where o.business_id = c.business_id and o.id = c.number_id limit 1) n
"""

_OPTED_OUT = """
select c.id
from unnest(%s::uuid[], %s::uuid[]) as w(business_id, id)
cross join lateral (select * from app.conversations o where o.business_id = w.business_id and o.id = w.id limit 1) c
cross join lateral (select * from app.contacts o where o.business_id = c.business_id and o.id = c.contact_id limit 1) p
where p.opted_out_at is not null
"""

_TOLD = """
m.state not in ('pending', 'failed') and m.revoked_at is null and m.kind not in ('reaction', 'edit', 'revoke', 'system')
"""
_HISTORY = f"""
select w.id as conversation_id, h.author, h.kind, h.body, h.sent_at, h.content, h.arrival
from unnest(%s::uuid[], %s::uuid[]) as w(business_id, id)
cross join lateral (
  select m.author, m.kind, coalesce(m.body, m.content #>> '{{media,transcript}}') as body, m.sent_at, m.arrival,
         m.content
  from app.messages m
  where m.business_id = w.business_id and m.conversation_id = w.id and {_TOLD}
  order by m.sent_at desc, m.arrival desc limit %s) h
order by h.sent_at, h.arrival
"""


_SAID_AFTER = f"""
select h.author, h.kind, h.body, h.sent_at, h.content, h.arrival
from (
  select m.author, m.kind, coalesce(m.body, m.content #>> '{{media,transcript}}') as body, m.sent_at, m.arrival,
         m.content
  from app.messages m
  where m.business_id = %(business)s and m.conversation_id = %(id)s and {_TOLD}
    and (m.sent_at, m.arrival) > (coalesce(%(at)s::timestamptz, '-infinity'), %(arrival)s)
  order by m.sent_at desc, m.arrival desc limit %(most)s) h
order by h.sent_at, h.arrival
"""


class PostgresMailboxes:
    """See `stores.Mailboxes`."""

    async def read(self, tx: Tx, conversations: Sequence[tuple[BusinessId, UUID]], history: int) -> list[Mailbox]:
        pairs = ([b for b, _ in conversations], [c for _, c in conversations])
        waiting: dict[UUID, list[Waiting]] = {}
        for row in await tx.rows(_WHOLE, pairs):
            waiting.setdefault(row.conversation_id, []).append(_to_waiting(row))
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

    async def with_whom(
        self, tx: Tx, business_id: BusinessId, conversation_id: UUID, *, hold: bool = False
    ) -> UUID | None:
        row = await tx.row(
            "select p.id from app.contacts p where p.business_id = %(business)s and p.erased_at is null and p.id = ("
            "select c.contact_id from app.conversations c where c.business_id = %(business)s and c.id = %(id)s)"
            + (" for share" if hold else ""),
            {"business": business_id, "id": conversation_id},
        )
        return row.id if row else None

    async def said_after(
        self, tx: Tx, business_id: BusinessId, conversation_id: UUID, after: tuple[datetime, int] | None, most: int
    ) -> list[Said]:
        at, arrival = after or (None, 0)
        rows = await tx.rows(
            _SAID_AFTER,
            {"business": business_id, "id": conversation_id, "at": at, "arrival": arrival, "most": most},
        )
        return [Said(*row) for row in rows]

    async def still_waiting(
        self, tx: Tx, conversations: Sequence[tuple[BusinessId, UUID]]
    ) -> Mapping[UUID, LockedMailbox]:
        in_order = sorted(conversations, key=lambda pair: pair[1])
        pairs = ([b for b, _ in in_order], [c for _, c in in_order])
        # No key update: a message that comes in meanwhile only needs the conversation to be there, and is not kept
        # waiting; locked harder, two batches could wait for each other's conversations.
        locked = await tx.rows(
            """
            select c.* from unnest(%s::uuid[], %s::uuid[]) as w(business_id, id)
            cross join lateral (
              select o.id, o.handler, o.last_inbound_at from app.conversations o
              where o.business_id = w.business_id and o.id = w.id limit 1 for no key update) c
            """,
            pairs,
        )
        # Statements of their own: they must see what those who held the locks before us have written.
        opted_out = {row.id for row in await tx.rows(_OPTED_OUT, pairs)}
        waiting: dict[UUID, dict[UUID, str | None]] = {}
        for row in await tx.rows(_WAITING, pairs):
            waiting.setdefault(row.conversation_id, {})[row.id] = row.body
        return {
            row.id: LockedMailbox(row.handler, row.id in opted_out, row.last_inbound_at, waiting.get(row.id, {}))
            for row in locked
        }

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


def _to_waiting(row: Any) -> Waiting:
    refers_to = None
    if row.author is not None:
        refers_to = Said(row.author, row.quoted_kind, row.quoted_body, row.quoted_at, row.quoted_content)
    return Waiting(
        id=row.id,
        created_at=row.created_at,
        arrival=row.arrival,
        sent_at=row.sent_at,
        kind=row.kind,
        body=row.body,
        wamid=row.wamid,
        words_by=row.words_by,
        content=row.content,
        refers_to=refers_to,
    )
