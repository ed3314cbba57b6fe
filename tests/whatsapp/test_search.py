"""The search of the inbox: people by name and phone, and what was written."""

import time

import pytest

from builders import meta
from rig import Rig, Shop, as_body

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
