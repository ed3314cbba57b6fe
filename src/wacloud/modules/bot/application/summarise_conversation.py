"""What was said longer ago than a model is told word for word, summed up after the turn and beside it."""

from datetime import datetime
from typing import Final
from uuid import UUID

from wacloud.modules.bot.application.ask_model import (
    Asked,
    allowed,
    ask_once,
    budget_is_out,
    safety_identifier,
)
from wacloud.modules.bot.application.paying import provider_of, today
from wacloud.modules.bot.application.ports import BotDeps
from wacloud.modules.bot.application.read_question import lines_of
from wacloud.modules.bot.domain.answer_text import as_message, what_is_wrong
from wacloud.modules.bot.domain.masking import Masker
from wacloud.modules.bot.domain.prompt import told_as_fact
from wacloud.modules.bot.domain.question import HistoryLine, Question
from wacloud.modules.bot.domain.summary import Summary, as_summary, prompt_of, to_sum_up
from wacloud.modules.whatsapp.api import is_talk_kept, read_talk
from wacloud.shared.application.db import Tx
from wacloud.shared.application.jobs import Job, Lane, NewJob
from wacloud.shared.domain.ids import BusinessId

SUMMARISE: Final = "bot.summarise_conversation"
FORGET_SUMMARY: Final = "bot.forget_summary"
_MOST_LINES: Final = 300


def order_of(conversation_id: UUID) -> str:
    """What is written and what is forgotten of one conversation, one after the other."""
    return f"summary:{conversation_id}"


def summarise_later(tx: Tx, business_id: BusinessId, conversation_id: UUID) -> None:
    """Sum up after the commit what has just fallen out of sight; one waits for each conversation."""
    tx.queue(
        NewJob(
            kind=SUMMARISE,
            lane=Lane.HOUSEKEEPING,
            business_id=business_id,
            payload={"conversation_id": str(conversation_id)},
            order_key=order_of(conversation_id),
            unique_key=order_of(conversation_id),
        )
    )


async def summarise_conversation(deps: BotDeps, job: Job) -> None:
    """
    Carry the summary of a conversation on.

    Without a model there is none, and none is made where the budget is used up, the model is away or what it wrote
    cannot be used: the next turn asks for it again.
    """
    if job.business_id is None:
        return
    conversation_id = UUID(job.payload["conversation_id"])
    read = await _read(deps, job.business_id, conversation_id)
    if read is None:
        return
    question, lines, covered = read
    asked = Asked(spent_on=today(deps.answers, question.facts.time_zone))
    text = await _sum_up(deps, question, lines, asked)
    async with deps.db.tenant(job.business_id) as tx:
        if asked.usage is not None and asked.spent_on is not None:
            await deps.turns.add_cost(tx, job.business_id, asked.spent_on, asked.usage, asked.cost)
        # Who was erased meanwhile leaves nothing behind.
        if text and await is_talk_kept(deps.whatsapp, tx, job.business_id, conversation_id):
            await deps.summaries.keep(tx, job.business_id, conversation_id, Summary(text, covered))


async def forget_summary(deps: BotDeps, job: Job) -> None:
    """What was edited or taken back is not remembered in other words, nor as what a form knows."""
    if job.business_id is not None:
        async with deps.db.tenant(job.business_id) as tx:
            conversation_id = UUID(job.payload["conversation_id"])
            await deps.summaries.forget(tx, job.business_id, [conversation_id])
            if deps.answers.forms is not None:
                await deps.answers.forms.begun.forget(tx, job.business_id, [conversation_id])


async def _read(
    deps: BotDeps, business_id: BusinessId, conversation_id: UUID
) -> tuple[Question, list[HistoryLine], tuple[datetime, int]] | None:
    briefing = (await deps.briefings.of([business_id])).get(business_id)
    if briefing is None or not briefing.enabled:
        return None
    async with deps.db.tenant(business_id, read_only=True) as tx:
        before = (await deps.summaries.of(tx, [(business_id, conversation_id)])).get(conversation_id)
        after = before.covered if before else None
        talk = await read_talk(deps.whatsapp, tx, business_id, conversation_id, after, _MOST_LINES)
    lines = list(to_sum_up(lines_of(talk.lines))) if talk else []
    covered = lines[-1].place if lines else None
    if talk is None or covered is None:
        return None
    question = Question(
        business_id=business_id,
        contact_key=str(talk.contact_id),
        texts=(),
        facts=briefing.facts,
        settings=briefing.settings,
        earlier=before.text if before else None,
    )
    return question, lines, covered


async def _sum_up(deps: BotDeps, question: Question, lines: list[HistoryLine], asked: Asked) -> str | None:
    provider = await provider_of(deps.answers, question.business_id)
    if provider is None or await budget_is_out(deps.answers, question, asked):
        return None
    masker = Masker(told_as_fact(question, ())[1]) if question.settings.mask_personal_data else None
    prompt = prompt_of(question, lines, safety_identifier(question), masker)
    reply = await ask_once(deps.answers, provider, question, allowed(deps.answers, provider, prompt, asked), asked)
    if reply is None or reply.end != "complete":
        return None
    text = as_summary(as_message(reply.text))
    if not text or what_is_wrong(text, prompt.instructions, prompt.known):
        return None
    if masker is not None and masker.invented(text):
        return None
    return masker.show(text) if masker else text
