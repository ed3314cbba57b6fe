"""The bot's configuration by the API: a draft, versions, what differs, and trying it out."""

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from rig import Rig, ScriptedModel, Shop, eventually, open_rig
from wacloud.modules.bot.application.knowledge import index_knowledge
from wacloud.modules.bot.application.model import ModelReply
from wacloud.modules.bot.domain.prices import Usage

sys.path.insert(0, str(Path(__file__).parents[1] / "business"))

from business_people import People, Someone, Told

FAQ = [("¿A qué hora abrís?", "Abrimos de 9 a 20 horas."), ("¿Hacéis envíos?", "Sí, a toda España por 4 euros.")]


@pytest.fixture(scope="module")
async def rig(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    async with open_rig(own_database.app_dsn, redis_url, model=ScriptedModel()) as rig:
        yield rig


@pytest.fixture
def people(rig: Rig) -> People:
    return People(rig)


async def taught(rig: Rig) -> Shop:
    """A shop whose knowledge is indexed."""
    shop = await rig.shop(knowledge=FAQ)
    await index_knowledge(rig.house.knowledge, shop.business_id)
    return shop


def owner_of(shop: Shop) -> Someone:
    return Someone(shop.user_id, "", shop.business_id, shop.session_id)


async def edited(people: People, who: Someone, **fields: Any) -> Told:
    return await people.ask(who, "PATCH", "/api/bot/draft", fields)


async def published(people: People, who: Someone, note: str = "") -> int:
    told = await people.ask(who, "POST", "/api/bot/publish", {"note": note})
    assert told.status == 201, told.text
    return int(told.json["version"])


async def test_a_draft_answers_nobody_until_it_is_published(people: People) -> None:
    owner = await people.business()
    draft = await edited(people, owner, name="Olmo", tone="formal")
    assert (draft.json["has_draft"], draft.json["settings"]["name"]) == (True, "Olmo")
    assert draft.json["published"]["name"] == "Asistente"
    assert [one["field"] for one in draft.json["changes"]] == ["name", "tone"]
    assert await published(people, owner, "El primero") == 1
    now = (await people.ask(owner, "GET", "/api/bot")).json
    assert (now["version"], now["has_draft"], now["published"]["name"]) == (1, False, "Olmo")
    [version] = (await people.ask(owner, "GET", "/api/bot/versions")).json["versions"]
    assert (version["note"], version["published_by"], version["is_current"]) == ("El primero", "Ana Prueba", True)
    assert "bot.published" in await people.log(owner)


async def test_publishing_completes_the_step_of_the_bot(people: People) -> None:
    owner = await people.business()
    await published(people, owner)
    steps = (await people.ask(owner, "GET", "/api/onboarding")).json
    [bot] = [step for step in steps["steps"] if step["step"] == "bot"]
    assert bot["state"] == "done"


async def test_the_second_of_two_editors_is_told_and_nothing_is_lost(people: People) -> None:
    owner = await people.business()
    colleague = await people.join(owner, "admin")
    seen = (await people.ask(owner, "GET", "/api/bot")).json["revision"]
    assert (await edited(people, colleague, revision=seen, name="Olmo")).status == 200
    late = await edited(people, owner, revision=seen, name="Canela")
    assert (late.status, late.code) == (409, "draft_changed")
    assert (late.json["revision"], late.json["changed_by"]) == (seen + 1, "Ana Prueba")
    assert (await people.ask(owner, "GET", "/api/bot")).json["settings"]["name"] == "Olmo"
    assert (await edited(people, owner, revision=late.json["revision"], name="Canela")).status == 200


async def test_many_who_edit_at_once_are_let_in_one_by_one(people: People) -> None:
    owner = await people.business()
    told = await asyncio.gather(*(edited(people, owner, revision=0, name=f"Olmo {n}") for n in range(8)))
    assert sorted(one.status for one in told) == [200] + [409] * 7
    assert (await people.ask(owner, "GET", "/api/bot")).json["revision"] == 1


async def test_the_same_change_sent_twice_is_one(people: People) -> None:
    owner = await people.business()
    first = await edited(people, owner, revision=0, name="Olmo")
    again = await edited(people, owner, revision=0, name="Olmo")
    assert (again.status, again.json["revision"]) == (200, first.json["revision"])


async def test_fields_that_were_not_sent_stay(people: People) -> None:
    owner = await people.business()
    await edited(people, owner, refused_topics=["política", " Política "], budget_day_usd="2.50")
    draft = (await edited(people, owner, name="Olmo")).json["settings"]
    assert (draft["refused_topics"], draft["budget_day_usd"]) == (["Política"], 2.5)


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"name": "x" * 61}, "name"),
        ({"tone": "rude"}, "tone"),
        ({"quiet_ms": 5000, "max_wait_ms": 1000}, "max_wait_ms"),
        ({"replies_per_day": 0}, "replies_per_day"),
        ({"refused_topics": [" "]}, "refused_topics.0"),
        ({"budget_day_usd": -1}, "budget_day_usd"),
        ({"of_tomorrow": 1}, "of_tomorrow"),
        ({"name": "  "}, "name"),
    ],
)
async def test_what_breaks_a_rule_is_named_and_nothing_is_kept(
    people: People, fields: dict[str, Any], field: str
) -> None:
    owner = await people.business()
    told = await edited(people, owner, **fields)
    assert told.status == 422
    assert told.json["errors"][0]["field"].startswith(field)
    assert (await people.ask(owner, "GET", "/api/bot")).json["has_draft"] is False


