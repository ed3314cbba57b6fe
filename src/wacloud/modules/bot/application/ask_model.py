"""Asking a model for one answer: whose it is, what it may cost, what it may read, and whether its words may be sent."""

import hashlib
import operator
from collections.abc import Sequence
from dataclasses import astuple, dataclass, field, replace
from datetime import date
from decimal import Decimal
from typing import Any, Literal

from wacloud.modules.bot.application.call_action import actions_for
from wacloud.modules.bot.application.fill_form import begun_forms, forms_for, rules_of, today_of
from wacloud.modules.bot.application.guards import Moderated, ModerationAway, Provider
from wacloud.modules.bot.application.model import AnswerDeps, ModelReply, ModelUnavailable
from wacloud.modules.bot.application.paying import provider_of, today, used_up
from wacloud.modules.bot.application.run_tools import OWN_TOOLS, Bench, run_round
from wacloud.modules.bot.application.search_once import SearchOnce
from wacloud.modules.bot.domain.answer_text import as_message, says_unknown, what_is_wrong, without_mails_of
from wacloud.modules.bot.domain.citation import cited, likely
from wacloud.modules.bot.domain.decision import Decision, looks_like_one, read_decision
from wacloud.modules.bot.domain.form import PREFIX as FORM_TOOL
from wacloud.modules.bot.domain.form import BegunForm, FilledForm, Form
from wacloud.modules.bot.domain.grounding import Told, closest_of, is_off_the_point, ungrounded
from wacloud.modules.bot.domain.knowledge import KnowledgeItem
from wacloud.modules.bot.domain.masking import Masker
from wacloud.modules.bot.domain.price_question import of_something_else
from wacloud.modules.bot.domain.prices import Price, Usage, cost_usd
from wacloud.modules.bot.domain.prompt import Prompt, build_prompt, is_small, told_as_fact
from wacloud.modules.bot.domain.question import Question
from wacloud.modules.bot.domain.ranking import Hit
from wacloud.modules.bot.domain.repeated import place_of
from wacloud.modules.bot.domain.tools import MOST_ROUNDS

# Of what a search finds so many of each are near enough to be told from.
_NEAR_HITS = 5
# Somebody who is only angry is no danger: they get an answer, or a person.
_HARMLESS = frozenset({"harassment"})

Heard = Literal[
    "no_model", "answered", "remembered", "did_not_know", "failed", "unavailable", "budget_out", "refused_topic",
    "wants_person", "flagged", "self_harm",
]  # fmt: skip


@dataclass(slots=True)
class Asked:
    """What came of asking the model, and what the turn's record keeps of it."""

    heard: Heard = "no_model"
    text: str = ""
    model: str | None = None
    usage: Usage | None = None
    cost: Decimal | None = None
    spent_on: date | None = None
    detail: dict[str, Any] = field(default_factory=dict)
    filled: tuple[FilledForm, ...] = ()
    begun: tuple[BegunForm, ...] = ()

    def paid(self, reply: ModelReply, on: date, prices: tuple[Price, ...]) -> None:
        """One request more."""
        self.model = reply.model
        if reply.usage is None:
            return
        self.usage = reply.usage if self.usage is None else Usage(
            *map(operator.add, astuple(self.usage), astuple(reply.usage))
        )  # fmt: skip
        cost = cost_usd(reply.model, reply.usage, on, prices)
        if cost is not None:
            self.cost = (self.cost or Decimal(0)) + cost


