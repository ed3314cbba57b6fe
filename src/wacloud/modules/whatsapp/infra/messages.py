"""Messages as they are stored, and what later messages do to earlier ones."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import psycopg

from wacloud.modules.whatsapp.application.stored import Caused, Filled, Here, NewMessage
from wacloud.modules.whatsapp.domain.outgoing import MarketingStopped
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId, UserId

REFERRING_KINDS = ("edit", "revoke", "reaction")

_ADD = """
insert into app.messages (
  business_id, id, created_at, conversation_id, direction, author, author_id, kind, body, content, raw,
  wamid, refers_to, sent_at, state, reason, cause, turn_id, category, bulk, arrival)
select business_id, id, created_at, conversation_id, direction, author, author_id, kind, body, content::jsonb,
       raw::jsonb, wamid, refers_to, sent_at, state, reason, cause, turn_id, category, bulk,
       coalesce(arrival, nextval('app.webhook_ids') << 20)
from unnest(%s::uuid[], %s::uuid[], %s::timestamptz[], %s::uuid[], %s::text[], %s::text[], %s::uuid[], %s::text[],
            %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::text[], %s::text[],
            %s::text[], %s::uuid[], %s::text[], %s::boolean[], %s::bigint[])
  with ordinality as m(business_id, id, created_at, conversation_id, direction, author, author_id, kind, body, content,
            raw, wamid, refers_to, sent_at, state, reason, cause, turn_id, category, bulk, arrival, place)
order by place
"""


# The database's own word for a promotion to somebody who wants none, however their choice and the message met.
_PROMOTION_REFUSED = "WA001"


def _columns(messages: Sequence[NewMessage]) -> tuple[list[Any], ...]:
    return (
        [m.business_id for m in messages],
        [m.id for m in messages],
        [m.created_at for m in messages],
        [m.conversation_id for m in messages],
        [m.direction for m in messages],
        [m.author for m in messages],
        [m.author_id for m in messages],
        [m.kind for m in messages],
        [m.body for m in messages],
        [json.dumps(m.content, default=str) for m in messages],
        [None if m.raw is None else json.dumps(m.raw, default=str) for m in messages],
        [m.wamid for m in messages],
        [m.refers_to for m in messages],
        [m.sent_at for m in messages],
        [m.state for m in messages],
        [m.reason for m in messages],
        [m.cause for m in messages],
        [m.turn_id for m in messages],
        [m.category for m in messages],
        [m.bulk for m in messages],
        [m.arrival for m in messages],
    )


# Whoever is blocked, or speaks with a person, is not answered by the bot; nor is what stands further up.
_OPEN_REACTIONS = """
update app.messages m set state = 'pending', reason = null
from unnest(%s::uuid[], %s::uuid[], %s::timestamptz[], %s::text[]) as r(business_id, id, created_at, key)
join app.message_keys k on k.business_id = r.business_id and k.key = r.key
join app.messages q on q.business_id = k.business_id and q.id = k.message_id and q.created_at = k.created_at
join app.conversations c on c.business_id = q.business_id and c.id = q.conversation_id and c.handler <> 'person'
join app.contacts p on p.business_id = c.business_id and p.id = c.contact_id and p.blocked_at is null
where m.business_id = r.business_id and m.id = r.id and m.created_at = r.created_at
  and m.conversation_id = q.conversation_id and m.state = 'ignored' and m.content #>> '{reaction,emoji}' <> ''
  and q.author = 'bot' and q.body ~ '\\?\\s*$'
  and not exists (
    select from app.messages o
    where o.business_id = q.business_id and o.conversation_id = q.conversation_id
      and (o.sent_at, o.arrival) > (q.sent_at, q.arrival) and o.kind not in ('reaction', 'edit', 'revoke', 'system'))