async def test_a_draft_that_says_what_is_published_is_none(people: People) -> None:
    owner = await people.business()
    await edited(people, owner, name="Olmo")
    assert (await edited(people, owner, name="Asistente")).json["has_draft"] is False


async def test_a_discarded_draft_leaves_what_answers(people: People) -> None:
    owner = await people.business()
    await edited(people, owner, name="Olmo")
    told = await people.ask(owner, "POST", "/api/bot/draft/discard", {})
    assert (told.json["has_draft"], told.json["settings"]["name"]) == (False, "Asistente")
    assert "bot.draft_discarded" in await people.log(owner)


async def test_nothing_new_is_not_published_and_not_what_nobody_looked_at(people: People) -> None:
    owner = await people.business()
    await published(people, owner)
    assert (await people.ask(owner, "POST", "/api/bot/publish", {})).code == "nothing_to_publish"
    await edited(people, owner, name="Olmo")
    assert (await people.ask(owner, "POST", "/api/bot/publish", {"revision": 0})).code == "draft_changed"


async def test_versions_tell_what_differs_word_by_word(people: People) -> None:
    owner = await people.business()
    await edited(people, owner, instructions="Di el taller y no la empresa.")
    await published(people, owner)
    await edited(people, owner, instructions="Di la tienda y no la empresa.", quiet_ms=100)
    await published(people, owner)
    told = (await people.ask(owner, "GET", "/api/bot/versions/1/diff/2")).json["changes"]
    assert [one["field"] for one in told] == ["instructions", "quiet_ms"]
    assert [(part["kind"], part["text"]) for part in told[0]["parts"]] == [
        ("same", "Di "),
        ("gone", "el taller "),
        ("new", "la tienda "),
        ("same", "y no la empresa."),
    ]
    assert (told[1]["before"], told[1]["after"]) == (800, 100)


async def test_going_back_makes_a_new_version_and_leaves_the_draft(people: People) -> None:
    owner = await people.business()
    for name in ("Olmo", "Canela"):
        await edited(people, owner, name=name)
        await published(people, owner)
    await edited(people, owner, tone="brief")
    told = await people.ask(owner, "POST", "/api/bot/versions/1/restore", {"note": "El de antes"})
    assert told.json == {"version": 3}
    now = (await people.ask(owner, "GET", "/api/bot")).json
    assert (now["published"]["name"], now["settings"]["tone"]) == ("Olmo", "brief")
    newest = (await people.ask(owner, "GET", "/api/bot/versions?limit=1")).json
    assert (newest["versions"][0]["restored_from"], newest["next_before"]) == (1, 3)
    again = await people.ask(owner, "POST", "/api/bot/versions/3/restore", {})
    assert again.code == "nothing_to_publish"


async def test_each_version_that_goes_live_is_asked_the_golden_questions(rig: Rig, people: People) -> None:
    shop = await taught(rig)
    owner = owner_of(shop)
    golden = {"question": "¿hacéis envíos?", "expects": "answer", "facts": ["4 euros"]}
    assert (await people.ask(owner, "POST", "/api/bot/golden-questions", golden)).status == 201
    await edited(people, owner, name="Olmo")
    assert await published(people, owner) == 2
    await people.ask(owner, "POST", "/api/bot/versions/1/restore", {})
    runs = (await people.ask(owner, "GET", "/api/bot/evaluations")).json["evaluations"]
    assert [run["version"] for run in runs] == [3, 2]


