"""What the models of businesses have cost, by the business's own days."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

from wacloud.modules.bot.application.guards import Period, Spent
from wacloud.modules.bot.application.ports import TurnRecord
from wacloud.modules.notification.api import Notice, NotificationDeps, tell_business
from wacloud.shared.application.db import Database, Tx
from wacloud.shared.domain.ids import BusinessId

_MOST_TOLD = 10_000


class PostgresSpending:
    """See `application.guards.Spending`."""

    def __init__(self, db: Database, notification: NotificationDeps) -> None:
        self._db = db
        self._notification = notification
        self._told: set[tuple[BusinessId, date, Period]] = set()

    async def until(self, business_id: BusinessId, day: date) -> Spent:
        async with self._db.tenant(business_id, read_only=True) as tx:
            row = await tx.row(
                "select coalesce(sum(cost_usd), 0) as month, coalesce(sum(cost_usd) filter (where day = %(day)s), 0) "
                "as day from app.bot_spending where business_id = %(business)s and day between %(first)s and %(day)s",
                {"business": business_id, "day": day, "first": day.replace(day=1)},
            )
        return Spent(row.day, row.month) if row else Spent(Decimal(0), Decimal(0))

    async def tell_out(self, business_id: BusinessId, day: date, period: Period) -> None:
        if (business_id, day, period) in self._told:
            return
        async with self._db.tenant(business_id) as tx:
            await tell_business(
                self._notification,
                tx,
                Notice(
                    business_id=business_id,
                    key=f"bot_budget:{business_id}:{day}:{period}",
                    code=f"bot_budget_{period}",
                    subject="bot_budget",
                    at=datetime.now(UTC),
                ),
            )
        if len(self._told) >= _MOST_TOLD:
            self._told.clear()
        self._told.add((business_id, day, period))


async def add_spending(tx: Tx, turns: Sequence[TurnRecord]) -> None:
    """Count these turns, in the transaction that ends them."""
    paid = [turn for turn in turns if turn.input_tokens is not None]
    if not paid:
        return
    await tx.execute(
        """
        insert into app.bot_spending (business_id, day, turns, input_tokens, output_tokens, cost_usd)
        select business_id, day, count(*), sum(input_tokens), sum(coalesce(output_tokens, 0)), sum(coalesce(cost, 0))
        from unnest(%s::uuid[], %s::date[], %s::int[], %s::int[], %s::numeric[])
          as t(business_id, day, input_tokens, output_tokens, cost)
        group by business_id, day order by business_id, day
        on conflict (business_id, day) do update set turns = bot_spending.turns + excluded.turns,
          input_tokens = bot_spending.input_tokens + excluded.input_tokens,
          output_tokens = bot_spending.output_tokens + excluded.output_tokens,
          cost_usd = bot_spending.cost_usd + excluded.cost_usd
        """,
        (
            [turn.business_id for turn in paid],
            [turn.spent_on or _utc_day(turn) for turn in paid],
            [turn.input_tokens for turn in paid],
            [turn.output_tokens for turn in paid],
            [turn.cost_usd for turn in paid],
        ),
    )


async def add_other_spending(
    tx: Tx, business_id: BusinessId, day: date, input_tokens: int, output_tokens: int, cost_usd: Decimal | None
) -> None:
    """Count what was asked beside turns: tries, help with replies, golden questions. No turn is counted for it."""
    await tx.execute(
        """
        insert into app.bot_spending (business_id, day, turns, input_tokens, output_tokens, cost_usd)
        values (%s, %s, 0, %s, %s, coalesce(%s, 0))
        on conflict (business_id, day) do update set
          input_tokens = bot_spending.input_tokens + excluded.input_tokens,
          output_tokens = bot_spending.output_tokens + excluded.output_tokens,
          cost_usd = bot_spending.cost_usd + excluded.cost_usd
        """,
        (business_id, day, input_tokens, output_tokens, cost_usd),
    )


def _utc_day(turn: TurnRecord) -> date:
    return turn.opened_at.astimezone(UTC).date()
