"""The phone shows what a template sells as its customers see it: offers, the catalogue, products, cards, codes."""

import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect
from test_files_browser import DESKTOP, PHONE, looked_at

from simulator_rig import NUMBER, OTHER_NUMBER, TOKEN, Shop, opened_shop

pytestmark = pytest.mark.browser

LOOKS = [("es", "light", DESKTOP), ("en", "dark", PHONE), ("es", "dark", DESKTOP), ("en", "light", PHONE)]
DAY_MS = 86_400_000
WORDS = {
    "es": ["Copiar código", "Ver tartas", "Ver catálogo", "Ver artículos", "Autocompletar", "Ver"],
    "en": ["Copy code", "Ver tartas", "View catalog", "View items", "Autofill", "View"],
}
ENDS = {"es": "Termina dentro de 3 días", "en": "Ends in 3 days"}


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def shop(chromium: Browser) -> AsyncIterator[Shop]:
    with tempfile.TemporaryDirectory() as folder:
        async with opened_shop(Path(folder)) as opened:
            yield opened


async def gets(shop: Shop, to: str, name: str, *components: dict[str, Any]) -> None:
    template = {"name": name, "language": {"code": "es"}, "components": list(components)}
    await shop.graph({"messaging_product": "whatsapp", "to": to, "type": "template", "template": template})


def value(kind: str, content: Any) -> dict[str, Any]:
    return {"type": kind, kind: content}


def button(kind: str, parameter: dict[str, Any], index: str = "0") -> dict[str, Any]:
    return {"type": "button", "sub_type": kind, "index": index, "parameters": [parameter]}


def card(index: int, code: str) -> dict[str, Any]:
    product = value("product", {"catalog_id": "77", "product_retailer_id": code})
    return {"card_index": index, "components": [{"type": "header", "parameters": [product]}]}


async def hears_of_everything(shop: Shop, to: str) -> None:
    ends = value("limited_time_offer", {"expiration_time_ms": int(time.time() * 1000) + 3 * DAY_MS + 60_000})
    offer = {"type": "limited_time_offer", "parameters": [ends]}
    await gets(shop, to, "oferta", offer, button("copy_code", value("coupon_code", "TARTA25")))
    await gets(shop, to, "catalogo")
    listed = [
        {"title": title, "product_items": [{"product_retailer_id": code}]}
        for title, code in (("Tartas", "queso"), ("Pan", "hogaza"))
    ]
    action = {"thumbnail_product_retailer_id": "queso", "sections": listed}
    await gets(shop, to, "varios", button("mpm", value("action", action)))
    code = [{"type": "text", "text": "123456"}]
    await gets(shop, to, "codigo", {"type": "body", "parameters": code}, button("url", code[0]))
    cards = [card(n, name) for n, name in enumerate(("queso", "manzana", "hogaza"))]
    await gets(shop, to, "tarjetas", {"type": "carousel", "cards": cards})


async def opened(browser: Browser, shop: Shop, person: str, language: str, scheme: Any, size: Any) -> Page:
    context = await browser.new_context(reduced_motion="reduce", color_scheme=scheme, viewport=size)
    for name, said in {"wacloud_session": TOKEN, "lang": language, "theme": scheme}.items():
        await context.add_cookies([{"name": name, "value": said, "url": shop.base_url}])
    page = await context.new_page()
    await page.goto(f"{shop.base_url}/simulator?person={person}")
    return page


@pytest.mark.parametrize(("language", "scheme", "size"), LOOKS, ids=[f"{a}-{b}-{c['width']}" for a, b, c in LOOKS])
async def test_what_a_template_sells_looks_as_on_a_phone(
    chromium: Browser, shop: Shop, language: str, scheme: Any, size: Any
) -> None:
    look = f"{language}-{scheme}-{size['width']}"
    number = f"3461000{LOOKS.index((language, scheme, size)):04}"
    person = (await shop.twin("POST", "customers", {"name": "Pilar Marín", "wa_id": number}))["customer_id"]
    await hears_of_everything(shop, number)
    page = await opened(chromium, shop, person, language, scheme, size)
    messages = page.locator("#ph-list .ph-row.is-theirs > .ph-bubble")
    await expect(messages).to_have_count(5)
    copy, see, catalogue, items, autofill, view = WORDS[language]
    offer = messages.nth(0)
    await expect(offer.locator(".ph-offer strong")).to_have_text("Solo hoy")
    await expect(offer.locator(".ph-offer time")).to_have_text(ENDS[language])
    await expect(offer.locator(".ph-offer span")).to_contain_text("TARTA25")
    await expect(offer.locator(".ph-choice")).to_have_text([copy, see])
    await expect(messages.nth(1).locator(".ph-choice")).to_have_text([catalogue])
    await expect(messages.nth(3).locator(".ph-choice")).to_have_text([autofill])
    await expect(messages.nth(4).locator(".ph-swipe")).to_have_count(3)
    await expect(messages.nth(4).locator(".ph-swipe .ph-choice")).to_have_text([view] * 3)
    await expect(messages.nth(4).locator(".ph-swipe").last).to_contain_text("hogaza")
    await looked_at(page, f"phone-cards-{look}")
    await messages.nth(2).get_by_text(items).click()
    await expect(messages.nth(2).locator(".ph-section strong")).to_have_text(["Tartas", "Pan"])
    await expect(messages.nth(2).locator(".ph-section").last).to_contain_text("hogaza")
    await looked_at(page, f"phone-items-{look}")
    await offer.scroll_into_view_if_needed()
    await looked_at(page, f"phone-offer-{look}")
    await page.context.close()


@pytest.mark.parametrize(
    ("language", "scheme", "size"), LOOKS[:2], ids=[f"{a}-{b}-{c['width']}" for a, b, c in LOOKS[:2]]
)
async def test_one_of_several_numbers_is_chosen(
    chromium: Browser, shop: Shop, monkeypatch: pytest.MonkeyPatch, language: str, scheme: Any, size: Any
) -> None:
    monkeypatch.setattr(shop, "others", (OTHER_NUMBER,))
    page = await opened(chromium, shop, "", language, scheme, size)
    await expect(page.locator("#ph-to")).to_have_value(NUMBER.phone_number_id)
    await page.locator("#ph-to").select_option(OTHER_NUMBER.phone_number_id)
    await page.locator(".ph-numbers button").click()
    await expect(page.locator("#ph-to")).to_have_value(OTHER_NUMBER.phone_number_id)
    await expect(page.locator(".ph-head h2")).to_have_text(OTHER_NUMBER.verified_name)
    await looked_at(page, f"phone-numbers-{language}-{scheme}-{size['width']}")
    await page.context.close()
