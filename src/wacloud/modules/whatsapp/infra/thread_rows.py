"""The messages of a thread, each with what it answers, how the bot came to it and the template it was made from."""

from typing import Any

from wacloud.modules.whatsapp.application.inbox import MessageRow, Quoted, TurnRow
from wacloud.modules.whatsapp.application.media_stored import MediaRow
from wacloud.modules.whatsapp.infra.waiting_behind import WHY

MESSAGES = f"""
select m.id, m.conversation_id, m.sent_at, m.arrival, m.direction, m.author, u.name as author_name, m.kind, m.body,
       m.content, m.state, {WHY} as reason, m.error, m.reactions, m.edited_at, m.revoked_at, m.edits, m.refers_to,
       m.pricing, m.held_until, m.wamid is not null as can_answer, q.id as quoted_id,
       q.author as quoted_author, q.kind as quoted_kind, left(q.body, 200) as quoted_body,
       w.components as template, t.source, t.why, t.detail, t.model, t.input_tokens, t.output_tokens, t.cost_usd
from (
  select m.*, 'wamid:' || m.refers_to as refers_key from app.messages m
  where m.business_id = %(business)s and m.conversation_id = %(conversation)s
    -- Our own reaction that Meta did not take is told; all others show on what they are about.
    and (m.kind not in ('reaction', 'edit', 'revoke')
         or (m.kind = 'reaction' and m.direction = 'out' and m.state in ('failed', 'unconfirmed')))
    and (%(at)s::timestamptz is null or (m.sent_at, m.arrival) < (%(at)s, %(arrival)s))
  order by m.sent_at desc, m.arrival desc limit %(limit)s) m
left join app.users u on u.id = m.author_id
left join app.bot_turns t on t.business_id = m.business_id and t.id = m.turn_id
left join app.message_keys k on k.business_id = m.business_id and k.key = m.refers_key
left join app.messages q on q.business_id = k.business_id and q.id = k.message_id and q.created_at = k.created_at
left join lateral (
  select o.components from app.conversations c
  cross join lateral (
    select * from app.phone_numbers o where o.business_id = c.business_id and o.id = c.number_id limit 1) n
  cross join lateral (
    select * from app.message_templates o
    where o.business_id = n.business_id and o.waba_id = n.waba_id and o.name = m.content -> 'template' ->> 'name'
      and o.language = m.content -> 'template' -> 'language' ->> 'code' limit 1) o
  where m.kind = 'template' and c.business_id = m.business_id and c.id = m.conversation_id) w on true
order by m.sent_at, m.arrival
"""


def to_message(row: Any, media: MediaRow | None) -> MessageRow:
    """As the thread has it."""
    turn = None
    if row.source is not None:
        cost = float(row.cost_usd) if row.cost_usd is not None else None
        turn = TurnRow(row.source, row.why, row.detail, row.model, row.input_tokens, row.output_tokens, cost)
    quoted = None
    if row.quoted_kind is not None and row.content.get("quoted"):
        quoted = Quoted(row.quoted_author, row.quoted_kind, row.quoted_body, row.quoted_id)
    return MessageRow(
        id=row.id,
        conversation_id=row.conversation_id,
        sent_at=row.sent_at,
        arrival=row.arrival,
        direction=row.direction,
        author=row.author,
        author_name=row.author_name,
        kind=row.kind,
        body=row.body,
        content=row.content,
        state=row.state,
        reason=row.reason,
        error=row.error,
        reactions={who: one["emoji"] for who, one in (row.reactions or {}).items() if one.get("emoji")},
        edited_at=row.edited_at,
        revoked_at=row.revoked_at,
        edits=row.edits or [],
        quoted=quoted,
        turn=turn,
        media=media,
        can_answer=row.can_answer,
        pricing=row.pricing,
        held_until=row.held_until,
        template=row.template,
    )
