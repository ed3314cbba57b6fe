"""What became of everything, told by the three who know: the crowd, the database and Meta."""

import asyncio
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import aiohttp
import psycopg
from crowd import Crowd
from plant import Plant, meta_ledger

from rig import Shop
from wacloud.main.wiring import House
from wacloud.modules.whatsapp.domain.callback import read_callback
from wacloud.modules.whatsapp.domain.message import PROGRESS

INBOUND_ENDS = {"answered", "handed_over", "ignored"}
OUTBOUND_ENDS = {"sent", "delivered", "read", "failed", "unconfirmed"}
# Once Meta has told that much, nothing less is ever true again.
TOLD = {"sent", "delivered", "read"}
RECURRING = "cron:"

_TRANSITIONS = """
create table public.transitions (message_id uuid, was text, became text, at timestamptz default clock_timestamp());
create function public.note_transition() returns trigger language plpgsql security definer as
  'begin insert into public.transitions values (new.id, old.state, new.state); return null; end';
create trigger note_transition after update of state on app.messages for each row
  when (old.state is distinct from new.state) execute function public.note_transition();
"""


def watch_transitions(admin_dsn: str) -> None:
    """Have the database itself note every change of a message's state."""
    with psycopg.connect(admin_dsn) as owner:
        owner.execute(_TRANSITIONS)


@dataclass(slots=True)
class Verdict:
    """The findings of one run; `lines` says each with the number it was looked for in."""

    lines: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    once_unconfirmed: int = 0

    def none(self, what: str, found: Sequence[Any], among: int) -> None:
        """`what` must not have happened, among so many."""
        self.lines.append(f"  {len(found):>5} of {among:>6}  {what}")
        if found:
            self.broken.append(f"{what}: {len(found)} of {among}, e.g. {list(found)[:5]}")
        elif not among:  # then nothing was shown
            self.broken.append(f"{what}: nothing was there to look at")

    def tell(self, what: str) -> None:
        self.lines.append(f"  {what}")


@dataclass(frozen=True, slots=True)
class Open:
    """What is still under way."""

    undelivered: int
    webhooks: int
    pending: int
    outbound: int
    jobs: int
    waiting_for: tuple[str, ...] = ()

    @property
    def nothing(self) -> bool:
        return not (self.undelivered or self.webhooks or self.pending or self.outbound or self.jobs)


async def settled(
    house: House, plant: Plant, http: aiohttp.ClientSession, shops: Sequence[Shop], within: float
) -> float:
    """
    Wait until nothing is under way any more; returns how long that took.

    Jobs that come round by the clock are always there, and do not count.
    """
    loop = asyncio.get_running_loop()
    begun = loop.time()
    left: Open | None = None
    while loop.time() < begun + within:
        left = await _look(house, plant, http, shops)
        if left.nothing:
            return loop.time() - begun
        await asyncio.sleep(0.25)
    raise AssertionError(f"not settled within {within} s: {left}")


async def _look(house: House, plant: Plant, http: aiohttp.ClientSession, shops: Sequence[Shop]) -> Open:
    ids = [shop.business_id for shop in shops]
    async with house.db.system("test: count what is open") as tx:
        webhooks = await tx.row("select count(*) as n from app.webhook_inbox where state = 'pending'")
        jobs = await tx.row(
            "select count(*) as n, coalesce(array_agg(distinct last_error), '{}') as why from app.jobs "
            "where state <> 'parked' and coalesce(unique_key, '') not like %s "
            "and lane <> 'housekeeping'",
            (f"{RECURRING}%",),
        )
    async with house.db.tenant(*ids, read_only=True) as tx:
        messages = await tx.row(
            "select count(*) filter (where state = 'pending') as pending, "
            "count(*) filter (where state in ('queued', 'dispatching')) as outbound from app.messages"
        )
    ledger: Any = await meta_ledger(http, plant)
    assert webhooks is not None
    assert jobs is not None
    assert messages is not None
    return Open(
        ledger["webhooks"]["undelivered"],
        webhooks.n,
        messages.pending,
        messages.outbound,
        jobs.n,
        tuple(map(str, jobs.why)),
    )


