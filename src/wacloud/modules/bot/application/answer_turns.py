"""The bot's turn in a conversation: one answer to everything that waits, or a person, never both, never two."""

import asyncio
import operator
from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from datetime import timedelta
from typing import Literal
from uuid import UUID

from wacloud.modules.bot.application.compose_answer import asks_for_words, compose_answer
from wacloud.modules.bot.application.ports import BotDeps, Briefing, TurnRecord
from wacloud.modules.bot.domain.answer import Answer, Why
from wacloud.modules.bot.domain.prices import Usage
from wacloud.modules.bot.domain.question import HistoryLine, Question
from wacloud.modules.bot.domain.turn import Arrival, settled_at
from wacloud.modules.whatsapp.api import (
    Closing,
    Draft,
    Mailbox,
    ServiceWindow,
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
    why: str
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
        self._writer: Batcher[_Decision, Verdict] = Batcher(self._write, writers=2, most=200, one_by_one=True)

    async def __call__(self, jobs: Sequence[Job], finish: Finish) -> None:
        places = {UUID(job.payload["conversation_id"]): job.business_id for job in jobs if job.business_id is not None}
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
        answer: Answer | None = None
        draft = 0
        while mailbox.messages:
            early = self._decide_without_answer(mailbox, briefing)
            if early is None:
                pause = self._rest_of_burst(mailbox, briefing)
                # Nobody is to see "typing…" and then nothing; who waits for a person was told so already.
                if mailbox.handler == "bot" and asks_for_words(_question(mailbox, briefing)):
                    self._deps.whatsapp.read_marks.typing(mailbox)
                if pause > timedelta() and answer is None:
                    finish(job, Again(pause, "waiting for the rest of the burst"))
                    return
                if pause > timedelta():
                    # A draft was thrown away already, and what it cost is known only here: wait in place.
                    await asyncio.sleep(pause.total_seconds())
                    mailbox = await self._read_again(mailbox)
                    continue
                early = await compose_answer(self._deps.answers, _question(mailbox, briefing))
            answer = _with_cost_of(answer, early)
            draft += 1
            if await self._writer.add(_decide(turn_id, mailbox, answer, draft)) == "closed":
                break
            mailbox = await self._read_again(mailbox)
        finish(job, Done())

    async def _read_again(self, mailbox: Mailbox) -> Mailbox:
        fresh = await self._read([(mailbox.business_id, mailbox.conversation_id)])
        return fresh[mailbox.conversation_id]

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
        # What was said in a voice note is being written down.
        words_by = [message.words_by for message in mailbox.messages if message.words_by is not None]
        return max([settled_at(arrivals, briefing.settings), *words_by]) - self._deps.clock()

    async def _write(self, decisions: Sequence[_Decision]) -> Sequence[Verdict]:
        places = [(d.mailbox.business_id, d.mailbox.conversation_id) for d in decisions]
        verdicts: list[Verdict] = []
        closings: list[Closing] = []
        records: list[TurnRecord] = []
        async with self._deps.db.tenant(*{business_id for business_id, _ in places}) as tx:
            now_waiting = await lock_mailboxes(self._deps.whatsapp, tx, places)
            closed: set[UUID] = set()  # by a decision before, should two of one conversation meet here
            for drafted in decisions:
                decision = drafted
                handler, found = now_waiting[decision.mailbox.conversation_id]
                waiting = {message_id: body for message_id, body in found.items() if message_id not in closed}
                read = {message.id: message.body for message in decision.mailbox.messages}
                if waiting and waiting != read and handler != "person" and not decision.last_draft:
                    # Something new came, was edited or was taken back.
                    verdicts.append("stale")
                    continue
                verdicts.append("closed")
                mine = tuple(message_id for message_id in read if message_id in waiting)
                if handler == "person" and decision.why != "person_has_it":
                    # Somebody stepped in while we were thinking: they have it, and the draft is thrown away.
                    decision = _overtaken(decision, "handed_over", "person_wrote")
                elif not mine:
                    decision = _overtaken(decision, "ignored", "nothing_to_answer")
                closing = _closing(decision, handler, mine)
                closed.update(mine)
                if mine:
                    closings.append(closing)
                if mine or decision.answer.usage is not None:
                    records.append(_record(decision, closing))
            if closings:
                await close_mailboxes(self._deps.whatsapp, tx, closings)
            if records:
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


def _with_cost_of(earlier: Answer | None, answer: Answer) -> Answer:
    """Drafts that were thrown away were paid for too."""
    if earlier is None or earlier.usage is None:
        return answer
    return replace(
        answer,
        model=answer.model or earlier.model,
        usage=earlier.usage if answer.usage is None else _sum(earlier.usage, answer.usage),
        cost_usd=answer.cost_usd if earlier.cost_usd is None else earlier.cost_usd + (answer.cost_usd or 0),
    )


def _sum(one: Usage, other: Usage) -> Usage:
    return Usage(*map(operator.add, astuple(one), astuple(other)))


def _decide(turn_id: UUID, mailbox: Mailbox, answer: Answer, draft: int) -> _Decision:
    last = draft >= MOST_DRAFTS
    outcome: Literal["answered", "handed_over", "ignored"] = "answered"
    because, says = None, answer.text
    if answer.hand_over:
        outcome, because = "handed_over", answer.hand_over_because
        # While a conversation waits for a person, the contact has been told so: say it once.
        if mailbox.handler == "waiting" and answer.source == "fallback" and answer.why != "asked_for_person":
            says = None
    elif answer.text is None:
        outcome, because = "ignored", answer.why
    return _Decision(turn_id, mailbox, answer, outcome, answer.why, because, says, last, draft)


def _overtaken(decision: _Decision, outcome: Literal["handed_over", "ignored"], why: Why) -> _Decision:
    return replace(decision, outcome=outcome, why=why, because=why, says=None)


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
        why=decision.why,
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
