"""The bot's turn in a conversation: one answer to everything that waits, or a person, never both, never two."""

import asyncio
import operator
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, replace
from datetime import timedelta
from typing import Any, Literal
from uuid import UUID

from wacloud.modules.bot.application.compose_answer import compose_answer
from wacloud.modules.bot.application.decide_early import decide_early, too_old
from wacloud.modules.bot.application.keep_entries import keep_entries
from wacloud.modules.bot.application.ports import BotDeps, Briefing, TurnRecord
from wacloud.modules.bot.application.read_question import read_question
from wacloud.modules.bot.application.summarise_conversation import summarise_later
from wacloud.modules.bot.application.unanswered import gather_later
from wacloud.modules.bot.application.without_model import asks_for_words
from wacloud.modules.bot.domain.answer import Answer, Why
from wacloud.modules.bot.domain.hand_over import HandOver, hand_over_of
from wacloud.modules.bot.domain.language import Language
from wacloud.modules.bot.domain.prices import Usage
from wacloud.modules.bot.domain.question import Before, Question
from wacloud.modules.bot.domain.summary import Summary, falls_out
from wacloud.modules.bot.domain.topics import as_list
from wacloud.modules.bot.domain.turn import Arrival, settled_at
from wacloud.modules.bot.domain.unanswered import UNANSWERED
from wacloud.modules.whatsapp.api import (
    HISTORY,
    Closing,
    Draft,
    Mailbox,
    ServiceWindow,
    close_mailboxes,
    lock_mailboxes,
    read_mailboxes,
)
from wacloud.shared.application.batching import Batcher
from wacloud.shared.application.db import Tx
from wacloud.shared.application.jobs import Again, Done, Failed, Finish, Job
from wacloud.shared.domain.ids import BusinessId, new_id

MOST_DRAFTS = 3
Verdict = Literal["closed", "stale"]
# Said even to who was told already that a person comes.
_SAID_AGAIN = frozenset({"asked_for_person", "self_harm"})
_OF_THE_MENU = frozenset({"topics", "topic_ids"})
# Nobody needs to be told what somebody has in their hands already.
_IN_HAND = frozenset({"person_has_it", "person_wrote"})


@dataclass(frozen=True, slots=True)
class _Turn:
    """The waiting messages of a conversation, and what is known about it: all that a turn is decided from."""

    mailbox: Mailbox
    briefing: Briefing
    before: Before
    summary: Summary | None = None

    def question(self) -> tuple[Question, Language | None]:
        """What is asked, and the language to remember for this contact."""
        earlier = self.summary.text if self.summary else None
        return read_question(self.mailbox, self.briefing, self.before, earlier)


