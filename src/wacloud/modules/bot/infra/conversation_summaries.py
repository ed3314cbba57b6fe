"""What was said longer ago in conversations, summed up."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from wacloud.modules.bot.domain.summary import Summary
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId


class PostgresSummaries:
    """See `ports.Summaries`."""

    async def of(self, tx: Tx, places: Sequence[tuple[BusinessId, UUID]]) -> Mapping[UUID, Summary]:
        rows = await tx.rows(
            "select s.conversation_id, s.text, s.covered_at, s.covered_arrival "
            "from unnest(%s::uuid[], %s::uuid[]) as w(business_id, id) "
            "join app.conversation_summaries s on s.business_id = w.business_id and s.conversation_id = w.id",
            ([business_id for business_id, _ in places], [conversation_id for _, conversation_id in places]),
        )
        return {row.conversation_id: Summary(row.text, (row.covered_at, row.covered_arrival)) for row in rows}

    async def keep(self, tx: Tx, business_id: BusinessId, conversation_id: UUID, summary: Summary) -> None:
        await tx.execute(
            "insert into app.conversation_summaries (business_id, conversation_id, text, covered_at, covered_arrival) "
            "values (%s, %s, %s, %s, %s) on conflict (business_id, conversation_id) do update set text = excluded.text,"
            " covered_at = excluded.covered_at, covered_arrival = excluded.covered_arrival, made_at = now()",
            (business_id, conversation_id, summary.text, *summary.covered),
        )

    async def forget(self, tx: Tx, business_id: BusinessId, conversation_ids: Sequence[UUID]) -> None:
        await tx.execute(
            "delete from app.conversation_summaries where business_id = %s and conversation_id = any (%s)",
            (business_id, list(conversation_ids)),
        )
