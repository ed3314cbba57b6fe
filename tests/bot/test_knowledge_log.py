"""Who changed what the bot knows, and what it is measured by, stands in the log of the business."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from rig import Rig, open_rig

sys.path.insert(0, str(Path(__file__).parents[1] / "business"))

from business_people import People, Someone

ITEM = {"question": "¿Abrís los domingos?", "answer": "No, los domingos descansamos."}


@pytest.fixture(scope="module")
async def rig(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    async with open_rig(own_database.app_dsn, redis_url, with_worker=False) as rig:
        rig.house.db.taker = None
        yield rig


@pytest.fixture
async def owner(rig: Rig) -> Someone:
    return await People(rig).business()


async def log_of(rig: Rig, owner: Someone) -> list[tuple[str, dict[str, Any]]]:
    """What was done by this owner from somewhere, the oldest first, without ids."""
    told = await People(rig).ask(owner, "GET", f"/api/businesses/{owner.business_id}/audit?limit=50")
    assert told.status == 200, told.text
    return [
        (entry["action"], {name: value for name, value in entry["detail"].items() if not name.endswith("_id")})
        for entry in reversed(told.json["entries"])
        if entry["action"].startswith("bot.") and entry["actor_id"] == str(owner.user_id) and entry["address"]
    ]


async def test_a_question_taught_changed_and_removed_is_logged_with_its_words_but_not_its_answer(
    rig: Rig, owner: Someone
) -> None:
    people = People(rig)
    made = await people.ask(owner, "POST", "/api/bot/knowledge/items", ITEM)
    place = f"/api/bot/knowledge/items/{made.json['id']}"
    await people.ask(owner, "PUT", place, {"question": "¿Abrís en festivos?", "answer": "No."})
    await people.ask(owner, "DELETE", place)
    assert await log_of(rig, owner) == [
        ("bot.knowledge_added", {"question": "¿Abrís los domingos?"}),
        ("bot.knowledge_changed", {"question": "¿Abrís en festivos?"}),
        ("bot.knowledge_removed", {"question": "¿Abrís en festivos?"}),
    ]


async def test_what_happens_to_a_source_is_logged_by_its_title(rig: Rig, owner: Someone) -> None:
    people = People(rig)
    made = await people.ask(
        owner, "POST", "/api/bot/knowledge/texts", {"title": "Envíos", "text": "Enviamos por 4,90 €."}
    )
    place = f"/api/bot/knowledge/sources/{made.json['id']}"
    await people.ask(owner, "PATCH", place, {"title": "Portes", "text": "Enviamos por 5,90 €."})
    await people.ask(owner, "PATCH", place, {"title": "Portes"})
    await people.ask(owner, "POST", f"{place}/read")
    await people.ask(owner, "DELETE", place)
    assert await log_of(rig, owner) == [
        ("bot.source_added", {"title": "Envíos", "kind": "text"}),
        ("bot.source_changed", {"title": "Portes", "kind": "text", "fields": ["title", "text"]}),
        ("bot.source_read_again", {"title": "Portes", "kind": "text"}),
        ("bot.source_removed", {"title": "Portes", "kind": "text"}),
    ]


async def test_a_product_kept_by_hand_is_logged_by_its_name(rig: Rig, owner: Someone) -> None:
    people = People(rig)
    added = await people.ask(owner, "POST", "/bot/knowledge/products", page=True, name="Olla", price="59,90 €")
    assert added.status == 303
    list_ = {"title": "Productos", "kind": "product"}
    assert await log_of(rig, owner) == [("bot.product_added", {"name": "Olla", **list_})]


async def test_a_change_that_is_refused_is_not_logged(rig: Rig, owner: Someone) -> None:
    refused = await People(rig).ask(owner, "POST", "/api/bot/knowledge/pages", {"url": "http://localhost/"})
    assert refused.status == 422
    assert await log_of(rig, owner) == []


async def test_golden_questions_are_logged(rig: Rig, owner: Someone) -> None:
    people = People(rig)
    made = await people.ask(owner, "POST", "/api/bot/golden-questions", {"question": "¿Cuánto?", "facts": ["4 €"]})
    place = f"/api/bot/golden-questions/{made.json['id']}"
    await people.ask(owner, "PUT", place, {"question": "¿Cuánto es?", "facts": ["4 €"]})
    await people.ask(owner, "DELETE", place)
    assert await log_of(rig, owner) == [
        ("bot.golden_added", {"questions": 1}),
        ("bot.golden_changed", {"question": "¿Cuánto es?"}),
        ("bot.golden_removed", {"question": "¿Cuánto es?"}),
    ]


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("es", "enseñó una pregunta al bot"),
        ("en", "taught the bot a question"),
    ],
)
async def test_the_page_of_the_log_says_it_in_words(rig: Rig, owner: Someone, language: str, words: str) -> None:
    people = People(rig)
    await people.ask(owner, "POST", "/api/bot/knowledge/items", ITEM)
    page = await people.ask(owner, "GET", f"/business/audit?lang={language}&action=bot.knowledge_added", page=True)
    assert page.status == 200
    assert words in page.text.partition("<tbody>")[2]
    assert "¿Abrís los domingos?" in page.text
