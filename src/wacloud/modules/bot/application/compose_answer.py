"""One answer for one burst of messages: by the model, by the knowledge of the business, or by a person."""

import hashlib
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Literal

from wacloud.modules.bot.application.model import AnswerDeps, ModelPort, ModelUnavailable
from wacloud.modules.bot.domain.answer import Answer, Why
from wacloud.modules.bot.domain.answer_text import LONGEST_TEXT, as_message, cut, says_unknown, what_is_wrong
from wacloud.modules.bot.domain.knowledge import KnowledgeItem
from wacloud.modules.bot.domain.prices import Usage, cost_usd
from wacloud.modules.bot.domain.prompt import build_prompt, is_small
from wacloud.modules.bot.domain.question import Question
from wacloud.modules.bot.domain.ranking import Found, asked_in, choose
from wacloud.modules.bot.domain.small_talk import asks_for_person, phrase, small_talk_in

# Kinds that ask nothing when they come alone.
_SAYS_NOTHING = frozenset({"sticker", "reaction"})
# Kinds whose words are a name or an address: looked up among questions, they find an answer nobody asked for.
_SHARED: dict[str, Why] = {"location": "shared_location", "contacts": "shared_contact"}
_HITS_FOR_MODEL = 8
# Of a flood the newest are read; WhatsApp itself ends a text at this length.
_MOST_READ = 30

Heard = Literal["no_model", "answered", "did_not_know", "failed", "unavailable"]

_WHY: dict[Heard, tuple[Why, Why]] = {
    "no_model": ("faq_match", "no_match"),
    "did_not_know": ("model_did_not_know_faq_match", "model_did_not_know"),
    "failed": ("model_failed_faq_match", "model_failed_no_match"),
    "unavailable": ("model_unavailable_faq_match", "model_unavailable_no_match"),
}


@dataclass(slots=True)
class _Asked:
    """What came of asking the model, and what the turn's record keeps of it."""

    heard: Heard = "no_model"
    text: str = ""
    model: str | None = None
    usage: Usage | None = None
    cost: Decimal | None = None
    detail: dict[str, Any] = field(default_factory=dict)


async def compose_answer(deps: AnswerDeps, question: Question) -> Answer:
    """
    Decide what to say to these messages, and record how it was decided. Never raises for what a model does.

    Call it with no transaction open: it may take as long as the model's deadline.
    """
    texts = _texts(question)
    language = question.facts.language
    if not asks_for_words(question):
        return Answer(text=None, source="none", why="nothing_to_answer")
    if not texts:
        return _to_person(question, _shared_in(question) or "cannot_read_media", {"kinds": sorted(set(question.kinds))})
    wish = asks_for_person(texts)
    if wish:
        return Answer(
            text=phrase("person", wish),
            source="fallback",
            why="asked_for_person",
            hand_over=True,
            hand_over_because="asked_for_person",
        )
    small_talk = small_talk_in(texts)
    asked = await _ask_model(deps, deps.model, question) if deps.model else _Asked()
    if asked.heard == "answered":
        return _with(asked, Answer(text=asked.text, source="model", why="model_answered", detail=asked.detail))
    if small_talk and small_talk[0] != "acknowledgement":
        kind, spoken = small_talk[0], small_talk[1]
        return _with(
            asked,
            Answer(text=phrase(kind, spoken or language), source="knowledge", why=kind, detail=asked.detail),
        )
    return _with(asked, await _by_knowledge(deps, question, texts, asked))


def asks_for_words(question: Question) -> bool:
    """Whether these messages want an answer, or at least word that a person has them; a sticker or a nod does not."""
    texts = _texts(question)
    if not texts:
        return not question.kinds or not set(question.kinds) <= _SAYS_NOTHING
    if asks_for_person(texts):
        return True
    small_talk = small_talk_in(texts)
    return small_talk is None or small_talk[0] != "acknowledgement" or _was_asked(question)


def _texts(question: Question) -> tuple[str, ...]:
    return tuple(read for text in question.texts[-_MOST_READ:] if (read := text[:LONGEST_TEXT].strip()))


