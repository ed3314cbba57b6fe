"""
A campaign at the limit that Meta sets, while another business's customers are answered.

The backlog is there from the start; how fast it leaves is up to the limits. Meta's twin counts what it accepts of each
number, refuses what is too much, and knows what came twice.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import Any, Final
from uuid import UUID

from wacloud.bench.bodies import Account
from wacloud.bench.cpu import readings, spent
from wacloud.bench.e2e import E2e, E2ePlan
from wacloud.bench.figures import ratio, rounded
from wacloud.bench.places import Say
from wacloud.bench.twin import Witness
from wacloud.shared.domain.ids import BusinessId
from wacloud.shared.infra.postgres import PostgresDatabase

BUDGET_SHARE: Final = 0.95
BUDGET_P99_MS: Final = 500.0
_WARM_UP_S: Final = 3.0
_DRAIN_WITHIN_S: Final = 120.0
# To one person so many, so that order can be judged; their limit of 45 is far.
_TO_ONE: Final = 4

_PEOPLE: Final = """
with people as (
  insert into app.contacts (business_id, id, name, phone)
  select %(business)s, gen_random_uuid(), 'Cliente ' || n, '3467' || lpad(n::text, 7, '0')
  from generate_series(1, %(people)s) n returning id, phone
)
insert into app.conversations (business_id, contact_id, number_id, last_inbound_at, last_message_at)
select %(business)s, p.id, (%(numbers)s::uuid[])[1 + right(p.phone, 7)::int %% array_length(%(numbers)s::uuid[], 1)],
       now(), now() from people p
"""
_MESSAGES: Final = """
insert into app.messages (business_id, conversation_id, direction, author, author_id, kind, body, sent_at, state, bulk)
select c.business_id, c.id, 'out', 'member', b.owner_id, 'text', 'Oferta ' || n, now() + n * interval '1 ms', 'queued',
       true
from app.businesses b, generate_series(1, %(to_one)s) n, app.conversations c
where b.id = %(business)s and c.business_id = %(business)s
"""
_JUDGE: Final = """
select count(*) as messages, count(*) filter (where state in ('sent', 'delivered', 'read')) as sent,
       count(*) filter (where state = 'unconfirmed') as unconfirmed, count(*) filter (where state = 'failed') as failed,
       count(*) filter (where late) as out_of_order, coalesce(sum(dispatch_attempt), 0) as posts
from (select state, dispatch_attempt, accepted_at < lag(accepted_at) over (
        partition by conversation_id order by sent_at) as late
      from app.messages where business_id = %(business)s and bulk) m
"""


@dataclass(frozen=True, slots=True)
class SendPlan:
    """How to measure. `live_rate` is that of the other business's customers."""

    numbers: int = 4
    per_second: int = 80
    seconds: float = 60.0
    live_rate: float = 20.0

    def backlog(self) -> int:
        """Enough that it does not end before the measurement does."""
        return int(self.numbers * self.per_second * (self.seconds + 2 * _WARM_UP_S))


