"""The search of the inbox: people by name and phone, and what was written."""

import asyncio
import time
from datetime import timedelta

import pytest

from builders import meta
from rig import Rig, Shop, as_body
from wacloud.modules.whatsapp.application import index_words as job
from wacloud.modules.whatsapp.application.index_words import index_words
from wacloud.modules.whatsapp.infra import inbox_search
from wacloud.modules.whatsapp.infra.word_index import PostgresWordIndex
from wacloud.modules.whatsapp.ui.whatsapp_text import marked
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId

ROSA, IVAN = "34600111222", "34600333444"


@pytest.fixture(scope="module")
async def chatty(rig: Rig) -> Shop:
    shop = await rig.shop()
    rig.says(shop, "¡Claro! Te apuntamos la *tarta de piñones* para el viernes.")
    begin = time.time() - 600
    long = "Buenas tardes, mirad: me gustaría encargar para el sábado una CORONA de reyes, sin nata"
    for number, (phone, text) in enumerate(((ROSA, long), (IVAN, "¿Tenéis 100% centeno?"), (ROSA, "¿Y una coronita?"))):
        contact = meta.contact(phone, "Rosa Núñez" if phone == ROSA else "Iván")
        sent = meta.text(phone, text, at=begin + number)
        await rig.post(as_body(meta.inbound_of(shop, sent, contacts=[contact])))
        await rig.settled(shop, webhooks=number + 1)
    return shop


async def found(rig: Rig, shop: Shop, search: str) -> list[tuple[str, str | None]]:
    page = await rig.house.whatsapp.inbox.page(shop.user_id, shop.business_id, search=search)
    return [(row.contact_name, row.found_text) for row in page.rows]


async def test_what_was_written_is_found_without_its_accents_and_capitals(rig: Rig, chatty: Shop):
    assert await found(rig, chatty, "corona de réyes") == [("Rosa Núñez", "… el sábado una CORONA de reyes, sin nata")]
    assert {name for name, _ in await found(rig, chatty, "pinones")} == {"Rosa Núñez", "Iván"}


async def test_the_newest_message_that_holds_the_words_is_shown(rig: Rig, chatty: Shop):
    assert await found(rig, chatty, "coron") == [("Rosa Núñez", "¿Y una coronita?")]


async def test_people_are_found_by_name_and_phone_as_before(rig: Rig, chatty: Shop):
    assert await found(rig, chatty, "nunez") == [("Rosa Núñez", None)]
    assert await found(rig, chatty, "333 444") == [("Iván", None)]


async def test_signs_of_patterns_are_only_signs(rig: Rig, chatty: Shop):
    assert [name for name, _ in await found(rig, chatty, "100%")] == ["Iván"]
    assert await found(rig, chatty, "1%c") == []
    assert await found(rig, chatty, "co_ona") == []


async def test_no_business_finds_what_another_was_written(rig: Rig, chatty: Shop):
    stranger = await rig.shop()
    assert await found(rig, stranger, "corona") == []


