"""The records of turns."""

import json
from collections.abc import Sequence

from wacloud.modules.bot.application.ports import TurnRecord
from wacloud.shared.application.db import Tx


class PostgresTurns:
    """See `ports.Turns`."""

    async def add(self, tx: Tx, turns: Sequence[TurnRecord]) -> None:
        await tx.execute(
            """
            insert into app.bot_turns (business_id, id, conversation_id, outcome, source, why, detail, message_id,
              message_count, model, input_tokens, cached_tokens, output_tokens, cost_usd, opened_at)
            select business_id, id, conversation_id, outcome, source, why, detail::jsonb, message_id,
              message_count, model, input_tokens, cached_tokens, output_tokens, cost_usd, opened_at
            from unnest(%s::uuid[], %s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::text[], %s::text[], %s::uuid[],
              %s::int[], %s::text[], %s::int[], %s::int[], %s::int[], %s::numeric[], %s::timestamptz[])
              as t(business_id, id, conversation_id, outcome, source, why, detail, message_id, message_count, model,
                   input_tokens, cached_tokens, output_tokens, cost_usd, opened_at)
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
            ),
        )
