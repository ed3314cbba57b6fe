"""The bot's jobs."""

from wacloud.modules.bot.application.answer_turns import AnswerTurns
from wacloud.modules.bot.application.knowledge import INDEX_JOB, index_knowledge
from wacloud.modules.bot.application.model import KnowledgeDeps
from wacloud.modules.bot.application.ports import BotDeps
from wacloud.shared.application.jobs import Job, JobKind, Lane, one_by_one

ANSWER_TURN = "bot.answer_turn"


def bot_jobs(deps: BotDeps, knowledge: KnowledgeDeps) -> list[JobKind]:
    """The kinds of jobs this module runs."""

    async def index(job: Job) -> None:
        if job.business_id is not None:
            await index_knowledge(knowledge, job.business_id)

    return [
        JobKind(ANSWER_TURN, Lane.TURNS, AnswerTurns(deps)),
        JobKind(INDEX_JOB, Lane.HOUSEKEEPING, one_by_one(index)),
    ]
