"""
The main job under load: a customer's webhook in, the bot's answer POSTed, three statuses back.

The real serve and worker run; the model answers at once and the bot does not wait for the rest of a burst, because
both are deliberate and neither is ours to make quick.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from wacloud.bench.bodies import FIRST_MARK, Account, Mail
from wacloud.bench.businesses import ids_of
from wacloud.bench.cpu import readings, spent
from wacloud.bench.figures import latency, rounded
from wacloud.bench.judge import Verdict, judge
from wacloud.bench.load import Load, Sent, send
from wacloud.bench.places import Say, Server
from wacloud.bench.twin import Witness
from wacloud.shared.infra.postgres import PostgresDatabase

STATUSES = 3
DRAIN_WITHIN_S = 60.0
# A rate is sustained when the work ends with the load, and nobody waited longer than the design allows on average.
DRAINED_WITHIN_S = 2.0
SUSTAINED_P99_MS = 2000.0


@dataclass(frozen=True, slots=True)
class E2ePlan:
    """
    How to measure. `conversations` 0: as many as give each one a message every eight seconds.

    Who answers within four seconds of our answer, time and again, is taken for a machine.
    """

    rate: float = 100.0
    seconds: float = 20.0
    conversations: int = 0
    model_ms: int = 0
    warm_up_seconds: float = 3.0

    def people(self) -> int:
        """How many people write."""
        return self.conversations or max(int(self.rate * 8), 20)


class E2e:
    """Measurements over one set of running processes; each load brings people of its own."""

    def __init__(
        self,
        db: PostgresDatabase,
        witness: Witness,
        *,
        serve: Server,
        processes: Mapping[str, int | None],
        accounts: Sequence[Account],
        app_secret: str,
        say: Say,
    ) -> None:
        self._db = db
        self._witness = witness
        self._serve = serve
        self._processes = processes
        self._accounts = accounts
        self._secret = app_secret
        self._say = say
        self._next = FIRST_MARK
        self._people = 0

    async def run(self, plan: E2ePlan) -> dict[str, Any]:
        """Warm up, load, wait until all is done, and report."""
        if plan.warm_up_seconds:
            self._say("warming up")
            warm = E2ePlan(min(plan.rate, 50.0), plan.warm_up_seconds, model_ms=plan.model_ms)
            await self._load(warm)
        self._say(f"{plan.rate:g} messages/s for {plan.seconds:g} s")
        return await self._load(plan)

    async def search(self, plan: E2ePlan, most: float) -> dict[str, Any]:
        """Raise the rate by half until it is not sustained, then close in on the highest that is."""
        steps: list[dict[str, Any]] = []
        await self.run(E2ePlan(min(plan.rate, 50.0), 1.0, model_ms=plan.model_ms))
        good, bad, rate = 0.0, 0.0, plan.rate
        while rate <= most and (not bad or bad / max(good, 1.0) > 1.1):
            self._say(f"trying {rate:g} messages/s for {plan.seconds:g} s")
            step = await self._load(E2ePlan(rate, plan.seconds, plan.conversations, plan.model_ms))
            steps.append(step)
            if step["sustained"]:
                good = rate
            else:
                bad = rate
            rate = round((good + bad) / 2 if bad else rate * 1.5)
            if rate in (good, bad):
                break
        return {"highest_sustained": good, "first_not_sustained": bad or None, "steps": steps}

    async def _load(self, plan: E2ePlan) -> dict[str, Any]:
        mail = self._mail(plan)
        people = [mail.wa_id(n) for n in range(min(mail.conversations, int(plan.rate * plan.seconds)))]
        await self._witness.introduce(people)
        await self._witness.forget()
        states_before = await self._states()
        before, started = readings(self._processes), time.time()
        sent = await send(Load(mail, self._serve.port, plan.seconds))
        drained = await self._drain(sent)
        used, took = spent(before, readings(self._processes)), time.time() - started
        replies = await self._witness.replies(people)
        verdict = judge(mail, sent, replies)
        ledger = await self._witness.ledger()
        states = {name: n - states_before.get(name, 0) for name, n in (await self._states()).items()}
        return {
            "plan": {**asdict(plan), "conversations": len(people), "businesses": len(self._accounts)},
            "sent": sent.sent,
            "reply": asdict(latency([max(s - plan.model_ms / 1000, 0.0) for s in verdict.latencies])),
            "accept": asdict(latency([us / 1e6 for us in sent.latencies_us])),
            "stages": await self._stages(mail, sent),
            "per_second": round(len(verdict.latencies) / max(verdict.last_arrival - sent.started_at, 0.001), 1),
            "drained_s": rounded(drained, 2),
            "cpu": self._cpu(used | {"load": sent.cpu_s}, sent, took),
            "zeros": _zeros(verdict, sent, ledger, states),
            "merged": verdict.merged,
            "states": {name: n for name, n in sorted(states.items()) if n},
            "sustained": self._is_sustained(plan, verdict, drained),
        }

    def _mail(self, plan: E2ePlan) -> Mail:
        mail = Mail(
            secret=self._secret,
            accounts=self._accounts,
            conversations=plan.people(),
            first_phone=self._people,
            first=self._next,
            written_at=int(time.time()),
            rate=plan.rate,
        )
        self._people += mail.conversations
        self._next += int(plan.rate * plan.seconds)
        return mail

    async def _drain(self, sent: Sent) -> float | None:
        """Wait until every message is answered and every status acknowledged; how long after the load that was."""
        ended = sent.started_at + sent.took_s
        while time.time() < ended + DRAIN_WITHIN_S:
            ledger = await self._witness.ledger()
            answered = ledger["messages"]["accepted"] >= sent.accepted
            statuses = sum(ledger["statuses"].values()) >= STATUSES * ledger["messages"]["accepted"]
            if answered and statuses and not ledger["webhooks"]["undelivered"] and await self._is_idle():
                return max(time.time() - ended, 0.0)
            await asyncio.sleep(0.2)
        return None

    async def _is_idle(self) -> bool:
        async with self._db.system("see whether anything waits") as tx:
            row = await tx.row(
                "select exists (select from app.webhook_inbox where state = 'pending') "
                # What is done at its own time, as looking after numbers, is nobody's message.
                "or exists (select from app.jobs where business_id = any(%s) and lane = any(%s) "
                "and state <> 'parked') as busy",
                (ids_of(self._accounts), ["turns", "sending"]),
            )
        return row is not None and not row.busy

    async def _states(self) -> dict[str, int]:
        businesses = ids_of(self._accounts)
        async with self._db.tenant(*businesses, read_only=True) as tx:
            rows = await tx.rows(
                "select direction, state, count(*) as n from app.messages where business_id = any(%s) group by 1, 2",
                (businesses,),
            )
        return {f"{row.direction} {row.state}": row.n for row in rows}

    async def _stages(self, mail: Mail, sent: Sent) -> dict[str, Any]:
        """Where the time goes: how long after its due time each message had come how far, as our own rows say."""
        businesses = ids_of(self._accounts)
        async with self._db.tenant(*businesses, read_only=True) as tx:
            rows = await tx.rows(
                """
                select i.wamid, i.created_at as stored, o.created_at as answered, o.dispatched_at as dispatched
                from app.messages i join app.messages o on o.business_id = i.business_id and o.id = i.answered_by
                where i.business_id = any(%s) and i.direction = 'in' and i.created_at >= to_timestamp(%s)
                """,
                (businesses, sent.started_at),
            )
        found: dict[str, list[float]] = {"stored": [], "answered": [], "dispatching": []}
        for row in rows:
            due = sent.started_at + (int(row.wamid.removeprefix("wamid.BENCH")) - mail.first) / mail.rate
            for stage, at in zip(found, (row.stored, row.answered, row.dispatched), strict=True):
                if at is not None:
                    found[stage].append(at.timestamp() - due)
        return {stage: asdict(latency(seconds)) for stage, seconds in found.items()}

    def _cpu(self, used: Mapping[str, float | None], sent: Sent, took: float) -> dict[str, Any]:
        per_thousand = {
            name: rounded(None if seconds is None else seconds / max(sent.accepted, 1) * 1000, 3)
            for name, seconds in used.items()
        }
        busy = {
            name: rounded(None if seconds is None else seconds / max(took, 0.001), 3) for name, seconds in used.items()
        }
        return {"seconds_per_1000_messages": per_thousand, "share_of_a_core": busy}

    def _is_sustained(self, plan: E2ePlan, verdict: Verdict, drained: float | None) -> bool:
        p99 = latency(verdict.latencies).p99
        return (
            drained is not None
            and drained <= DRAINED_WITHIN_S
            and not verdict.lost
            and not verdict.refused
            and p99 is not None
            and p99 - plan.model_ms <= SUSTAINED_P99_MS
        )


def _zeros(verdict: Verdict, sent: Sent, ledger: Mapping[str, Any], states: Mapping[str, int]) -> dict[str, Any]:
    """Each of these should be 0, of so many messages."""
    outbound = {name.removeprefix("out "): n for name, n in states.items() if name.startswith("out ")}
    return {
        "of": sent.sent,
        "refused": verdict.refused,
        "lost": verdict.lost,
        "doubled": verdict.doubled + len(ledger["doubled"]),
        "out_of_order": verdict.out_of_order,
        "unconfirmed": outbound.get("unconfirmed", 0),
        "failed": outbound.get("failed", 0),
        "not_read": sum(n for name, n in outbound.items() if name != "read"),
        "not_answered": sum(n for name, n in states.items() if name.startswith("in ") and name != "in answered"),
        "unasked_replies": verdict.unasked,
    }
