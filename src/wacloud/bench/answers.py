"""How many questions of customers are answered right, with a model or without, and what the search finds for them."""

import time
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any
from uuid import UUID

from wacloud.bench.figures import latency
from wacloud.bench.golden import BUSINESSES, Taught
from wacloud.bench.places import Say
from wacloud.modules.bot.application.compose_answer import compose_answer
from wacloud.modules.bot.application.evaluate_bot import sources_of
from wacloud.modules.bot.application.knowledge import add_knowledge, index_knowledge
from wacloud.modules.bot.application.model import AnswerDeps, KnowledgeDeps
from wacloud.modules.bot.domain.evaluation import GoldenQuestion, Outcome, Score, judge
from wacloud.modules.bot.domain.knowledge import KnowledgeItem, KnowledgeText
from wacloud.modules.bot.domain.prompt import build_prompt
from wacloud.modules.bot.domain.question import BusinessFacts, Question
from wacloud.modules.bot.domain.ranking import asked_in
from wacloud.modules.bot.domain.settings import BotSettings
from wacloud.shared.domain.ids import BusinessId, UserId, new_id
from wacloud.shared.infra.postgres import PostgresDatabase


async def measure_answers(
    db: PostgresDatabase, knowledge: KnowledgeDeps, answers: AnswerDeps, say: Say
) -> dict[str, Any]:
    """
    Outcomes by business and in all, the answers that were not right, recall of the search, milliseconds per answer.

    Recall counts over questions that an item answers: is it the first hit, is it among the first three.
    """
    rows: list[dict[str, Any]] = []
    for taught in BUSINESSES:
        business_id = await _new_business(db, taught)
        texts = [KnowledgeText.typed(question, answer) for question, answer in taught.items]
        items = await add_knowledge(knowledge, business_id, texts)
        await index_knowledge(knowledge, business_id)
        for place, (asked, item, facts) in enumerate(taught.asked):
            golden = GoldenQuestion(
                new_id(), asked, "person" if item is None else "answer", facts, source=_id_of(items, item)
            )
            rows.append(await _ask(answers, business_id, taught, golden, items))
            say(f"{taught.name}: {place + 1} of {len(taught.asked)}")
    with_item = [row for row in rows if row["rank"] is not None]
    return {
        "model": answers.model.name if answers.model else None,
        "questions": len(rows),
        "all": _score([row["outcome"] for row in rows]),
        "businesses": {
            taught.name: _score([row["outcome"] for row in rows if row["business"] == taught.name])
            for taught in BUSINESSES
        },
        "recall_at_1": round(sum(row["rank"] == 1 for row in with_item) / len(with_item), 3),
        "recall_at_3": round(sum(1 <= row["rank"] <= 3 for row in with_item) / len(with_item), 3),
        "answer": asdict(latency([row["seconds"] for row in rows])),
        "not_right": [row for row in rows if row["outcome"] != "right"],
        "not_first": [row["question"] for row in with_item if row["rank"] != 1],
    }


async def _ask(
    deps: AnswerDeps, business_id: BusinessId, taught: Taught, golden: GoldenQuestion, items: Sequence[KnowledgeItem]
) -> dict[str, Any]:
    question = Question(
        business_id=business_id,
        contact_key=str(golden.id),
        texts=(golden.question,),
        kinds=("text",),
        facts=BusinessFacts(taught.name, taught.sector, "es", "Europe/Madrid"),
        settings=BotSettings(),
    )
    [hits] = await deps.knowledge.search(business_id, asked_in([golden.question]).lookups[:1])
    began = time.perf_counter()
    answer = await compose_answer(deps, question)
    seconds = time.perf_counter() - began
    verdict = judge(golden, answer, sources_of(answer), build_prompt(question, items, "").known)
    ranks = [place for place, hit in enumerate(hits, 1) if hit.item.id == golden.source]
    return {
        "business": taught.name,
        "question": golden.question,
        "outcome": verdict.outcome,
        "failed_checks": [name for name, held in verdict.checks.items() if not held],
        "answer": answer.text,
        "why": answer.why,
        "rank": None if golden.source is None else ranks[0] if ranks else 0,
        "seconds": seconds,
    }


def _score(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    score = Score.of(outcomes)
    return {**asdict(score), "share": round(score.share, 3)}


def _id_of(items: Sequence[KnowledgeItem], place: int | None) -> UUID | None:
    return None if place is None else items[place].id


async def _new_business(db: PostgresDatabase, taught: Taught) -> BusinessId:
    user_id, business_id = UserId(new_id()), BusinessId(new_id())
    async with db.system("a business to measure with") as tx:
        await tx.execute(
            "insert into app.users (id, name, email) values (%s, 'Bench', %s)", (user_id, f"{user_id}@bench.example")
        )
        await tx.execute(
            "insert into app.businesses (id, owner_id, name) values (%s, %s, %s)", (business_id, user_id, taught.name)
        )
    return business_id