async def _by_knowledge(deps: AnswerDeps, question: Question, texts: tuple[str, ...], asked: _Asked) -> Answer:
    shared = _shared_in(question)
    if shared and asked.heard == "no_model":
        return _to_person(question, shared, asked.detail)
    threshold = question.settings.knowledge_threshold
    if asked.heard == "did_not_know":
        # The model saw the knowledge and found nothing in it: only a very sure match may say otherwise.
        threshold += (1 - threshold) / 4
    found = await _search(deps, question, texts, threshold, asked.detail)
    why_match, why_not = _WHY[asked.heard]
    if not found.hits:
        return _to_person(question, why_not, asked.detail)
    answers = "\n\n".join(hit.item.answer for hit in found.hits)
    if found.something_left:
        answers = f"{answers}\n\n{_fallback_text(question)}"
        return Answer(
            text=cut(answers),
            source="knowledge",
            why="faq_match_partial",
            hand_over=True,
            hand_over_because="faq_match_partial",
            detail=asked.detail,
        )
    return Answer(text=cut(answers), source="knowledge", why=why_match, detail=asked.detail)


async def _search(
    deps: AnswerDeps, question: Question, texts: tuple[str, ...], threshold: float, detail: dict[str, Any]
) -> Found:
    asked = asked_in(texts)
    results = await deps.knowledge.search(question.business_id, asked.lookups)
    detail["threshold"] = round(threshold, 3)
    detail["hits"] = [[hit.record() for hit in hits[:3]] for hits in results]
    return choose(asked, results, threshold)


async def _ask_model(deps: AnswerDeps, model: ModelPort, question: Question) -> _Asked:
    knowledge = await _knowledge_for_model(deps, question)
    prompt = build_prompt(question, knowledge, _safety_identifier(question))
    asked = _Asked(detail={"knowledge_given": len(knowledge)})
    try:
        reply = await model.ask(prompt)
    except ModelUnavailable as unavailable:
        asked.heard = "unavailable"
        asked.model = model.name
        asked.detail["model_error"] = unavailable.why
        asked.detail["attempts"] = [attempt.record() for attempt in unavailable.failed]
        return asked
    asked.model = reply.model
    asked.usage = reply.usage
    asked.cost = cost_usd(reply.model, reply.usage, deps.clock().date()) if reply.usage else None
    asked.detail["model_ms"] = reply.ms
    if reply.request_id:
        asked.detail["request_id"] = reply.request_id
    if reply.failed:
        asked.detail["attempts"] = [attempt.record() for attempt in reply.failed]
    asked.text = as_message(reply.text)
    if says_unknown(asked.text):
        asked.heard = "did_not_know"
        return asked
    wrong = (
        reply.end
        if reply.end != "complete"
        else "empty"
        if not asked.text
        else what_is_wrong(asked.text, prompt.instructions, prompt.known)
    )
    asked.heard = "failed" if wrong else "answered"
    if wrong:
        asked.detail["model_error"] = wrong
    return asked


async def _knowledge_for_model(deps: AnswerDeps, question: Question) -> tuple[KnowledgeItem, ...]:
    items = await deps.knowledge.items(question.business_id)
    if is_small(items):
        return items
    asked = asked_in([text[:LONGEST_TEXT] for text in question.texts[-_MOST_READ:]])
    results = await deps.knowledge.search(question.business_id, asked.lookups, _HITS_FOR_MODEL)
    best = {hit.item.id: hit.item for hits in results for hit in hits}
    # In the owner's order: the same hits make the same beginning, which the provider can keep.
    return tuple(sorted(best.values(), key=lambda item: (item.position, str(item.id))))


def _was_asked(question: Question) -> bool:
    """Say whether our last words were a question, so that "vale" is an answer and not a mere nod."""
    return bool(question.history) and (
        question.history[-1].author != "contact" and question.history[-1].text.rstrip().endswith("?")
    )


def _shared_in(question: Question) -> Why | None:
    """Where nothing but places and people's cards came: which."""
    kinds = set(question.kinds) - _SAYS_NOTHING
    return _SHARED[max(kinds)] if kinds and kinds <= set(_SHARED) else None


def _to_person(question: Question, why: Why, detail: dict[str, Any]) -> Answer:
    return Answer(
        text=_fallback_text(question),
        source="fallback",
        why=why,
        hand_over=True,
        hand_over_because=why,
        detail=detail,
    )


def _fallback_text(question: Question) -> str:
    return cut(question.settings.fallback_text.strip()) or phrase("fallback", question.facts.language)


def _with(asked: _Asked, answer: Answer) -> Answer:
    return Answer(
        text=answer.text,
        source=answer.source,
        why=answer.why,
        hand_over=answer.hand_over,
        hand_over_because=answer.hand_over_because,
        detail=answer.detail,
        usage=asked.usage,
        model=asked.model,
        cost_usd=asked.cost,
    )


def _safety_identifier(question: Question) -> str:
    """Tells a provider one contact from another without saying who it is."""
    return hashlib.sha256(f"{question.business_id}:{question.contact_key}".encode()).hexdigest()[:40]