async def test_a_version_there_is_not_is_not_found(people: People) -> None:
    owner = await people.business()
    await published(people, owner)
    for path in ("9/diff/1", "1/diff/9", "x/diff/1", "0/diff/1"):
        told = await people.ask(owner, "GET", f"/api/bot/versions/{path}")
        assert (told.status, told.code) == (404, "version_unknown")
    assert (await people.ask(owner, "POST", "/api/bot/versions/9/restore", {})).status == 404


@pytest.mark.parametrize("role", ["agent", "analyst"])
async def test_members_read_and_those_in_charge_write(people: People, role: str) -> None:
    owner = await people.business()
    member = await people.join(owner, role)
    assert (await people.ask(member, "GET", "/api/bot")).status == 200
    assert (await people.ask(member, "GET", "/api/bot/versions")).status == 200
    for method, path, body in (
        ("PATCH", "/draft", {"name": "Olmo"}),
        ("POST", "/draft/discard", {}),
        ("POST", "/publish", {}),
        ("PUT", "/enabled", {"enabled": False}),
        ("POST", "/try", {"messages": ["Hola"]}),
        ("POST", "/versions/1/restore", {}),
    ):
        assert (await people.ask(member, method, f"/api/bot{path}", body)).status == 403, path


async def test_a_bot_that_is_off_hands_everything_to_people(rig: Rig, people: People) -> None:
    shop = await taught(rig)
    owner = owner_of(shop)
    told = await people.ask(owner, "PUT", "/api/bot/enabled", {"enabled": False})
    assert told.json["enabled"] is False
    await people.ask(owner, "PUT", "/api/bot/enabled", {"enabled": False})
    assert (await people.log(owner)).count("bot.turned_off") == 1
    await rig.heard(shop)

    async def handed_over() -> bool:
        return [row.state for row in await rig.messages(shop)] == ["handed_over"]

    await eventually(handed_over)


async def test_versions_count_the_answers_given_with_them(rig: Rig, people: People) -> None:
    shop = await taught(rig)
    await rig.heard(shop)

    async def answered() -> bool:
        [version] = (await people.ask(owner_of(shop), "GET", "/api/bot/versions")).json["versions"]
        return bool(version["answers"] == 1)

    await eventually(answered)


async def test_a_try_answers_from_the_real_knowledge_by_the_draft_and_stores_nothing(rig: Rig, people: People) -> None:
    shop = await taught(rig)
    owner = owner_of(shop)
    await edited(people, owner, fallback_text="Ni idea.", quiet_ms=1500)
    asked = {"messages": ["hola", "¿hacéis envíos?"], "history": [{"author": "bot", "text": "¡Hola!"}]}
    told = (await people.ask(owner, "POST", "/api/bot/try", asked)).json
    assert (told["text"], told["source"], told["version"]) == ("Sí, a toda España por 4 euros.", "knowledge", None)
    assert told["found"][0]["question"] == "¿Hacéis envíos?"
    assert told["found"][0]["is_sure"] is True
    assert told["wait_ms"] == 1500
    unknown = {"messages": ["¿Vendéis submarinos nucleares?"]}
    assert (await people.ask(owner, "POST", "/api/bot/try", unknown)).json["text"].startswith("Ni idea.")
    by_published = await people.ask(owner, "POST", "/api/bot/try", {**unknown, "use": "published"})
    assert by_published.json["text"].startswith("Te pasamos con una persona.")
    assert by_published.json["version"] == 1
    for table in ("messages", "conversations", "bot_turns", "contacts"):
        assert await rig.rows(shop, f"select 1 from app.{table} where business_id = %s", (shop.business_id,)) == []
    calls = await rig.rows(shop, "select kind from app.assist_calls where business_id = %s", (shop.business_id,))
    assert [row.kind for row in calls] == ["try"] * 3
    assert rig.accepted(shop) == []


async def test_a_try_is_answered_in_the_language_it_is_written_in(rig: Rig, people: People) -> None:
    owner = owner_of(await taught(rig))
    english = (await people.ask(owner, "POST", "/api/bot/try", {"messages": ["Hello, good morning!"]})).json
    assert english["text"].startswith("Hello")
    before = [{"author": "contact", "text": "Do you have a table for two of us?"}]
    asked = {"messages": ["¿Submarinos?"], "history": before, "before": {"unknown": 0}}
    await edited(people, owner, hand_over_after=3)
    told = (await people.ask(owner, "POST", "/api/bot/try", asked)).json
    assert told["text"].startswith("I have not found the answer.")
    await edited(people, owner, language_policy="pt")
    told = (await people.ask(owner, "POST", "/api/bot/try", asked)).json
    assert told["text"].startswith("Não encontrei")