async def judge(house: House, plant: Plant, crowd: Crowd) -> Verdict:
    """Compare what was acknowledged, what is stored, and what Meta got."""
    verdict = Verdict()
    shops = crowd.shops
    async with house.db.tenant(*(shop.business_id for shop in shops), read_only=True) as tx:
        inbound = await tx.rows(
            "select id, wamid, state, reason, answered_by, business_id from app.messages where direction = 'in'"
        )
        outbound = await tx.rows(
            "select id, state, reason, cause, turn_id, business_id, "
            "extract(epoch from dispatched_at - created_at)::float8 as seconds "
            "from app.messages where direction = 'out'"
        )
        turns = await tx.rows("select id, message_id, message_count from app.bot_turns")
    async with house.db.system("test: look at jobs") as tx:
        webhooks = await tx.rows("select id, state, error from app.webhook_inbox where part_of is null")
        parked = await tx.rows("select id, kind, payload, last_error from app.jobs where state = 'parked'")
        finished = await tx.rows("select kind, attempts, last_error from app.finished_jobs")
    with psycopg.connect(plant.servers.database.admin_dsn) as owner:
        transitions = owner.execute("select message_id, was, became from public.transitions order by at").fetchall()
    meta: Any = await meta_ledger(crowd.http, plant, brief=False)
    accepted: dict[UUID, int] = {}
    strange: list[str] = []
    for data, times in meta["by_callback_data"].items():
        place = read_callback(data)
        if place is None:
            strange.append(data)
        else:
            accepted[place[0]] = accepted.get(place[0], 0) + times

    stored = Counter(row.wamid for row in inbound)
    verdict.none(
        "acknowledged messages that are not stored",
        sorted(set(crowd.acknowledged) - set(stored)),
        len(crowd.acknowledged),
    )
    verdict.none("messages stored twice", [w for w, n in stored.items() if n > 1], len(stored))
    verdict.none("messages nobody wrote", sorted(set(stored) - crowd.written), len(stored))
    verdict.none("inbound messages without an end", [r for r in inbound if r.state not in INBOUND_ENDS], len(inbound))
    verdict.none("webhooks given up", [w for w in webhooks if w.state != "processed"], len(webhooks))
    verdict.none("jobs parked", parked, len(finished) + len(parked))

    verdict.none("messages Meta accepted twice", [i for i, n in accepted.items() if n > 1], len(accepted))
    verdict.none("messages Meta calls doubled", meta["doubled"], meta["messages"]["accepted"])
    ours = {row.id: row for row in outbound}
    verdict.none("accepted messages that are not ours", [*strange, *(set(accepted) - set(ours))], len(accepted))
    verdict.none(
        "outbound messages without an end", [r for r in outbound if r.state not in OUTBOUND_ENDS], len(outbound)
    )
    verdict.none("outbound messages failed", [(r.reason, r.id) for r in outbound if r.state == "failed"], len(outbound))
    told = [r for r in outbound if r.state in TOLD]
    verdict.none("messages called sent that Meta never got", [r.id for r in told if r.id not in accepted], len(told))
    lost_sight = [r.id for r in outbound if r.id in accepted and r.state not in ("delivered", "read")]
    verdict.none("accepted messages whose statuses were not applied", lost_sight, len(accepted))
    by_turn = Counter(row.turn_id for row in outbound if row.turn_id)
    verdict.none("turns with more than one reply", [t for t, n in by_turn.items() if n > 1], len(turns))
    by_cause = Counter((row.business_id, row.cause) for row in outbound)
    verdict.none("decisions with more than one reply", [c for c, n in by_cause.items() if n > 1], len(by_cause))
    promised = {t.message_id for t in turns if t.message_id}
    verdict.none("replies no turn decided", sorted(set(ours) - promised), len(outbound))
    verdict.none("replies decided and not there", sorted(promised - set(ours)), len(promised))
    settled_by_turns = sum(turn.message_count for turn in turns)
    by_people = sum(row.reason == "person_has_it" for row in inbound)
    verdict.tell(f"inbound {len(inbound)} = {settled_by_turns} closed by {len(turns)} turns + {by_people} for people")
    if len(inbound) != settled_by_turns + by_people:
        verdict.broken.append("turns closed more or fewer messages than there are")

    backwards = [
        (str(message_id), was, became)
        for message_id, was, became in transitions
        if was in TOLD and PROGRESS.index(became) < PROGRESS.index(was)
    ]
    verdict.none("statuses that went back", backwards, len(transitions))
    never_left = [row for row in outbound if row.state == "unconfirmed" and row.id not in accepted]
    why = _count(row.reason for row in never_left)
    verdict.tell(f"{len(never_left)} of {len(outbound)} unconfirmed that never reached Meta: {why}")
    verdict.once_unconfirmed = sum(became == "unconfirmed" for _, _, became in transitions)
    verdict.tell(f"{verdict.once_unconfirmed} were unconfirmed at some time")
    again = Counter((job.kind, job.attempts) for job in finished if job.attempts > 1)
    why = _count(job.last_error for job in finished if job.attempts > 1)
    verdict.tell(f"jobs that took several tries: {dict(again)}, because: {why}")
    await _check_ledgers(house, shops, inbound, outbound, verdict)
    seconds = sorted(row.seconds for row in outbound if row.seconds is not None)
    if seconds:
        verdict.tell(
            f"reply written to POST begun: median {seconds[len(seconds) // 2]:.2f} s, worst {seconds[-1]:.1f} s"
        )
    verdict.tell(f"crowd: {dict(crowd.answers)}, slowest { ({k: round(v, 2) for k, v in crowd.slowest.items()}) }")
    verdict.tell(f"Meta: {json.dumps(meta['messages'])} webhooks {json.dumps(meta['webhooks'])}")
    return verdict


async def _check_ledgers(
    house: House, shops: Sequence[Shop], inbound: Sequence[Any], outbound: Sequence[Any], verdict: Verdict
) -> None:
    for shop in shops:
        ledger = await house.whatsapp.inbox.ledger(shop.business_id)
        ends = sum(n for state, n in ledger.inbound.items() if state != "stored")
        rows_in = sum(row.business_id == shop.business_id for row in inbound)
        rows_out = sum(row.business_id == shop.business_id for row in outbound)
        if not ledger.inbound["stored"] == ends == rows_in or sum(ledger.outbound.values()) != rows_out:
            verdict.broken.append(f"the ledger does not add up: {ledger}")
        if ledger.webhooks["received"] != ledger.webhooks["processed"]:
            verdict.broken.append(f"webhooks are left: {ledger.webhooks}")
    verdict.tell(f"the ledger adds up for {len(shops)} businesses")


def _count(reasons: Any) -> dict[str, int]:
    return dict(Counter((str(reason) or "")[:80] for reason in reasons))
