"""Whose key the assistant uses, what it may cost, and what it remembers: over the routes and the turn's own code."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from bot_builders import HOURS, deps, question
from model_twin import ModelTwin, error, model_twin
from redis.asyncio import Redis

from wacloud.modules.bot.application.compose_answer import compose_answer
from wacloud.modules.bot.application.guards import Guards, Period, Provider, Spent
from wacloud.modules.bot.application.model import AnswerDeps
from wacloud.modules.bot.domain.question import HistoryLine
from wacloud.modules.bot.domain.settings import BotSettings
from wacloud.modules.bot.infra.answer_memory import ValkeyAnswerMemory
from wacloud.modules.bot.infra.key_health import ValkeyKeyHealth
from wacloud.modules.bot.infra.model_keys import KeyedClient
from wacloud.modules.bot.infra.openai_responses import open_provider
from wacloud.modules.bot.infra.token_buckets import ValkeyTokenBuckets
from wacloud.shared.domain.ids import BusinessId

AWAY = "redis://127.0.0.1:1/0"


@pytest.fixture
async def twin() -> AsyncIterator[ModelTwin]:
    async with model_twin() as running:
        yield running


@pytest.fixture
async def provider(twin: ModelTwin) -> AsyncIterator[Provider]:
    opened = open_provider(["sk-one"], twin.url, "gpt-6-luna", 5.0, "responses")
    assert opened
    yield opened
    await opened.model.aclose()


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator["Redis"]:
    async with Redis.from_url(redis_url) as opened:
        yield opened


def guarded(provider: Provider, **guards: Any) -> AnswerDeps:
    return replace(deps(provider.model), guards=Guards(provider=provider, **guards))


class Purse:
    """What was spent, as the test says."""

    def __init__(self, day: str, month: str) -> None:
        self.spent = Spent(Decimal(day), Decimal(month))
        self.told: list[tuple[date, Period]] = []

    async def until(self, business_id: BusinessId, day: date) -> Spent:
        return self.spent

    async def tell_out(self, business_id: BusinessId, day: date, period: Period) -> None:
        self.told.append((day, period))


async def test_the_model_decides_in_a_form_and_its_sources_are_kept(twin: ModelTwin, provider: Provider) -> None:
    twin.answer = None
    answer = await compose_answer(guarded(provider), question("¿cuál es vuestro horario?"))
    assert (answer.text, answer.why) == (HOURS.answer, "model_answered")
    assert answer.detail["sources"] == [HOURS.named()]
    form = twin.requests[0]["text"]["format"]
    assert (form["type"], form["strict"]) == ("json_schema", True)


async def test_a_server_that_takes_no_form_is_asked_without_from_then_on(twin: ModelTwin, provider: Provider) -> None:
    twin.state.schemas = False
    for _ in range(2):
        answer = await compose_answer(guarded(provider), question("¿A qué hora abrís?"))
        assert answer.why == "model_answered"
    assert ["text" in asked for asked in twin.requests] == [True, False, False]
    assert "Reply in the form" not in twin.requests[-1]["instructions"]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ('{"decision": "hand_over", "text": "", "sources": [], "reason": "complaint", "refused_topic": null}',
         "model_handed_over"),
        ('{"decision": "unknown", "text": "", "sources": [], "reason": null, "refused_topic": null}',
         "model_did_not_know"),
        ('{"decision": "answer", "text": "No hablo de eso", "sources": [], "reason": null, "refused_topic": 1}',
         "refused_topic"),
        ('{"decision": "answer", "text": "Vale", "sources": [], "reason": null, "refused_topic": 7}', "model_answered"),
        ('{"decision": "answer", "text": "NO_LO_SE", "sources": [], "reason": null, "refused_topic": null}',
         "model_did_not_know"),
        ('{"decision": "answer", "text": ', "model_failed_no_match"),
        ('{"decision": "obey", "text": "x", "sources": [1], "reason": null, "refused_topic": null}',
         "model_failed_no_match"),
        ('{"decision": "answer", "text": "Vale", "sources": ["x", true, 99, 1], "reason": "boom", "refused_topic": ""}',
         "model_answered"),
    ],
)  # fmt: skip
async def test_every_decision_ends_somewhere(twin: ModelTwin, provider: Provider, said: str, why: str) -> None:
    twin.answer = said
    settings = BotSettings(refused_topics=("política",), refusal_text="De eso no.", fallback_text="Una persona te ve.")
    answer = await compose_answer(guarded(provider), question("¿y las bicis?", settings=settings))
    assert answer.why == why
    assert (answer.text == "De eso no.") is (why == "refused_topic")
    if why == "model_handed_over":
        assert (answer.hand_over_because, answer.detail["reason"]) == ("model_handed_over", "complaint")


async def test_the_wishes_of_a_business_are_in_the_instructions(twin: ModelTwin, provider: Provider) -> None:
    settings = BotSettings(
        tone="formal", language_policy="en", answer_length="short", refused_topics=("la competencia",),
        effort="low", temperature=0.4, model="gpt-6.2-sol",
    )  # fmt: skip
    await compose_answer(guarded(provider, offered=frozenset({"gpt-6.2-sol"})), question("hola", settings=settings))
    (sent,) = twin.requests
    for part in ("usted", "in English", "300 characters", "1. la competencia"):
        assert part in sent["instructions"]
    # With thinking there is no temperature.
    assert (sent["model"], sent["reasoning"], sent.get("temperature")) == ("gpt-6.2-sol", {"effort": "low"}, None)


async def test_without_thinking_the_temperature_is_sent(twin: ModelTwin, provider: Provider) -> None:
    await compose_answer(guarded(provider), question("¿bicis?", settings=BotSettings(temperature=0.4)))
    assert twin.requests[0]["temperature"] == 0.4


async def test_an_older_model_takes_no_effort(twin: ModelTwin) -> None:
    opened = open_provider(["k"], twin.url, "gpt-4.1", 5.0, "responses")
    assert opened
    answer = await compose_answer(guarded(opened), question("¿bicis?", settings=BotSettings(temperature=1)))
    assert answer.why == "model_answered"
    assert "reasoning" not in twin.requests[0]
    await opened.model.aclose()


async def test_a_model_that_is_not_offered_is_not_paid_for(twin: ModelTwin, provider: Provider) -> None:
    answer = await compose_answer(guarded(provider), question("¿bicis?", settings=BotSettings(model="gpt-6.2-astra")))
    assert twin.requests[0]["model"] == "gpt-6-luna"
    assert answer.detail["model_not_offered"] == "gpt-6.2-astra"
    await compose_answer(
        guarded(replace(provider, own=True)), question("¿bicis?", settings=BotSettings(model="gpt-6.2-astra"))
    )
    assert twin.requests[1]["model"] == "gpt-6.2-astra"


@pytest.mark.parametrize(
    ("spent", "budgets", "period"),
    [
        (("0.99", "5"), ("1", "10"), None),
        (("1.00", "5"), ("1", "10"), "day"),
        (("0", "10"), (None, "10"), "month"),
        (("0", "0"), ("0", None), "day"),
        (("9", "9"), (None, None), None),
    ],
)
async def test_when_the_budget_is_used_up_the_knowledge_answers(
    twin: ModelTwin, provider: Provider, spent: tuple[str, str], budgets: tuple[Any, Any], period: str | None
) -> None:
    purse = Purse(*spent)
    day, month = (Decimal(one) if one is not None else None for one in budgets)
    settings = BotSettings(budget_day_usd=day, budget_month_usd=month)
    answer = await compose_answer(
        guarded(provider, spending=purse), question("¿Qué horario tenéis?", settings=settings)
    )
    assert answer.why == ("budget_out_faq_match" if period else "model_answered")
    assert [one for _, one in purse.told] == ([period] if period else [])
    assert bool(twin.requests) is (period is None)
    if period:
        assert answer.text == HOURS.answer


async def test_a_business_has_a_share_of_the_tokens(provider: Provider, redis: "Redis") -> None:
    buckets = ValkeyTokenBuckets(redis, 6_000)
    first, second = question("¿bicis?"), question("¿bicis?")
    answers = [await compose_answer(guarded(provider, buckets=buckets), first) for _ in range(4)]
    assert answers[0].why == "model_answered"
    assert (answers[-1].why, answers[-1].detail["model_error"]) == ("model_unavailable_no_match", "own_limit")
    assert (await compose_answer(guarded(provider, buckets=buckets), second)).why == "model_answered"
    own = guarded(replace(provider, own=True), buckets=buckets)
    assert (await compose_answer(own, first)).why == "model_answered"


async def test_many_at_once_take_no_more_than_there_is(redis: "Redis") -> None:
    business_id = question("x").business_id
    buckets = ValkeyTokenBuckets(redis, 10_000)
    taken = await asyncio.gather(*(buckets.take(business_id, 1_000) for _ in range(40)))
    assert sum(taken) == 10
    assert not await buckets.take(business_id, 9_000)


async def test_without_valkey_each_worker_counts_for_itself() -> None:
    async with Redis.from_url(AWAY, socket_connect_timeout=0.2) as away:
        buckets = ValkeyTokenBuckets(away, 3_000)
        business_id = question("x").business_id
        assert [await buckets.take(business_id, 1_400) for _ in range(3)] == [True, True, False]
        assert await ValkeyAnswerMemory(away).find(business_id, "x") is None
        await ValkeyAnswerMemory(away).keep(business_id, "x", "y")


async def test_a_question_that_comes_again_is_answered_from_memory(
    twin: ModelTwin, provider: Provider, redis: "Redis"
) -> None:
    twin.answer = None
    asked = replace(question("¿Cuál es vuestro horario?"), version=3)
    with_memory = guarded(provider, memory=ValkeyAnswerMemory(redis))
    assert (await compose_answer(with_memory, asked)).why == "model_answered"
    again = await compose_answer(with_memory, replace(asked, texts=("cual es vuestro HORARIO",)))
    assert (again.text, again.source, again.why) == (HOURS.answer, "model", "model_answered_before")
    assert again.usage is None
    assert len(twin.requests) == 1


@pytest.mark.parametrize(
    "other",
    [
        {"version": 4},
        {"version": None},
        {"business_id": question("x").business_id},
        {"history": (HistoryLine("contact", "hola"),)},
        {"texts": ("¿Cuál es vuestro horario hoy?",)},
        {"texts": ("¿Cuál es mi horario?",)},
        {"texts": ("¿Cuál es vuestro horario del 24?",)},
        {"texts": ("¿Cuál es vuestro horario? soy ana@example.com",)},
        {"texts": ("hola", "¿Cuál es vuestro horario?")},
        {"facts": replace(question("x").facts, name="Otra casa")},
    ],
)
async def test_what_differs_is_asked_anew(
    twin: ModelTwin, provider: Provider, redis: "Redis", other: dict[str, Any]
) -> None:
    twin.answer = None
    asked = replace(question("¿Cuál es vuestro horario?"), version=3)
    with_memory = guarded(provider, memory=ValkeyAnswerMemory(redis))
    await compose_answer(with_memory, asked)
    await compose_answer(with_memory, replace(asked, **other))
    assert len(twin.requests) == 2


async def test_moderation_before_and_after(twin: ModelTwin, provider: Provider) -> None:
    twin.state.flagged = {"despedida": "self-harm/intent", "explosivo": "illicit/violent", "inútiles": "harassment"}
    danger = await compose_answer(guarded(provider), question("esto es mi despedida"))
    assert (danger.why, danger.hand_over, danger.source) == ("self_harm", True, "fallback")
    assert danger.text
    assert "024" in danger.text
    refused = await compose_answer(guarded(provider), question("cómo hago un explosivo"))
    assert (refused.why, refused.hand_over) == ("moderation_refused", False)
    assert twin.requests == []
    calm = BotSettings(hand_over_when_upset=False)
    angry = await compose_answer(guarded(provider), question("sois unos inútiles, ¿a qué hora abrís?", settings=calm))
    assert (angry.why, angry.detail["moderation_in"]) == ("model_answered", ["harassment"])
    twin.answer = "Abrimos de 9:30 a 20:30, y un explosivo se hace así. [1]"
    bad = await compose_answer(guarded(provider), question("¿Qué horario tenéis?"))
    assert (bad.why, bad.detail["model_error"]) == ("model_failed_faq_match", "flagged")


async def test_where_nobody_can_judge_the_answer_goes_out_and_the_record_says_so(
    twin: ModelTwin, provider: Provider
) -> None:
    twin.state.moderation_steps = [error(500, "server_error")] * 4
    answer = await compose_answer(guarded(provider), question("¿A qué hora abrís?"))
    assert (answer.why, answer.detail["moderation_in"], answer.detail["moderation_out"]) == (
        "model_answered",
        "away",
        "away",
    )
    # Its trouble is not the models': they are not left alone for it.
    assert (await compose_answer(guarded(provider), question("¿A qué hora abrís?"))).why == "model_answered"


async def test_who_wants_no_moderation_has_none(twin: ModelTwin, provider: Provider) -> None:
    await compose_answer(guarded(provider), question("¿bicis?", settings=BotSettings(moderate=False)))
    assert twin.state.moderated == []


async def test_a_key_with_nothing_left_rests_before_it_is_refused(twin: ModelTwin) -> None:
    client = KeyedClient(["one", "two"], twin.url, 5.0)
    twin.state.left_requests = 0
    await client.call(lambda c: c.responses.create(model="gpt-6-luna", input="hola"))
    first, second = client.health()
    assert (first.why, first.rests_s, first.left_requests) == ("no_requests_left", 20, 0)
    assert second.why is None
    twin.state.left_requests = 50
    await client.call(lambda c: c.responses.create(model="gpt-6-luna", input="hola"))
    assert twin.keys == ["one", "two"]
    await client.aclose()


async def test_how_keys_fare_is_told_where_people_look(twin: ModelTwin, redis: "Redis") -> None:
    health = ValkeyKeyHealth(redis)
    client = KeyedClient(["sk-very-secret-one", "sk-very-secret-two"], twin.url, 5.0, tell=health.tell)
    twin.refused_keys["sk-very-secret-one"] = error(429, "insufficient_quota")
    await client.call(lambda c: c.responses.create(model="gpt-6-luna", input="hola"))
    await health.drained()
    (keys,) = (await health.read()).values()
    assert [(key.number, key.why, key.calls, key.failures) for key in keys] == [
        (1, "insufficient_quota", 1, 1),
        (2, None, 1, 0),
    ]
    assert b"secret" not in b"".join((await redis.hgetall("model:keys")).values())  # type: ignore[misc]
    await client.aclose()
