"""Send what the outbox holds: at most one POST for a decision, whatever dies on the way."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

import structlog

from wacloud.modules.whatsapp.application.holds import HELD_CHECK, Hold, held, hold_of, probe_of
from wacloud.modules.whatsapp.application.keep_limits import Leaving, LimitKeeper, Place, Ready
from wacloud.modules.whatsapp.application.limits import Answer
from wacloud.modules.whatsapp.application.outbox import dispatch_job
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.send_media import with_media_at_meta
from wacloud.modules.whatsapp.application.stored import Held, NewMessage, Outgoing, SendResult
from wacloud.modules.whatsapp.domain.callback import write_callback
from wacloud.modules.whatsapp.domain.conversation import ServiceWindow
from wacloud.modules.whatsapp.domain.delivery import SPAM_LIMIT, SendOutcome, pause_before_retry, pause_for, tries_of
from wacloud.modules.whatsapp.domain.media import media_id_in
from wacloud.modules.whatsapp.domain.template_codes import CODE_OVER
from wacloud.modules.whatsapp.domain.template_fit import ENDS, WAITS
from wacloud.shared.application.batching import Batcher
from wacloud.shared.application.db import StoreAway
from wacloud.shared.application.jobs import Again, Done, Failed, Finish, Job, NewJob, Outcome

log = structlog.get_logger()

GIVE_UP_AFTER = timedelta(hours=24)
# A portfolio may write first to so many people a day: a campaign may need several.
GIVE_UP_BULK_AFTER = timedelta(days=7)
RECORD_AGAIN_S = 0.5
# Whoever waits longer is told why and until when.
WORTH_TELLING = timedelta(seconds=5)
NEARLY_ALL_PERCENT = 80


class DispatchMessages:
    """
    The jobs `whatsapp.dispatch_message` and `whatsapp.dispatch_bulk_message`, for many messages at once.

    Ask the limits, commit `dispatching`, POST with no transaction open, record. A message found `dispatching` was
    begun by a worker that died: whether its POST left nobody knows, so it becomes `unconfirmed` and the status
    webhook, which carries our id, settles it.

    `gather_s`: what Meta answers within so long is recorded together.
    """

    def __init__(self, deps: WhatsappDeps, *, gather_s: float = 0.0) -> None:
        self._deps = deps
        self._limits = LimitKeeper(deps.throttle, deps.clock, deps.answers_first, self._leave, self._put_off)
        self._recorder: Batcher[SendResult, None] = Batcher(
            self._record, writers=2, most=200, one_by_one=True, gather_s=gather_s
        )

    async def __call__(self, jobs: Sequence[Job], finish: Finish) -> None:
        by_message = {UUID(job.payload["message_id"]): job for job in jobs}
        outgoing = await self._read(jobs)
        # What is neither queued nor dispatching any more has been dealt with.
        for message_id, job in by_message.items():
            if message_id not in outgoing:
                finish(job, Done())
        ready: list[Outgoing] = []
        ends: list[tuple[Outgoing, SendResult]] = []
        holds: list[tuple[Outgoing, Hold]] = []
        for message in outgoing.values():
            job = by_message[message.id]
            end = self._end_before_sending(message, job)
            if end is not None:
                ends.append((message, end))
            elif (hold := hold_of(message, self._deps.clock())) is not None:
                holds.append((message, hold))
            else:
                ready.append(message)
        for message, end in ends:
            await self._recorder.add(end)
            finish(by_message[message.id], Done())
        await self._hold(holds, by_message, finish)
        with_media = [
            asyncio.create_task(self._go_with_media(message, media_id, by_message, finish))
            for message in ready
            if (media_id := media_id_in(message.content)) is not None
        ]
        try:
            await self._go([message for message in ready if media_id_in(message.content) is None], by_message, finish)
        finally:
            await asyncio.gather(*with_media)

    async def _hold(
        self, waiting: Sequence[tuple[Outgoing, Hold]], by_message: dict[UUID, Job], finish: Finish
    ) -> None:
        """They wait for what holds them, and a probe looks whether it is open."""
        await self._tell([held(message, hold) for message, hold in waiting])
        now = self._deps.clock()
        probes = {(message.business_id, hold.name): probe_of(message, hold) for message, hold in waiting}
        if probes:
            async with self._deps.db.tenant(*{business_id for business_id, _ in probes}) as tx:
                tx.queue(*probes.values())
        for message, hold in waiting:
            finish(by_message[message.id], _while_good(message, hold.again(now), now))

    async def _go_with_media(
        self, message: Outgoing, media_id: UUID, by_message: dict[UUID, Job], finish: Finish
    ) -> None:
        """A file goes to Meta before its message does, and nobody else waits for it."""
        job = by_message[message.id]
        try:
            ready = await with_media_at_meta(self._deps, message, media_id)
            if isinstance(ready, Outgoing):
                await self._go([ready], by_message, finish)
                return
            # The dispatch has not begun, so this is no attempt of it: the job's age says when to give up.
            result, outcome = self._conclude(replace(message, dispatch_attempt=max(job.attempt, 1)), job, ready)
            await self._recorder.add(replace(result, message=message))
            await self._hold_back_others(message, ready)
            finish(job, outcome)
        except Exception as error:
            finish(job, Failed(f"{type(error).__name__}: {error}"[:2000]))

    async def _go(self, ready: Sequence[Outgoing], by_message: dict[UUID, Job], finish: Finish) -> None:
        if ready:
            await self._limits.let_go([Ready(message, by_message[message.id], finish) for message in ready])

    async def _put_off(self, late: Sequence[tuple[Ready, Answer]]) -> None:
        now = self._deps.clock()
        await self._tell(
            [
                Held(one.message, f"limit:{answer.limit}", now + answer.after)
                for one, answer in late
                if answer.after >= WORTH_TELLING
            ]
        )
        for one, answer in late:
            one.finish(one.job, _while_good(one.message, Again(answer.after, "within Meta's limits"), now))

    async def _leave(self, leaving: Leaving) -> None:
        """Never raises. What had not begun when something failed is a failed try of its job."""
        messages = [one.message for one, _ in leaving]
        try:
            async with self._deps.db.tenant(*{message.business_id for message in messages}) as tx:
                begun = await self._deps.deliveries.begin_dispatch(tx, messages)
        except Exception as error:
            for one, _ in leaving:
                one.finish(one.job, Failed(f"{type(error).__name__}: {error}"[:2000]))
            return
        async with asyncio.TaskGroup() as group:
            for one, place in leaving:
                if one.message.id in begun:
                    under_way = replace(one.message, dispatch_attempt=begun[one.message.id])
                    group.create_task(self._try_to_send(under_way, place, one.job, one.finish))
                else:
                    one.finish(one.job, Done())

    async def _tell(self, waiting: Sequence[Held]) -> None:
        """Why messages wait is good to know, and no reason for them to fail."""
        if not waiting:
            return
        try:
            async with self._deps.db.tenant(*{one.message.business_id for one in waiting}) as tx:
                for applied in await self._deps.deliveries.note_waiting(tx, waiting):
                    tx.show(applied.business_id, applied.conversation_id)
        except Exception as error:
            log.warning("dispatch.tell_failed", messages=len(waiting), error=f"{type(error).__name__}: {error}"[:500])

    async def _read(self, jobs: Sequence[Job]) -> dict[UUID, Outgoing]:
        pairs = [(job.business_id, UUID(job.payload["message_id"])) for job in jobs if job.business_id is not None]
        async with self._deps.db.tenant(*{business_id for business_id, _ in pairs}, read_only=True) as tx:
            return {message.id: message for message in await self._deps.deliveries.to_send(tx, pairs)}

    def _end_before_sending(self, message: Outgoing, job: Job) -> SendResult | None:
        now = self._deps.clock()
        if message.state == "dispatching":
            return SendResult(message, "unconfirmed", reason="worker_lost")
        if message.recipient_phone is None and message.recipient_bsuid is None:
            return SendResult(message, "failed", reason="no_recipient")
        if message.kind != "template" and not ServiceWindow(message.last_inbound_at).is_open(now):
            return SendResult(message, "failed", reason="outside_service_window")
        if (ended := ENDS.get(message.template_status or "")) is not None:
            return SendResult(message, "failed", reason=ended)
        if message.is_over(now):
            return SendResult(message, "failed", reason=CODE_OVER)
        if now - job.created_at > (GIVE_UP_BULK_AFTER if message.bulk else GIVE_UP_AFTER):
            return SendResult(message, "failed", reason=WAITS.get(message.template_status or "", "gave_up"))
        return None

    async def _try_to_send(self, message: Outgoing, place: Place, job: Job, finish: Finish) -> None:
        """One that fails, fails alone: the POSTs beside it go on, and what Meta answers them is recorded."""
        try:
            await self._limits.in_time(message, place)
            if message.is_over(self._deps.clock()):
                await self._recorder.add(SendResult(message, "failed", reason=CODE_OVER))
                finish(job, Done())
                return
            await self._send(message, job, finish)
        except Exception as error:
            finish(job, Failed(f"{type(error).__name__}: {error}"[:2000]))

    async def _send(self, message: Outgoing, job: Job, finish: Finish) -> None:
        outcome = await self._deps.cloud_api.send(message, write_callback(message.id, message.created_at))
        result, job_outcome = self._conclude(message, job, outcome)
        # First of all what Meta said: it is known nowhere else. Holding back the others can be made up for.
        await self._recorder.add(result)
        try:
            await self._hold_back_others(message, outcome)
        except Exception as error:
            # The next message is refused in the same way, and then this is tried again.
            log.warning("dispatch.hold_failed", verdict=outcome.verdict, error=f"{type(error).__name__}: {error}"[:500])
        finish(job, job_outcome)

    def _conclude(self, message: Outgoing, job: Job, outcome: SendOutcome) -> tuple[SendResult, Outcome]:
        """The message's new state, and whether the job comes again. Only a refusal we know of is ever repeated."""
        error, attempt = outcome.as_error(), message.dispatch_attempt
        match outcome.verdict:
            case "accepted":
                return SendResult(message, "sent", wamid=outcome.wamid), Done()
            case "unknown":
                return SendResult(message, "unconfirmed", reason="no_answer", error=error), Done()
            case "stop":
                return SendResult(message, "failed", reason=outcome.reason, error=error), Done()
            case "retry" if attempt >= tries_of(outcome.code):
                return SendResult(message, "failed", reason=outcome.reason, error=error), Done()
            case "retry":
                pause, why = pause_before_retry(attempt), "refused for now"
            case "later":
                pause, why = outcome.after or HELD_CHECK, "refused until later"
            case "wait":
                pause, why = pause_for(outcome.scope, message.dispatch_attempt - 1), "throttled by Meta"
            case "reconnect":
                pause, why = HELD_CHECK, "the number has to be reconnected"
        now = self._deps.clock()
        if message.is_over(now + pause):
            return SendResult(message, "failed", reason=CODE_OVER), Done()
        if now + pause - job.created_at > GIVE_UP_AFTER:
            return SendResult(message, "failed", reason=outcome.reason, error=error), Done()
        # When somebody reconnects it, nobody knows.
        until = None if outcome.verdict == "reconnect" else now + pause
        waiting = SendResult(message, "queued", reason=outcome.reason, error=error, until=until)
        return waiting, Again(pause, why)

    async def _hold_back_others(self, message: Outgoing, outcome: SendOutcome) -> None:
        """A refusal that is not of this message alone keeps back those that would meet it too."""
        if outcome.verdict == "wait":
            pause = max(pause_for(outcome.scope, message.dispatch_attempt - 1), outcome.after or timedelta())
            await self._deps.throttle.stop(self._limits.wish(message), outcome.scope or "number", pause)
        elif outcome.usage_percent >= NEARLY_ALL_PERCENT:
            pause = timedelta(seconds=outcome.usage_percent - NEARLY_ALL_PERCENT + 1)
            await self._deps.throttle.ease(self._limits.wish(message), pause)
        if outcome.code == SPAM_LIMIT:
            await self._deps.throttle.stop(self._limits.wish(message), "spam", outcome.after or HELD_CHECK)
        if outcome.verdict == "reconnect":
            async with self._deps.db.tenant(message.business_id) as tx:
                await self._deps.numbers.hold(tx, message.number_id, outcome.reason, None)

    async def _record(self, results: Sequence[SendResult]) -> Sequence[None]:
        """
        What Meta answered is known nowhere but here: while the database is away it is kept, and tried again.

        Meanwhile another worker may have taken our jobs for lost and ended them. Then nobody would come back to a
        message that is queued again, so it gets a job of its own.
        """
        was_away = False
        while True:
            try:
                async with self._deps.db.tenant(*{result.message.business_id for result in results}) as tx:
                    if reactions := [_as_reaction(result) for result in results if _is_reaction_sent(result)]:
                        await self._deps.messages.apply_references(tx, reactions)
                    for applied in await self._deps.deliveries.record(tx, results):
                        tx.show(applied.business_id, applied.conversation_id)
                    if was_away:
                        tx.queue(*(_job_of(result.message) for result in results if result.state == "queued"))
            except StoreAway:
                was_away = True
                await asyncio.sleep(RECORD_AGAIN_S)
            else:
                return [None] * len(results)


def _while_good(message: Outgoing, again: Again, now: datetime) -> Again:
    """Whoever waits for a code is told as soon as it is of no use any more."""
    if message.good_until is None:
        return again
    return replace(again, after=min(again.after, max(message.good_until - now, timedelta(seconds=1))))


def _is_reaction_sent(result: SendResult) -> bool:
    return result.message.kind == "reaction" and result.state == "sent"


def _as_reaction(result: SendResult) -> NewMessage:
    """It is shown on its message from now on, not before Meta has taken it."""
    message = result.message
    return NewMessage(
        business_id=message.business_id,
        id=message.id,
        created_at=message.created_at,
        conversation_id=message.conversation_id,
        direction="out",
        author="member",
        kind=message.kind,
        body=message.body,
        content=message.content,
        sent_at=message.created_at,
        state=result.state,
        refers_to=message.quoted_wamid,
    )


def _job_of(message: Outgoing) -> NewJob:
    return dispatch_job(message.business_id, message.conversation_id, message.id, bulk=message.bulk)