@dataclass(frozen=True, slots=True)
class _Decision:
    """What one turn came to, before it is written."""

    turn_id: UUID
    mailbox: Mailbox
    question: Question
    language: Language | None
    answer: Answer
    outcome: Literal["answered", "handed_over", "ignored"]
    why: str
    because: str | None
    says: str | None
    last_draft: bool
    drafts: int
    version: int | None = None
    falls_out: bool = False


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
        briefings = await self._deps.briefings.of(list(set(places.values())))
        turns = await self._read([(business_id, place) for place, business_id in places.items()], briefings)
        async with asyncio.TaskGroup() as group:
            for job in jobs:
                turn = turns.get(UUID(job.payload["conversation_id"]))
                if turn is None or not turn.mailbox.messages:
                    finish(job, Done())
                else:
                    group.create_task(self._try_turn(turn, job, finish))

    async def _read(
        self, places: Sequence[tuple[BusinessId, UUID]], briefings: Mapping[BusinessId, Briefing]
    ) -> dict[UUID, _Turn]:
        async with self._deps.db.tenant(*{business_id for business_id, _ in places}, read_only=True) as tx:
            found = await read_mailboxes(self._deps.whatsapp, tx, places)
            before = await self._deps.turns.before(tx, found)
            summaries = await self._deps.summaries.of(tx, [(one.business_id, one.conversation_id) for one in found])
        return {
            (place := mailbox.conversation_id): _Turn(
                mailbox, briefings[mailbox.business_id], before[place], summaries.get(place)
            )
            for mailbox in found
            if mailbox.business_id in briefings
        }

    async def _try_turn(self, turn: _Turn, job: Job, finish: Finish) -> None:
        """A turn that fails, fails alone."""
        try:
            await self._take_turn(turn, job, finish)
        except Exception as error:
            finish(job, Failed(f"{type(error).__name__}: {error}"[:2000]))

    async def _take_turn(self, turn: _Turn, job: Job, finish: Finish) -> None:
        turn_id = new_id()
        answer: Answer | None = None
        draft = 0
        while turn.mailbox.messages:
            mailbox, now = turn.mailbox, self._deps.clock()
            question, language = turn.question()
            early = decide_early(mailbox, turn.briefing, question, now)
            if early is None and (old := too_old(mailbox, turn.briefing, now)):
                # A person looks at those; what came since then is answered by itself.
                await self._leave_to_person(replace(turn, mailbox=replace(mailbox, messages=old)))
                turn = await self._read_again(turn)
                continue
            if early is None:
                pause = self._rest_of_burst(mailbox, turn.briefing)
                # Nobody is to see "typing…" and then nothing; who waits for a person was told so already.
                if mailbox.handler == "bot" and asks_for_words(question):
                    self._deps.whatsapp.read_marks.typing(mailbox)
                if pause > timedelta() and answer is None:
                    finish(job, Again(pause, "waiting for the rest of the burst"))
                    return
                if pause > timedelta():
                    # A draft was thrown away already, and what it cost is known only here: wait in place.
                    await asyncio.sleep(pause.total_seconds())
                    turn = await self._read_again(turn)
                    continue
                early = await compose_answer(self._deps.answers, question)
            answer = _with_cost_of(answer, early)
            draft += 1
            decision = _decide(turn_id, mailbox, question, language, answer, draft)
            decision = replace(decision, version=turn.briefing.version, falls_out=_falls_out(turn, question, answer))
            if await self._writer.add(decision) == "closed":
                break
            turn = await self._read_again(turn)
        finish(job, Done())

    async def _leave_to_person(self, turn: _Turn) -> None:
        question, language = turn.question()
        answer = Answer(text=None, source="none", why="too_old", hand_over=True, hand_over_because="too_old")
        await self._writer.add(_decide(new_id(), turn.mailbox, question, language, answer, MOST_DRAFTS))

    async def _read_again(self, turn: _Turn) -> _Turn:
        mailbox = turn.mailbox
        place = (mailbox.business_id, mailbox.conversation_id)
        return (await self._read([place], {mailbox.business_id: turn.briefing}))[mailbox.conversation_id]

    def _rest_of_burst(self, mailbox: Mailbox, briefing: Briefing) -> timedelta:
        arrivals = [Arrival(message.created_at, message.body) for message in mailbox.messages]
        # What was said in a voice note is being written down.
        words_by = [message.words_by for message in mailbox.messages if message.words_by is not None]
        return max([settled_at(arrivals, briefing.settings), *words_by]) - self._deps.clock()

    async def _write(self, decisions: Sequence[_Decision]) -> Sequence[Verdict]:
        places = [_place(decision) for decision in decisions]
        verdicts: list[Verdict] = []
        closings: list[Closing] = []
        records: list[TurnRecord] = []
        async with self._deps.db.tenant(*{business_id for business_id, _ in places}) as tx:
            now_waiting = await lock_mailboxes(self._deps.whatsapp, tx, places)
            collected: list[_Decision] = []
            closed: set[UUID] = set()  # by a decision before, should two of one conversation meet here
            for drafted in decisions:
                decision = drafted
                now = now_waiting[decision.mailbox.conversation_id]
                handler = now.handler
                waiting = {message_id: body for message_id, body in now.waiting.items() if message_id not in closed}
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
                elif decision.says is not None and now.opted_out:
                    decision = _overtaken(decision, "ignored", "opted_out")
                elif decision.says is not None and not ServiceWindow(now.last_inbound_at).is_open(self._deps.clock()):
                    decision = _overtaken(decision, "handed_over", "window_closed")
                closing = _closing(decision, handler, mine)
                closed.update(mine)
                if mine:
                    closings.append(closing)
                collected += [decision] if mine or handler == "person" else []
                if mine or decision.answer.usage is not None:
                    records.append(_record(decision, closing))
            if closings:
                await close_mailboxes(self._deps.whatsapp, tx, closings)
            if records:
                await self._deps.turns.add(tx, records)
            await self._keep(tx, collected)
            for business_id, conversation_id in {_place(decision) for decision in decisions if decision.falls_out}:
                summarise_later(tx, business_id, conversation_id)
            for business_id in {record.business_id for record in records if record.why in UNANSWERED}:
                gather_later(tx, business_id)
        return verdicts

    async def _keep(self, tx: Tx, decisions: Sequence[_Decision]) -> None:
        """What customers gave; also where a person stepped in meanwhile, since it was said all the same."""
        forms = self._deps.answers.forms
        for decision in decisions:
            filled, begun = decision.answer.filled, decision.answer.begun
            if forms is not None and (filled or begun):
                name = decision.mailbox.contact_name
                await keep_entries(forms, tx, *_place(decision), filled, name, begun)