async def test_a_try_offers_the_topics_a_phone_would_get_and_answers_the_pressed_one(rig: Rig, people: People) -> None:
    owner = owner_of(await taught(rig))
    told = (await people.ask(owner, "POST", "/api/bot/try", {"messages": ["¿Vendéis submarinos nucleares?"]})).json
    assert told["text"].endswith("Quizá te sirva uno de estos temas:")
    topics = {one["title"]: one["id"] for one in told["topics"]}
    assert set(topics) == {"¿A qué hora abrís?", "¿Hacéis envíos?"}
    pressed = (await people.ask(owner, "POST", "/api/bot/try", {"topic": topics["¿Hacéis envíos?"]})).json
    assert (pressed["text"], pressed["why"]) == ("Sí, a toda España por 4 euros.", "chosen_topic")
    again = {"messages": ["¿Y cohetes?"], "before": {"unknown": 1, "topics_shown": list(topics.values())}}
    assert (await people.ask(owner, "POST", "/api/bot/try", again)).json["topics"] == []


async def test_a_try_tells_what_the_model_cost(rig: Rig, people: People) -> None:
    shop = await taught(rig)

    async def says(_: Any) -> ModelReply:
        return ModelReply("Abrimos a las 9.", "complete", "gpt-6-luna", Usage(1000, 100, 400), 12)

    rig.says(shop, says)
    told = (await people.ask(owner_of(shop), "POST", "/api/bot/try", {"messages": ["¿A qué hora abrís?"]})).json
    assert (told["text"], told["model"], told["source"]) == ("Abrimos a las 9.", "gpt-6-luna", "model")
    assert (told["input_tokens"], told["cached_tokens"], told["output_tokens"]) == (1000, 400, 100)
    assert told["cost_usd"] == pytest.approx(0.000114)
    [call] = await rig.rows(
        shop, "select model, input_tokens, cost_usd from app.assist_calls where business_id = %s", (shop.business_id,)
    )
    assert (call.model, call.input_tokens, float(call.cost_usd)) == ("gpt-6-luna", 1000, pytest.approx(0.000114))


async def test_a_try_tells_the_model_of_a_made_up_customer_what_the_draft_lets_it_know(
    rig: Rig, people: People
) -> None:
    shop = await rig.shop()
    owner = Someone(shop.user_id, "", shop.business_id, shop.session_id)
    await people.ask(owner, "PATCH", "/api/bot/draft", {"contact_fields": ["@name", "size"]})
    rig.says(shop, "Te guardo la 38, Eva.")
    customer = {"@name": "Eva", "size": "38", "iban": "ES00 secreto"}
    told = await people.ask(owner, "POST", "/api/bot/try", {"messages": ["¿La tenéis?"], "customer": customer})
    assert told.status == 200, told.text
    [prompt] = rig.asked(shop)
    assert "name: Eva" in prompt.input
    assert "size: 38" in prompt.input
    assert "secreto" not in prompt.input


async def test_a_try_of_nothing_is_refused(people: People) -> None:
    owner = await people.business()
    told = await people.ask(owner, "POST", "/api/bot/try", {"messages": ["  "]})
    assert (told.status, told.json["errors"][0]["field"]) == (422, "messages")


async def test_a_publish_that_comes_again_with_its_key_is_one(rig: Rig, people: People) -> None:
    owner = await people.business()
    headers = {**rig.bearer(owner), "idempotency-key": "the-same"}  # type: ignore[arg-type]
    for _ in range(2):
        async with rig.http.post(f"{rig.url}/api/bot/publish", json={"note": "x"}, headers=headers) as answer:
            assert (answer.status, await answer.json()) == (201, {"version": 1})


async def test_a_business_that_is_closing_is_not_changed(rig: Rig, people: People) -> None:
    owner = await people.business()
    async with rig.house.db.tenant(owner.business_id) as tx:  # type: ignore[arg-type]
        await tx.execute(
            "update app.businesses set erase_at = now() + interval '30 days' where id = %s", (owner.business_id,)
        )
    assert (await edited(people, owner, name="Olmo")).code == "business_closing"
    assert (await people.ask(owner, "GET", "/api/bot")).status == 200
