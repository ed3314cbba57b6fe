"""
Live pages under load: messages come in at a steady rate, and every open page of their business hears of each.

The whole way is the real one: a webhook, the worker's commit, Valkey, the hub of one serve process, a stream for each
page. A person has each conversation, so that nothing but the messages themselves changes.
"""

import asyncio
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from typing import Any, Final
from uuid import UUID

from wacloud.bench.bodies import FIRST_MARK, Account, Mail
from wacloud.bench.businesses import ids_of
from wacloud.bench.cpu import memory_mb, readings, spent, waited_seconds
from wacloud.bench.figures import latency, ratio, rounded
from wacloud.bench.load import Load, send
from wacloud.bench.members import Seat
from wacloud.bench.places import Say, Server
from wacloud.bench.viewers import Heard, Page, Watched, watching
from wacloud.shared.infra.postgres import PostgresDatabase

BUDGET_P99_MS: Final = 250.0
QUIET_VIEWERS: Final = 10  # of a business nobody writes to
_DRAIN_WITHIN_S: Final = 60.0
_STILL_UNDER_WAY_S: Final = 3.0
_FIRST_PHONE: Final = 0
_QUIET_PHONE: Final = 9_000_000


@dataclass(frozen=True, slots=True)
class LivePlan:
    """How to measure. Every second viewer has a conversation open, the others look at the list alone."""

    viewers: int = 1000
    rate: float = 20.0
    seconds: float = 20.0
    conversations: int = 400
    history: int = 5  # messages in each of them before


@dataclass(frozen=True, slots=True)
class Written:
    """One message under measurement, as the database has it. `at` is a moment before its commit."""

    mark: int
    business_id: str
    conversation_id: str
    at: float


@dataclass(frozen=True, slots=True)
class Looked:
    """What the viewers of one load were told, of what was written."""

    written: Sequence[Written]
    seats: Sequence[tuple[Seat, Page]]
    watched: Watched


@dataclass(frozen=True, slots=True)
class Verdict:
    """How long each viewer of each message waited for it, and what should not have been."""

    latencies: Sequence[float]
    lost: int
    foreign: int


def judge(looked: Looked) -> Verdict:
    """
    Look for each message at each viewer of its business.

    One that was followed by another of its conversation may be told with that one. Where its conversation is open, it
    counts once it is among the messages as well.
    """
    by_business: dict[str, list[Written]] = defaultdict(list)
    for one in looked.written:
        by_business[one.business_id].append(one)
    own = {one.mark: one.business_id for one in looked.written}
    turns: dict[str, list[int]] = defaultdict(list)
    for one in sorted(looked.written, key=lambda one: one.mark):
        turns[one.conversation_id].append(one.mark)
    latencies: list[float] = []
    lost = foreign = 0
    for (seat, page), heard in zip(looked.seats, looked.watched.pages, strict=True):
        business = str(seat.business_id)
        foreign += sum(own.get(mark, business) != business for mark in heard.rows)
        for one in by_business.get(business, ()):
            at = _told_at(heard, page, one, turns[one.conversation_id])
            if at is None:
                lost += 1
            else:
                latencies.append(max(at - one.at, 0.0))
    return Verdict(latencies, lost, foreign)


def _told_at(heard: Heard, page: Page, one: Written, turns: Sequence[int]) -> float | None:
    later = turns[bisect_left(turns, one.mark) :]
    in_list = min((heard.rows[mark] for mark in later if mark in heard.rows), default=None)
    if page.conversation != one.conversation_id or in_list is None:
        return in_list
    in_thread = heard.thread.get(one.mark)
    return None if in_thread is None else max(in_list, in_thread)