async def ask_model(deps: AnswerDeps, question: Question, search: SearchOnce) -> Asked:
    """Ask, and judge what comes. Never raises for what a model does; call it with no transaction open."""
    provider = await provider_of(deps, question.business_id)
    if provider is None:
        return Asked()
    asked = Asked(spent_on=today(deps, question.facts.time_zone))
    if provider.own:
        asked.detail["own_key"] = True
    question = await _with_pictures(deps, provider, question)
    if not question.texts and not question.meanings and not question.pictures:
        # Nothing of it can be read by this model.
        return asked
    knowledge = await _knowledge(deps, question, search)
    forms = await forms_for(deps.forms, question)
    place = place_of(question, knowledge, forms)
    memory = deps.guards.memory if place is not None else None
    if memory is not None and place is not None and (before := await memory.find(question.business_id, place)):
        asked.heard, asked.text = "remembered", before
        return asked
    if await budget_is_out(deps, question, asked):
        return asked
    moderated = await _judge(provider, question, "\n".join(question.texts), asked, "moderation_in")
    if moderated.categories - _HARMLESS:
        asked.heard = "self_harm" if _is_self_harm(moderated) else "flagged"
        return asked
    question = replace(question, begun=await begun_forms(deps.forms, question, forms))
    masker = Masker(told_as_fact(question, knowledge)[1]) if question.settings.mask_personal_data else None
    hits = [found[:_NEAR_HITS] for found in await search.with_before()]
    closest = closest_of(knowledge, hits)
    prompt = build_prompt(question, knowledge, safety_identifier(question), masker, closest, forms)
    prompt = allowed(deps, provider, prompt, asked)
    asked.detail["knowledge_given"] = len(knowledge)
    told = len(prompt.known)
    reply, prompt = await _converse(deps, provider, question, prompt, masker, asked, forms)
    if reply is None:
        return asked
    decision = _decision_of(reply, asked)
    if decision is not None:
        grounds = _Grounds(knowledge, hits, prompt, masker, bool(forms), prompt.known[told:])
        await _weigh(provider, question, grounds, decision, asked)
    # Only what rests on the knowledge is worth saying again, and nothing that was looked up for this person.
    rests_on_knowledge = asked.heard == "answered" and asked.detail.get("sources") and not asked.detail.get("tools")
    if memory is not None and place is not None and rests_on_knowledge:
        await memory.keep(question.business_id, place, asked.text)
    return asked


async def is_in_danger(deps: AnswerDeps, question: Question, asked: Asked) -> bool:
    """Whether a moderator finds that somebody may hurt themselves; what it found is noted in `asked`."""
    provider = await provider_of(deps, question.business_id)
    if provider is None:
        return False
    return _is_self_harm(await _judge(provider, question, "\n".join(question.texts), asked, "moderation_in"))


def _is_self_harm(found: Moderated) -> bool:
    return any(one.startswith("self-harm") for one in found.categories)


def safety_identifier(question: Question) -> str:
    """Tells a provider one contact from another without saying who it is."""
    return hashlib.sha256(f"{question.business_id}:{question.contact_key}".encode()).hexdigest()[:40]


async def _with_pictures(deps: AnswerDeps, provider: Provider, question: Question) -> Question:
    pictures = deps.guards.pictures
    if pictures is None or not question.picture_ids or not provider.sees(question.settings.model):
        return question
    return replace(question, pictures=await pictures.of(question.business_id, question.picture_ids))


def allowed(deps: AnswerDeps, provider: Provider, prompt: Prompt, asked: Asked) -> Prompt:
    """On our keys a business may choose among the models we offer; on its own, any."""
    wanted = prompt.model
    if wanted is None or provider.own or wanted == provider.model.name or wanted in deps.guards.offered:
        return prompt
    asked.detail["model_not_offered"] = wanted[:100]
    return replace(prompt, model=None)


async def budget_is_out(deps: AnswerDeps, question: Question, asked: Asked) -> bool:
    """Whether nothing more may be spent today, noted in `asked`."""
    day = today(deps, question.facts.time_zone)
    period = await used_up(deps, question.business_id, question.settings, day)
    if period is None:
        return False
    asked.heard, asked.detail["budget"] = "budget_out", period
    return True


async def _judge(provider: Provider, question: Question, text: str, asked: Asked, what: str) -> Moderated:
    """
    Where nobody can judge, the text passes and the record says so: the rules for what may be answered stand without it,
    and a shop that falls silent with every hiccup of a free service helps nobody.
    """
    if not question.settings.moderate or provider.moderator is None or not text.strip():
        return Moderated()
    try:
        found = await provider.moderator.judge(text)
    except ModerationAway:
        asked.detail[what] = "away"
        return Moderated()
    if found.categories:
        asked.detail[what] = sorted(found.categories)
    return found


