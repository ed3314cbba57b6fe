"""The records of turns."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from wacloud.modules.bot.application.ports import TurnRecord
from wacloud.modules.bot.domain.answer import unanswered_in_a_row
from wacloud.modules.bot.domain.prices import Usage
from wacloud.modules.bot.domain.question import Before
from wacloud.modules.bot.infra.spending import add_other_spending, add_spending
from wacloud.modules.whatsapp.api import Mailbox
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId

# Counting stops where every limit is reached; the newest turns say what the last answers came to.
_BEFORE = """
select w.id, r.replies, o.contact_replies, n.newest, l.language
from unnest(%s::uuid[], %s::uuid[], %s::timestamptz[], %s::jsonb[]) as w(business_id, id, since, of_contact)
cross join lateral (
  select array(select jsonb_array_elements_text(w.of_contact)::uuid) as conversations,
         greatest(w.since, now() - interval '24 hours') as since) t
cross join lateral (
  select count(*) as replies from (
    select from app.bot_turns b
    where b.business_id = w.business_id and b.conversation_id = w.id and b.decided_at > t.since
      and b.message_id is not null limit 1000) b) r
cross join lateral (
  select count(*) as contact_replies from (
    select from app.bot_turns b
    where b.business_id = w.business_id and b.conversation_id = any (t.conversations)
      and b.decided_at > now() - interval '24 hours' and b.message_id is not null limit 2000) b) o
cross join lateral (
  select jsonb_agg(jsonb_build_array(b.why, b.message_id is not null, b.detail->'topic_ids', b.decided_at > t.since)
                   order by b.decided_at desc) as newest
  from (
    select * from app.bot_turns b
    where b.business_id = w.business_id and b.conversation_id = w.id and b.decided_at > now() - interval '24 hours'
    order by b.decided_at desc limit 60) b) n
left join lateral (
  select b.language from app.bot_turns b
  where b.business_id = w.business_id and b.conversation_id = any (t.conversations) and b.language is not null
  order by b.decided_at desc limit 1) l on true
"""


class PostgresTurns:
    """See `ports.Turns`."""

    async def add(self, tx: Tx, turns: Sequence[TurnRecord]) -> None:
        await tx.execute(
            """
            insert into app.bot_turns (business_id, id, conversation_id, outcome, source, why, detail, message_id,
              message_count, model, input_tokens, cached_tokens, output_tokens, cost_usd, opened_at, version,
              language, hand_over)
            select business_id, id, conversation_id, outcome, source, why, detail::jsonb, message_id,
              message_count, model, input_tokens, cached_tokens, output_tokens, cost_usd, opened_at, version,
              language, hand_over::jsonb
            from unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::uuid[],
              %s::int[], %s::text[], %s::int[], %s::int[], %s::int[], %s::numeric[], %s::timestamptz[],
              %s::int[], %s::text[], %s::text[])
              as t(business_id, id, conversation_id, outcome, source, why, detail, message_id, message_count, model,
                   input_tokens, cached_tokens, output_tokens, cost_usd, opened_at, version, language, hand_over)
            """,
            (
                [t.business_id for t in turns],
                [t.id for t in turns],
                [t.conversation_id for t in turns],
                [t.outcome for t in turns],
                [t.source for t in turns],
                [t.why for t in turns],
                [json.dumps(dict(t.detail), default=str) for t in turns],
                [t.message_id for t in turns],
                [t.message_count for t in turns],
                [t.model for t in turns],
                [t.input_tokens for t in turns],
                [t.cached_tokens for t in turns],
                [t.output_tokens for t in turns],
                [t.cost_usd for t in turns],
                [t.opened_at for t in turns],
                [t.version for t in turns],
                [t.language for t in turns],
                [json.dumps(asdict(t.hand_over)) if t.hand_over else None for t in turns],
            ),
        )
        await add_spending(tx, turns)

    async def add_cost(self, tx: Tx, business_id: BusinessId, day: date, usage: Usage, cost: Decimal | None) -> None:
        await add_other_spending(tx, business_id, day, usage.input_tokens, usage.output_tokens, cost)

    async def before(self, tx: Tx, mailboxes: Sequence[Mailbox]) -> Mapping[UUID, Before]:
        rows = await tx.rows(
            _BEFORE,
            (
                [mailbox.business_id for mailbox in mailboxes],
                [mailbox.conversation_id for mailbox in mailboxes],
                [mailbox.given_back_at for mailbox in mailboxes],
                [json.dumps([str(id_) for id_ in mailbox.of_contact]) for mailbox in mailboxes],
            ),
        )
        return {row.id: _to_before(row) for row in rows}

    async def forget(self, tx: Tx, business_id: BusinessId, conversation_ids: Sequence[UUID]) -> None:
        await tx.execute(
            "update app.bot_turns set hand_over = null, language = null "
            "where business_id = %s and conversation_id = any (%s) and (hand_over is not null or language is not null)",
            (business_id, list(conversation_ids)),
        )
        # Its keys hold a hash of what somebody said, its answers what is known of them elsewhere.
        await tx.execute(
            "delete from app.tool_calls where business_id = %s and conversation_id = any (%s)",
            (business_id, list(conversation_ids)),
        )


def _to_before(row: Any) -> Before:
    newest = row.newest or []
    whys = [why for why, _, _, is_since in newest if is_since]
    return Before(
        replies=row.replies,
        contact_replies=row.contact_replies,
        unknown=unanswered_in_a_row(whys),
        topics_shown=frozenset(next((shown or () for _, says, shown, _ in newest if says), ())),
        last_why=whys[0] if whys else None,
        language=row.language,
    )
