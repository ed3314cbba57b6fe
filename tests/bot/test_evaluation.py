"""A bot is asked its golden questions by the code that answers customers; each answer is judged and kept."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from rig import Rig, ScriptedModel, Shop, eventually, open_rig
from wacloud.main import bot_cli
from wacloud.main.evaluation import evaluation_deps
from wacloud.modules.bot.application.evaluate_bot import ask_for_evaluation
from wacloud.modules.bot.domain.evaluation import NoDraft
from wacloud.modules.bot.domain.settings import BotSettings

FAQ = (
    ("¿Cuánto cuesta el envío?", "El envío cuesta 4,90 € y es gratis a partir de 50 €."),
    ("¿Qué horario tenéis?", "De lunes a viernes de 9:30 a 14:00."),
)


@pytest.fixture(scope="module")
async def rig(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    async with open_rig(own_database.app_dsn, redis_url, model=ScriptedModel()) as rig:
        yield rig


async def call(rig: Rig, shop: Shop, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    async with rig.http.request(method, f"{rig.url}{path}", json=body, headers=rig.bearer(shop)) as answer:
        return answer.status, await answer.json() if answer.content_type.endswith("json") else await answer.text()


async def ask(rig: Rig, shop: Shop, **question: Any) -> str:
    status, made = await call(rig, shop, "POST", "/api/bot/golden-questions", question)
    assert status == 201
    return str(made["id"])


async def evaluated(rig: Rig, shop: Shop, evaluation_id: str) -> Any:
    async def look() -> Any:
        _, run = await call(rig, shop, "GET", f"/api/bot/evaluations/{evaluation_id}")
        return run if run["state"] == "done" else None

    return await eventually(look)


async def evaluate(rig: Rig, shop: Shop) -> Any:
    status, begun = await call(rig, shop, "POST", "/api/bot/evaluations")
    assert (status, begun["state"]) == (202, "waiting")
    return await evaluated(rig, shop, begun["id"])


async def answers_by(rig: Rig, shop: Shop, **answers: str) -> None:
    """The model answers by what stands in the question."""

    async def say(prompt: Any) -> str:
        asked = prompt.input.split("<new_messages>")[1]
        return next((answer for word, answer in answers.items() if word in asked), "NO_LO_SE")

    rig.says(shop, say)


async def test_each_answer_is_judged_and_the_worst_stand_first(rig: Rig) -> None:
    shop = await rig.shop(knowledge=FAQ)
    await answers_by(rig, shop, envío="Cuesta 4.90€, gratis desde 50 €.", horario="Abrimos 8 horas al día. [2]")
    await ask(rig, shop, question="¿Cuánto cuesta el envío?", facts=["4,90 €", "50 €"], language="es")
    await ask(rig, shop, question="¿A qué hora abrís? ¿Qué horario?", facts=["9:30"])
    await ask(rig, shop, question="¿Vendéis coches?", expects="person")
    await ask(rig, shop, question="¿Tenéis parking?", facts=["parking"])
    run = await evaluate(rig, shop)
    assert run["score"] == {"right": 2, "wrong": 0, "invented": 1, "refused": 1, "unheard": 0}
    assert [(one["question"], one["outcome"]) for one in run["answers"]][:2] == [
        ("¿A qué hora abrís? ¿Qué horario?", "invented"),
        ("¿Tenéis parking?", "refused"),
    ]
    assert run["answers"][0]["checks"]["nothing_invented"] is False
    assert run["answers"][0]["answer"] == "Abrimos 8 horas al día."


async def test_an_evaluation_sends_nothing_and_leaves_no_turn(rig: Rig) -> None:
    shop = await rig.shop(knowledge=FAQ)
    await answers_by(rig, shop, envío="Cuesta 4,90 €.")
    await ask(rig, shop, question="¿Cuánto cuesta el envío?", facts=["4,90 €"])
    assert (await evaluate(rig, shop))["score"]["right"] == 1
    assert rig.accepted(shop) == []
    assert await rig.rows(shop, "select 1 from app.bot_turns where business_id = %s", (shop.business_id,)) == []


async def test_a_version_that_answers_worse_than_the_one_before_is_told(rig: Rig) -> None:
    shop = await rig.shop(knowledge=FAQ)
    await ask(rig, shop, question="¿Cuánto cuesta el envío?", facts=["4,90 €"])
    deps = evaluation_deps(rig.house)

    async def publish(settings: BotSettings) -> Any:
        async with rig.house.db.tenant(shop.business_id) as tx:
            number = await deps.versions.publish(tx, shop.business_id, settings)
            run = await ask_for_evaluation(deps, tx, shop.business_id, settings, version=number, by=None)
        return await evaluated(rig, shop, str(run.id))

    await answers_by(rig, shop, envío="Cuesta 4,90 €.")
    assert (await publish(BotSettings(name="Olmo")))["score"]["right"] == 1
    await answers_by(rig, shop, envío="Llega en 8 días. [1]")
    assert (await publish(BotSettings(name="Pino")))["score"]["invented"] == 1
    told = await rig.rows(
        shop, "select code, details from app.notices where business_id = %s and settled_at is null", (shop.business_id,)
    )
    assert [(notice.code, notice.details["told"]) for notice in told] == [("bot_answers_worse", "0/1 (1/1)")]


async def test_a_run_that_was_interrupted_asks_only_what_is_left(rig: Rig) -> None:
    shop = await rig.shop(knowledge=FAQ)
    asked: list[str] = []
    gate = asyncio.Event()

    async def say(prompt: Any) -> str:
        asked.append(prompt.input.split("<new_messages>")[1])
        if len(asked) == 2:
            gate.set()
            raise RuntimeError("the worker dies")
        return "Cuesta 4,90 €."

    rig.says(shop, say)
    for place in range(3):
        await ask(rig, shop, question=f"¿Cuánto cuesta el envío {place}?", facts=["4,90 €"])
    run = await evaluate(rig, shop)
    assert gate.is_set()
    assert run["score"]["right"] == 3
    assert len(asked) == 4


async def test_what_the_bot_was_taught_becomes_golden_questions_with_its_figures(rig: Rig) -> None:
    shop = await rig.shop(knowledge=(*FAQ, ("¿Fianza?", "La fianza es de [[importe]].")))
    status, _ = await call(rig, shop, "POST", "/bot/evaluation/take")
    assert status == 200
    _, listed = await call(rig, shop, "GET", "/api/bot/golden-questions")
    assert [(one["question"], one["facts"]) for one in listed["questions"]] == [
        ("¿Cuánto cuesta el envío?", ["4,90 €", "50 €"]),
        ("¿Qué horario tenéis?", ["9:30", "14:00"]),
    ]
    await call(rig, shop, "POST", "/bot/evaluation/take")
    assert len((await call(rig, shop, "GET", "/api/bot/golden-questions"))[1]["questions"]) == 2


async def test_a_golden_question_is_changed_and_removed(rig: Rig) -> None:
    shop = await rig.shop()
    made = await ask(rig, shop, question="¿Cuánto?", facts=["4 €"])
    path = f"/api/bot/golden-questions/{made}"
    assert (await call(rig, shop, "PUT", path, {"question": "¿Cuánto es?", "facts": ["5 €"]}))[0] == 204
    _, listed = await call(rig, shop, "GET", "/api/bot/golden-questions")
    assert [(one["question"], one["facts"]) for one in listed["questions"]] == [("¿Cuánto es?", ["5 €"])]
    assert (await call(rig, shop, "DELETE", path))[0] == 204
    assert (await call(rig, shop, "DELETE", path))[0] == 404


async def test_a_question_that_cannot_be_judged_is_refused_with_its_field(rig: Rig) -> None:
    shop = await rig.shop()
    status, problem = await call(rig, shop, "POST", "/api/bot/golden-questions", {"question": "¿Cuánto?"})
    assert status == 422
    assert "facts" in str(problem)
    async with rig.http.post(
        f"{rig.url}/bot/evaluation/questions", data={"question": "¿Cuánto?"}, headers=rig.bearer(shop)
    ) as answer:
        assert answer.status == 422
        assert "¿Cuánto?" in await answer.text()


async def test_another_business_sees_neither_questions_nor_answers(rig: Rig) -> None:
    shop, other = await rig.shop(knowledge=FAQ), await rig.shop()
    await answers_by(rig, shop, envío="Cuesta 4,90 €.")
    made = await ask(rig, shop, question="¿Cuánto cuesta el envío?", facts=["4,90 €"])
    run = await evaluate(rig, shop)
    assert (await call(rig, other, "GET", f"/api/bot/evaluations/{run['id']}"))[0] == 404
    assert (await call(rig, other, "DELETE", f"/api/bot/golden-questions/{made}"))[0] == 404
    assert (await call(rig, other, "GET", "/api/bot/evaluations"))[1] == {"evaluations": []}


async def prepare(rig: Rig, shop: Shop, **changes: Any) -> None:
    """Something in the studio that is not published."""
    status, told = await call(rig, shop, "PATCH", "/api/bot/draft", changes)
    assert status == 200, told


async def test_a_draft_is_asked_by_its_own_settings_and_stays_apart_from_the_versions(rig: Rig) -> None:
    shop = await rig.shop(knowledge=FAQ)
    await ask(rig, shop, question="¿Cuánto cuesta el envío?", facts=["4,90 €"])

    async def say(prompt: Any) -> str:
        return "Cuesta 4,90 €." if "Trata de usted" in prompt.instructions else "Llega en 8 días. [1]"

    rig.says(shop, say)
    published = await evaluate(rig, shop)
    assert (published["score"]["invented"], published["is_draft"]) == (1, False)
    await prepare(rig, shop, instructions="Trata de usted.")
    status, begun = await call(rig, shop, "POST", "/api/bot/evaluations?which=draft")
    assert (status, begun["is_draft"], begun["version"]) == (202, True, None)
    assert (await evaluated(rig, shop, begun["id"]))["score"]["right"] == 1
    # Nothing was published by it, nobody was told of a version, and the page begins with what answers customers.
    assert (await evaluate(rig, shop))["score"]["invented"] == 1
    assert await rig.rows(shop, "select 1 from app.notices where business_id = %s", (shop.business_id,)) == []
    _, page = await call(rig, shop, "GET", "/bot/evaluation?lang=es")
    assert "Borrador, sin publicar" not in page
    assert page.partition('class="eval-drafts"')[2].count("/bot/evaluation?run=") == 1
    _, page = await call(rig, shop, "GET", f"/bot/evaluation?lang=es&run={begun['id']}")
    assert "Borrador, sin publicar" in page
    assert "Lo que responde a tus clientes acertó 0 de 1." in page


async def test_where_nothing_is_prepared_no_draft_is_tried(rig: Rig) -> None:
    shop = await rig.shop(knowledge=FAQ)
    await ask(rig, shop, question="¿Cuánto cuesta el envío?", facts=["4,90 €"])
    status, problem = await call(rig, shop, "POST", "/api/bot/evaluations?which=draft")
    assert (status, problem["code"]) == (409, "no_draft")
    assert "/bot/evaluation/draft" not in (await call(rig, shop, "GET", "/bot/evaluation"))[1]
    async with rig.http.post(f"{rig.url}/bot/evaluation/draft", headers=rig.bearer(shop)) as answer:
        assert answer.status == 409
        assert "composer-error" in await answer.text()


async def test_the_command_asks_the_draft_where_that_is_wanted(rig: Rig) -> None:
    shop = await rig.shop(knowledge=FAQ)
    await ask(rig, shop, question="¿Cuánto cuesta el envío?", facts=["4,90 €"])
    with pytest.raises(NoDraft):
        await bot_cli._evaluate(rig.house, shop.business_id, draft=True)

    async def say(prompt: Any) -> str:
        return "Cuesta 4,90 €." if "Trata de usted" in prompt.instructions else "Llega en 8 días. [1]"

    rig.says(shop, say)
    await prepare(rig, shop, instructions="Trata de usted.")
    run, _ = await bot_cli._evaluate(rig.house, shop.business_id, draft=True)
    assert (run.is_draft, run.version, run.score.right) == (True, None, 1)
    run, _ = await bot_cli._evaluate(rig.house, shop.business_id, draft=False)
    assert (run.is_draft, run.score.invented) == (False, 1)
