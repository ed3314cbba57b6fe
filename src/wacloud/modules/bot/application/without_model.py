"""An answer with no model, or beside one that did not know: rules, the knowledge, a menu of topics, a person."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any, Final
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from wacloud.modules.bot.application.ask_model import Heard
from wacloud.modules.bot.application.model import AnswerDeps
from wacloud.modules.bot.application.search_once import SearchOnce, texts_of
from wacloud.modules.bot.domain.answer import Answer, Why
from wacloud.modules.bot.domain.answer_text import cut
from wacloud.modules.bot.domain.danger import speaks_of_self_harm
from wacloud.modules.bot.domain.hours_question import days_asked, speaks_of_hours
from wacloud.modules.bot.domain.keywords import named_in
from wacloud.modules.bot.domain.knowledge import KnowledgeItem, KnowledgeItemId, has_gap
from wacloud.modules.bot.domain.language import Language, usual
from wacloud.modules.bot.domain.mood import is_upset
from wacloud.modules.bot.domain.question import Question
from wacloud.modules.bot.domain.ranking import Hit, choose, may_tell
from wacloud.modules.bot.domain.small_talk import asks_for_person, phrase, small_talk_in
from wacloud.modules.bot.domain.table_rows import row_asked_for
from wacloud.modules.bot.domain.topics import Topic, brings_more, topics_of
from wacloud.modules.business.api import HoursNotReadable, days_text

_HOURS: Final = UUID("6f6b1f0e-0a51-5c5e-9d6e-1f2f7c0a4d11")  # the hours of a profile, as an answer of the knowledge
# Kinds that ask nothing when they come alone.
_SAYS_NOTHING = frozenset({"sticker", "reaction"})
# Kinds whose words are a name, an address or a note: looked up among questions, they find an answer nobody asked for.
_SHARED: dict[str, Why] = {
    "location": "shared_location",
    "contacts": "shared_contact",
    "order": "sent_order",
    "form": "sent_form",
}
# What somebody took the trouble to put together is received, not unknown.
_RECEIVED = frozenset({"sent_order", "sent_form"})
# What is not sure enough to be said is still worth a look from here on.
_NEAR = 0.2
_OFFERED = 5
# With these the menu of topics may be offered: no model is there to talk to.
_WITHOUT_MODEL = frozenset({"no_model", "unavailable", "failed", "budget_out"})

_WHY: dict[Heard, tuple[Why, Why]] = {
    "no_model": ("faq_match", "no_match"),
    "did_not_know": ("model_did_not_know_faq_match", "model_did_not_know"),
    "failed": ("model_failed_faq_match", "model_failed_no_match"),
    "unavailable": ("model_unavailable_faq_match", "model_unavailable_no_match"),
    "budget_out": ("budget_out_faq_match", "budget_out_no_match"),
}


async def by_rules(deps: AnswerDeps, question: Question) -> Answer | None:
    """What is decided before any model is asked; None where the messages are to be answered by what they ask."""
    texts = texts_of(question)
    if speaks_of_self_harm(texts):
        return worried(question)
    if not asks_for_words(question):
        return Answer(text=None, source="none", why="nothing_to_answer")
    if chosen := await _chosen(deps, question):
        return chosen
    if not texts and not (deps.model and question.meanings) and not _may_be_seen(deps, question):
        return to_person(question, _shared_in(question) or "cannot_read_media", {"kinds": sorted(set(question.kinds))})
    return _calls_person(question, texts)


def _may_be_seen(deps: AnswerDeps, question: Question) -> bool:
    provider = deps.guards.provider
    return bool(question.picture_ids and provider and deps.guards.pictures and provider.sees(question.settings.model))


def asks_for_words(question: Question) -> bool:
    """Whether these messages want an answer, or at least word that a person has them; a sticker or a nod does not."""
    texts = texts_of(question)
    if not texts:
        return not question.kinds or not set(question.kinds) <= _SAYS_NOTHING
    if asks_for_person(texts) or question.topic:
        return True
    small_talk = small_talk_in(texts)
    return small_talk is None or small_talk[0] != "acknowledgement" or _was_asked(question)


def _calls_person(question: Question, texts: tuple[str, ...]) -> Answer | None:
    """Where a person is wanted whatever the question is: asked for, called by a word, or needed by who is upset."""
    settings = question.settings
    if wish := asks_for_person(texts):
        spoken = question.language or wish
        return _told(while_closed(question, phrase("person", spoken), spoken), "asked_for_person")
    if named_in(texts, settings.hand_over_words):
        return _told(while_closed(question, phrase("person", question.speaks)), "hand_over_word")
    if settings.hand_over_when_upset and is_upset(texts):
        return _told(while_closed(question, phrase("upset", question.speaks)), "customer_upset")
    return None


async def _chosen(deps: AnswerDeps, question: Question) -> Answer | None:
    """A row of the menu was pressed: its answer, word for word; what has gone meanwhile is asked like anything else."""
    if question.topic is None:
        return None
    items = await deps.knowledge.items(question.business_id)
    item = next((item for item in items if str(item.id) == question.topic and not has_gap(item.answer)), None)
    if item is None:
        return None
    return Answer(text=cut(item.answer), source="knowledge", why="chosen_topic", detail={"item": str(item.id)})


async def by_knowledge(
    deps: AnswerDeps, question: Question, search: SearchOnce, heard: Heard, detail: dict[str, Any]
) -> Answer:
    """The answer where no model gave one: small talk, what is refused, what the knowledge holds, or a person."""
    texts, settings = search.texts, question.settings
    small_talk = small_talk_in(texts) if texts else None
    if small_talk and small_talk[0] != "acknowledgement":
        kind, spoken = small_talk
        return Answer(text=phrase(kind, spoken or question.speaks), source="knowledge", why=kind, detail=detail)
    if named_in(texts, settings.refused_topics):
        return refusal(question, "refused_topic", detail)
    days = _days_asked(deps, question, texts)
    if days and (told := _hours(deps, question, days)):
        return Answer(text=told, source="knowledge", why="told_hours", detail=detail)
    shared = _shared_in(question)
    if not texts or (shared and heard == "no_model"):
        return to_person(question, shared or "cannot_read_media", detail)
    return await _looked_up(deps, question, search, heard, detail, days)


def _days_asked(deps: AnswerDeps, question: Question, texts: Sequence[str]) -> tuple[date, ...] | None:
    return days_asked(texts, deps.clock().astimezone(ZoneInfo(question.facts.time_zone)).date())


def _hours(deps: AnswerDeps, question: Question, days: Sequence[date]) -> str | None:
    facts = question.facts
    try:
        return days_text(facts.profile, facts.time_zone, deps.clock(), days, question.speaks)
    except HoursNotReadable:
        return None


async def _looked_up(
    deps: AnswerDeps,
    question: Question,
    search: SearchOnce,
    heard: Heard,
    detail: dict[str, Any],
    days: Sequence[date] | None,
) -> Answer:
    threshold = question.settings.knowledge_threshold
    if heard == "did_not_know":
        # The model saw the knowledge and found nothing in it: only a very sure match may say otherwise.
        threshold += (1 - threshold) / 4
    results = [_narrowed(text, hits) for text, hits in zip(search.asked.lookups, await search.hits(), strict=True)]
    if search.asked.parts:
        results = [
            _with_hours(deps, question, text, hits) for text, hits in zip(search.asked.lookups, results, strict=True)
        ]
    detail["threshold"] = round(threshold, 3)
    detail["hits"] = [[hit.record() for hit in hits[:3]] for hits in results]
    found = choose(search.asked, results, threshold)
    why_match, why_not = _WHY[heard]
    # What the business wrote about its hours itself is better than the table of them, where there is something.
    own_words = any(speaks_of_hours(hit.item.question) for hit in found.hits)
    if days == () and not own_words and (told := _hours(deps, question, ())):
        return Answer(text=told, source="knowledge", why="told_hours", detail=detail)
    if not found.hits:
        near = tuple(
            hit.item
            for hits in results[:1]
            for hit in hits[:_OFFERED]
            if hit.score >= _NEAR and may_tell(hit.item, search.asked.whole)
        )
        return await _unknown(deps, question, heard, why_not, detail, near)
    answers = "\n\n".join(hit.item.answer for hit in found.hits)
    detail["sources"] = [hit.item.named() for hit in found.hits]
    if found.something_left:
        return replace(
            _told(cut(f"{answers}\n\n{_fallback_text(question)}"), "faq_match_partial"),
            source="knowledge",
            detail=detail,
        )
    return Answer(text=cut(answers), source="knowledge", why=why_match, detail=detail)


def _with_hours(deps: AnswerDeps, question: Question, text: str, hits: Sequence[Hit]) -> Sequence[Hit]:
    """Of several questions the one for hours is answered by them, as it is alone."""
    days = _days_asked(deps, question, [text])
    told = _hours(deps, question, days) if days is not None else None
    if told is None or (days == () and any(speaks_of_hours(hit.item.question) for hit in hits[:1])):
        return hits
    return (Hit(KnowledgeItem(KnowledgeItemId(uuid5(_HOURS, told)), text, told, 0), 1.0, 1.0, 1.0), *hits)


def _narrowed(text: str, hits: Sequence[Hit]) -> Sequence[Hit]:
    """Of a table the row that was asked for."""
    found = [(hit, row_asked_for(text, hit.item)) for hit in hits]
    return [replace(hit, item=item) for hit, item in found if item is not None]


async def _unknown(
    deps: AnswerDeps,
    question: Question,
    heard: Heard,
    why: Why,
    detail: dict[str, Any],
    nearest: tuple[KnowledgeItem, ...],
) -> Answer:
    """Nothing matched: topics to choose from, other words, and after as many questions as was said a person."""
    settings = question.settings
    topics: tuple[Topic, ...] = ()
    if heard in _WITHOUT_MODEL and settings.offer_topics:
        # What was found in a source has no question of its own to press.
        own = [item for item in nearest if item.passage is None]
        found = topics_of(await deps.knowledge.items(question.business_id), own)
        topics = found if brings_more(found, question.before.topics_shown) else ()
    if topics:
        detail["topics"] = len(topics)
        detail["topic_ids"] = [topic.item_id for topic in topics]
    goes = question.before.unknown + 1 >= settings.hand_over_after
    text = _fallback_text(question) if goes else phrase("try_again", question.speaks)
    return Answer(
        text=text,
        source="fallback",
        why=why,
        hand_over=goes,
        hand_over_because=why if goes else None,
        detail=detail,
        topics=topics,
        nearest=nearest[0] if nearest else None,
    )


def _was_asked(question: Question) -> bool:
    """Say whether our last words were a question, so that "vale" is an answer and not a mere nod."""
    return bool(question.history) and (
        question.history[-1].author != "contact" and question.history[-1].text.rstrip().endswith("?")
    )


def _shared_in(question: Question) -> Why | None:
    """Where nothing but places and people's cards came: which."""
    kinds = set(question.kinds) - _SAYS_NOTHING
    return _SHARED[max(kinds)] if kinds and kinds <= set(_SHARED) else None


