"""The bot's jobs."""

from datetime import timedelta
from functools import partial
from uuid import UUID

from wacloud.modules.bot.application.answer_turns import AnswerTurns
from wacloud.modules.bot.application.evaluate_bot import EVALUATE_JOB, evaluate_bot
from wacloud.modules.bot.application.evaluation_ports import EvaluationDeps
from wacloud.modules.bot.application.keep_entries import forget_entries, tidy_begun
from wacloud.modules.bot.application.knowledge import INDEX_JOB, index_knowledge
from wacloud.modules.bot.application.model import KnowledgeDeps
from wacloud.modules.bot.application.ports import BotDeps
from wacloud.modules.bot.application.summarise_conversation import (
    FORGET_SUMMARY,
    SUMMARISE,
    forget_summary,
    summarise_conversation,
)
from wacloud.modules.bot.application.tidy_calls import TIDY_CALLS, tidy_calls
from wacloud.shared.application.jobs import Job, JobKind, Lane, one_by_one

BOT_SCHEDULES = {TIDY_CALLS: timedelta(hours=1)}
ANSWER_TURN = "bot.answer_turn"
FORGET_CONTACT = "bot.forget_contact"


def bot_jobs(deps: BotDeps, knowledge: KnowledgeDeps, evaluation: EvaluationDeps) -> list[JobKind]:
    """The kinds of jobs this module runs."""

    async def index(job: Job) -> None:
        if job.business_id is not None:
            await index_knowledge(knowledge, job.business_id)

    async def forget(job: Job) -> None:
        if job.business_id is not None:
            async with deps.db.tenant(job.business_id) as tx:
                conversations = [UUID(id_) for id_ in job.payload["conversation_ids"]]
                await deps.turns.forget(tx, job.business_id, conversations)
                await deps.summaries.forget(tx, job.business_id, conversations)
                if deps.answers.forms is not None:
                    await forget_entries(deps.answers.forms, tx, job.business_id, conversations)

    async def tidy(_: Job) -> None:
        if deps.answers.actions is not None:
            await tidy_calls(deps.answers.actions)
        if deps.answers.forms is not None:
            await tidy_begun(deps.answers.forms)

    return [
        JobKind(TIDY_CALLS, Lane.HOUSEKEEPING, one_by_one(tidy)),
        JobKind(FORGET_CONTACT, Lane.HOUSEKEEPING, one_by_one(forget)),
        JobKind(ANSWER_TURN, Lane.TURNS, AnswerTurns(deps)),
        JobKind(SUMMARISE, Lane.HOUSEKEEPING, one_by_one(partial(summarise_conversation, deps))),
        JobKind(FORGET_SUMMARY, Lane.HOUSEKEEPING, one_by_one(partial(forget_summary, deps))),
        JobKind(INDEX_JOB, Lane.HOUSEKEEPING, one_by_one(index)),
        JobKind(EVALUATE_JOB, Lane.HOUSEKEEPING, one_by_one(partial(evaluate_bot, evaluation))),
    ]
