"""The thread shows what was sent with a template: its offer, codes, buttons, products, cards, and its own words."""

import re
from datetime import UTC, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from test_known_templates import button, send
from test_message_templates import page
from test_sign_in_codes import BODY as CODE_BODY
from test_sign_in_codes import BUTTONS as CODE_BUTTONS
from test_sign_in_codes import MINUTES, values
from test_template_kinds import BODY, CATALOG, COUPON, LINK, MPM, OFFER, PRODUCT, SPM, TITLE, buttons, cards
from test_template_sync import at_meta, sync

from rig import Rig, Shop

ENDS = datetime.now(UTC).replace(microsecond=0) + timedelta(days=2)
OFFERED = {
    "type": "limited_time_offer",
    "parameters": [
        {"type": "limited_time_offer", "limited_time_offer": {"expiration_time_ms": int(ENDS.timestamp()) * 1000}}
    ],
}
COPIED = button(0, "copy_code", type="coupon_code", coupon_code="TARTA25")


def product(code: str) -> dict[str, Any]:
    shown = {"type": "product", "product": {"catalog_id": "77", "product_retailer_id": code}}
    return {"type": "header", "parameters": [shown]}


def section(title: str, *codes: str) -> dict[str, Any]:
    return {"title": title, "product_items": [{"product_retailer_id": code} for code in codes]}


@pytest.fixture
async def shop(rig: Rig) -> Shop:
    return await rig.shop(enabled=False)


async def bubble(rig: Rig, shop: Shop, message_id: str, language: str = "es") -> str:
    """What stands in the bubble, without markup, a part after the other."""
    row = await rig.one(shop, message_id)
    _, html = await page(rig, shop, f"/inbox/{row.conversation_id}?lang={language}")
    found = re.search(rf'<li id="m-{message_id}".*?<footer', html, re.DOTALL)
    assert found is not None
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", found[0])).split())


async def sent(rig: Rig, shop: Shop, approved: list[dict[str, Any]], given: list[dict[str, Any]]) -> str:
    at_meta(rig, shop, "tartas", category="MARKETING", components=approved)
    await sync(rig, shop)
    status, answer = await send(rig, shop, given, "tartas")
    assert status == 202, answer
    return str(answer["message_id"])


async def test_an_offer_has_its_line_its_end_its_code_and_its_buttons(rig: Rig, shop: Shop):
    message_id = await sent(rig, shop, [OFFER, BODY, buttons(COUPON, LINK)], [OFFERED, COPIED])
    read = await bubble(rig, shop, message_id)
    assert re.search(r"Solo hoy hasta el \d+ \w+, \d\d:\d\d Tenemos algo para ti", read), read
    assert "Copiar código: TARTA25 Ver" in read
    english = await bubble(rig, shop, message_id, "en")
    assert "Solo hoy until" in english
    assert "Copy code: TARTA25 Ver" in english


async def test_the_catalogue_has_its_button_in_the_words_of_whoever_reads(rig: Rig, shop: Shop):
    message_id = await sent(rig, shop, [BODY, buttons(CATALOG)], [])
    assert "Ver catálogo" in await bubble(rig, shop, message_id)
    assert "View catalog" in await bubble(rig, shop, message_id, "en")


async def test_several_products_stand_in_their_sections(rig: Rig, shop: Shop):
    sections = [section("Tartas", "queso", "manzana"), section("Pan", "hogaza")]
    chosen = {"type": "action", "action": {"thumbnail_product_retailer_id": "queso", "sections": sections}}
    message_id = await sent(rig, shop, [TITLE, BODY, buttons(MPM)], [button(0, "mpm", **chosen)])
    read = await bubble(rig, shop, message_id)
    assert "Tartas Producto queso Producto manzana Pan Producto hogaza" in read
    assert "Ver artículos" in read


async def test_one_product_has_its_code_and_its_catalogue(rig: Rig, shop: Shop):
    message_id = await sent(rig, shop, [PRODUCT, BODY, buttons(SPM)], [product("queso")])
    assert "Producto Código queso Catálogo 77" in await bubble(rig, shop, message_id)


async def test_cards_show_each_product_and_its_button(rig: Rig, shop: Shop):
    shown = [{"card_index": n, "components": [product(code)]} for n, code in enumerate(("queso", "manzana", "hogaza"))]
    message_id = await sent(
        rig,
        shop,
        [BODY, cards([PRODUCT, buttons(SPM)], [PRODUCT, buttons(SPM)])],
        [{"type": "carousel", "cards": shown}],
    )
    read = await bubble(rig, shop, message_id)
    assert "Tarjeta 3 Código hogaza Catálogo 77 Botón Ver" in read


async def test_a_code_sent_before_its_template_was_read_is_labelled_and_then_has_its_words(rig: Rig, shop: Shop):
    _, answer = await send(rig, shop, values("777888"), "codigo")
    before = await bubble(rig, shop, answer["message_id"])
    assert "Código 777888" in before
    assert before.count("777888") == 1
    at_meta(rig, shop, "codigo", category="AUTHENTICATION", components=[CODE_BODY, MINUTES, CODE_BUTTONS])
    await sync(rig, shop)
    after = await bubble(rig, shop, answer["message_id"])
    assert "777888 es tu código de verificación." in after
    assert "Este código caduca en 5 minutos." in after
    assert "Copiar código" in after


async def test_a_code_whose_words_are_whatsapps_has_them_in_its_language(rig: Rig, shop: Shop):
    _, answer = await send(rig, shop, values("777888"), "codigo")
    body = {"type": "BODY", "add_security_recommendation": True}
    at_meta(rig, shop, "codigo", category="AUTHENTICATION", components=[body, CODE_BUTTONS])
    await sync(rig, shop)
    read = await bubble(rig, shop, answer["message_id"], "en")
    assert "777888 es tu código de verificación. Por tu seguridad, no lo compartas." in read
