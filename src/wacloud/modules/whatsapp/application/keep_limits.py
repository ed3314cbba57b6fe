"""Let messages leave as Meta's limits allow: now, a moment later from here, or later by their job."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from itertools import groupby, islice
from math import ceil
from typing import Final

from wacloud.modules.whatsapp.application.answers_first import AnswersFirst
from wacloud.modules.whatsapp.application.limits import Answer, Throttle, Wish
from wacloud.modules.whatsapp.application.stored import Outgoing
from wacloud.modules.whatsapp.domain.conversation import ServiceWindow
from wacloud.modules.whatsapp.domain.sending_limits import BULK_AHEAD_MS, BULK_LEAD_MS, people_a_day
from wacloud.shared.application.clock import Clock
from wacloud.shared.application.jobs import Finish, Job

# Of one number there wait as many messages in this process as it sends in so many seconds.
WAIT_HERE_S: Final = 2
# What waits here is asked for again and again, all of it together.
EVERY_S: Final = 0.08
# What leaves within so long is written down together.
TOGETHER_S: Final = 0.1
LEAD_S: Final = BULK_LEAD_MS / 1000
# Who leaves so much too late leaves together with others, which may be too many at once.
MISSED_S: Final = 0.015
LONGEST_WAIT_S: Final = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Ready:
    """A message that may be sent as soon as the limits allow, and the job that wants it sent."""

    message: Outgoing
    job: Job
    finish: Finish


@dataclass(frozen=True, slots=True)
class Place:
    """When a POST is to leave, by the clock of the event loop, and what the limits call this place."""

    at: float
    name: str


Leaving = Sequence[tuple[Ready, Place]]


class LimitKeeper:
    """
    One for all batches of a process.

    What somebody waits for asks once: it leaves at its place within the next second, or is put off. A campaign waits
    here in a queue for each number, a little of which is asked for at a time, and less while answers are late; what
    finds no room in it is put off.

    `leave` sends, and never raises; `put_off` gives a job back.
    """

    def __init__(
        self,
        throttle: Throttle,
        clock: Clock,
        answers_first: AnswersFirst,
        leave: Callable[[Leaving], Awaitable[None]],
        put_off: Callable[[Sequence[tuple[Ready, Answer]]], Awaitable[None]],
    ) -> None:
        self._throttle = throttle
        self._clock = clock
        self._answers_first = answers_first
        self._leave = leave
        self._put_off = put_off
        self._queues: dict[str, deque[tuple[Ready, asyncio.Future[None]]]] = {}
        self._queued_until: dict[str, float] = {}
        self._asking: asyncio.Task[None] | None = None
        self._under_way: set[asyncio.Task[None]] = set()

    async def let_go(self, ready: Sequence[Ready]) -> None:
        """Returns when each has left, or was put off."""
        campaign = [one for one in ready if one.message.bulk]
        answers = [one for one in ready if not one.message.bulk]
        waiting = await self._queue(campaign) if campaign else []
        if answers:
            await asyncio.gather(*await self._ask(answers))
        if waiting:
            await asyncio.gather(*waiting)

    async def _ask(self, some: Sequence[Ready]) -> list[asyncio.Task[None]]:
        told = await self._throttle.ask([self.wish(one.message) for one in some])
        now = asyncio.get_running_loop().time()
        pairs = list(zip(some, told, strict=True))
        tasks = self._send([(one, _place(answer, now)) for one, answer in pairs if answer.granted])
        if refused := [(one, answer) for one, answer in pairs if not answer.granted]:
            await self._put_off(refused)
        return tasks

    def _send(self, leaving: Leaving) -> list[asyncio.Task[None]]:
        tasks = [asyncio.create_task(self._leave_in_time(some)) for some in _groups(sorted(leaving, key=_time))]
        for task in tasks:
            # What is being sent goes on, whatever becomes of those that still wait.
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)
        return tasks

    async def _leave_in_time(self, leaving: Leaving) -> None:
        """What is written before they leave is written shortly before."""
        await asyncio.sleep(max(leaving[0][1].at - LEAD_S - asyncio.get_running_loop().time(), 0))
        await self._leave(leaving)

    async def _queue(self, campaign: Sequence[Ready]) -> list[asyncio.Future[None]]:
        """Those that find room wait here; the others line up behind each other, and come back in their time."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        waiting: list[asyncio.Future[None]] = []
        late: list[tuple[Ready, Answer]] = []
        for one in campaign:
            number, per_second = one.message.phone_number_id, max(one.message.throughput, 1)
            queue = self._queues.setdefault(number, deque())
            if len(queue) < per_second * WAIT_HERE_S:
                left: asyncio.Future[None] = loop.create_future()
                queue.append((one, left))
                waiting.append(left)
            else:
                until = max(self._queued_until.get(number, 0.0), now + WAIT_HERE_S) + 1 / per_second
                self._queued_until[number] = until
                late.append((one, Answer(timedelta(seconds=until - now), False, "number")))
        if late:
            await self._put_off(late)
        if self._asking is None or self._asking.done():
            self._asking = asyncio.create_task(self._keep_asking())
        return waiting

    async def _keep_asking(self) -> None:
        loop = asyncio.get_running_loop()
        asked_at = 0.0
        while self._queues:
            await asyncio.sleep(max(asked_at + EVERY_S - loop.time(), 0))
            asked_at = loop.time()
            self._forget_given_up()
            first = [
                pair
                for number, queue in self._queues.items()
                for pair in islice(queue, self._may_ask(number, queue[0][0]))
            ]
            if not first:
                continue
            try:
                told = await self._throttle.ask([self.wish(one.message) for one, _ in first])
                await self._go_on(first, told)
            except Exception as error:
                # Those that asked fail as any job does; whoever is behind them asks next.
                for pair in first:
                    self._gone(pair, error)

    async def _go_on(self, first: Sequence[tuple[Ready, asyncio.Future[None]]], told: Sequence[Answer]) -> None:
        now = asyncio.get_running_loop().time()
        leaving: list[tuple[Ready, Place]] = []
        refused: list[tuple[Ready, Answer]] = []
        gone: dict[Ready, asyncio.Future[None]] = {}
        for pair, answer in zip(first, told, strict=True):
            one, left = pair
            if answer.granted:
                leaving.append((one, _place(answer, now)))
                self._answers_first.left(one.message.phone_number_id)
            elif answer.limit == "number" and answer.after.total_seconds() <= WAIT_HERE_S:
                continue
            else:
                refused.append((one, answer))
            self._gone(pair, None)
            gone[one] = left
        for some in _groups(sorted(leaving, key=_time)):
            [task] = self._send(some)
            lefts = [gone[one] for one, _ in some]
            task.add_done_callback(partial(_all_done, lefts))
        if refused:
            try:
                await self._put_off(refused)
            finally:
                for one, _ in refused:
                    _done(gone[one])

    def _may_ask(self, number: str, one: Ready) -> int:
        per_second = one.message.throughput
        # More than this of one number is granted by no answer.
        return self._answers_first.may_ask(number, per_second, ceil(per_second * BULK_AHEAD_MS / 1000) + 1)

    def _forget_given_up(self) -> None:
        """Whose job was given back, because this process is to end, is sent by another."""
        for number, queue in list(self._queues.items()):
            kept = deque(pair for pair in queue if not pair[1].cancelled())
            if kept:
                self._queues[number] = kept
            else:
                del self._queues[number]

    def _gone(self, pair: tuple[Ready, asyncio.Future[None]], error: Exception | None) -> None:
        """It waits here no more."""
        number = pair[0].message.phone_number_id
        queue = self._queues.get(number)
        if queue is None or pair not in queue:
            return
        queue.remove(pair)
        if not queue:
            del self._queues[number]
        if error is not None and not pair[1].done():
            pair[1].set_exception(error)

    async def in_time(self, message: Outgoing, place: Place) -> None:
        """
        Returns when its POST is to leave.

        Of a campaign, what has missed its place because this process stood still gets another: nobody waits for it.
        """
        loop = asyncio.get_running_loop()
        await asyncio.sleep(max(place.at - loop.time(), 0))
        name, at = place.name, place.at
        while message.bulk and loop.time() - at > MISSED_S:
            [answer] = await self._throttle.ask([replace(self.wish(message), instead=name)])
            after = min(answer.after.total_seconds(), LONGEST_WAIT_S)
            await asyncio.sleep(after)
            if answer.granted:
                name, at = answer.place, loop.time()
            elif answer.limit != "number":
                # Another limit, which it has met already when it was given its first place.
                return
            else:
                name = ""

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


def recipient_of(message: Outgoing) -> str:
    """By what Meta knows the person: their phone, else their user id."""
    return message.recipient_phone or message.recipient_bsuid or ""


def _groups(leaving: Leaving) -> list[Leaving]:
    if not leaving:
        return []
    first = leaving[0][1].at
    return [list(some) for _, some in groupby(leaving, key=lambda one: int((one[1].at - first) / TOGETHER_S))]


def _place(answer: Answer, now: float) -> Place:
    return Place(now + answer.after.total_seconds(), answer.place)


def _time(one: tuple[Ready, Place]) -> float:
    return one[1].at


def _all_done(lefts: Sequence[asyncio.Future[None]], _: asyncio.Task[None]) -> None:
    for left in lefts:
        _done(left)


def _done(left: asyncio.Future[None]) -> None:
    if not left.done():
        left.set_result(None)