def to_person(question: Question, why: Why, detail: dict[str, Any]) -> Answer:
    """A person is called, in the business's words or ours."""
    text = while_closed(question, phrase("received", question.speaks)) if why in _RECEIVED else _fallback_text(question)
    return replace(_told(text, why), detail=detail)


def worried(question: Question, detail: dict[str, Any] | None = None) -> Answer:
    """Somebody may be in danger: they hear where they are listened to, and a person is called."""
    shut = question.facts.is_open is False
    text = phrase("worried_shut", question.speaks).format(opens=_opens(question)) if shut else ""
    return replace(_told(text or phrase("worried", question.speaks), "self_harm"), detail=detail or {})


def refusal(question: Question, why: Why, detail: dict[str, Any]) -> Answer:
    """Not about this; no person is called."""
    told = cut(question.settings.refusal_text.strip()) or phrase("refusal", question.speaks)
    return Answer(text=told, source="fallback", why=why, detail=detail)


def while_closed(question: Question, text: str, language: Language | None = None) -> str:
    """What is said to who has to wait for a person; while nobody is there, with when the business opens."""
    if question.facts.is_open is not False:
        return text
    spoken = language or question.speaks
    return f"{text} {phrase('shut', spoken).format(opens=_opens(question, spoken))}"


def _opens(question: Question, language: Language | None = None) -> str:
    opens = question.facts.opens.get(language or question.speaks)
    return f"; {opens}" if opens else ""


def _told(text: str, why: Why) -> Answer:
    """A person is called, and the contact is told so."""
    return Answer(text=text, source="fallback", why=why, hand_over=True, hand_over_because=why)


def _fallback_text(question: Question) -> str:
    """The business's own words, all of it in its language then, or ours."""
    if own := cut(question.settings.fallback_text.strip()):
        return while_closed(question, own, usual(question.facts.language))
    return while_closed(question, phrase("fallback", question.speaks))