@pytest.fixture
async def indexed(rig: Rig, chatty: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """All of it is in the index of words, and the search reads no message by itself."""
    await taken_in(rig, chatty)
    nothing = inbox_search._IN_MESSAGES.replace(f"limit {inbox_search._SEARCHED}", "limit 0")
    assert nothing != inbox_search._IN_MESSAGES
    monkeypatch.setattr(inbox_search, "_IN_MESSAGES", nothing)
    return chatty


async def taken_in(rig: Rig, shop: Shop) -> int:
    async with rig.house.db.tenant(shop.business_id) as tx:
        return await PostgresWordIndex().add(tx, shop.business_id, timedelta(0), 1_000)


@pytest.mark.parametrize(
    ("search", "names"),
    [
        ("corona", {"Rosa Núñez"}),
        ("coronas", {"Rosa Núñez"}),
        ("coro", {"Rosa Núñez"}),
        ("reyes corona", {"Rosa Núñez"}),
        ("la corona de los reyes", {"Rosa Núñez"}),
        ("PIÑONES", {"Rosa Núñez", "Iván"}),
        ("tarta piñon", {"Rosa Núñez", "Iván"}),
        ("centeno", {"Iván"}),
        ("100 centeno", {"Iván"}),
        ("corona centeno", set()),
        ("coronita reyes", set()),  # said in two messages
        ("coronas coronita", set()),
        ("la corona de los", {"Rosa Núñez"}),
        ("ivan corona", set()),
        ("de la", set()),
        ("it's \\ 'corona", set()),
        ("'corona \\ reyes", {"Rosa Núñez"}),
        ("cornoa", {"Rosa Núñez"}),  # slips of the finger
        ("cemteno", {"Iván"}),
        ("conona reys", {"Rosa Núñez"}),
        ("xorona", {"Rosa Núñez"}),
        ("korona", {"Rosa Núñez"}),  # as it sounds
        ("coctel", set()),
        ("", {"Rosa Núñez", "Iván"}),
    ],
)
async def test_old_messages_are_found_by_their_words_in_any_order_and_form(
    rig: Rig, indexed: Shop, search: str, names: set[str]
):
    assert {name for name, _ in await found(rig, indexed, search)} == names


async def test_of_old_messages_the_one_that_has_the_words_is_shown(rig: Rig, indexed: Shop):
    assert await found(rig, indexed, "corona sábado") == [
        ("Rosa Núñez", "… encargar para el sábado una CORONA de reyes, sin nata")
    ]


async def test_no_business_finds_the_words_of_another(rig: Rig, indexed: Shop):
    stranger = await rig.shop()
    assert await found(rig, stranger, "corona") == []


async def test_what_is_taken_in_is_taken_in_once_however_many_try(rig: Rig):
    shop = await rig.shop(enabled=False)
    for number in range(3):
        await rig.post(as_body(meta.inbound_of(shop, meta.text(ROSA, f"palabra{number}", at=time.time()))))
    await rig.settled(shop, webhooks=3)
    assert sum(await asyncio.gather(*(taken_in(rig, shop) for _ in range(4)))) == 3
    assert await taken_in(rig, shop) == 0
    await rig.post(as_body(meta.inbound_of(shop, meta.text(ROSA, "palabra9", at=time.time()))))
    await rig.settled(shop, webhooks=4)
    assert await taken_in(rig, shop) == 1


async def test_the_job_leaves_what_may_not_be_settled_yet(rig: Rig):
    shop = await rig.shop(enabled=False)
    await rig.heard(shop)
    await index_words(rig.house.whatsapp, PostgresWordIndex())
    counted = "select count(*) as n from app.conversation_words where business_id = %s"
    assert (await rig.rows(shop, counted, (shop.business_id,)))[0].n == 0


async def test_nothing_of_an_erased_person_stays_among_the_words(rig: Rig):
    shop = await rig.shop(enabled=False)
    conversation = await rig.heard(shop)
    await taken_in(rig, shop)
    counted = "select count(*) as n from app.conversation_words where business_id = %s and conversation_id = %s"
    assert (await rig.rows(shop, counted, (shop.business_id, conversation)))[0].n > 0
    [row] = await rig.rows(shop, "select contact_id from app.conversations where business_id = %s", (shop.business_id,))
    async with rig.house.db.tenant(shop.business_id) as tx:
        while await rig.house.people.erasing.sweep(tx, shop.business_id, row.contact_id, 100):
            pass
    assert (await rig.rows(shop, counted, (shop.business_id, conversation)))[0].n == 0
    assert await taken_in(rig, shop) == 0


@pytest.mark.parametrize(
    "search", ["nun", "Núñez rosa", "ROSA NUÑEZ", "111222", "600111", "34600111222", "+34 600 111 222"]
)
async def test_people_are_found_by_the_beginnings_of_their_names_and_the_ends_of_their_phones(
    rig: Rig, indexed: Shop, search: str
):
    assert {name for name, _ in await found(rig, indexed, search)} == {"Rosa Núñez"}


@pytest.mark.parametrize(("search", "meant"), [("nuñes", ("núñez",)), ("rossa nunes", ("rosa", "núñez"))])
async def test_a_name_somebody_mistyped_is_found_and_told(rig: Rig, indexed: Shop, search: str, meant: tuple[str, ...]):
    page = await rig.house.whatsapp.inbox.page(indexed.user_id, indexed.business_id, search=search)
    assert [row.contact_name for row in page.rows] == ["Rosa Núñez"]
    assert page.meant == meant


async def test_the_word_that_was_meant_is_told_as_it_was_written(rig: Rig, indexed: Shop):
    page = await rig.house.whatsapp.inbox.page(indexed.user_id, indexed.business_id, search="cemteno")
    assert page.meant == ("centeno",)
    assert marked(page.rows[0].found_text or "", f"cemteno {page.meant[0]}") == "¿Tenéis 100% <mark>centeno</mark>?"


async def test_whoever_wrote_the_word_rightly_is_told_of_no_other(rig: Rig, indexed: Shop):
    page = await rig.house.whatsapp.inbox.page(indexed.user_id, indexed.business_id, search="corona")
    assert page.meant == ()


async def test_the_business_with_much_to_take_in_delays_no_other(rig: Rig, monkeypatch: pytest.MonkeyPatch):
    """In rounds: the other's one message is in before the second part of the much."""
    much, little = await rig.shop(enabled=False), await rig.shop(enabled=False)
    for number in range(5):
        await rig.post(as_body(meta.inbound_of(much, meta.text(ROSA, f"mucho{number}", at=time.time()))))
    await rig.post(as_body(meta.inbound_of(little, meta.text(ROSA, "poco", at=time.time()))))
    await rig.settled(much, webhooks=5)
    await rig.settled(little, webhooks=1)
    monkeypatch.setattr(job, "SETTLED_AFTER", timedelta(0))
    monkeypatch.setattr(job, "AT_ONCE", 2)
    order: list[tuple[object, int]] = []

    class Watched(PostgresWordIndex):
        async def add(self, tx: Tx, business_id: BusinessId, settled_after: timedelta, most: int) -> int:
            taken = await super().add(tx, business_id, settled_after, most)
            order.append((business_id, taken))
            return taken

    await index_words(rig.house.whatsapp, Watched())
    ours = [(one, taken) for one, taken in order if one in (much.business_id, little.business_id)]
    assert sorted(ours[:2], key=lambda one: one[1]) == [(little.business_id, 1), (much.business_id, 2)]
    assert ours[2:] == [(much.business_id, 2), (much.business_id, 1)]


async def test_whoever_is_called_otherwise_is_found_by_the_new_name_and_not_by_the_old(rig: Rig):
    shop = await rig.shop(enabled=False)
    await rig.heard(shop)
    [row] = await rig.rows(shop, "select id from app.contacts where business_id = %s", (shop.business_id,))
    for name in ("Begoña Etxeberria", "Leire Goñi"):
        async with rig.house.db.tenant(shop.business_id) as tx:
            await tx.execute(
                "update app.contacts set name = %s where business_id = %s and id = %s",
                (name, shop.business_id, row.id),
            )
    assert [name for name, _ in await found(rig, shop, "goni")] == ["Leire Goñi"]
    assert await found(rig, shop, "etxeb") == []


@pytest.mark.parametrize(
    ("text", "search", "marked_text"),
    [
        ("Una CORONA de reyes", "coronas", "Una <mark>CORONA</mark> de reyes"),
        ("¡Piñones y piñón!", "PIÑON", "¡<mark>Piñones</mark> y <mark>piñón</mark>!"),
        ("<b>tarta</b> & té", "tarta", "&lt;b&gt;<mark>tarta</mark>&lt;/b&gt; &amp; té"),
        ("İstanbul ßtraße 👍🏽 corona", "corona", "İstanbul ßtraße 👍🏽 <mark>corona</mark>"),
        ("nada", "", "nada"),
        ("", "corona", ""),
    ],
)
def test_the_words_a_search_meant_are_marked_and_nothing_becomes_markup(text: str, search: str, marked_text: str):
    assert marked(text, search) == marked_text
