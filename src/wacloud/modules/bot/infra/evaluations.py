"""Golden questions and the runs over them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from wacloud.modules.bot.application.evaluation_ports import Evaluation, GivenAnswer
from wacloud.modules.bot.domain.evaluation import GoldenQuestion, Score
from wacloud.modules.bot.infra.bot_versions import read_config, write_config
from wacloud.modules.bot.infra.spending import add_other_spending
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId

_RUN = """
select e.*, (select count(*) from app.bot_evaluation_answers a
             where a.business_id = e.business_id and a.evaluation_id = e.id) as done
from app.bot_evaluations e
"""
# The worst first: that is what somebody opens the page for.
_WORST = "array_position(array['invented', 'wrong', 'refused', 'unheard', 'right'], outcome)"


class PostgresEvaluations:
    """See `application.evaluation_ports.Evaluations`."""

    async def questions(self, tx: Tx, business_id: BusinessId) -> Sequence[GoldenQuestion]:
        rows = await tx.rows(
            "select id, question, expects, facts, forbidden, source, language from app.golden_questions "
            "where business_id = %s order by created_at, id",
            (business_id,),
        )
        return [
            GoldenQuestion(
                row.id, row.question, row.expects, tuple(row.facts), tuple(row.forbidden), row.source, row.language
            )
            for row in rows
        ]

    async def add(self, tx: Tx, business_id: BusinessId, questions: Sequence[GoldenQuestion], most: int) -> bool:
        await tx.execute("select pg_advisory_xact_lock(hashtextextended('golden:' || %s, 0))", (str(business_id),))
        row = await tx.row("select count(*) as n from app.golden_questions where business_id = %s", (business_id,))
        if row is not None and row.n + len(questions) > most:
            return False
        for question in questions:
            await tx.execute(
                "insert into app.golden_questions (business_id, id, question, expects, facts, forbidden, source, "
                "language, created_at) values (%s, %s, %s, %s, %s, %s, %s, %s, clock_timestamp())",
                (
                    business_id,
                    question.id,
                    question.question,
                    question.expects,
                    list(question.facts),
                    list(question.forbidden),
                    question.source,
                    question.language,
                ),
            )
        return True

    async def change(self, tx: Tx, business_id: BusinessId, question: GoldenQuestion) -> bool:
        return bool(
            await tx.execute(
                "update app.golden_questions set question = %s, expects = %s, facts = %s, forbidden = %s, "
                "language = %s where business_id = %s and id = %s",
                (
                    question.question,
                    question.expects,
                    list(question.facts),
                    list(question.forbidden),
                    question.language,
                    business_id,
                    question.id,
                ),
            )
        )

    async def remove(self, tx: Tx, business_id: BusinessId, question_id: UUID) -> bool:
        return bool(
            await tx.execute(
                "delete from app.golden_questions where business_id = %s and id = %s", (business_id, question_id)
            )
        )

    async def begin(self, tx: Tx, business_id: BusinessId, evaluation: Evaluation) -> None:
        await tx.execute(
            "insert into app.bot_evaluations (business_id, id, version, is_draft, config, state, total, asked_by, "
            "asked_at) values (%s, %s, %s, %s, %s, 'waiting', %s, %s, %s)",
            (
                business_id,
                evaluation.id,
                evaluation.version,
                evaluation.is_draft,
                Jsonb(write_config(evaluation.settings)),
                evaluation.total,
                evaluation.asked_by,
                evaluation.asked_at,
            ),
        )

    async def answered(self, tx: Tx, business_id: BusinessId, evaluation_id: UUID) -> Sequence[GivenAnswer]:
        rows = await tx.rows(
            "select question_id, question, outcome, checks, answer, why, source, ms, cost_usd "
            "from app.bot_evaluation_answers where business_id = %s and evaluation_id = %s "
            f"order by {_WORST}, question",
            (business_id, evaluation_id),
        )
        return [GivenAnswer(**row._asdict()) for row in rows]

    async def keep(self, tx: Tx, business_id: BusinessId, evaluation_id: UUID, answer: GivenAnswer, total: int) -> None:
        kept = await tx.execute(
            """
            insert into app.bot_evaluation_answers (business_id, evaluation_id, question_id, question, outcome, checks,
              answer, why, source, ms, cost_usd)
            values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing
            """,
            (
                business_id,
                evaluation_id,
                answer.question_id,
                answer.question,
                answer.outcome,
                Jsonb(dict(answer.checks)),
                answer.answer,
                answer.why,
                answer.source,
                answer.ms,
                answer.cost_usd,
            ),
        )
        if kept:
            if answer.usage is not None and answer.spent_on is not None:
                used = answer.usage
                await add_other_spending(
                    tx, business_id, answer.spent_on, used.input_tokens, used.output_tokens, answer.cost_usd
                )
            await tx.execute(
                "update app.bot_evaluations set state = 'running', total = %s, model = coalesce(%s, model), "
                "cost_usd = cost_usd + coalesce(%s, 0) where business_id = %s and id = %s and state <> 'done'",
                (total, answer.model, answer.cost_usd, business_id, evaluation_id),
            )

    async def finish(self, tx: Tx, business_id: BusinessId, evaluation_id: UUID, at: datetime) -> bool:
        return bool(
            await tx.execute(
                """
                update app.bot_evaluations e set state = 'done', finished_at = %(at)s, total = n.asked,
                  right_answers = n.right_answers, wrong = n.wrong, invented = n.invented, refused = n.refused,
                  unheard = n.unheard
                from (
                  select count(*) as asked,
                    count(*) filter (where outcome = 'right') as right_answers,
                    count(*) filter (where outcome = 'wrong') as wrong,
                    count(*) filter (where outcome = 'invented') as invented,
                    count(*) filter (where outcome = 'refused') as refused,
                    count(*) filter (where outcome = 'unheard') as unheard
                  from app.bot_evaluation_answers where business_id = %(business)s and evaluation_id = %(id)s
                ) n
                where e.business_id = %(business)s and e.id = %(id)s and e.state <> 'done'
                """,
                {"business": business_id, "id": evaluation_id, "at": at},
            )
        )

    async def get(self, tx: Tx, business_id: BusinessId, evaluation_id: UUID) -> Evaluation | None:
        row = await tx.row(f"{_RUN} where e.business_id = %s and e.id = %s", (business_id, evaluation_id))
        return None if row is None else _to_evaluation(row)

    async def newest(self, tx: Tx, business_id: BusinessId, limit: int) -> Sequence[Evaluation]:
        rows = await tx.rows(
            f"{_RUN} where e.business_id = %s order by e.asked_at desc, e.id desc limit %s", (business_id, limit)
        )
        return [_to_evaluation(row) for row in rows]


def _to_evaluation(row: Any) -> Evaluation:
    return Evaluation(
        id=row.id,
        version=row.version,
        settings=read_config(row.config),
        state=row.state,
        total=row.total,
        done=row.done,
        score=Score(row.right_answers, row.wrong, row.invented, row.refused, row.unheard),
        model=row.model,
        cost_usd=row.cost_usd,
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        finished_at=row.finished_at,
        is_draft=row.is_draft,
    )