async def _knowledge(deps: AnswerDeps, question: Question, search: SearchOnce) -> tuple[KnowledgeItem, ...]:
    items = await deps.knowledge.items(question.business_id)
    whole = items if is_small(items) else ()
    if whole == items and not (await deps.knowledge.state(question.business_id)).pieces:
        return items
    await search.with_before()  # is wanted as well, in the same search
    best = {hit.item.id: hit.item for hits in await search.hits() for hit in hits}
    found = [item for item in best.values() if item.passage or not whole]
    # In the owner's order: the same hits make the same beginning, which the provider can keep.
    return (*whole, *sorted(found, key=lambda item: (item.passage is not None, item.position, str(item.id))))


async def _converse(
    deps: AnswerDeps,
    provider: Provider,
    question: Question,
    prompt: Prompt,
    masker: Masker | None,
    asked: Asked,
    forms: Sequence[Form],
) -> tuple[ModelReply | None, Prompt]:
    """Ask until there is an answer rather than a wish for a tool."""
    knows_all = is_small(await deps.knowledge.items(question.business_id))
    knows_all = knows_all and not (await deps.knowledge.state(question.business_id)).pieces
    actions = await actions_for(deps.actions, question)
    bench = Bench.of(deps, question, knows_all=knows_all, actions=actions, forms=forms)
    prompt = replace(prompt, tools=bench.tools)
    if deps.forms is not None and forms:
        more = rules_of(forms, today_of(deps.forms, question), is_kept=question.conversation_id is not None)
        prompt = replace(prompt, instructions=prompt.instructions + more)
    for number in range(MOST_ROUNDS + 1):
        if number == MOST_ROUNDS:
            # It has had its rounds; now it has to answer with what it knows.
            prompt = replace(prompt, tools=())
        reply = await ask_once(deps, provider, question, prompt, asked)
        if reply is None or not reply.calls:
            break
        if number == MOST_ROUNDS:
            asked.heard, asked.detail["model_error"] = "failed", "too_many_tools"
            return None, prompt
        done = await run_round(bench, reply, masker)
        asked.filled, asked.begun = tuple(bench.filled.values()), tuple(bench.begun.values())
        asked.detail["tools"] = [*asked.detail.get("tools", ()), *done.records]
        prompt = replace(prompt, so_far=(*prompt.so_far, done.round), known=prompt.known + done.told)
        if done.hands_over:
            asked.heard, asked.detail["reason"] = "wants_person", done.hands_over
            return None, prompt
    return reply, prompt


async def ask_once(
    deps: AnswerDeps, provider: Provider, question: Question, prompt: Prompt, asked: Asked
) -> ModelReply | None:
    asked.model = asked.model or prompt.model or provider.model.name
    buckets = deps.guards.buckets
    if buckets and not provider.own and not await buckets.take(question.business_id, prompt.estimate_tokens()):
        asked.heard, asked.detail["model_error"] = "unavailable", "own_limit"
        return None
    try:
        reply = await provider.model.ask(prompt)
    except ModelUnavailable as unavailable:
        asked.heard, asked.detail["model_error"] = "unavailable", unavailable.why
        asked.detail["attempts"] = [attempt.record() for attempt in unavailable.failed]
        return None
    asked.paid(reply, deps.clock().date(), deps.guards.prices)
    asked.detail["model_ms"] = asked.detail.get("model_ms", 0) + reply.ms
    if reply.request_id:
        asked.detail["request_id"] = reply.request_id
    if reply.failed:
        asked.detail["attempts"] = [attempt.record() for attempt in reply.failed]
    return reply


def _decision_of(reply: ModelReply, asked: Asked) -> Decision | None:
    """What it decided; None, with the reason in the record, where its words are of no use."""
    wrong: str | None = reply.end if reply.end != "complete" else None
    decision = read_decision(reply.text) if reply.formed else None
    if decision is None:
        if wrong is None and looks_like_one(reply.text):
            wrong = "malformed"
        decision = Decision("answer", reply.text)
    if wrong is not None and not says_unknown(decision.text):
        asked.heard, asked.detail["model_error"] = "failed", wrong
        return None
    if says_unknown(decision.text):
        return replace(decision, kind="unknown")
    return decision


