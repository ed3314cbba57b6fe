"""The jobs of the knowledge: sources are read and given vectors, questions without an answer are gathered."""

from datetime import timedelta
from uuid import UUID

from wacloud.modules.bot.application.look_after_knowledge import look_after_knowledge
from wacloud.modules.bot.application.read_source import (
    EMBED_CHUNKS,
    READ_SOURCE,
    embed_chunks,
    give_up_reading,
    read_source,
)
from wacloud.modules.bot.application.source_ports import SourceDeps
from wacloud.modules.bot.application.unanswered import (
    FORGET_QUESTIONS,
    GATHER_QUESTIONS,
    BoardDeps,
    forget_questions,
    gather_questions,
)
from wacloud.shared.application.jobs import Job, JobKind, Lane, one_by_one

LOOK_AFTER_KNOWLEDGE = "bot.look_after_knowledge"
KNOWLEDGE_SCHEDULES = {LOOK_AFTER_KNOWLEDGE: timedelta(minutes=5)}


def knowledge_jobs(sources: SourceDeps, board: BoardDeps) -> list[JobKind]:
    """What this part of the module runs."""

    async def read(job: Job) -> None:
        if job.business_id is None:
            return
        source_id = UUID(job.payload["source_id"])
        try:
            await read_source(sources, job.business_id, source_id)
        except Exception:
            if job.tries >= job.max_attempts:
                await give_up_reading(sources, job.business_id, source_id)
            raise

    async def embed(job: Job) -> None:
        if job.business_id is not None:
            payload = job.payload
            await embed_chunks(sources, job.business_id, UUID(payload["source_id"]), int(payload["revision"]))

    async def look_after(_: Job) -> None:
        await look_after_knowledge(sources)

    async def gather(job: Job) -> None:
        if job.business_id is not None:
            await gather_questions(board, job.business_id)

    async def forget(job: Job) -> None:
        if job.business_id is not None:
            await forget_questions(board, job.business_id, UUID(job.payload["contact_id"]))

    return [
        JobKind(READ_SOURCE, Lane.MEDIA, one_by_one(read)),
        JobKind(EMBED_CHUNKS, Lane.HOUSEKEEPING, one_by_one(embed)),
        JobKind(LOOK_AFTER_KNOWLEDGE, Lane.HOUSEKEEPING, one_by_one(look_after)),
        JobKind(GATHER_QUESTIONS, Lane.HOUSEKEEPING, one_by_one(gather)),
        JobKind(FORGET_QUESTIONS, Lane.HOUSEKEEPING, one_by_one(forget)),
    ]