returning m.id
"""


class PostgresMessages:
    """See `stores.Messages`."""

    async def with_a_delivery(self, tx: Tx, business_ids: Sequence[BusinessId]) -> Sequence[BusinessId]:
        rows = await tx.rows(
            """
            select w.business_id from unnest(%s::uuid[]) as w(business_id)
            cross join lateral (
              select 1 from app.messages m
              where m.business_id = w.business_id and m.direction = 'out' and m.state = any (%s) limit 1) found
            """,
            (list(business_ids), ["delivered", "read"]),
        )
        return [row.business_id for row in rows]

    async def lock(self, tx: Tx, business_ids: Sequence[BusinessId], *, wait: bool) -> set[BusinessId]:
        if wait:
            await tx.execute(
                "select pg_advisory_xact_lock(hashtextextended(id::text, 20261123)) from unnest(%s::uuid[]) as b(id)",
                (list(business_ids),),
            )
            return set(business_ids)
        rows = await tx.rows(
            "select id, pg_try_advisory_xact_lock(hashtextextended(id::text, 20261123)) as mine "
            "from unnest(%s::uuid[]) as b(id)",
            (list(business_ids),),
        )
        return {row.id for row in rows if row.mine}

    async def known(self, tx: Tx, wamids: Iterable[tuple[BusinessId, str]]) -> set[tuple[BusinessId, str]]:
        wanted = list(wamids)
        rows = await tx.rows(
            """
            select k.business_id, w.wamid
            -- The key is made before the join (offset 0): inside it, row level security would keep it from the index.
            from (select business_id, wamid, 'wamid:' || wamid as key
                  from unnest(%s::uuid[], %s::text[]) as u(business_id, wamid) offset 0) w
            cross join lateral (
              select o.business_id from app.message_keys o
              where o.business_id = w.business_id and o.key = w.key limit 1) k
            """,
            ([business_id for business_id, _ in wanted], [wamid for _, wamid in wanted]),
        )
        return {(row.business_id, row.wamid) for row in rows}

    async def add(self, tx: Tx, messages: Sequence[NewMessage]) -> set[UUID]:
        if not messages:
            return set()
        keyed = sorted((m.business_id, key, m.id, m.created_at) for m in messages for key in m.keys)
        rows = await tx.rows(
            """
            insert into app.message_keys (business_id, key, message_id, created_at)
            select * from unnest(%s::uuid[], %s::text[], %s::uuid[], %s::timestamptz[])
            on conflict do nothing returning message_id
            """,
            ([k[0] for k in keyed], [k[1] for k in keyed], [k[2] for k in keyed], [k[3] for k in keyed]),
        )
        stored = {row.message_id for row in rows} | {m.id for m in messages if not m.keys}
        new = [message for message in messages if message.id in stored]
        if new:
            try:
                await tx.execute(_ADD, _columns(new))
            except psycopg.Error as error:
                if error.sqlstate == _PROMOTION_REFUSED:
                    raise MarketingStopped from error
                raise
        return stored

    async def fill_placeholders(
        self, tx: Tx, media: Sequence[tuple[BusinessId, str, str, str | None, Mapping[str, Any]]]
    ) -> list[Filled]:
        if not media:
            return []
        rows = await tx.rows(
            """
            update app.messages m set kind = p.kind, body = p.body, content = p.content::jsonb
            from (select u.*, 'wamid:' || u.wamid as key
                  from unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[])
                    as u(business_id, wamid, kind, body, content) offset 0) p
            join app.message_keys k on k.business_id = p.business_id and k.key = p.key
            where m.business_id = k.business_id and m.id = k.message_id and m.created_at = k.created_at
              and m.kind = 'media_placeholder'
            returning m.business_id, m.conversation_id, m.id, m.created_at, p.wamid
            """,
            (
                [business_id for business_id, _, _, _, _ in media],
                [wamid for _, wamid, _, _, _ in media],
                [kind for _, _, kind, _, _ in media],
                [body for _, _, _, body, _ in media],
                [json.dumps(content, default=str) for _, _, _, _, content in media],
            ),
        )
        return [Filled(*row) for row in rows]

    async def apply_references(self, tx: Tx, messages: Sequence[NewMessage]) -> set[tuple[BusinessId, UUID]]:
        changes = [
            _change(
                m.business_id,
                m.conversation_id,
                m.kind,
                m.refers_to,
                m.direction,
                m.body,
                m.content,
                m.sent_at,
                m.arrival or 0,
            )
            for m in messages
            if m.kind in REFERRING_KINDS and m.refers_to
        ]
        # And the other way round: an edit may have come before the message it edits.
        stored = [m for m in messages if m.wamid and m.kind not in REFERRING_KINDS]
        if stored:
            rows = await tx.rows(
                """
                select r.business_id, r.conversation_id, r.kind, r.refers_to, r.direction, r.body, r.content,
                       r.sent_at, r.arrival
                from unnest(%s::uuid[], %s::text[]) as w(business_id, wamid)
                join app.messages r on r.business_id = w.business_id and r.refers_to = w.wamid
                where r.kind in ('edit', 'revoke', 'reaction')
                """,
                ([m.business_id for m in stored], [m.wamid for m in stored]),
            )
            changes += [_change(*row) for row in rows]
        touched: set[tuple[BusinessId, UUID]] = set()
        for change in sorted(changes, key=lambda change: (change["sent_at"], change["arrival"])):
            if await tx.execute(_STATEMENT[change["kind"]], change):
                touched.add((change["business_id"], change["conversation_id"]))
        return touched

    async def open_reactions(self, tx: Tx, reactions: Sequence[NewMessage]) -> set[UUID]:
        rows = await tx.rows(
            _OPEN_REACTIONS,
            (
                [m.business_id for m in reactions],
                [m.id for m in reactions],
                [m.created_at for m in reactions],
                [f"wamid:{m.refers_to}" for m in reactions],
            ),
        )
        return {row.id for row in rows}

    async def settle_pending(
        self, tx: Tx, conversations: Sequence[tuple[BusinessId, UUID]], state: str, reason: str | None
    ) -> int:
        return await tx.execute(
            """
            update app.messages m set state = %s, reason = %s
            from unnest(%s::uuid[], %s::uuid[]) as c(business_id, id)
            where m.business_id = c.business_id and m.conversation_id = c.id and m.state = 'pending'
            """,
            (
                state,
                reason,
                [business_id for business_id, _ in conversations],
                [conversation_id for _, conversation_id in conversations],
            ),
        )

    async def reopen(
        self, tx: Tx, business_id: BusinessId, conversation_id: UUID, reasons: Sequence[str], since: datetime
    ) -> int:
        return await tx.execute(
            """
            update app.messages m set state = 'pending', reason = null
            where m.business_id = %(business)s and m.conversation_id = %(conversation)s and m.sent_at >= %(since)s
              and m.direction = 'in' and m.state = 'handed_over' and m.reason = any (%(reasons)s)
              and m.revoked_at is null
              -- In the order of arrival: what was late and came after our words, nobody had read. Words from the phone
              -- app are the other way round: they reach us late, and were written by somebody who had read it.
              and not exists (
                select from app.messages o
                where o.business_id = m.business_id and o.conversation_id = m.conversation_id and o.direction = 'out'
                  and o.sent_at >= %(since)s and o.state <> 'failed' and o.kind not in ('reaction', 'edit', 'revoke')
                  and (o.arrival > m.arrival or (o.author = 'phone_app' and o.sent_at >= m.sent_at)))
            """,
            {"business": business_id, "conversation": conversation_id, "reasons": list(reasons), "since": since},
        )

    async def is_answered_since(
        self, tx: Tx, business_id: BusinessId, conversation_id: UUID, message_id: UUID, author: UserId
    ) -> bool:
        row = await tx.row(
            """
            select 1 from app.messages m
            where m.business_id = %(business)s and m.conversation_id = %(conversation)s
              and m.sent_at > now() - interval '1 hour'
              and m.direction = 'out' and m.author = 'member' and m.author_id <> %(author)s
              and (m.sent_at, m.arrival) > (
                select s.sent_at, s.arrival from app.messages s
                where s.business_id = %(business)s and s.conversation_id = %(conversation)s and s.id = %(message)s)
            limit 1
            """,
            {"business": business_id, "conversation": conversation_id, "message": message_id, "author": author},
        )
        return row is not None

    async def find_by_cause(self, tx: Tx, business_id: BusinessId, cause: str) -> Caused | None:
        row = await tx.row(
            """
            select m.id, m.conversation_id, m.kind,
                   case when m.edits is null then m.body else m.edits -> 0 ->> 'body' end as body,
                   (m.content #>> '{media,id}')::uuid as media_id, m.content
            from app.message_keys k
            join app.messages m on m.business_id = k.business_id and m.id = k.message_id and m.created_at = k.created_at
            where k.business_id = %s and k.key = %s
            """,
            (business_id, f"cause:{cause}"),
        )
        return Caused(*row) if row else None

    async def find_here(self, tx: Tx, business_id: BusinessId, conversation_id: UUID, message_id: UUID) -> Here | None:
        row = await tx.row(
            "select kind, wamid, sent_at from app.messages where business_id = %s and id = %s and conversation_id = %s",
            (business_id, message_id, conversation_id),
        )
        return Here(*row) if row else None


def _change(
    business_id: BusinessId,
    conversation_id: UUID,
    kind: str,
    refers_to: str | None,
    direction: str,
    body: str | None,
    content: Mapping[str, Any],
    sent_at: datetime,
    arrival: int,
) -> dict[str, Any]:
    reaction = content.get("reaction")
    emoji = reaction.get("emoji") if isinstance(reaction, Mapping) else None
    return {
        "business_id": business_id,
        "conversation_id": conversation_id,
        "kind": kind,
        "refers_to": refers_to,
        "key": f"wamid:{refers_to}",
        "direction": direction,
        "body": body,
        "sent_at": sent_at,
        "arrival": arrival,
        "who": "contact" if direction == "in" else "business",
        "reaction": json.dumps({"emoji": emoji, "at": sent_at.isoformat()}),
    }


_TARGET = """
from app.message_keys k
where k.business_id = %(business_id)s and k.key = %(key)s
  and m.business_id = k.business_id and m.id = k.message_id and m.created_at = k.created_at
  and m.conversation_id = %(conversation_id)s
"""
_STATEMENT = {
    # Removing a reaction leaves a mark with its time, or an older reaction that comes late would bring it back.
    "reaction": """
        update app.messages m
        set reactions = coalesce(m.reactions, '{}') || jsonb_build_object(%(who)s::text, %(reaction)s::jsonb)
        """
    + _TARGET
    + "and coalesce((m.reactions -> %(who)s ->> 'at')::timestamptz <= %(sent_at)s, true)",
    # Told anew from all the edits that are stored, so it makes no difference which of them was applied first. Within
    # one second, which is all that Meta's times tell, the one that came last stands.
    "edit": """
        update app.messages m
        set edits = t.edits, body = t.body, edited_at = t.edited_at
        from app.message_keys k
        join app.messages o on o.business_id = k.business_id and o.id = k.message_id and o.created_at = k.created_at
        cross join lateral (
          select jsonb_agg(jsonb_build_object('body', v.body, 'until', v.until) order by v.place)
                   filter (where v.until is not null) as edits,
                 max(v.body) filter (where v.until is null) as body, max(v.sent_at) as edited_at
          from (
            select u.body, u.sent_at, row_number() over w as place, lead(u.sent_at) over w as until
            from (
              select case when o.edits is null then o.body else o.edits -> 0 ->> 'body' end as body,
                     null::timestamptz as sent_at, 0 as arrival
              union all
              select e.body, e.sent_at, e.arrival from app.messages e
              where e.business_id = %(business_id)s and e.refers_to = %(refers_to)s and e.kind = 'edit'
                and e.direction = o.direction and e.conversation_id = o.conversation_id) u
            window w as (order by u.sent_at nulls first, u.arrival)) v) t
        where k.business_id = %(business_id)s and k.key = %(key)s
          and m.business_id = o.business_id and m.id = o.id and m.created_at = o.created_at
          and m.conversation_id = %(conversation_id)s and m.direction = %(direction)s
          and (t.edits, t.body) is distinct from (m.edits, m.body)
    """,
    # Nobody waits for an answer to what they took back.
    "revoke": """
        update app.messages m
        set revoked_at = %(sent_at)s,
            state = case when m.state = 'pending' then 'ignored' else m.state end,
            reason = case when m.state = 'pending' then 'revoked' else m.reason end
        """
    + _TARGET
    + "and m.direction = %(direction)s and m.revoked_at is null",
}
