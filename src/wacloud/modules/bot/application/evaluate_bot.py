"""Ask a bot its golden questions, by the code that answers customers, and judge what it says."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from uuid import UUID

from wacloud.modules.bot.application.compose_answer import compose_answer
from wacloud.modules.bot.application.evaluation_ports import Evaluation, EvaluationDeps, GivenAnswer
from wacloud.modules.bot.application.paying import within_budget
from wacloud.modules.bot.application.ports import Briefing
from wacloud.modules.bot.application.read_question import language_so_far
from wacloud.modules.bot.domain.answer import Answer
from wacloud.modules.bot.domain.evaluation import GoldenQuestion, NoDraft, Score, judge
from wacloud.modules.bot.domain.prompt import build_prompt
from wacloud.modules.bot.domain.question import Question
from wacloud.modules.bot.domain.settings import BotSettings
from wacloud.modules.notification.api import Notice, tell_business
from wacloud.shared.application.db import Tx
from wacloud.shared.application.jobs import Again, Job, Lane, NewJob, Outcome
from wacloud.shared.domain.errors import NotFound
from wacloud.shared.domain.ids import BusinessId, UserId, new_id

EVALUATE_JOB = "bot.run_evaluation"
# A business's own answers to customers come first: a few questions at a time, then the others have their turn.
_TOGETHER = 4
_IN_ONE_GO = 24


async def begin_evaluation(
    deps: EvaluationDeps,
    tx: Tx,
    business_id: BusinessId,
    settings: BotSettings,
    *,
    version: int | None,
    by: UserId | None,
    is_draft: bool = False,
) -> Evaluation:
    """A run over the golden questions, in the caller's transaction; whoever begins it has to go on with it."""
    run = Evaluation(
        id=new_id(),
        version=version,
        settings=settings,
        state="waiting",
        total=len(await deps.evaluations.questions(tx, business_id)),
        done=0,
        score=Score(),
        model=None,
        cost_usd=Decimal(),
        asked_by=by,
        asked_at=deps.clock(),
        finished_at=None,
        is_draft=is_draft,
    )
    await deps.evaluations.begin(tx, business_id, run)
    return run


async def ask_for_evaluation(
    deps: EvaluationDeps,
    tx: Tx,
    business_id: BusinessId,
    settings: BotSettings,
    *,
    version: int | None,
    by: UserId | None,
    is_draft: bool = False,
) -> Evaluation:
    """Queue a run over the golden questions in the caller's transaction; of a version, or of a draft."""
    run = await begin_evaluation(deps, tx, business_id, settings, version=version, by=by, is_draft=is_draft)
    queue_evaluation(tx, business_id, run.id)
    return run


def queue_evaluation(tx: Tx, business_id: BusinessId, evaluation_id: UUID) -> None:
    """Go on with a run that was begun, after the commit."""
    tx.queue(
        NewJob(
            kind=EVALUATE_JOB,
            lane=Lane.HOUSEKEEPING,
            business_id=business_id,
            payload={"evaluation_id": str(evaluation_id)},
            order_key=f"{EVALUATE_JOB}:{business_id}",
        )
    )


async def evaluate_published(deps: EvaluationDeps, business_id: BusinessId, by: UserId | None) -> Evaluation:
    """Queue a run of what answers now."""
    async with deps.db.tenant(business_id) as tx:
        bot = (await deps.versions.published(tx, [business_id]))[business_id]
        return await ask_for_evaluation(deps, tx, business_id, bot.settings, version=bot.number, by=by)


async def evaluate_draft(deps: EvaluationDeps, business_id: BusinessId, by: UserId | None) -> Evaluation:
    """
    Queue a run of what is being prepared, as it stands now. It answers no customer, and is held to no version.

    :raises NoDraft: nothing is.
    """
    async with deps.db.tenant(business_id) as tx:
        settings = await draft_of(deps, tx, business_id)
        return await ask_for_evaluation(deps, tx, business_id, settings, version=None, by=by, is_draft=True)


async def draft_of(deps: EvaluationDeps, tx: Tx, business_id: BusinessId) -> BotSettings:
    """:raises NoDraft: nothing is being prepared."""
    settings = await deps.versions.draft(tx, business_id)
    if settings is None:
        raise NoDraft
    return settings


async def has_draft(deps: EvaluationDeps, business_id: BusinessId) -> bool:
    """Whether something is being prepared."""
    async with deps.db.tenant(business_id, read_only=True) as tx:
        return await deps.versions.draft(tx, business_id) is not None


async def list_evaluations(deps: EvaluationDeps, business_id: BusinessId, limit: int) -> Sequence[Evaluation]:
    """The newest runs, the newest first."""
    async with deps.db.tenant(business_id, read_only=True) as tx:
        return await deps.evaluations.newest(tx, business_id, limit)


