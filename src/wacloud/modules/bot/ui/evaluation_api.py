"""Golden questions and evaluations, for programs."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from wacloud.modules.bot.application.edit_golden import add_golden, change_golden, list_golden, remove_golden
from wacloud.modules.bot.application.evaluate_bot import (
    evaluate_draft,
    evaluate_published,
    list_evaluations,
    read_evaluation,
)
from wacloud.modules.bot.application.evaluation_ports import Evaluation, EvaluationDeps
from wacloud.modules.bot.domain.evaluation import (
    LONGEST_FACT,
    LONGEST_QUESTION,
    MOST_FACTS,
    Expects,
    GoldenQuestion,
    Outcome,
)
from wacloud.modules.bot.ui.editor import editor_of
from wacloud.shared.domain.ids import new_id
from wacloud.shared.ui.bodies import StrictJsonRoute
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.idempotency import Once, idempotent
from wacloud.shared.ui.openapi import problems
from wacloud.shared.ui.permissions import Permission

Reader = Annotated[Member, Depends(requires(Permission.KNOWLEDGE_READ))]
Editor = Annotated[Member, Depends(requires(Permission.KNOWLEDGE_WRITE))]
Fact = Annotated[str, Field(min_length=1, max_length=LONGEST_FACT)]


class GoldenBody(BaseModel):
    """
    A question whose right answer you know.

    Each of `facts` must stand in the answer, however it is written ("4,90 €" is "4.9 euros"); `a | b` is one of several
    ways. None of `forbidden` may. `expects` "person": the bot is not to answer.
    """

    model_config = ConfigDict(extra="forbid")
    question: Annotated[str, Field(min_length=2, max_length=LONGEST_QUESTION)]
    expects: Expects = "answer"
    facts: Annotated[list[Fact], Field(max_length=MOST_FACTS)] = []
    forbidden: Annotated[list[Fact], Field(max_length=MOST_FACTS)] = []
    language: Literal["es", "en", "pt"] | None = None

    def golden(self, question_id: UUID) -> GoldenQuestion:
        return GoldenQuestion(
            question_id,
            " ".join(self.question.split()),
            self.expects,
            tuple(self.facts),
            tuple(self.forbidden),
            language=self.language,
        )


class GoldenOut(BaseModel):
    """A golden question; `source` is the item of the knowledge it was made from."""

    id: UUID
    question: str
    expects: Expects
    facts: list[str]
    forbidden: list[str]
    source: UUID | None
    language: str | None


class GoldenList(BaseModel):
    """In the order they were added."""

    questions: list[GoldenOut]


class ScoreOut(BaseModel):
    """How many answers came to what; `unheard`: the model was not reached."""

    right: int
    wrong: int
    invented: int
    refused: int
    unheard: int


class EvaluationOut(BaseModel):
    """
    One run over the golden questions; `score` counts when it is done.

    `version` is null of a draft, and where nothing was ever published.
    """

    id: UUID
    version: int | None
    is_draft: bool
    state: Literal["waiting", "running", "done"]
    total: int
    done: int
    score: ScoreOut
    model: str | None
    cost_usd: Decimal
    asked_at: datetime
    finished_at: datetime | None


class EvaluationList(BaseModel):
    """The newest first; at most fifty."""

    evaluations: list[EvaluationOut]


class GivenOut(BaseModel):
    """What was answered to one question, what it was worth, and each check that was made."""

    question_id: UUID
    question: str
    outcome: Outcome
    checks: dict[str, bool]
    answer: str | None
    why: str
    source: str
    ms: int
    cost_usd: Decimal | None


class EvaluationDetail(EvaluationOut):
    """With its answers, the worst first."""

    answers: list[GivenOut]


def routes(deps: EvaluationDeps) -> APIRouter:
    """Under `/api/bot/golden-questions` and `/api/bot/evaluations`."""
    router = APIRouter(route_class=StrictJsonRoute, tags=["bot"])
    done: dict[str, Any] = {"status_code": 204, "response_description": "Done."}

    @router.get(
        "/api/bot/golden-questions",
        operation_id="list_golden_questions",
        summary="List your golden questions",
        response_model=GoldenList,
        response_description="All of them.",
    )
    async def listed(member: Reader) -> GoldenList:
        """At most three hundred."""
        return GoldenList(questions=[_golden_out(one) for one in await list_golden(deps, member.business_id)])

    @router.post(
        "/api/bot/golden-questions",
        operation_id="add_golden_question",
        summary="Add a golden question",
        response_model=GoldenOut,
        response_description="It is there.",
        responses=problems(422, _429="too_many_golden"),
        status_code=201,
    )
    async def add(request: Request, body: GoldenBody, member: Editor, _: Annotated[Once, idempotent()]) -> object:
        """It is asked from the next evaluation on."""
        [added] = await add_golden(deps, member.business_id, [body.golden(new_id())], by=editor_of(request, member))
        return _golden_out(added)

    @router.put(
        "/api/bot/golden-questions/{question_id}",
        operation_id="change_golden_question",
        summary="Change a golden question",
        responses=problems(422, _404="not_found"),
        **done,
    )
    async def change(request: Request, question_id: UUID, body: GoldenBody, member: Editor) -> None:
        """In the place of what it was; what was answered before stays as it was judged."""
        await change_golden(deps, member.business_id, body.golden(question_id), by=editor_of(request, member))

    @router.delete(
        "/api/bot/golden-questions/{question_id}",
        operation_id="remove_golden_question",
        summary="Remove a golden question",
        responses=problems(_404="not_found"),
        **done,
    )
    async def remove(request: Request, question_id: UUID, member: Editor) -> None:
        """Earlier evaluations keep what was answered to it."""
        await remove_golden(deps, member.business_id, question_id, by=editor_of(request, member))

    @router.post(
        "/api/bot/evaluations",
        operation_id="evaluate_bot",
        summary="Evaluate the bot",
        response_model=EvaluationOut,
        response_description="It waits; ask for it until its state is done.",
        responses=problems(422, _409="no_draft"),
        status_code=202,
    )
    async def evaluate(
        member: Editor, _: Annotated[Once, idempotent()], which: Literal["published", "draft"] = "published"
    ) -> object:
        """
        Ask all golden questions of the version that answers now; each publishing does so by itself. With `draft` ask
        what is being prepared, before it answers anybody.
        """
        begin = evaluate_draft if which == "draft" else evaluate_published
        return _out(await begin(deps, member.business_id, member.user_id))

    @router.get(
        "/api/bot/evaluations",
        operation_id="list_evaluations",
        summary="List evaluations",
        response_model=EvaluationList,
        response_description="The newest first.",
    )
    async def runs(member: Reader) -> EvaluationList:
        """How the versions of your bot did."""
        return EvaluationList(evaluations=[_out(run) for run in await list_evaluations(deps, member.business_id, 50)])

    @router.get(
        "/api/bot/evaluations/{evaluation_id}",
        operation_id="get_evaluation",
        summary="Look at one evaluation",
        response_model=EvaluationDetail,
        response_description="How it stands, with its answers so far.",
        responses=problems(_404="not_found"),
    )
    async def one(evaluation_id: UUID, member: Reader) -> object:
        """The worst answers first."""
        run, answers = await read_evaluation(deps, member.business_id, evaluation_id)
        given = [
            GivenOut(
                question_id=answer.question_id,
                question=answer.question,
                outcome=answer.outcome,
                checks=dict(answer.checks),
                answer=answer.answer,
                why=answer.why,
                source=answer.source,
                ms=answer.ms,
                cost_usd=answer.cost_usd,
            )
            for answer in answers
        ]
        return EvaluationDetail(**_out(run).model_dump(), answers=given)

    return router


def _golden_out(one: GoldenQuestion) -> GoldenOut:
    return GoldenOut(
        id=one.id,
        question=one.question,
        expects=one.expects,
        facts=list(one.facts),
        forbidden=list(one.forbidden),
        source=one.source,
        language=one.language,
    )


def _out(run: Evaluation) -> EvaluationOut:
    score = run.score
    return EvaluationOut(
        id=run.id,
        version=run.version,
        is_draft=run.is_draft,
        state=run.state,
        total=run.total,
        done=run.done,
        score=ScoreOut(
            right=score.right,
            wrong=score.wrong,
            invented=score.invented,
            refused=score.refused,
            unheard=score.unheard,
        ),
        model=run.model,
        cost_usd=run.cost_usd,
        asked_at=run.asked_at,
        finished_at=run.finished_at,
    )
