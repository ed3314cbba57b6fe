"""The board of unanswered questions, for programs: `/api/bot/questions`."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from wacloud.modules.bot.application.unanswered import (
    BoardDeps,
    answer_question,
    dismiss_question,
    find_question,
    list_questions,
    snooze_question,
)
from wacloud.modules.bot.domain.knowledge import LONGEST_ANSWER, LONGEST_QUESTION, KnowledgeText
from wacloud.modules.bot.domain.unanswered import GroupState, QuestionGroup
from wacloud.shared.ui.bodies import LARGEST_JSON, StrictJsonRoute
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.idempotency import Once, idempotent
from wacloud.shared.ui.openapi import problems
from wacloud.shared.ui.permissions import Permission

# The questions are customers' words: whoever reads them may read the inbox.
Reader = Annotated[Member, Depends(requires(Permission.INBOX_READ))]
Writer = Annotated[Member, Depends(requires(Permission.KNOWLEDGE_WRITE))]


class GroupOut(BaseModel):
    """Questions of one meaning. `text` is the newest of them, null where its words were erased."""

    id: UUID
    state: GroupState
    text: str | None
    count: int
    people: int
    first_at: datetime
    last_at: datetime
    conversation_id: UUID


class GroupList(BaseModel):
    """What is open, asked most first."""

    questions: list[GroupOut]


class WaitingOut(BaseModel):
    """Somebody who asked it and still waits for a person, inside the 24 hours."""

    conversation_id: UUID
    name: str | None


class GroupDetail(GroupOut):
    """One of them, and who still waits."""

    waiting: list[WaitingOut]


class AnswerBody(BaseModel):
    """The answer for all who will ask; it is also sent into those of `conversation_ids` that still wait for it."""

    model_config = ConfigDict(extra="forbid")

    question: Annotated[str, Field(min_length=2, max_length=LONGEST_QUESTION)]
    answer: Annotated[str, Field(min_length=1, max_length=LONGEST_ANSWER)]
    conversation_ids: Annotated[list[UUID], Field(max_length=50)] = []


class AnsweredOut(BaseModel):
    """The new item of the knowledge, how many were written to, and how many could not be."""

    item_id: UUID
    replied: int
    refused: int


def routes(deps: BoardDeps) -> APIRouter:
    """The list and what may be done with one."""
    router = APIRouter(route_class=StrictJsonRoute, max_body_size=LARGEST_JSON, tags=["bot"])
    done: dict[str, Any] = {
        "responses": problems(_404="question_unknown"),
        "status_code": 204,
        "response_description": "Done.",
    }

    @router.get(
        "/api/bot/questions",
        operation_id="list_unanswered_questions",
        summary="List what the bot could not answer",
        response_model=GroupList,
        response_description="A hundred at most.",
    )
    async def listed(member: Reader) -> object:
        """Questions that mean the same are one."""
        return GroupList(questions=[_out(one) for one in await list_questions(deps, member.business_id)])

    @router.get(
        "/api/bot/questions/{group_id}",
        operation_id="get_unanswered_question",
        summary="See one of them",
        response_model=GroupDetail,
        response_description="With those who still wait for an answer.",
        responses=problems(_404="question_unknown"),
    )
    async def one(group_id: UUID, member: Reader) -> object:
        """Whatever its state."""
        found, waiting = await find_question(deps, member.business_id, group_id)
        still = [WaitingOut(conversation_id=w.conversation_id, name=w.name) for w in waiting]
        return GroupDetail(**_out(found).model_dump(), waiting=still)

    @router.post(
        "/api/bot/questions/{group_id}/answer",
        operation_id="answer_unanswered_question",
        summary="Answer it, for all who will ask",
        response_model=AnsweredOut,
        response_description="The bot knows it from now on.",
        responses=problems(422, _404="question_unknown", _409="conflict", _429="too_much_knowledge"),
        status_code=201,
    )
    async def answer(
        request: Request, group_id: UUID, body: AnswerBody, member: Writer, _: Annotated[Once, idempotent()]
    ) -> object:
        """Nobody is written to who is not named."""
        text = KnowledgeText.typed(body.question, body.answer)
        made = await answer_question(
            deps, member.user_id, member.business_id, group_id, text, body.conversation_ids, caller_of(request)
        )
        return AnsweredOut(item_id=made.item.id, replied=made.replied, refused=made.refused)

    @router.post(
        "/api/bot/questions/{group_id}/dismiss",
        operation_id="dismiss_unanswered_question",
        summary="Put it away for good",
        **done,
    )
    async def dismiss(group_id: UUID, member: Writer) -> None:
        """However often it is asked from now on."""
        await dismiss_question(deps, member.user_id, member.business_id, group_id)

    @router.post(
        "/api/bot/questions/{group_id}/snooze",
        operation_id="snooze_unanswered_question",
        summary="Put it off for a week",
        **done,
    )
    async def snooze(group_id: UUID, member: Writer) -> None:
        """Then it is on the board again."""
        await snooze_question(deps, member.user_id, member.business_id, group_id)

    return router


def _out(group: QuestionGroup) -> GroupOut:
    return GroupOut(
        id=group.id,
        state=group.state,
        text=group.text,
        count=group.count,
        people=group.people,
        first_at=group.first_at,
        last_at=group.last_at,
        conversation_id=group.conversation_id,
    )
