"""What was counted, with the rates of its time; and the rates themselves."""

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from wacloud.modules.whatsapp.application.costs import Costs, Rate, TalkCosts
from wacloud.modules.whatsapp.domain.cost import MessageCost, Tally
from wacloud.shared.application.db import Database, Tx
from wacloud.shared.domain.ids import BusinessId

_TALLIES = """
select n.display_phone_number as number, d.month, d.country, d.category, d.type, d.messages,
       coalesce(a.currency, 'USD') as currency
from app.delivery_counts d
join app.phone_numbers n on n.business_id = d.business_id and n.id = d.number_id
join app.whatsapp_accounts a on a.business_id = n.business_id and a.waba_id = n.waba_id
where d.business_id = %s and d.month >= %s
order by d.month, n.display_phone_number, d.country, d.category, d.type
"""

# As it is counted, or, before Meta has said, as it will be where it is charged.
_KIND = """
coalesce(m.pricing ->> 'category', m.category, 'service') as category,
coalesce(m.pricing ->> 'type', case when m.pricing ->> 'billable' = 'false' then 'free' else 'regular' end) as type
"""
_PLACE = """
cross join lateral (select * from app.contacts o where o.business_id = c.business_id and o.id = c.contact_id limit 1) p
cross join lateral (
  select * from app.phone_numbers o where o.business_id = c.business_id and o.id = c.number_id limit 1) n
cross join lateral (
  select * from app.whatsapp_accounts o where o.business_id = n.business_id and o.waba_id = n.waba_id limit 1) a
"""
_OF_MESSAGE = f"""
select m.direction = 'out' and m.state <> 'failed' as may_cost, m.pricing is null as is_estimate,
       n.display_phone_number as number, coalesce(p.country, 'ZZ') as country, coalesce(a.currency, 'USD') as currency,
       date_trunc('month', coalesce(m.delivered_at, m.sent_at) at time zone coalesce(a.time_zone, 'UTC'))::date
         as month,
       1 as messages,
       case when m.pricing is null and c.free_entry_until > m.sent_at then 'free_entry_point' end as entry, {_KIND}
from (select * from app.messages where business_id = %(business)s and id = %(message)s limit 1) m
cross join lateral (
  select * from app.conversations o where o.business_id = m.business_id and o.id = m.conversation_id limit 1) c
{_PLACE}
"""
_OF_TALK = f"""
select c.id as conversation_id, n.display_phone_number as number, coalesce(p.country, 'ZZ') as country,
       coalesce(a.currency, 'USD') as currency, m.month, m.category, m.type, count(*) as messages
from (
  select c.* from app.conversations c where c.business_id = %(business)s and c.contact_id = (
    select contact_id from app.conversations where business_id = %(business)s and id = %(conversation)s)) c
{_PLACE}
cross join lateral (
  select date_trunc('month', m.delivered_at at time zone coalesce(a.time_zone, 'UTC'))::date as month, {_KIND}
  from (
    -- What is delivered this month was sent this month, or waited for a phone to come back.
    select * from app.messages o where o.business_id = c.business_id and o.conversation_id = c.id
      and o.sent_at >= %(since)s::date - interval '30 days' order by o.sent_at desc, o.arrival desc limit 3000) m
  where m.counted) m
where m.month >= %(since)s
group by 1, 2, 3, 4, 5, 6, 7
"""

_RATES = "select country, category, currency, effective_from, amount, source from app.message_rates"

# Rows are written in the order of their key, so that two batches never wait for each other.
_COUNT = """
insert into app.delivery_counts as d (business_id, number_id, month, country, category, type, messages)
select m.business_id, c.number_id, date_trunc('month', m.delivered_at at time zone coalesce(a.time_zone, 'UTC'))::date,
       coalesce(p.country, 'ZZ'), coalesce(m.pricing ->> 'category', 'unknown'),
       -- What Meta calls it, or, before it had names for it, whether it cost something.
       coalesce(m.pricing ->> 'type', case when m.pricing ->> 'billable' = 'false' then 'free' else 'regular' end),
       count(*)
from unnest(%s::uuid[], %s::uuid[], %s::timestamptz[]) as w(business_id, id, created_at)
cross join lateral (
  select * from app.messages o where o.business_id = w.business_id and o.id = w.id and o.created_at = w.created_at
  limit 1) m
cross join lateral (
  select * from app.conversations o where o.business_id = m.business_id and o.id = m.conversation_id limit 1) c
cross join lateral (select * from app.contacts o where o.business_id = c.business_id and o.id = c.contact_id limit 1) p
cross join lateral (
  select * from app.phone_numbers o where o.business_id = c.business_id and o.id = c.number_id limit 1) n
cross join lateral (
  select * from app.whatsapp_accounts o where o.business_id = n.business_id and o.waba_id = n.waba_id limit 1) a
group by 1, 2, 3, 4, 5, 6 order by 1, 2, 3, 4, 5, 6
on conflict (business_id, number_id, month, country, category, type)
  do update set messages = d.messages + excluded.messages
"""

