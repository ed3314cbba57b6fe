"""What the bot could not answer comes on a board, by meaning, and is answered there once for all."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from builders import meta
from rig import Rig, Shop, as_body, eventually, open_rig
from wacloud.modules.bot.application.knowledge import index_knowledge
from wacloud.modules.bot.application.unanswered import (
    BoardDeps,
    dismiss_question,
    gather_questions,
    list_questions,
    snooze_question,
)
from wacloud.modules.bot.domain.unanswered import QuestionGroup


@pytest.fixture(scope="module")
async def rig(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    async with open_rig(own_database.app_dsn, redis_url) as rig:
        yield rig


@pytest.fixture
async def shop(rig: Rig) -> Shop:
    shop = await rig.shop(knowledge=[("¿Cuál es vuestro horario?", "De 9 a 14.")])
    await index_knowledge(rig.house.knowledge, shop.business_id)
    return shop


@pytest.fixture
def deps(rig: Rig) -> BoardDeps:
    return rig.house.board


async def asks(rig: Rig, shop: Shop, wa_id: str, text: str) -> UUID:
    """A customer asks, and the turn is over."""
    webhooks = (await rig.ledger(shop)).webhooks["received"]
    assert await rig.post(as_body(meta.inbound(shop, wa_id, text))) == 200
    await rig.settled(shop, webhooks=webhooks + 1)
    return next(m.conversation_id for m in reversed(await rig.messages(shop)))


async def board(rig: Rig, deps: BoardDeps, shop: Shop, count: int) -> list[QuestionGroup]:
    """The groups, once so many questions are gathered."""

    async def look() -> list[QuestionGroup] | None:
        groups = await list_questions(deps, shop.business_id)
        return groups if sum(group.count for group in groups) >= count else None

    found = await eventually(look)
    assert isinstance(found, list)
    return found


async def ask(rig: Rig, shop: Shop, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    async with rig.http.request(method, rig.url + path, headers=rig.bearer(shop), json=body) as answer:
        return answer.status, await answer.json(content_type=None) if answer.status != 204 else None


async def test_questions_of_one_meaning_are_one_and_counted(rig: Rig, deps: BoardDeps, shop: Shop) -> None:
    await asks(rig, shop, "34600000001", "¿Alquiláis bicicletas?")
    await asks(rig, shop, "34600000002", "hola, alquilais bicicletas??")
    last = await asks(rig, shop, "34600000003", "¿Se pueden alquilar bicicletas?")
    await asks(rig, shop, "34600000004", "¿Tenéis trabajo para mi sobrino?")
    groups = await board(rig, deps, shop, 4)
    assert [(group.count, group.people) for group in groups] == [(3, 3), (1, 1)]
    assert groups[0].conversation_id == last
    assert groups[0].text == "¿Se pueden alquilar bicicletas?"


async def test_what_was_answered_is_not_on_the_board(rig: Rig, deps: BoardDeps, shop: Shop) -> None:
    await asks(rig, shop, "34600000001", "¿Qué horario tenéis?")
    await asks(rig, shop, "34600000002", "hola")
    await gather_questions(deps, shop.business_id)
    assert await list_questions(deps, shop.business_id) == []


async def test_an_answer_is_known_from_then_on_and_sent_only_to_whom_is_named(
    rig: Rig, deps: BoardDeps, shop: Shop
) -> None:
    one = await asks(rig, shop, "34600000001", "¿Alquiláis bicicletas?")
    await asks(rig, shop, "34600000002", "alquilais bicicletas?")
    [group] = await board(rig, deps, shop, 2)
    status, told = await ask(rig, shop, "GET", f"/api/bot/questions/{group.id}")
    assert status == 200
    assert len(told["waiting"]) == 2
    before = len(rig.accepted(shop))
    stranger = "00000000-0000-4000-8000-000000000000"
    body = {
        "question": "¿Alquiláis bicicletas?",
        "answer": "Sí, por 10 € al día.",
        "conversation_ids": [str(one), stranger],
    }
    status, made = await ask(rig, shop, "POST", f"/api/bot/questions/{group.id}/answer", body)
    assert (status, made["replied"], made["refused"]) == (201, 1, 1)
    await eventually(lambda: _more(rig, shop, before))
    assert rig.accepted(shop)[before:] == ["Sí, por 10 € al día."]
    assert await list_questions(deps, shop.business_id) == []
    rig.house.bot.answers.knowledge.forget(shop.business_id)
    await asks(rig, shop, "34600000009", "¿alquiláis bicis o bicicletas?")
    assert rig.accepted(shop)[-1] == "Sí, por 10 € al día."


async def _more(rig: Rig, shop: Shop, than: int) -> bool:
    return len(rig.accepted(shop)) > than


async def test_what_was_dismissed_stays_away_however_often_it_is_asked(rig: Rig, deps: BoardDeps, shop: Shop) -> None:
    await asks(rig, shop, "34600000001", "¿Quién ganará la liga?")
    [group] = await board(rig, deps, shop, 1)
    await dismiss_question(deps, shop.user_id, shop.business_id, group.id)
    await asks(rig, shop, "34600000002", "¿quién ganará la liga?")
    await gather_questions(deps, shop.business_id)
    assert await list_questions(deps, shop.business_id) == []


async def test_what_was_put_off_comes_back_in_a_week(rig: Rig, deps: BoardDeps, shop: Shop) -> None:
    await asks(rig, shop, "34600000001", "¿Alquiláis bicicletas?")
    [group] = await board(rig, deps, shop, 1)
    await snooze_question(deps, shop.user_id, shop.business_id, group.id)
    assert await list_questions(deps, shop.business_id) == []
    later = replace(deps, clock=lambda: rig.house.clock() + timedelta(days=7, minutes=1))
    assert [one.id for one in await list_questions(later, shop.business_id)] == [group.id]


async def test_a_question_is_gathered_once(rig: Rig, deps: BoardDeps, shop: Shop) -> None:
    await asks(rig, shop, "34600000001", "¿Alquiláis bicicletas?")
    await board(rig, deps, shop, 1)
    assert await gather_questions(deps, shop.business_id) == 0


async def test_words_are_not_copied_and_go_with_the_person(rig: Rig, deps: BoardDeps, shop: Shop) -> None:
    await asks(rig, shop, "34600000001", "¿Alquiláis bicicletas?")
    await board(rig, deps, shop, 1)
    rows = await rig.rows(
        shop, "select q::text as row from app.unanswered_questions q where business_id = %s", (shop.business_id,)
    )
    assert "bicicletas" not in rows[0].row
    [contact] = await rig.rows(shop, "select id from app.contacts where business_id = %s", (shop.business_id,))
    status, _ = await ask(rig, shop, "DELETE", f"/api/contacts/{contact.id}")
    assert status == 204

    async def gone() -> bool:
        left = await rig.rows(
            shop,
            "select 1 from app.unanswered_questions where business_id = %(b)s "
            "union all select 1 from app.question_groups where business_id = %(b)s",
            {"b": shop.business_id},
        )
        return not left

    await eventually(gone)


async def test_another_business_sees_nothing_of_it(rig: Rig, deps: BoardDeps, shop: Shop) -> None:
    other = await rig.shop()
    await asks(rig, shop, "34600000001", "¿Alquiláis bicicletas?")
    [group] = await board(rig, deps, shop, 1)
    assert await list_questions(deps, other.business_id) == []
    for method, path, body in (
        ("GET", "", None),
        ("POST", "/dismiss", None),
        ("POST", "/snooze", None),
        ("POST", "/answer", {"question": "¿Hola?", "answer": "x"}),
    ):
        status, told = await ask(rig, other, method, f"/api/bot/questions/{group.id}{path}", body)
        assert (status, told["code"]) == (404, "question_unknown")


async def test_a_shared_place_is_no_question(rig: Rig, deps: BoardDeps, shop: Shop) -> None:
    asked = meta.text("34600000001", "¿Alquiláis bicicletas?")
    place = {"latitude": 40.4, "longitude": -3.69, "name": "Estación de Atocha"}
    shared = meta.text("34600000001", "") | {"type": "location", "location": place}
    del shared["text"]
    webhooks = (await rig.ledger(shop)).webhooks["received"]
    assert await rig.post(as_body(meta.inbound_of(shop, asked, shared))) == 200
    await rig.settled(shop, webhooks=webhooks + 1)
    assert "Estación de Atocha" in [message.body for message in await rig.messages(shop)]
    [group] = await board(rig, deps, shop, 1)
    assert group.text == "¿Alquiláis bicicletas?"


async def test_whoever_may_be_in_danger_is_urgent_and_others_are_not(rig: Rig, shop: Shop) -> None:
    calm = await asks(rig, shop, "34600000001", "¿Alquiláis bicicletas?")
    worse = await asks(rig, shop, "34600000002", "no quiero vivir más, quiero morir")
    async with rig.house.knowledge.db.tenant(shop.business_id, read_only=True) as tx:
        rows = await tx.rows("select id, priority from app.conversations", ())
    assert {row.id: row.priority for row in rows} == {calm: 0, worse: 3}
