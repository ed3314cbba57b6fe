"""The pages of the knowledge and of the board, as a browser without script uses them."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest

from rig import Rig, open_rig

sys.path.insert(0, str(Path(__file__).parents[1] / "business"))

from business_people import People, Someone

TEXT = "# Envíos\n\nEnviamos a toda la península por 4,90 €.\n\n<script>alert(1)</script>"


@pytest.fixture(scope="module")
async def rig(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    async with open_rig(own_database.app_dsn, redis_url, with_worker=False) as rig:
        rig.house.db.taker = None
        yield rig


@pytest.fixture
async def people(rig: Rig) -> People:
    return People(rig)


async def see(people: People, who: Someone, path: str, language: str = "es") -> str:
    told = await people.ask(who, "GET", f"{path}{'&' if '?' in path else '?'}lang={language}", page=True)
    assert told.status == 200, told.text[:500]
    return told.text


@pytest.mark.parametrize(
    ("language", "words"), [("es", ("Conocimiento", "Añadir un texto")), ("en", ("Knowledge", "Add a text"))]
)
async def test_what_is_known_is_shown_in_both_languages(
    rig: Rig, people: People, language: str, words: tuple[str, ...]
) -> None:
    owner = await people.business()
    page = await see(people, owner, "/bot/knowledge", language)
    assert all(word in page for word in words)


async def test_a_text_is_added_read_tried_changed_and_removed(rig: Rig, people: People) -> None:
    owner = await people.business()
    added = await people.ask(owner, "POST", "/bot/knowledge/texts", page=True, title="Normas", text=TEXT)
    assert added.status == 303
    place = added.headers["location"]
    assert "hx-trigger" in await see(people, owner, place)
    source_id = place.rpartition("/")[2]
    from uuid import UUID  # noqa: PLC0415

    from wacloud.modules.bot.application.read_source import embed_chunks, read_source  # noqa: PLC0415

    business_id = cast(Any, owner.business_id)
    await read_source(rig.house.sources, business_id, UUID(source_id))
    await embed_chunks(rig.house.sources, business_id, UUID(source_id), 1)
    page = await see(people, owner, place)
    assert "hx-trigger" not in page
    assert "Enviamos a toda la península por 4,90 €." in page
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page
    tried = await see(people, owner, "/bot/knowledge/try?q=cuánto+cuesta+el+envío")
    assert "Normas › Envíos" in tried
    assert "Normas" in await see(people, owner, "/bot/knowledge")
    changed = await people.ask(owner, "POST", place, page=True, title="Reglas", enabled="on", text=TEXT)
    assert changed.status == 303
    assert (await people.ask(owner, "POST", f"{place}/remove", page=True)).status == 303
    assert (await people.ask(owner, "GET", place, page=True)).status == 404


async def test_what_is_refused_is_told_beside_what_was_typed(people: People) -> None:
    owner = await people.business()
    told = await people.ask(owner, "POST", "/bot/knowledge/pages", page=True, url="http://localhost/", refresh="daily")
    assert told.status == 422
    assert "La dirección tiene que empezar por" in told.text
    assert 'value="http://localhost/"' in told.text
    told = await people.ask(owner, "POST", "/bot/knowledge/products", page=True, name="Olla", price="gratis")
    assert told.status == 422
    assert 'value="gratis"' in told.text


async def test_questions_and_products_are_kept_by_hand(people: People) -> None:
    owner = await people.business()
    added = await people.ask(owner, "POST", "/bot/knowledge/items", page=True, question="¿Abrís?", answer="Sí.")
    assert added.status == 303
    assert "¿Abrís?" in await see(people, owner, "/bot/knowledge")
    added = await people.ask(owner, "POST", "/bot/knowledge/products", page=True, name="Olla", price="59,90 €")
    page = await see(people, owner, added.headers["location"])
    assert "59,90 €" in page


async def test_who_may_only_read_sees_no_forms(people: People) -> None:
    team = await people.team()
    page = await see(people, team["agent"], "/bot/knowledge")
    assert 'action="/bot/knowledge/texts"' not in page
    told = await people.ask(team["agent"], "POST", "/bot/knowledge/texts", page=True, text="x")
    assert told.status == 403
    assert (await people.ask(team["analyst"], "GET", "/bot/questions", page=True)).status == 403


async def test_the_board_is_shown_when_there_is_nothing_and_unknown_questions_are_none(people: People) -> None:
    owner = await people.business()
    assert "No hay nada pendiente" in await see(people, owner, "/bot/questions")
    assert (await people.ask(owner, "GET", f"/bot/questions/{uuid4()}", page=True)).status == 404


async def test_a_page_of_an_error_leads_back_to_where_one_was_and_nowhere_else(rig: Rig) -> None:
    for came, leads in ((f"{rig.url}/bot/knowledge?q=1", True), ("http://evil.example/bot/knowledge", False)):
        headers = {"accept": "text/html", "referer": came}
        async with rig.http.get(f"{rig.url}/nothing-here", headers=headers) as answer:
            assert answer.status == 404
            assert ('href="/bot/knowledge"' in await answer.text()) is leads
