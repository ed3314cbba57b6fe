"""Help for whoever answers by hand: a draft, other words, another language, a summary. Nothing is ever sent."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import takewhile
from typing import ClassVar, Literal
from uuid import UUID

from wacloud.modules.bot.application.compose_answer import compose_answer
from wacloud.modules.bot.application.model import ModelUnavailable
from wacloud.modules.bot.application.paying import provider_of, today, used_up
from wacloud.modules.bot.application.ports import Briefing
from wacloud.modules.bot.application.read_question import language_so_far
from wacloud.modules.bot.application.studio_ports import Call, CallKind, StudioDeps
from wacloud.modules.bot.domain.answer import Answer
from wacloud.modules.bot.domain.answer_text import as_message, says_unknown, what_is_wrong
from wacloud.modules.bot.domain.assist_prompt import (
    Style,
    rewrite_prompt,
    summary_prompt,
    translate_to_customer_prompt,
    translate_to_member_prompt,
)
from wacloud.modules.bot.domain.knowledge import has_gap
from wacloud.modules.bot.domain.prices import cost_usd
from wacloud.modules.bot.domain.prompt import Prompt
from wacloud.modules.bot.domain.question import HistoryLine, Question
from wacloud.modules.business.api import BusinessNotFound
from wacloud.shared.domain.errors import AppError, Fault, FaultyFields, Kind, NotFound
from wacloud.shared.domain.ids import BusinessId, UserId

CALLS_A_DAY = 1000
LONGEST_TEXT = 4096
_LINES = 40

Source = Literal["model", "knowledge", "none"]


class ConversationUnknown(NotFound):
    """There is no such conversation."""


class NoModel(AppError):
    """No language model is set up here, so texts can be neither rewritten, translated nor summarised."""

    kind: ClassVar[Kind] = "conflict"


class AssistAway(AppError):
    """The language model does not answer at the moment. Try again, or write it yourself."""

    kind: ClassVar[Kind] = "unavailable"


class AssistNotUsable(AppError):
    """The language model gave nothing usable. Try again, or write it yourself."""

    kind: ClassVar[Kind] = "unavailable"


class AssistUsedUp(AppError):
    """Your team has used all the help with replies there is in a day. There is more tomorrow."""

    kind: ClassVar[Kind] = "limit"


class ModelBudgetUsedUp(AppError):
    """The budget of your bot for language models is used up. Write it yourself, or raise it in the studio."""

    kind: ClassVar[Kind] = "limit"


class NothingToTranslate(AppError):
    """There is nothing to translate."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What is proposed, or None where nothing is known; where it comes from, and for a draft why."""

    text: str | None
    source: Source
    why: str | None = None


@dataclass(frozen=True, slots=True)
class Help:
    """What can be offered to a business at this moment: `missing` is why not all of it, `can_draft` the least of it."""

    missing: Literal["model", "key", "budget"] | None
    can_draft: bool

    @property
    def has_model(self) -> bool:
        """Whether texts can be rewritten, translated and summed up."""
        return self.missing is None


async def help_there_is(deps: StudioDeps, business_id: BusinessId) -> Help:
    """By its own key or ours, what its models may still cost, and whether its bot was taught anything."""
    answers = deps.bot.answers
    provider = await provider_of(answers, business_id)
    if provider is None:
        return Help("model", await _is_taught(deps, business_id))
    if provider.fails is not None:
        return Help("key", await _is_taught(deps, business_id))
    briefing = await _briefing(deps, business_id)
    if await used_up(answers, business_id, briefing.settings, today(answers, briefing.facts.time_zone)):
        return Help("budget", await _is_taught(deps, business_id))
    return Help(None, can_draft=True)


async def draft_reply(deps: StudioDeps, actor: UserId, business_id: BusinessId, conversation_id: UUID) -> Suggestion:
    """
    What the bot would answer to the customer's newest messages; without a model, from the knowledge.

    :raises ConversationUnknown: there is none, or none this person may see.
    :raises AssistUsedUp: the business had its share for today.
    """
    lines = await _lines(deps, actor, business_id, conversation_id)
    await _check_share(deps, business_id)
    briefing = await _briefing(deps, business_id)
    texts, before = _newest(lines)
    if not texts:
        return Suggestion(None, "none", "nothing_to_answer")
    question = Question(
        business_id=business_id,
        contact_key=str(conversation_id),
        texts=texts,
        kinds=("text",) * len(texts),
        history=before,
        facts=briefing.facts,
        settings=briefing.settings,
        language=language_so_far(briefing.settings.language_policy, texts, before, briefing.facts.language),
    )
    answer = await compose_answer(deps.bot.answers, question)
    await _record(deps, Call.of(business_id, actor, "draft", answer))
    if answer.source in ("model", "knowledge") and answer.text:
        return Suggestion(answer.text, "model" if answer.source == "model" else "knowledge", answer.why)
    return Suggestion(None, "none", answer.why)


async def rewrite_text(
    deps: StudioDeps, actor: UserId, business_id: BusinessId, conversation_id: UUID, text: str, style: Style
) -> Suggestion:
    """
    The same in another tone.

    :raises ConversationUnknown: there is none, or none this person may see.
    :raises FaultyFields: the text is missing or too long.
    :raises NoModel: that takes a model.
    :raises AssistUsedUp: the business had its share for today.
    :raises ModelBudgetUsedUp: what its models may cost is used up.
    :raises AssistAway: the model does not answer.
    :raises AssistNotUsable: it answered with nothing that can be used.
    """
    text = _text(text)
    await _lines(deps, actor, business_id, conversation_id)
    return await _ask(deps, actor, business_id, "rewrite", rewrite_prompt(style, text, str(business_id)))


