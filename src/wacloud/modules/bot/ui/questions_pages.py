"""The board of what the bot could not answer: `/bot/questions`."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from wacloud.modules.bot.application.unanswered import (
    BoardDeps,
    answer_question,
    dismiss_question,
    find_question,
    list_questions,
    snooze_question,
)
from wacloud.modules.bot.domain.knowledge import KnowledgeText
from wacloud.modules.bot.domain.unanswered import QuestionUnknown
from wacloud.shared.domain.errors import AppError
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.pages import render
from wacloud.shared.ui.permissions import Permission
from wacloud.shared.ui.problems import STATUS_OF

# The questions are customers' words: whoever reads them may read the inbox.
Reader = Annotated[Member, Depends(requires(Permission.INBOX_READ))]
Writer = Annotated[Member, Depends(requires(Permission.KNOWLEDGE_WRITE))]
_MOST_REPLIES = 50


def routes(deps: BoardDeps) -> APIRouter:
    """The board, and one question with the form of its answer."""
    router = APIRouter(include_in_schema=False)

    @router.get("/bot/questions")
    async def board(request: Request, member: Reader) -> Response:
        query = request.query_params
        return render(
            request,
            "bot/questions.html",
            member=member,
            questions=await list_questions(deps, member.business_id),
            may_change=member.may(Permission.KNOWLEDGE_WRITE),
            saved="saved" in query,
            replied=_number(query.get("replied")),
            refused_replies=_number(query.get("refused")),
        )

    async def one_page(
        request: Request,
        member: Member,
        question_id: UUID,
        refused: AppError | None = None,
        question: str = "",
        answer: str = "",
    ) -> Response:
        found, waiting = await find_question(deps, member.business_id, question_id)
        asked = " ".join((found.text or "").split())
        return render(
            request,
            "bot/question.html",
            STATUS_OF[refused.kind] if refused else 200,
            member=member,
            found=found,
            waiting=waiting,
            question=question or asked[:500],
            answer=answer,
            refused=refused,
        )

    @router.get("/bot/questions/{question_id}")
    async def one(request: Request, member: Writer, question_id: UUID) -> Response:
        return await one_page(request, member, question_id)

    @router.post("/bot/questions/{question_id}")
    async def answered(
        request: Request,
        member: Writer,
        question_id: UUID,
        question: Annotated[str, Form(max_length=2000)] = "",
        answer: Annotated[str, Form(max_length=20_000)] = "",
        reply_to: Annotated[list[UUID] | None, Form(max_length=_MOST_REPLIES)] = None,
    ) -> Response:
        try:
            text = KnowledgeText.typed(question, answer)
            made = await answer_question(
                deps, member.user_id, member.business_id, question_id, text, reply_to or (), caller_of(request)
            )
        except QuestionUnknown:
            raise
        except AppError as refused:
            return await one_page(request, member, question_id, refused, question, answer)
        return RedirectResponse(f"/bot/questions?saved&replied={made.replied}&refused={made.refused}", 303)

    @router.post("/bot/questions/{question_id}/dismiss")
    async def dismiss(member: Writer, question_id: UUID) -> Response:
        await dismiss_question(deps, member.user_id, member.business_id, question_id)
        return RedirectResponse("/bot/questions?saved", 303)

    @router.post("/bot/questions/{question_id}/snooze")
    async def snooze(member: Writer, question_id: UUID) -> Response:
        await snooze_question(deps, member.user_id, member.business_id, question_id)
        return RedirectResponse("/bot/questions?saved", 303)

    return router


def _number(told: str | None) -> int:
    return int(told) if told and told.isascii() and told.isdigit() and len(told) < 4 else 0