class Live:
    """Measurements over one set of running processes. Nobody writes to the last of the accounts until the end."""

    def __init__(
        self,
        db: PostgresDatabase,
        *,
        serve: Server,
        processes: Mapping[str, int | None],
        accounts: Sequence[Account],
        app_secret: str,
        say: Say,
    ) -> None:
        self._db = db
        self._serve = serve
        self._processes = processes
        *self._accounts, self._quiet = accounts
        self._secret = app_secret
        self._say = say
        self._next = FIRST_MARK
        self._conversations: dict[str, list[str]] = {}

    async def prepare(self, plan: LivePlan) -> None:
        """Let people write to the businesses, and a member have each conversation."""
        businesses = ids_of([*self._accounts, self._quiet])
        async with self._db.tenant(*businesses) as tx:
            await tx.execute("update app.bot_settings set enabled = false where business_id = any(%s)", (businesses,))
        self._say(f"{plan.conversations * plan.history:,} messages come in before")
        await self._write(LivePlan(rate=200, seconds=plan.conversations * plan.history / 200), plan.conversations)
        async with self._db.tenant(*businesses) as tx:
            rows = await tx.rows(
                "update app.conversations set handler = 'person', handed_over_because = null "
                "where business_id = any(%s) returning business_id, id",
                (businesses,),
            )
        for row in rows:
            self._conversations.setdefault(str(row.business_id), []).append(str(row.id))
        async with self._db.system("know what was stored") as tx:
            await tx.rows("select private.analyze_grown()")

    async def run(self, plan: LivePlan, seats: Sequence[Seat], quiet: Sequence[Seat]) -> dict[str, Any]:
        """One viewer alone, then all of them, the quiet ones beside them."""
        self._say(f"1 viewer, {plan.rate:g} messages/s for {plan.seconds:g} s")
        alone, _ = await self._load(plan, seats[:1], [])
        before = memory_mb(self._serve.pid)
        self._say(f"{len(seats):,} viewers, {plan.rate:g} messages/s for {plan.seconds:g} s")
        all_of_them, zeros = await self._load(plan, seats, quiet)
        holding = all_of_them.pop("serve_mb")
        alone.pop("serve_mb")
        each = None if before is None or holding is None else max(holding - before, 0.0) * 1000 / len(seats)
        p99 = all_of_them["told"]["p99"]
        return {
            "plan": {**asdict(plan), "businesses": len(self._accounts)},
            "alone": alone,
            "live": all_of_them,
            "p99_to_alone": ratio(p99, alone["told"]["p99"] or 0.0) if p99 is not None else None,
            "memory": {"serve_mb": rounded(holding), "before_mb": rounded(before), "kb_a_viewer": rounded(each)},
            "zeros": zeros,
            "budget": {"p99_ms": BUDGET_P99_MS, "is_held": p99 is not None and p99 <= BUDGET_P99_MS},
        }

    @asynccontextmanager
    async def crowd(self, seats: Sequence[Seat]) -> AsyncIterator[None]:
        """All these pages are open meanwhile."""
        async with watching(self._serve.port, [page for _, page in self._pages(seats)]) as crowd:
            yield
            await crowd.end()

    async def write(self, plan: LivePlan) -> Sequence[Written]:
        """Messages at the plan's rate, for as long as it says."""
        written, _ = await self._write(plan, plan.conversations)
        return written

    async def _load(
        self, plan: LivePlan, seats: Sequence[Seat], quiet: Sequence[Seat]
    ) -> tuple[dict[str, Any], dict[str, int]]:
        pages = self._pages([*seats, *quiet])
        async with watching(self._serve.port, [page for _, page in pages]) as viewers:
            processes = {**self._processes, "viewers": viewers.pid}
            waited = waited_seconds(self._serve.pid)
            before, started = readings(processes), time.time()
            written, not_stored = await self._write(plan, plan.conversations)
            used, took = spent(before, readings(processes)), time.time() - started
            waited_until = waited_seconds(self._serve.pid)
            await asyncio.sleep(_STILL_UNDER_WAY_S)
            # The quiet ones have heard nothing so far; what is theirs alone shows that they do listen.
            control = (await self._write_to_quiet()) if quiet else []
            serve_mb = memory_mb(self._serve.pid)
            watched = await viewers.end()
        verdict = judge(Looked([*written, *control], pages, watched))
        heard_by_quiet = watched.pages[len(seats) :]
        marks = {one.mark for one in control}
        figures = {
            "viewers": len(seats),
            "written": len(written),
            "told": asdict(latency(verdict.latencies)),
            "serve_us_a_change": _each(used["serve"], sum(page.changes for page in watched.pages)),
            "changes_a_second": round(sum(page.changes for page in watched.pages) / took, 1),
            "mb_a_second": round(watched.bytes / took / 1e6, 2),
            "opened_s": viewers.opened_s,
            "said_here": watched.said_here,
            "share_of_a_core": {name: rounded(None if s is None else s / took, 3) for name, s in used.items()},
            "serve_waited_for_cpu": None
            if waited is None or waited_until is None
            else rounded((waited_until - waited) / took, 3),
            "serve_mb": serve_mb,
        }
        zeros = {
            "of": len(verdict.latencies) + verdict.lost,
            "not_stored": not_stored,
            "presence_refused": watched.here_refused,
            "lost": verdict.lost,
            "told_to_look_again": sum(page.told_to_look_again for page in watched.pages),
            "streams_ended": sum(page.has_ended for page in watched.pages),
            "of_another_business": verdict.foreign + sum(len(set(page.rows) - marks) for page in heard_by_quiet),
            "quiet_ones_deaf": sum(not marks <= set(page.rows) for page in heard_by_quiet),
        }
        return figures, zeros

    def _pages(self, seats: Sequence[Seat]) -> list[tuple[Seat, Page]]:
        """Every second viewer of a business has one of its conversations open, each the next one."""
        met: dict[str, int] = defaultdict(int)
        pages: list[tuple[Seat, Page]] = []
        for seat in seats:
            business = str(seat.business_id)
            place, own = met[business], self._conversations.get(business, [])
            met[business] += 1
            is_reading = own and place % 2 == 1
            pages.append((seat, Page(seat.token, own[place // 2 % len(own)] if is_reading else None)))
        return pages

    async def _write(
        self, plan: LivePlan, conversations: int, accounts: Sequence[Account] = (), first_phone: int = _FIRST_PHONE
    ) -> tuple[list[Written], int]:
        """Returns what is stored once all of it is, and how many messages are not."""
        accounts = accounts or self._accounts
        mail = Mail(
            secret=self._secret,
            accounts=accounts,
            conversations=conversations,
            first_phone=first_phone,
            first=self._next,
            written_at=int(time.time()),
            rate=plan.rate,
        )
        sent = await send(Load(mail, self._serve.port, plan.seconds, 16))
        self._next += sent.sent
        await self._drain(accounts)
        written = await self._written(accounts, mail.first, sent.started_at)
        return written, sent.sent - len(written)

    async def _write_to_quiet(self) -> list[Written]:
        written, _ = await self._write(LivePlan(rate=1, seconds=1), 1, [self._quiet], _QUIET_PHONE)
        await asyncio.sleep(_STILL_UNDER_WAY_S)
        return written

    async def _written(self, accounts: Sequence[Account], first: int, since: float) -> list[Written]:
        """What was stored of these; a transaction that stores one may have begun a moment before it was sent."""
        businesses = ids_of(accounts)
        async with self._db.tenant(*businesses, read_only=True) as tx:
            rows = await tx.rows(
                "select business_id, conversation_id, wamid, created_at from app.messages "
                "where business_id = any(%s) and direction = 'in' and created_at >= to_timestamp(%s)",
                (businesses, since - _STILL_UNDER_WAY_S),
            )
        found = [
            Written(_mark_of(row.wamid), str(row.business_id), str(row.conversation_id), row.created_at.timestamp())
            for row in rows
        ]
        return [one for one in found if one.mark >= first]

    async def _drain(self, accounts: Sequence[Account]) -> None:
        deadline = time.monotonic() + _DRAIN_WITHIN_S
        businesses: Sequence[UUID] = ids_of(accounts)
        while time.monotonic() < deadline:
            async with self._db.system("see whether anything waits") as tx:
                row = await tx.row(
                    "select exists (select from app.webhook_inbox where state = 'pending') "
                    "or exists (select from app.jobs where business_id = any(%s) and lane = any(%s) "
                    "and state <> 'parked') as busy",
                    (businesses, ["turns", "sending"]),
                )
            if row is not None and not row.busy:
                return
            await asyncio.sleep(0.2)


def _each(seconds: float | None, changes: int) -> float | None:
    return rounded(None if seconds is None else seconds / max(changes, 1) * 1e6)


def _mark_of(wamid: str) -> int:
    return int(wamid.removeprefix("wamid.BENCH"))