def _place(decision: _Decision) -> tuple[BusinessId, UUID]:
    return decision.mailbox.business_id, decision.mailbox.conversation_id


def _falls_out(turn: _Turn, question: Question, answer: Answer) -> bool:
    """Whether there is more to sum up than is; who needs no model needs no summary for it."""
    is_cut = len(turn.mailbox.history) >= HISTORY
    return answer.model is not None and falls_out(question.history, turn.summary, is_cut=is_cut)


def _with_cost_of(earlier: Answer | None, answer: Answer) -> Answer:
    """Drafts that were thrown away were paid for too."""
    if earlier is None or earlier.usage is None:
        return answer
    return replace(
        answer,
        model=answer.model or earlier.model,
        spent_on=answer.spent_on or earlier.spent_on,
        usage=earlier.usage if answer.usage is None else _sum(earlier.usage, answer.usage),
        cost_usd=answer.cost_usd if earlier.cost_usd is None else earlier.cost_usd + (answer.cost_usd or 0),
    )


def _sum(one: Usage, other: Usage) -> Usage:
    return Usage(*map(operator.add, astuple(one), astuple(other)))


def _decide(
    turn_id: UUID, mailbox: Mailbox, question: Question, language: Language | None, answer: Answer, draft: int
) -> _Decision:
    last = draft >= MOST_DRAFTS
    outcome: Literal["answered", "handed_over", "ignored"] = "answered"
    because, says = None, answer.text
    if answer.hand_over:
        outcome, because = "handed_over", answer.hand_over_because
        # While a conversation waits for a person, the contact has been told so: say it once.
        if mailbox.handler == "waiting" and answer.source == "fallback" and answer.why not in _SAID_AGAIN:
            says = None
    elif answer.text is None:
        outcome, because = "ignored", answer.why
    return _Decision(turn_id, mailbox, question, language, answer, outcome, answer.why, because, says, last, draft)


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
            turn_id=decision.turn_id,
            **_words(decision, decision.says),
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


def _words(decision: _Decision, says: str) -> dict[str, Any]:
    """What is sent: a text, or a list where topics are offered under it."""
    if not decision.answer.topics:
        return {"body": says}
    menu = as_list(says, decision.answer.topics, decision.question.speaks)
    return {"kind": "interactive", "body": menu["body"]["text"], "content": {"interactive": menu}}


def _package(decision: _Decision) -> HandOver | None:
    """What goes with a conversation to a person who does not have it yet."""
    if decision.outcome != "handed_over" or decision.why in _IN_HAND:
        return None
    question = decision.question
    asked = question.meanings or question.texts
    name = decision.mailbox.contact_name
    return hand_over_of(decision.answer, decision.why, asked, question.history, name, question.speaks, question.earlier)


def _record(decision: _Decision, closing: Closing) -> TurnRecord:
    answer, usage = decision.answer, decision.answer.usage
    return TurnRecord(
        business_id=closing.business_id,
        id=decision.turn_id,
        conversation_id=closing.conversation_id,
        outcome=closing.state,
        source=answer.source,
        why=decision.why,
        # Who waits was told already: the topics under words that were not said were not offered.
        detail={
            **{name: told for name, told in answer.detail.items() if name not in _OF_THE_MENU or decision.says},
            "drafts": decision.drafts,
        },
        message_id=closing.draft.id if closing.draft else None,
        message_count=len(closing.message_ids),
        model=answer.model,
        input_tokens=usage.input_tokens if usage else None,
        cached_tokens=usage.cached_tokens if usage else None,
        output_tokens=usage.output_tokens if usage else None,
        cost_usd=answer.cost_usd,
        opened_at=decision.mailbox.messages[0].created_at,
        version=decision.version,
        language=decision.language,
        hand_over=_package(decision) if closing.message_ids else None,
        spent_on=answer.spent_on,
    )
