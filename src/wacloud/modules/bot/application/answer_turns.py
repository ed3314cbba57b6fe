"""The bot's turn in a conversation: one answer to everything that waits, or a person, never both, never two."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Literal
from uuid import UUID

from wacloud.modules.bot.application.compose_answer import compose_answer
from wacloud.modules.bot.application.ports import BotDeps, Briefing, TurnRecord
from wacloud.modules.bot.domain.answer import Answer, Why
from wacloud.modules.bot.domain.question import HistoryLine, Question
from wacloud.modules.bot.domain.turn import Arrival, settled_at
from wacloud.modules.whatsapp.api import (
    Closing,
    Draft,
    Mailbox,
    ServiceWindow,
    ShowTyping,
    close_mailboxes,
    lock_mailboxes,
    read_mailboxes,
)
from wacloud.shared.application.batching import Batcher
from wacloud.shared.application.jobs import Again, Done, Failed, Finish, Job
from wacloud.shared.domain.ids import BusinessId, new_id

MOST_DRAFTS = 3
Verdict = Literal["closed", "stale"]


@dataclass(frozen=True, slots=True)
class _Decision:
    """What one turn came to, before it is written."""

    turn_id: UUID
    mailbox: Mailbox
    answer: Answer
    outcome: Literal["answered", "handed_over", "ignored"]
    because: str | None
    says: str | None
    last_draft: bool
    drafts: int


class AnswerTurns:
    """
    The job `bot.answer_turn`, for many conversations at once.

    Read all that waits; wait for the rest of a burst; compose with no transaction open; then, under the
    conversation's lock, write the answer only if nothing new came and no person stepped in. What came meanwhile
    restarts the draft.
    """

    def __init__(self, deps: BotDeps) -> None:
        self._deps = deps
        self._show_typing = ShowTyping(deps.whatsapp)
        self._writer: Batcher[_Decision, Verdict] = Batcher(self._write, writers=2, most=200, one_by_one=True)

    async def __call__(self, jobs: Sequence[Job], finish: Finish) -> None:
        places = {
            UUID(job.payload["conversation_id"]): job.business_id
            for job in jobs
            if job.business_id is not None
        }
        mailboxes = await self._read([(business_id, place) for place, business_id in places.items()])
        briefings = await self._deps.briefings.of(list(set(places.values())))
        async with asyncio.TaskGroup() as group:
            for job in jobs:
                mailbox = mailboxes.get(UUID(job.payload["conversation_id"]))
                briefing = briefings.get(mailbox.business_id) if mailbox else None
                if mailbox is None or briefing is None or not mailbox.messages:
                    finish(job, Done())
                else:
                    group.create_task(self._try_turn(mailbox, briefing, job, finish))

    async def _read(self, places: Sequence[tuple[BusinessId, UUID]]) -> dict[UUID, Mailbox]:
        async with self._deps.db.tenant(*{business_id for business_id, _ in places}, read_only=True) as tx:
            found = await read_mailboxes(self._deps.whatsapp, tx, places)
        return {mailbox.conversation_id: mailbox for mailbox in found}

    async def _try_turn(self, mailbox: Mailbox, briefing: Briefing, job: Job, finish: Finish) -> None:
        """A turn that fails, fails alone."""
        try:
            await self._take_turn(mailbox, briefing, job, finish)
        except Exception as error:
            finish(job, Failed(f"{type(error).__name__}: {error}"[:2000]))

    async def _take_turn(self, mailbox: Mailbox, briefing: Briefing, job: Job, finish: Finish) -> None:
        turn_id = new_id()
        for draft in range(1, MOST_DRAFTS + 1):
            early = self._decide_without_answer(mailbox, briefing)
            if early is None:
                pause = self._rest_of_burst(mailbox, briefing)
                self._show_typing(mailbox)
                if pause > timedelta():
                    finish(job, Again(pause, "waiting for the rest of the burst"))
                    return
                answer = await compose_answer(self._deps.answers, _question(mailbox, briefing))
            else:
                answer = early
            decision = _decide(turn_id, mailbox, answer, draft)
            if await self._writer.add(decision) == "closed":
                finish(job, Done())
                return
            fresh = await self._read([(mailbox.business_id, mailbox.conversation_id)])
            mailbox = fresh[mailbox.conversation_id]
            if not mailbox.messages:
                break
        finish(job, Done())

    def _decide_without_answer(self, mailbox: Mailbox, briefing: Briefing) -> Answer | None:
        """Where no answer may be given at all, say what happens instead."""
        if mailbox.handler == "person":
            return _nobody("person_has_it", to_person=True)
        if mailbox.opted_out:
            return _nobody("opted_out", to_person=False)
        if not ServiceWindow(mailbox.last_inbound_at).is_open(self._deps.clock()):
            return _nobody("window_closed", to_person=True)
        if not briefing.settings.enabled:
            return _nobody("bot_is_off", to_person=True)
        return None

    def _rest_of_burst(self, mailbox: Mailbox, briefing: Briefing) -> timedelta:
        arrivals = [Arrival(message.created_at, message.body) for message in mailbox.messages]
        return settled_at(arrivals, briefing.settings) - self._deps.clock()

    async def _write(self, decisions: Sequence[_Decision]) -> Sequence[Verdict]:
        places = [(d.mailbox.business_id, d.mailbox.conversation_id) for d in decisions]
        verdicts: list[Verdict] = []
        closings: list[Closing] = []
        records: list[TurnRecord] = []
        async with self._deps.db.tenant(*{business_id for business_id, _ in places}) as tx:
            now_waiting = await lock_mailboxes(self._deps.whatsapp, tx, places)
            for drafted in decisions:
                decision = drafted
                handler, waiting = now_waiting[decision.mailbox.conversation_id]
                read = {message.id for message in decision.mailbox.messages}
                if waiting - read and handler != "person" and not decision.last_draft:
                    verdicts.append("stale")
                    continue
                verdicts.append("closed")
                mine = tuple(m.id for m in decision.mailbox.messages if m.id in waiting)
                if not mine:
                    continue
                if handler == "person" and decision.outcome != "handed_over":
                    # Somebody stepped in while we were thinking: they have it, and the draft is thrown away.
                    decision = replace(decision, outcome="handed_over", because="person_wrote", says=None)
                closing = _closing(decision, handler, mine)
                closings.append(closing)
                records.append(_record(decision, closing))
            if closings:
                await close_mailboxes(self._deps.whatsapp, tx, closings)
                await self._deps.turns.add(tx, records)
        return verdicts


def _question(mailbox: Mailbox, briefing: Briefing) -> Question:
    return Question(
        business_id=mailbox.business_id,
        contact_key=str(mailbox.contact_id),
        texts=tuple(message.body for message in mailbox.messages if message.body),
        kinds=tuple(message.kind for message in mailbox.messages),
        history=tuple(HistoryLine(said.author, said.body) for said in mailbox.history if said.body),
        facts=briefing.facts,
        settings=briefing.settings,
    )


def _nobody(because: Why, *, to_person: bool) -> Answer:
    return Answer(
        text=None,
        source="none",
        why=because,
        hand_over=to_person,
        hand_over_because=because if to_person else None,
    )


def _decide(turn_id: UUID, mailbox: Mailbox, answer: Answer, draft: int) -> _Decision:
    last = draft >= MOST_DRAFTS
    if answer.hand_over:
        # While a conversation waits for a person, the contact has been told so: say it once.
        told = (
            mailbox.handler == "waiting" and answer.source == "fallback" and answer.why != "asked_for_person"
        )
        says = None if told else answer.text
        return _Decision(turn_id, mailbox, answer, "handed_over", answer.hand_over_because, says, last, draft)
    if answer.text is None:
        return _Decision(turn_id, mailbox, answer, "ignored", answer.why, None, last, draft)
    return _Decision(turn_id, mailbox, answer, "answered", None, answer.text, last, draft)


def _closing(decision: _Decision, handler: str, message_ids: tuple[UUID, ...]) -> Closing:
    mailbox = decision.mailbox
    draft = None
    if decision.says is not None:
        draft = Draft(
            business_id=mailbox.business_id,
            conversation_id=mailbox.conversation_id,
            # A message is answered once, whatever happens: the oldest of them names the decision.
            cause=f"answer:{message_ids[0]}",
            author="bot",
            body=decision.says,
            turn_id=decision.turn_id,
        )
    return Closing(
        mailbox.business_id,
        mailbox.conversation_id,
        message_ids,
        decision.outcome,
        decision.because,
        draft,
        waits_for_person=decision.outcome == "handed_over" and handler == "bot",
    )


def _record(decision: _Decision, closing: Closing) -> TurnRecord:
    answer, usage = decision.answer, decision.answer.usage
    return TurnRecord(
        business_id=closing.business_id,
        id=decision.turn_id,
        conversation_id=closing.conversation_id,
        outcome=closing.state,
        source=answer.source,
        why=answer.why if decision.because != "person_wrote" else "person_wrote",
        detail={**answer.detail, "drafts": decision.drafts},
        message_id=closing.draft.id if closing.draft else None,
        message_count=len(closing.message_ids),
        model=answer.model,
        input_tokens=usage.input_tokens if usage else None,
        cached_tokens=usage.cached_tokens if usage else None,
        output_tokens=usage.output_tokens if usage else None,
        cost_usd=answer.cost_usd,
        opened_at=decision.mailbox.messages[0].created_at,
    )
