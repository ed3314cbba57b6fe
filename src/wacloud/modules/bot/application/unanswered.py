"""The board of questions the bot could not answer: gathered by a job, answered, put off or put away by a person."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

from wacloud.modules.bot.application.knowledge import index_later
from wacloud.modules.bot.application.log_changes import Editor, log_change
from wacloud.modules.bot.application.model import KnowledgeDeps, Vector
from wacloud.modules.bot.domain.knowledge import MOST_ITEMS, KnowledgeItem, KnowledgeText, TooMuchKnowledge
from wacloud.modules.bot.domain.ranking import asked_in
from wacloud.modules.bot.domain.spelling import words_of
from wacloud.modules.bot.domain.unanswered import AskedBefore, QuestionGroup, QuestionUnknown, Waiting, group_of
from wacloud.modules.whatsapp.api import WhatsappDeps, write_reply
from wacloud.shared.application.caller import NOBODY, Caller
from wacloud.shared.application.clock import Clock
from wacloud.shared.application.db import Tx
from wacloud.shared.application.jobs import Lane, NewJob
from wacloud.shared.domain.errors import AppError
from wacloud.shared.domain.ids import BusinessId, UserId, new_id

GATHER_QUESTIONS: Final = "bot.gather_questions"
FORGET_QUESTIONS: Final = "bot.forget_questions"
SNOOZED_FOR: Final = timedelta(days=7)
_LOOKED_BACK: Final = timedelta(days=30)
_AT_ONCE: Final = 50
_COMPARED: Final = 1000
SHOWN: Final = 100


@dataclass(frozen=True, slots=True)
class AskedNow:
    """A turn without an answer that is in no group yet, and what was asked in it."""

    turn_id: UUID
    conversation_id: UUID
    asked_at: datetime
    decided_at: datetime
    texts: tuple[str, ...]


class Board(Protocol):
    """The rows of the board; texts are read where they were said."""

    async def left_to_gather(self, tx: Tx, business_id: BusinessId, since: datetime, most: int) -> list[AskedNow]:
        """Turns without an answer that are in no group, oldest first."""
        ...

    async def asked_before(self, tx: Tx, business_id: BusinessId, model: str, most: int) -> list[AskedBefore]:
        """The newest questions of all groups; vectors of other models are left out."""
        ...

    async def add(
        self,
        tx: Tx,
        business_id: BusinessId,
        group_id: UUID,
        asked: AskedNow,
        model: str,
        vector: Vector,
        now: datetime,
    ) -> None:
        """Into a group, which is made where there is none; one that was answered before is open again."""
        ...

    async def groups(self, tx: Tx, business_id: BusinessId, now: datetime, most: int) -> list[QuestionGroup]:
        """Those that are open, asked most first."""
        ...

    async def find(self, tx: Tx, business_id: BusinessId, group_id: UUID) -> QuestionGroup | None:
        """One, whatever its state."""
        ...

    async def waiting(self, tx: Tx, business_id: BusinessId, group_id: UUID) -> list[Waiting]:
        """Who asked it and still waits for a person inside the service window."""
        ...

    async def settle(
        self,
        tx: Tx,
        business_id: BusinessId,
        group_id: UUID,
        state: str,
        by: UserId,
        now: datetime,
        *,
        until: datetime | None = None,
        item_id: UUID | None = None,
    ) -> bool:
        """False where there is none."""
        ...

    async def forget(self, tx: Tx, business_id: BusinessId, contact_id: UUID) -> None:
        """All this person asked, and groups nobody else is in."""
        ...


@dataclass(frozen=True, slots=True)
class BoardDeps:
    """What the board needs."""

    knowledge: KnowledgeDeps
    board: Board
    whatsapp: WhatsappDeps
    clock: Clock


@dataclass(frozen=True, slots=True)
class AnsweredQuestion:
    """What came of answering: the new item, and how many were written to; `refused` could not be."""

    item: KnowledgeItem
    replied: int
    refused: int


def gather_later(tx: Tx, business_id: BusinessId) -> None:
    """Put what was just not answered onto the board, after the commit."""
    tx.queue(
        NewJob(
            kind=GATHER_QUESTIONS,
            lane=Lane.HOUSEKEEPING,
            business_id=business_id,
            order_key=f"questions:{business_id}",
            unique_key=f"questions:{business_id}",
        )
    )


async def gather_questions(deps: BoardDeps, business_id: BusinessId) -> int:
    """
    The job `bot.gather_questions`; returns how many were gathered. What is on the board already stays where it is.

    :raises EmbedderUnavailable: nothing can be compared now; the job is tried again.
    """
    db, model, gathered = deps.knowledge.db, deps.knowledge.embedder.model, 0
    while True:
        since = deps.clock() - _LOOKED_BACK
        async with db.tenant(business_id, read_only=True) as tx:
            asked = await deps.board.left_to_gather(tx, business_id, since, _AT_ONCE)
            before = await deps.board.asked_before(tx, business_id, model, _COMPARED) if asked else []
        if not asked:
            return gathered
        texts = [asked_in(one.texts).whole for one in asked]
        vectors = await deps.knowledge.embedder.embed([" ".join(words_of(text)) for text in texts])
        async with db.tenant(business_id) as tx:
            for one, text, vector in zip(asked, texts, vectors, strict=True):
                group_id = group_of(text, vector, before) or new_id()
                await deps.board.add(tx, business_id, group_id, one, model, vector, deps.clock())
                before.append(AskedBefore(group_id, vector, text))
        gathered += len(asked)


async def list_questions(deps: BoardDeps, business_id: BusinessId) -> list[QuestionGroup]:
    """What is open, asked most first."""
    async with deps.knowledge.db.tenant(business_id, read_only=True) as tx:
        return await deps.board.groups(tx, business_id, deps.clock(), SHOWN)


async def find_question(
    deps: BoardDeps, business_id: BusinessId, group_id: UUID
) -> tuple[QuestionGroup, list[Waiting]]:
    """
    One, and who still waits for its answer.

    :raises QuestionUnknown: there is none, or nobody in it any more.
    """
    async with deps.knowledge.db.tenant(business_id, read_only=True) as tx:
        found = await deps.board.find(tx, business_id, group_id)
        if found is None:
            raise QuestionUnknown
        return found, await deps.board.waiting(tx, business_id, group_id)


async def answer_question(
    deps: BoardDeps,
    author: UserId,
    business_id: BusinessId,
    group_id: UUID,
    text: KnowledgeText,
    reply_to: Sequence[UUID] = (),
    caller: Caller = NOBODY,
) -> AnsweredQuestion:
    """
    Keep an answer for all who will ask, and send it to those of `reply_to` who asked and still wait.

    :raises QuestionUnknown: there is no such question.
    :raises TooMuchKnowledge: there is no room for another answer.
    """
    async with deps.knowledge.db.tenant(business_id) as tx:
        waiting = {one.conversation_id for one in await deps.board.waiting(tx, business_id, group_id)}
        if await deps.knowledge.store.count(tx, business_id) >= MOST_ITEMS:
            raise TooMuchKnowledge
        item = await deps.knowledge.store.add(tx, business_id, text)
        if not await deps.board.settle(tx, business_id, group_id, "answered", author, deps.clock(), item_id=item.id):
            raise QuestionUnknown
        index_later(tx, business_id)
        # Its wording was a customer's: the log, which nobody can change, names it by its id.
        by = Editor(author, caller)
        await log_change(deps.knowledge.business, tx, business_id, by, "bot.knowledge_added", item_id=str(item.id))
    replied = refused = 0
    for conversation_id in dict.fromkeys(reply_to):
        if conversation_id not in waiting:
            refused += 1
            continue
        try:
            key = f"question:{item.id}"
            await write_reply(deps.whatsapp, author, business_id, conversation_id, text.answer, key=key)
            replied += 1
        except AppError:
            # Its window has closed meanwhile, or it is gone.
            refused += 1
    return AnsweredQuestion(item, replied, refused)


async def dismiss_question(deps: BoardDeps, by: UserId, business_id: BusinessId, group_id: UUID) -> None:
    """It does not come back, however often it is asked."""
    await _settle(deps, by, business_id, group_id, "dismissed", None)


async def snooze_question(deps: BoardDeps, by: UserId, business_id: BusinessId, group_id: UUID) -> None:
    """It comes back in a week."""
    await _settle(deps, by, business_id, group_id, "snoozed", deps.clock() + SNOOZED_FOR)


async def forget_questions(deps: BoardDeps, business_id: BusinessId, contact_id: UUID) -> None:
    """The job `bot.forget_questions`: a contact was erased."""
    async with deps.knowledge.db.tenant(business_id) as tx:
        await deps.board.forget(tx, business_id, contact_id)


async def _settle(
    deps: BoardDeps, by: UserId, business_id: BusinessId, group_id: UUID, state: str, until: datetime | None
) -> None:
    async with deps.knowledge.db.tenant(business_id) as tx:
        if not await deps.board.settle(tx, business_id, group_id, state, by, deps.clock(), until=until):
            raise QuestionUnknown