_FREE_ENTRY = """
update app.conversations c set free_entry_until = greatest(c.free_entry_until, w.until)
from (
  select business_id, id, max(until) as until
  from unnest(%s::uuid[], %s::uuid[], %s::timestamptz[]) as u(business_id, id, until) group by 1, 2 order by 1, 2) w
where c.business_id = w.business_id and c.id = w.id
"""


async def count_delivered(tx: Tx, messages: Sequence[tuple[BusinessId, UUID, datetime]]) -> None:
    """Each is in the counts from now on; whoever names them sees to it that none is named twice."""
    if messages:
        await tx.execute(_COUNT, ([m[0] for m in messages], [m[1] for m in messages], [m[2] for m in messages]))


async def open_free_entries(tx: Tx, told: Sequence[tuple[BusinessId, UUID, datetime]]) -> None:
    """In these conversations all is free until then."""
    if told:
        await tx.execute(_FREE_ENTRY, ([t[0] for t in told], [t[1] for t in told], [t[2] for t in told]))


class PostgresCosts:
    """See `costs.CostsReader`."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._rates = PostgresRates()

    async def since(self, business_id: BusinessId, month: date) -> Costs:
        async with self._db.tenant(business_id, read_only=True) as tx:
            tallies = await tx.rows(_TALLIES, (business_id, month))
            numbers = await tx.rows(
                "select display_phone_number as number from app.phone_numbers where business_id = %s order by 1",
                (business_id,),
            )
        return Costs(await self._priced(tallies), [row.number for row in numbers])

    async def of_message(self, business_id: BusinessId, message_id: UUID) -> MessageCost | None:
        async with self._db.tenant(business_id, read_only=True) as tx:
            row = await tx.row(_OF_MESSAGE, {"business": business_id, "message": message_id})
        if row is None:
            return None
        if not row.may_cost:
            return MessageCost(None)
        [tally] = await self._priced([row])
        return MessageCost(replace(tally, type=row.entry or row.type), is_estimate=row.is_estimate)

    async def of_talk(self, business_id: BusinessId, conversation_id: UUID, since: date) -> TalkCosts:
        async with self._db.tenant(business_id, read_only=True) as tx:
            asked = {"business": business_id, "conversation": conversation_id, "since": since}
            rows = await tx.rows(_OF_TALK, asked)
        tallies = await self._priced(rows)
        here = [tally for row, tally in zip(rows, tallies, strict=True) if row.conversation_id == conversation_id]
        return TalkCosts(Costs(here, ()), Costs(tallies, ()))

    async def _priced(self, rows: Sequence[Any]) -> list[Tally]:
        if not rows:
            return []
        # The price list is no business's, so it is read apart.
        async with self._db.system("rates of messages") as tx:
            rates = await self._rates.of(tx, {row.country for row in rows})
        return [
            Tally(
                row.number,
                row.month,
                row.country,
                row.category,
                row.type,
                row.messages,
                row.currency,
                _rate_of(rates, row),
            )
            for row in rows
        ]

    async def rates(self, countries: Collection[str], on: date) -> Sequence[Rate]:
        async with self._db.system("rates of messages") as tx:
            listed = await self._rates.of(tx, countries)
        latest: dict[tuple[str, str, str], Rate] = {}
        for rate in sorted(listed, key=lambda rate: rate.effective_from):
            if rate.effective_from <= on:
                latest[rate.country, rate.category, rate.currency] = rate
        return list(latest.values())


def _rate_of(rates: Sequence[Rate], row: Any) -> Decimal | None:
    """Rates change on the first of a month, so the first tells the rate of the whole month."""
    fitting = [
        rate
        for rate in rates
        if (rate.country, rate.category, rate.currency) == (row.country, row.category, row.currency)
        and rate.effective_from <= row.month
    ]
    return max(fitting, key=lambda rate: rate.effective_from).amount if fitting else None


class PostgresRates:
    """See `costs.Rates`."""

    async def put(self, tx: Tx, rates: Sequence[Rate]) -> None:
        await tx.execute(
            """
            insert into app.message_rates (country, category, currency, effective_from, amount, source)
            select * from unnest(%s::text[], %s::text[], %s::text[], %s::date[], %s::numeric[], %s::text[])
            on conflict (country, category, currency, effective_from)
              do update set amount = excluded.amount, source = excluded.source
            """,
            (
                [rate.country for rate in rates],
                [rate.category for rate in rates],
                [rate.currency for rate in rates],
                [rate.effective_from for rate in rates],
                [rate.amount for rate in rates],
                [rate.source for rate in rates],
            ),
        )

    async def of(self, tx: Tx, countries: Collection[str]) -> Sequence[Rate]:
        rows = await tx.rows(f"{_RATES} where country = any (%s)", (list(countries),))
        return [Rate(*row) for row in rows]

    async def all(self, tx: Tx) -> Sequence[Rate]:
        rows = await tx.rows(f"{_RATES} order by country, category, currency, effective_from desc")
        return [Rate(*row) for row in rows]
