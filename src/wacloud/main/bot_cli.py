"""`wacloud bot`: how well the bot of a business answers."""

import json
import sys
from typing import Annotated
from uuid import UUID

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from wacloud.main.command import run, settings_of, stop
from wacloud.main.evaluation import evaluation_deps
from wacloud.main.wiring import House, open_house
from wacloud.modules.bot.application.evaluate_bot import (
    begin_evaluation,
    draft_of,
    end_evaluation,
    go_on,
    read_evaluation,
)
from wacloud.modules.bot.application.evaluation_ports import Evaluation, GivenAnswer
from wacloud.modules.bot.ui.evaluation_words import CHECKS, OUTCOMES
from wacloud.modules.business.api import business_profile
from wacloud.shared.domain.ids import BusinessId

bot_app = typer.Typer(no_args_is_help=True, help="How well the bot of a business answers.")
console = Console()
_OUTCOMES = ("right", "refused", "wrong", "invented", "unheard")


@bot_app.callback()
def _group() -> None:
    """How well the bot of a business answers."""


@bot_app.command("eval")
def evaluate(
    business: Annotated[UUID, typer.Option(help="Whose bot.")],
    least: Annotated[float, typer.Option(help="End with 1 where a smaller share is right.", min=0, max=1)] = 0,
    draft: Annotated[bool, typer.Option("--draft", help="Ask the draft of the studio, not what is published.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
) -> None:
    """
    Ask the golden questions of a business and judge the answers of the version that answers its customers.

    It runs here, needs no worker, and stands on the page of evaluations afterwards.
    """

    async def work() -> tuple[Evaluation, list[GivenAnswer]]:
        async with open_house(read) as house:
            return await _evaluate(house, BusinessId(business), draft=draft)

    read = settings_of()
    evaluation, answers = run(work())
    if not evaluation.score.asked:
        stop("this business has no golden questions: add some at /bot/evaluation")
    if evaluation.model is None:
        print("without a model: no OPENAI_API_KEYS set, nor a key of this business in use", file=sys.stderr)
    if as_json:
        print(json.dumps(_as_json(evaluation, answers), ensure_ascii=False, default=str))
    else:
        _show(evaluation, answers)
    if evaluation.score.share < least:
        raise typer.Exit(1)


async def _evaluate(house: House, business_id: BusinessId, *, draft: bool) -> tuple[Evaluation, list[GivenAnswer]]:
    deps = evaluation_deps(house)
    async with deps.db.tenant(business_id) as tx:
        await business_profile(house.business, tx, business_id)
        bot = (await deps.versions.published(tx, [business_id]))[business_id]
        settings, number = (await draft_of(deps, tx, business_id), None) if draft else (bot.settings, bot.number)
        begun = await begin_evaluation(deps, tx, business_id, settings, version=number, by=None, is_draft=draft)
    columns = (TextColumn("questions"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("questions", total=begun.total)
        try:
            while left := await go_on(deps, business_id, begun.id):
                bar.update(task, completed=begun.total - left)
            bar.update(task, completed=begun.total)
        finally:
            await end_evaluation(deps, business_id, begun)
    evaluation, answers = await read_evaluation(deps, business_id, begun.id)
    return evaluation, list(answers)


def _show(evaluation: Evaluation, answers: list[GivenAnswer]) -> None:
    table = Table("question", "came to", "because", "answer")
    for one in answers:
        if one.outcome != "right":
            because = " ".join(CHECKS[name] for name, held in one.checks.items() if not held)
            table.add_row(one.question, OUTCOMES[one.outcome], because, one.answer or "")
    if table.row_count:
        console.print(table)
    score = evaluation.score
    told = ", ".join(f"{OUTCOMES[name].lower()} {getattr(score, name)}" for name in _OUTCOMES if getattr(score, name))
    version = f"version {evaluation.version}" if evaluation.version else "the defaults"
    version = "the draft" if evaluation.is_draft else version
    console.print(f"{score.right} of {score.asked} right ({score.share:.0%}) with {version}: {told}", highlight=False)


def _as_json(evaluation: Evaluation, answers: list[GivenAnswer]) -> dict[str, object]:
    score = evaluation.score
    return {
        "evaluation_id": str(evaluation.id),
        "version": evaluation.version,
        "is_draft": evaluation.is_draft,
        "model": evaluation.model,
        "cost_usd": str(evaluation.cost_usd),
        "share": round(score.share, 4),
        **{name: getattr(score, name) for name in _OUTCOMES},
        "answers": [
            {
                "question": one.question,
                "outcome": one.outcome,
                "checks": dict(one.checks),
                "answer": one.answer,
                "why": one.why,
                "ms": one.ms,
            }
            for one in answers
        ],
    }
