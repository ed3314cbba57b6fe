"""Let messages leave as Meta's limits allow: now, a moment later from here, or later by their job."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from itertools import groupby
from math import ceil
from typing import Final

from wacloud.modules.whatsapp.application.limits import Answer, Throttle, Wish
from wacloud.modules.whatsapp.application.stored import Outgoing
from wacloud.modules.whatsapp.domain.conversation import ServiceWindow
from wacloud.modules.whatsapp.domain.sending_limits import BULK_LEAD_MS, people_a_day
from wacloud.shared.application.clock import Clock

# So long a message waits in this process; what would wait longer gives its place to others.
WAITS_HERE: Final = timedelta(seconds=1)
# Of one number there wait as many here as it sends in so many seconds.
NUMBER_WAITS_HERE_S: Final = 2
SHORTEST_SLEEP_S: Final = 0.02
# What leaves within so long is written down together.
TOGETHER_S: Final = 0.05
LEAD_S: Final = BULK_LEAD_MS / 1000

# A message and when its POST is to leave, by the clock of the event loop.
Leaving = Sequence[tuple[Outgoing, float]]
Leave = Callable[[Leaving], Awaitable[None]]
PutOff = Callable[[Outgoing, Answer], None]


class LimitKeeper:
    """One for all batches of a lane in a process: it knows how many of each number wait here already."""

    def __init__(self, throttle: Throttle, clock: Clock) -> None:
        self._throttle = throttle
        self._clock = clock
        self._waiting: Counter[str] = Counter()
        self._queued_until: dict[str, float] = {}

    async def let_go(self, ready: Sequence[Outgoing], leave: Leave, put_off: PutOff) -> None:
        """
        Call `leave` for those whose time has come, in groups, and `put_off` for those that have to come back.

        `leave` must not raise.
        """
        ready = self._find_room(ready, put_off)
        for message in ready:
            self._waiting[message.phone_number_id] += 1
        pending = ready
        # No group of tasks: what is being sent goes on, whatever becomes of those that still wait.
        under_way: list[asyncio.Task[None]] = []
        try:
            while pending:
                pending = await self._ask(pending, leave, put_off, under_way)
        finally:
            for message in pending:
                self._is_gone(message)
            await asyncio.gather(*under_way)

    async def _ask(
        self, pending: Sequence[Outgoing], leave: Leave, put_off: PutOff, under_way: list[asyncio.Task[None]]
    ) -> list[Outgoing]:
        answers = await self._throttle.ask([self.wish(message) for message in pending])
        now = asyncio.get_running_loop().time()
        leaving: list[tuple[Outgoing, float]] = []
        waiting: list[Outgoing] = []
        soonest = WAITS_HERE.total_seconds()
        for message, answer in zip(pending, answers, strict=True):
            after = answer.after.total_seconds()
            if answer.granted:
                leaving.append((message, now + after))
            elif message.bulk and answer.limit == "number" and answer.after <= WAITS_HERE:
                waiting.append(message)
                soonest = min(soonest, after)
            else:
                put_off(message, answer)
            if not waiting or waiting[-1] is not message:
                self._is_gone(message)
        for some in _groups(sorted(leaving, key=lambda one: one[1])):
            under_way.append(asyncio.create_task(_leave_in_time(some, leave)))
        if waiting:
            await asyncio.sleep(max(soonest - LEAD_S, SHORTEST_SLEEP_S))
        return waiting

    def wish(self, message: Outgoing) -> Wish:
        """What the limits have to know of a message."""
        return Wish(
            message.business_id,
            message.portfolio_id,
            message.waba_id,
            message.phone_number_id,
            recipient_of(message),
            message.throughput,
            message.bulk,
            not ServiceWindow(message.last_inbound_at).is_open(self._clock()),
            people_a_day(message.messaging_limit),
        )

    def _find_room(self, ready: Sequence[Outgoing], put_off: PutOff) -> list[Outgoing]:
        """Of a campaign only so many wait here; the rest queue up behind each other and come back in their time."""
        now = asyncio.get_running_loop().time()
        room: Counter[str] = Counter()
        kept: list[Outgoing] = []
        for message in ready:
            number = message.phone_number_id
            if not message.bulk or self._waiting[number] + room[number] < message.throughput * NUMBER_WAITS_HERE_S:
                room[number] += 1
                kept.append(message)
                continue
            until = max(self._queued_until.get(number, 0.0), now + NUMBER_WAITS_HERE_S) + 1 / max(message.throughput, 1)
            self._queued_until[number] = until
            put_off(message, Answer(timedelta(seconds=until - now), False, "number"))
        return kept

    def _is_gone(self, message: Outgoing) -> None:
        self._waiting[message.phone_number_id] -= 1
        if self._waiting[message.phone_number_id] <= 0:
            del self._waiting[message.phone_number_id]


def recipient_of(message: Outgoing) -> str:
    """By what Meta knows the person: their phone, else their user id."""
    return message.recipient_phone or message.recipient_bsuid or ""


def _groups(leaving: Leaving) -> list[Leaving]:
    if not leaving:
        return []
    first = leaving[0][1]
    return [list(some) for _, some in groupby(leaving, key=lambda one: ceil((one[1] - first) / TOGETHER_S))]


async def _leave_in_time(leaving: Leaving, leave: Leave) -> None:
    """What is written before they leave is written shortly before."""
    await asyncio.sleep(max(leaving[0][1] - LEAD_S - asyncio.get_running_loop().time(), 0))
    await leave(leaving)