@dataclass(frozen=True, slots=True)
class _Grounds:
    """What an answer may stand on. `collects`: it may ask for something rather than answer."""

    knowledge: Sequence[KnowledgeItem]
    hits: Sequence[Sequence[Hit]]
    prompt: Prompt
    masker: Masker | None
    collects: bool
    looked_up: str = ""

    def fault_of(self, question: Question, text: str, sources: Sequence[KnowledgeItem], asked: Asked) -> str | None:
        """What keeps these words from being sent, if anything."""
        if not text:
            return "empty"
        # What the owner wishes to be said is told as well.
        known = f"{question.settings.instructions}\n{self.prompt.known}"
        # What a form has is known however it was put: "nueve y media" is 21:30.
        forms: tuple[BegunForm | FilledForm, ...] = (*question.begun, *asked.begun, *asked.filled)
        customer = [line.text for line in question.history if line.author == "contact"]
        customer += [str(value) for one in forms for value in one.values.values()]
        said = "\n".join([*customer, *question.meanings, *question.texts])
        if wrong := what_is_wrong(without_mails_of(said, text), _rules(self.prompt), known):
            return wrong
        if self.masker is not None and self.masker.invented(text):
            return "invented_mark"
        used = [(str(one["tool"]), str(one["state"])) for one in asked.detail.get("tools", ())]
        colleagues = [line.text for line in question.history if line.author != "contact"]
        entries = self._near(sources)
        before = next((line.text for line in reversed(question.history) if line.author == "contact"), None)
        told = Told(
            known="\n".join([known, *colleagues, *self._about(question)]),
            near=(*entries, self.looked_up, *colleagues),
            elsewhere=of_something_else(question.texts, before, entries, question.facts.language),
            facts=known.partition("<knowledge>")[0],
            asked=said,
            is_noted=any(_has_noted(name, state) for name, state in used),
            collects=self.collects,
        )
        if wrong := ungrounded(text, told):
            return wrong
        is_looked_up = bool(used) or (self.collects and not sources)
        if not is_looked_up and is_off_the_point(sources, self.hits, question.settings.knowledge_threshold):
            return "off_the_point"
        return None

    def _about(self, question: Question) -> Sequence[str]:
        """Names that are known beside the facts: of who writes, of the bot, and what was said long ago."""
        return [question.settings.name, question.earlier or "", *(value for _, value in question.customer)]

    def _near(self, sources: Sequence[KnowledgeItem]) -> Sequence[str]:
        found = {item.id: item for item in sources} | {hit.item.id: hit.item for hits in self.hits for hit in hits}
        return [f"{item.question}\n{item.answer}" for item in found.values()]


def _has_noted(tool: str, state: str) -> bool:
    """Whether a form is filled in, or an action of the business's own was carried out."""
    if tool.startswith(FORM_TOOL):
        return state in ("complete", "same")
    return state == "done" and tool not in OWN_TOOLS


async def _weigh(provider: Provider, question: Question, grounds: _Grounds, decision: Decision, asked: Asked) -> None:
    topics, knowledge = question.settings.refused_topics, grounds.knowledge
    if decision.refused_topic is not None and 1 <= decision.refused_topic <= len(topics):
        asked.heard, asked.detail["refused_topic"] = "refused_topic", decision.refused_topic
        return
    if decision.kind == "hand_over":
        asked.heard, asked.detail["reason"] = "wants_person", decision.reason or "other"
        return
    if decision.kind == "unknown":
        asked.heard = "did_not_know"
        return
    words, used = cited(decision.text, len(knowledge))
    asked.text = as_message(words)
    said = [number - 1 for number in decision.sources if 1 <= number <= len(knowledge)]
    sources = [knowledge[place] for place in said or used or likely(asked.text, knowledge)]
    wrong = grounds.fault_of(question, asked.text, sources, asked)
    if grounds.masker is not None:
        asked.text = grounds.masker.show(asked.text)
    if wrong is None and (await _judge(provider, question, asked.text, asked, "moderation_out")).categories:
        wrong = "flagged"
    asked.heard = "failed" if wrong else "answered"
    if wrong:
        asked.detail["model_error"] = wrong
        return
    asked.detail["sources"] = [item.named() for item in sources]


def _rules(prompt: Prompt) -> str:
    return f"{prompt.instructions}\n{prompt.decision_rules}"
