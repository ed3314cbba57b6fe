"""What was asked of models outside of turns; see `application/studio_ports.py`."""

from datetime import datetime

from wacloud.modules.bot.application.studio_ports import Call
from wacloud.modules.bot.infra.spending import add_other_spending
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId


class PostgresCalls:
    """See `studio_ports.Calls`."""

    async def add(self, tx: Tx, call: Call) -> None:
        await tx.execute(
            "insert into app.assist_calls (business_id, member_id, kind, model, input_tokens, cached_tokens, "
            "output_tokens, cost_usd) values (%s, %s, %s, %s, %s, %s, %s, %s)",
            (
                call.business_id,
                call.member_id,
                call.kind,
                call.model,
                call.input_tokens,
                call.cached_tokens,
                call.output_tokens,
                call.cost_usd,
            ),
        )
        if call.spent_on is not None and call.input_tokens is not None:
            await add_other_spending(
                tx, call.business_id, call.spent_on, call.input_tokens, call.output_tokens or 0, call.cost_usd
            )

    async def count_since(self, tx: Tx, business_id: BusinessId, since: datetime) -> int:
        row = await tx.row(
            "select count(*) as calls from app.assist_calls where business_id = %s and asked_at >= %s",
            (business_id, since),
        )
        return 0 if row is None else int(row.calls)