async def read_evaluation(
    deps: EvaluationDeps, business_id: BusinessId, evaluation_id: UUID
) -> tuple[Evaluation, Sequence[GivenAnswer]]:
    """
    A run and what was answered in it so far, the worst first.

    :raises NotFound: there is no such run.
    """
    async with deps.db.tenant(business_id, read_only=True) as tx:
        run = await deps.evaluations.get(tx, business_id, evaluation_id)
        if run is None:
            raise NotFound
        return run, await deps.evaluations.answered(tx, business_id, run.id)


async def evaluate_bot(deps: EvaluationDeps, job: Job) -> Outcome | None:
    """The job `bot.run_evaluation`: go on with a run, some questions at a time."""
    if job.business_id is None:
        return None
    left = await go_on(deps, job.business_id, UUID(job.payload["evaluation_id"]))
    return Again(timedelta(), "more questions") if left else None


async def go_on(deps: EvaluationDeps, business_id: BusinessId, evaluation_id: UUID) -> int:
    """
    Ask the next questions of a run, and say how many are left; with none left it is done.

    Each answer is kept as soon as it is there: whoever is stopped loses none, and asks none twice that was paid.
    """
    briefing = (await deps.briefings.of([business_id])).get(business_id)
    async with deps.db.tenant(business_id, read_only=True) as tx:
        run = await deps.evaluations.get(tx, business_id, evaluation_id)
        if run is None or run.state == "done" or briefing is None:
            return 0
        questions = await deps.evaluations.questions(tx, business_id)
        known = {one.question_id for one in await deps.evaluations.answered(tx, business_id, run.id)}
    left = [one for one in questions if one.id not in known]
    gate = asyncio.Semaphore(_TOGETHER)
    asked_as = replace(briefing, settings=within_budget(run.settings, briefing.settings))
    # Where one fails, the others are kept: they were paid for.
    ends = await asyncio.gather(
        *(_ask(deps, business_id, run, asked_as, question, gate) for question in left[:_IN_ONE_GO]),
        return_exceptions=True,
    )
    for failed in ends:
        if failed is not None:
            raise failed
    if len(left) > _IN_ONE_GO:
        return len(left) - _IN_ONE_GO
    await end_evaluation(deps, business_id, run)
    return 0


async def end_evaluation(deps: EvaluationDeps, business_id: BusinessId, run: Evaluation) -> None:
    """Count what was answered; what was not is not asked any more."""
    async with deps.db.tenant(business_id) as tx:
        if await deps.evaluations.finish(tx, business_id, run.id, deps.clock()):
            await _tell_if_worse(deps, tx, business_id, run)


async def _ask(
    deps: EvaluationDeps,
    business_id: BusinessId,
    run: Evaluation,
    briefing: Briefing,
    golden: GoldenQuestion,
    gate: asyncio.Semaphore,
) -> None:
    async with gate:
        question = Question(
            business_id=business_id,
            contact_key=f"golden:{golden.id}",
            texts=(golden.question,),
            kinds=("text",),
            facts=briefing.facts,
            settings=briefing.settings,
            language=language_so_far(
                briefing.settings.language_policy, (golden.question,), (), briefing.facts.language
            ),
        )
        began = time.monotonic()
        answer = await compose_answer(deps.answers, question)
        taken = round((time.monotonic() - began) * 1000)
        known = build_prompt(question, await deps.answers.knowledge.items(business_id), "").known
    verdict = judge(golden, answer, sources_of(answer), known)
    given = GivenAnswer(
        question_id=golden.id,
        question=golden.question,
        outcome=verdict.outcome,
        checks={str(name): held for name, held in verdict.checks.items()},
        answer=answer.text,
        why=answer.why,
        source=answer.source,
        ms=taken,
        model=answer.model,
        cost_usd=answer.cost_usd,
        usage=answer.usage,
        spent_on=answer.spent_on,
    )
    async with deps.db.tenant(business_id) as tx:
        await deps.evaluations.keep(tx, business_id, run.id, given, run.total)


def sources_of(answer: Answer) -> frozenset[str]:
    """The ids of the questions of the knowledge an answer was made from."""
    hits = (hit for found in answer.detail.get("hits", ()) for hit in found[:1])
    named = (source for source in answer.detail.get("sources", ()) if "item" in source)
    return frozenset(str(one["item"]) for one in (*hits, *named))


async def _tell_if_worse(deps: EvaluationDeps, tx: Tx, business_id: BusinessId, run: Evaluation) -> None:
    """A version that answers fewer of them right than the one before is told to those who look after the bot."""
    if run.version is None:
        return
    newest = [one for one in await deps.evaluations.newest(tx, business_id, 50) if one.state == "done" and one.version]
    this = next((one for one in newest if one.id == run.id), None)
    before = next((one for one in newest if one.id != run.id and one.version != run.version), None)
    if this is None or before is None or this.score.share >= before.score.share:
        return
    await tell_business(
        deps.notification,
        tx,
        Notice(
            business_id=business_id,
            key=f"evaluation:{run.id}",
            code="bot_answers_worse",
            subject="bot_evaluation",
            at=deps.clock(),
            details={
                "name": str(run.version),
                "told": f"{this.score.right}/{this.score.asked} ({before.score.right}/{before.score.asked})",
            },
        ),
    )
