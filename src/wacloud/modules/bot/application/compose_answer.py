"""One answer for one burst of messages: by the model, by the knowledge of the business, or by a person."""

from dataclasses import replace

from wacloud.modules.bot.application.ask_model import Asked, ask_model, is_in_danger
from wacloud.modules.bot.application.model import AnswerDeps
from wacloud.modules.bot.application.search_once import SearchOnce
from wacloud.modules.bot.application.without_model import (
    by_knowledge,
    by_rules,
    refusal,
    to_person,
    while_closed,
    worried,
)
from wacloud.modules.bot.domain.answer import Answer
from wacloud.modules.bot.domain.question import Question
from wacloud.modules.bot.domain.small_talk import phrase

_CALL_PERSON = frozenset({"asked_for_person", "hand_over_word", "customer_upset"})


async def compose_answer(deps: AnswerDeps, question: Question) -> Answer:
    """
    Decide what to say to these messages, and record how it was decided. Never raises for what a model does.

    Call it with no transaction open: it may take as long as the model's deadline.
    """
    if ruled := await by_rules(deps, question):
        return await _judged(deps, question, ruled)
    search = SearchOnce(deps.knowledge, question)
    asked = await ask_model(deps, question, search)
    answer = _settled(question, asked)
    if asked.filled:
        answer = _collected(question, asked, answer)
    if answer is None:
        answer = await by_knowledge(deps, question, search, asked.heard, asked.detail)
    answer = replace(answer, usage=asked.usage, model=asked.model, cost_usd=asked.cost, spent_on=asked.spent_on)
    return replace(answer, begun=asked.begun)


async def _judged(deps: AnswerDeps, question: Question, ruled: Answer) -> Answer:
    """Who is upset or calls for a person may be in danger: a moderator, if there is one, looks before a rule speaks."""
    if ruled.why not in _CALL_PERSON:
        return ruled
    asked = Asked()
    if await is_in_danger(deps, question, asked):
        return worried(question, asked.detail)
    return replace(ruled, detail={**ruled.detail, **asked.detail})


def _collected(question: Question, asked: Asked, answer: Answer | None) -> Answer:
    """All that was asked for is there: it counts whatever became of the model's words, and a person may go on."""
    if answer is None:
        text = while_closed(question, phrase("noted", question.speaks))
        answer = Answer(text=text, source="model", why="form_complete", detail=asked.detail)
    if not answer.hand_over and any(one.form.hands_over for one in asked.filled):
        answer = replace(answer, why="form_complete", hand_over=True, hand_over_because="form_complete")
    return replace(answer, filled=asked.filled)


def _settled(question: Question, asked: Asked) -> Answer | None:
    """Where what the model said settles it: nothing is looked up after that."""
    match asked.heard:
        case "answered":
            return Answer(text=asked.text, source="model", why="model_answered", detail=asked.detail)
        case "remembered":
            return Answer(text=asked.text, source="model", why="model_answered_before", detail=asked.detail)
        case "wants_person":
            return to_person(question, "model_handed_over", asked.detail)
        case "self_harm":
            return worried(question, asked.detail)
        case "flagged":
            return refusal(question, "moderation_refused", asked.detail)
        case "refused_topic":
            return refusal(question, "refused_topic", asked.detail)
    return None
