"""The page of golden questions and how the bot answers them: `/bot/evaluation`. It works without script."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from wacloud.modules.bot.application.edit_golden import (
    add_golden,
    change_golden,
    list_golden,
    propose_golden,
    remove_golden,
    take_proposed,
)
from wacloud.modules.bot.application.evaluate_bot import (
    evaluate_draft,
    evaluate_published,
    has_draft,
    list_evaluations,
    read_evaluation,
)
from wacloud.modules.bot.application.evaluation_ports import Evaluation, EvaluationDeps, GivenAnswer
from wacloud.modules.bot.domain.evaluation import MOST_QUESTIONS, GoldenQuestion, Score
from wacloud.modules.bot.ui.editor import editor_of
from wacloud.modules.bot.ui.evaluation_words import CHECKS, OUTCOMES, in_words
from wacloud.shared.domain.errors import AppError, NotFound
from wacloud.shared.domain.ids import new_id
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.pages import render
from wacloud.shared.ui.permissions import Permission
from wacloud.shared.ui.problems import STATUS_OF

Reader = Annotated[Member, Depends(requires(Permission.KNOWLEDGE_READ))]
Editor = Annotated[Member, Depends(requires(Permission.KNOWLEDGE_WRITE))]
Text = Annotated[str, Form(max_length=20_000)]
PATH = "/bot/evaluation"
_LOOKED_AT, _SHOWN_VERSIONS, _SHOWN_DRAFTS = 50, 12, 4


@dataclass(frozen=True, slots=True)
class Column:
    """A run in the chart: its parts stand on one another, in hundredths of the height."""

    run: Evaluation
    parts: tuple[tuple[str, float, float], ...]

    @classmethod
    def of(cls, run: Evaluation) -> "Column":
        score, top, parts = run.score, 100.0, []
        for name in ("right", "refused", "wrong", "invented", "unheard"):
            height = 100 * getattr(score, name) / score.asked if score.asked else 0.0
            top -= height
            parts.append((name, round(top, 2), round(height, 2)))
        return cls(run, tuple(parts))


def routes(deps: EvaluationDeps) -> APIRouter:
    """The page, its forms, and the part that shows a run while it goes on."""
    router = APIRouter(include_in_schema=False)

    async def page(
        request: Request, member: Member, refused: AppError | None = None, given: GoldenQuestion | None = None
    ) -> Response:
        runs = await list_evaluations(deps, member.business_id, _LOOKED_AT)
        shown: tuple[Evaluation, Sequence[GivenAnswer]] | None = None
        if runs:
            asked_for = request.query_params.get("run", "")
            # A draft that was tried does not stand in the place of what answers customers.
            newest = next((run for run in runs if not run.is_draft), runs[0])
            chosen = next((run for run in runs if str(run.id) == asked_for), newest)
            shown = await read_evaluation(deps, member.business_id, chosen.id)
        return render(
            request,
            "bot/evaluation.html",
            STATUS_OF[refused.kind] if refused else 200,
            member=member,
            questions=await list_golden(deps, member.business_id),
            proposed=len(await propose_golden(deps, member.business_id)),
            **_trend(runs),
            aside=False,
            has_draft=await has_draft(deps, member.business_id),
            may_change=member.may(Permission.KNOWLEDGE_WRITE),
            refusals=in_words(refused) if refused else [],
            given=given,
            most=MOST_QUESTIONS,
            **_run_parts(shown),
        )

    async def kept(request: Request, member: Member, question: GoldenQuestion, *, is_new: bool) -> Response:
        try:
            if is_new:
                await add_golden(deps, member.business_id, [question], by=editor_of(request, member))
            else:
                await change_golden(deps, member.business_id, question, by=editor_of(request, member))
        except NotFound:
            raise
        except AppError as refused:
            return await page(request, member, refused, question)
        return RedirectResponse(f"{PATH}#golden", 303)

    @router.get(PATH)
    async def look(request: Request, member: Reader) -> Response:
        return await page(request, member)

    @router.get(f"{PATH}/runs/{{evaluation_id}}")
    async def run_part(request: Request, member: Reader, evaluation_id: UUID) -> Response:
        """How it stands; asked for again while it goes on."""
        shown = await read_evaluation(deps, member.business_id, evaluation_id)
        runs = await list_evaluations(deps, member.business_id, _LOOKED_AT)
        return render(
            request,
            "bot/_evaluation_run.html",
            member=member,
            **_trend(runs),
            aside=True,
            **_run_parts(shown),
        )

    @router.post(f"{PATH}/run")
    async def run(member: Editor) -> Response:
        begun = await evaluate_published(deps, member.business_id, member.user_id)
        return RedirectResponse(f"{PATH}?run={begun.id}", 303)

    @router.post(f"{PATH}/draft")
    async def draft(request: Request, member: Editor) -> Response:
        """What is being prepared, before it answers anybody."""
        try:
            begun = await evaluate_draft(deps, member.business_id, member.user_id)
        except AppError as refused:
            return await page(request, member, refused)
        return RedirectResponse(f"{PATH}?run={begun.id}", 303)

    @router.post(f"{PATH}/take")
    async def take(request: Request, member: Editor) -> Response:
        """One golden question for each question of the knowledge."""
        try:
            await take_proposed(deps, member.business_id, by=editor_of(request, member))
        except AppError as refused:
            return await page(request, member, refused)
        return RedirectResponse(f"{PATH}#golden", 303)

    @router.post(f"{PATH}/questions")
    async def add(
        request: Request,
        member: Editor,
        question: Text = "",
        expects: Annotated[Literal["answer", "person"], Form()] = "answer",
        facts: Text = "",
        forbidden: Text = "",
        language: Annotated[Literal["es", "en", "pt", ""], Form()] = "",
    ) -> Response:
        typed = GoldenQuestion(
            new_id(), " ".join(question.split()), expects, _lines(facts), _lines(forbidden), language=language or None
        )
        return await kept(request, member, typed, is_new=True)

    @router.post(f"{PATH}/questions/{{question_id}}")
    async def change(
        request: Request,
        member: Editor,
        question_id: UUID,
        question: Text = "",
        expects: Annotated[Literal["answer", "person"], Form()] = "answer",
        facts: Text = "",
        forbidden: Text = "",
        language: Annotated[Literal["es", "en", "pt", ""], Form()] = "",
    ) -> Response:
        typed = GoldenQuestion(
            question_id,
            " ".join(question.split()),
            expects,
            _lines(facts),
            _lines(forbidden),
            language=language or None,
        )
        return await kept(request, member, typed, is_new=False)

    @router.post(f"{PATH}/questions/{{question_id}}/remove")
    async def remove(request: Request, member: Editor, question_id: UUID) -> Response:
        await remove_golden(deps, member.business_id, question_id, by=editor_of(request, member))
        return RedirectResponse(f"{PATH}#golden", 303)

    return router


def _lines(text: str) -> tuple[str, ...]:
    """One on each line."""
    return tuple(line for raw in text.splitlines() if (line := raw.strip()))


def _trend(runs: Sequence[Evaluation]) -> dict[str, Any]:
    """Versions in their order, and apart from them the drafts that were tried; `published` is what a draft is up to."""
    done = [run for run in runs if run.state == "done" and run.score.asked]
    versions = [run for run in done if not run.is_draft][:_SHOWN_VERSIONS]
    drafts = [run for run in done if run.is_draft][:_SHOWN_DRAFTS]
    return {
        "columns": [Column.of(run) for run in reversed(versions)],
        "drafts": [Column.of(run) for run in reversed(drafts)],
        "published": versions[0] if versions else None,
    }


def _run_parts(shown: tuple[Evaluation, Sequence[GivenAnswer]] | None) -> dict[str, Any]:
    if shown is None:
        return {"run": None, "answers": [], "score": Score()}
    run, answers = shown
    score = run.score if run.state == "done" else Score.of([one.outcome for one in answers])
    return {"run": run, "answers": answers, "score": score, "outcomes": OUTCOMES, "checks": CHECKS}
