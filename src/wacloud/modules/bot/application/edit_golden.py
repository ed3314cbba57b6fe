"""The questions whose right answer a business knows."""

from collections.abc import Sequence
from uuid import UUID

from wacloud.modules.bot.application.evaluation_ports import EvaluationDeps
from wacloud.modules.bot.application.log_changes import SYSTEM, Editor, log_change
from wacloud.modules.bot.domain.evaluation import MOST_QUESTIONS, GoldenQuestion, TooManyGolden, facts_in
from wacloud.modules.bot.domain.knowledge import has_gap
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.errors import NotFound
from wacloud.shared.domain.ids import BusinessId, new_id


async def list_golden(deps: EvaluationDeps, business_id: BusinessId) -> Sequence[GoldenQuestion]:
    """In the order they were added."""
    async with deps.db.tenant(business_id, read_only=True) as tx:
        return await deps.evaluations.questions(tx, business_id)


async def add_golden(
    deps: EvaluationDeps, business_id: BusinessId, questions: Sequence[GoldenQuestion], by: Editor = SYSTEM
) -> Sequence[GoldenQuestion]:
    """
    Add them, all or none.

    :raises FaultyFields: one of them cannot be judged.
    :raises TooManyGolden: there is no room for them.
    """
    for question in questions:
        question.check()
    async with deps.db.tenant(business_id) as tx:
        if not await deps.evaluations.add(tx, business_id, questions, MOST_QUESTIONS):
            raise TooManyGolden
        if questions:
            await log_change(deps.business, tx, business_id, by, "bot.golden_added", questions=len(questions))
    return questions


async def change_golden(
    deps: EvaluationDeps, business_id: BusinessId, question: GoldenQuestion, by: Editor = SYSTEM
) -> None:
    """
    Another wording, other facts.

    :raises FaultyFields: it cannot be judged.
    :raises NotFound: there is no such question.
    """
    question.check()
    async with deps.db.tenant(business_id) as tx:
        if not await deps.evaluations.change(tx, business_id, question):
            raise NotFound
        await _log(deps, tx, business_id, by, "changed", question)


async def remove_golden(deps: EvaluationDeps, business_id: BusinessId, question_id: UUID, by: Editor = SYSTEM) -> None:
    """:raises NotFound: there is no such question."""
    async with deps.db.tenant(business_id) as tx:
        gone = next((one for one in await deps.evaluations.questions(tx, business_id) if one.id == question_id), None)
        if gone is None or not await deps.evaluations.remove(tx, business_id, question_id):
            raise NotFound
        await _log(deps, tx, business_id, by, "removed", gone)


async def _log(
    deps: EvaluationDeps, tx: Tx, business_id: BusinessId, by: Editor, done: str, golden: GoldenQuestion
) -> None:
    told = {"golden_id": str(golden.id), "question": golden.question}
    await log_change(deps.business, tx, business_id, by, f"bot.golden_{done}", **told)


async def propose_golden(deps: EvaluationDeps, business_id: BusinessId) -> Sequence[GoldenQuestion]:
    """
    One for each question of the knowledge that has none yet: its figures are the facts, it is the source.

    They are only proposed: nothing is kept.
    """
    known = {one.source for one in await list_golden(deps, business_id)}
    return [
        GoldenQuestion(new_id(), item.question, facts=facts_in(item.answer), source=item.id)
        for item in await deps.answers.knowledge.items(business_id)
        if item.id not in known and not has_gap(item.answer)
    ]


async def take_proposed(deps: EvaluationDeps, business_id: BusinessId, by: Editor = SYSTEM) -> int:
    """
    Keep all that is proposed, as far as there is room; how many there are now more.

    :raises TooManyGolden: there is room for none.
    """
    proposed = await propose_golden(deps, business_id)
    room = MOST_QUESTIONS - len(await list_golden(deps, business_id))
    if proposed and room <= 0:
        raise TooManyGolden
    return len(await add_golden(deps, business_id, proposed[:room], by))