async def translate_text(
    deps: StudioDeps, actor: UserId, business_id: BusinessId, conversation_id: UUID, text: str, language: str
) -> Suggestion:
    """
    A member's text in the customer's language; without a text, what the customer wrote last in the member's.

    :raises NothingToTranslate: the customer wrote nothing either.
    :raises ConversationUnknown: there is none, or none this person may see.
    :raises FaultyFields: the text is too long.
    :raises NoModel: that takes a model.
    :raises AssistUsedUp: the business had its share for today.
    :raises ModelBudgetUsedUp: what its models may cost is used up.
    :raises AssistAway: the model does not answer.
    :raises AssistNotUsable: it answered with nothing that can be used.
    """
    lines = await _lines(deps, actor, business_id, conversation_id)
    if text.strip():
        prompt = translate_to_customer_prompt(_text(text), lines, str(business_id))
    else:
        texts, _ = _newest(lines)
        if not texts:
            raise NothingToTranslate
        prompt = translate_to_member_prompt(texts, language, str(business_id))
    return await _ask(deps, actor, business_id, "translate", prompt)


async def summarise_conversation(
    deps: StudioDeps, actor: UserId, business_id: BusinessId, conversation_id: UUID, language: str
) -> Suggestion:
    """
    What this is about, in a few lines.

    :raises ConversationUnknown: there is none, or none this person may see.
    :raises NoModel: that takes a model.
    :raises AssistUsedUp: the business had its share for today.
    :raises ModelBudgetUsedUp: what its models may cost is used up.
    :raises AssistAway: the model does not answer.
    :raises AssistNotUsable: it answered with nothing that can be used.
    """
    lines = await _lines(deps, actor, business_id, conversation_id)
    return await _ask(deps, actor, business_id, "summarise", summary_prompt(lines, language, str(business_id)))


async def _briefing(deps: StudioDeps, business_id: BusinessId) -> Briefing:
    briefing = (await deps.bot.briefings.of([business_id])).get(business_id)
    if briefing is None:
        raise BusinessNotFound
    return briefing


async def _is_taught(deps: StudioDeps, business_id: BusinessId) -> bool:
    knowledge = deps.bot.answers.knowledge
    items = await knowledge.items(business_id)
    return any(not has_gap(item.answer) for item in items) or (await knowledge.state(business_id)).pieces > 0


async def _lines(
    deps: StudioDeps, actor: UserId, business_id: BusinessId, conversation_id: UUID
) -> tuple[HistoryLine, ...]:
    """What was said, oldest first: neither the team's notes, nor what failed or was taken back."""
    thread = await deps.bot.whatsapp.inbox.thread(actor, business_id, conversation_id, limit=_LINES)
    if thread is None:
        raise ConversationUnknown
    return tuple(
        HistoryLine(message.author, message.body)
        for message in thread.messages
        if message.body and message.kind != "note" and message.state != "failed" and message.revoked_at is None
    )


def _newest(lines: Sequence[HistoryLine]) -> tuple[tuple[str, ...], tuple[HistoryLine, ...]]:
    """What the customer wrote last in one go, and what was said before. Answers of ours that follow are passed over."""
    theirs = max((at for at, line in enumerate(lines) if line.author == "contact"), default=-1)
    last = list(takewhile(lambda line: line.author == "contact", reversed(lines[: theirs + 1])))
    return tuple(line.text for line in reversed(last)), tuple(lines[: theirs + 1 - len(last)])


async def _ask(deps: StudioDeps, actor: UserId, business_id: BusinessId, kind: CallKind, prompt: Prompt) -> Suggestion:
    answers = deps.bot.answers
    provider = await provider_of(answers, business_id)
    if provider is None:
        raise NoModel
    await _check_share(deps, business_id)
    briefing = await _briefing(deps, business_id)
    day = today(answers, briefing.facts.time_zone)
    if await used_up(answers, business_id, briefing.settings, day):
        raise ModelBudgetUsedUp
    try:
        reply = await provider.model.ask(prompt)
    except ModelUnavailable as away:
        raise AssistAway from away
    cost = cost_usd(reply.model, reply.usage, deps.clock().date(), answers.guards.prices) if reply.usage else None
    spent = Answer(
        text=None, source="model", why=kind, usage=reply.usage, model=reply.model, cost_usd=cost, spent_on=day
    )
    await _record(deps, Call.of(business_id, actor, kind, spent))
    text = as_message(reply.text)
    if reply.end != "complete" or not text or says_unknown(text):
        raise AssistNotUsable
    if what_is_wrong(text, prompt.instructions, prompt.known):
        raise AssistNotUsable
    return Suggestion(text, "model")


async def _record(deps: StudioDeps, call: Call) -> None:
    async with deps.db.tenant(call.business_id) as tx:
        await deps.calls.add(tx, call)


async def _check_share(deps: StudioDeps, business_id: BusinessId) -> None:
    async with deps.db.tenant(business_id, read_only=True) as tx:
        calls = await deps.calls.count_since(tx, business_id, deps.clock() - timedelta(days=1))
    if calls >= CALLS_A_DAY:
        raise AssistUsedUp


def _text(text: str) -> str:
    text = text.strip()
    if not text:
        raise FaultyFields([Fault("text", "text_missing")])
    if len(text) > LONGEST_TEXT:
        raise FaultyFields([Fault("text", "text_too_long", LONGEST_TEXT)])
    return text