class Send:
    """One campaign over running processes; `live` measures the other business."""

    def __init__(
        self,
        db: PostgresDatabase,
        witness: Witness,
        live: E2e,
        *,
        processes: Mapping[str, int | None],
        numbers: Sequence[Account],
        say: Say,
    ) -> None:
        self._db = db
        self._witness = witness
        self._live = live
        self._processes = processes
        self._numbers = numbers
        self._business = BusinessId(UUID(numbers[0].business_id))
        self._say = say

    async def run(self, plan: SendPlan) -> dict[str, Any]:
        """The other business alone, then both at once, and what became of every message."""
        alone = await self._live.run(E2ePlan(plan.live_rate, min(plan.seconds, 15.0)))
        self._say(f"{plan.backlog():,} messages are written")
        await self._write(plan)
        before, started = readings(self._processes), time.time()
        answers = asyncio.create_task(
            self._live.run(E2ePlan(plan.live_rate, plan.seconds + 2 * _WARM_UP_S, warm_up_seconds=0))
        )
        await asyncio.sleep(_WARM_UP_S / 2)
        await self._start()
        seen = await self._watch(plan)
        used, took = spent(before, readings(self._processes)), time.time() - started
        beside = await answers
        self._say("the rest is sent")
        verdict = await self._drain()
        ledger = await self._witness.ledger()
        allowed = plan.numbers * plan.per_second
        return {
            "plan": asdict(plan),
            "allowed_per_second": allowed,
            **seen,
            "share": ratio(seen["per_second"], allowed),
            "is_held": seen["per_second"] >= BUDGET_SHARE * allowed,
            "refused": ledger["messages"]["refused"],
            "live_alone": alone["reply"],
            "live_beside": beside["reply"],
            "live_stages": beside["stages"],
            "live_is_held": (beside["reply"]["p99"] or 0.0) <= BUDGET_P99_MS,
            "live_zeros": beside["zeros"],
            "zeros": verdict | {"doubled": len(ledger["doubled"])},
            "cores": {name: rounded(s if s is None else s / took, 3) for name, s in used.items()},
        }

    async def _write(self, plan: SendPlan) -> None:
        async with self._db.tenant(self._business) as tx:
            rows = await tx.rows("select id from app.phone_numbers where business_id = %s", (self._business,))
            told = {
                "business": self._business,
                "people": -(-plan.backlog() // _TO_ONE),
                "numbers": [row.id for row in rows],
                "to_one": _TO_ONE,
            }
            await tx.execute(_PEOPLE, told)
            await tx.execute(_MESSAGES, told)
        async with self._db.system("know what was stored") as tx:
            await tx.rows("select private.analyze_grown()")

    async def _start(self) -> None:
        async with self._db.tenant(self._business, read_only=True) as tx:
            rows = await tx.rows(
                "select id, conversation_id from app.messages where business_id = %s and bulk order by sent_at, id",
                (self._business,),
            )
        async with self._db.system("start a measured campaign") as tx:
            await tx.execute(
                """
                insert into app.jobs (lane, kind, business_id, order_key, payload, max_attempts)
                select 'campaigns', 'whatsapp.dispatch_bulk_message', %s, 'bulk:' || m.conversation_id,
                       jsonb_build_object('message_id', m.id), 8
                from unnest(%s::uuid[], %s::uuid[]) with ordinality as m(id, conversation_id, place) order by place
                """,
                (self._business, [row.id for row in rows], [row.conversation_id for row in rows]),
            )
            await tx.rows("select pg_notify('wacloud_jobs', 'campaigns')")

    async def _watch(self, plan: SendPlan) -> dict[str, Any]:
        """How many of the campaign the twin accepts, second by second."""
        self._say(f"a campaign from {plan.numbers} numbers for {plan.seconds:g} s")
        await asyncio.sleep(_WARM_UP_S)
        points = [await self._accepted()]
        ends = points[0][0] + plan.seconds
        while points[-1][0] < ends:
            await asyncio.sleep(min(1.0, max(ends - points[-1][0], 0.05)))
            points.append(await self._accepted())
            self._say(f"a campaign: {points[-1][1]:,} sent, {max(ends - points[-1][0], 0):.0f} s to go")
        (start, first), (end, last) = points[0], points[-1]
        steps = [(b - a) / (at - before) for (before, a), (at, b) in pairwise(points)]
        return {
            "per_second": round((last - first) / max(end - start, 0.001), 1),
            "slowest_second": round(min(steps), 1),
            "accepted": last - first,
        }

    async def _accepted(self) -> tuple[float, int]:
        counts = (await self._witness.ledger())["accepted_by_number"]
        return time.monotonic(), sum(counts.get(one.phone_number_id, 0) for one in self._numbers)

    async def _drain(self) -> dict[str, Any]:
        ends = time.monotonic() + _DRAIN_WITHIN_S
        while True:
            async with self._db.tenant(self._business, read_only=True) as tx:
                [row] = await tx.rows(_JUDGE, {"business": self._business})
            if row.sent + row.failed + row.unconfirmed == row.messages or time.monotonic() > ends:
                return {
                    "of": row.messages,
                    "not_sent": row.messages - row.sent,
                    "failed": row.failed,
                    "unconfirmed": row.unconfirmed,
                    "out_of_order": row.out_of_order,
                    "posts": int(row.posts),
                }
            await asyncio.sleep(0.5)
