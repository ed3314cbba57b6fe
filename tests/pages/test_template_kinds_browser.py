"""Offers that end, products and codes an app fills in: made in the form, and sent from a conversation."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from playwright.async_api import Browser, Page, expect
from test_files_browser import looked_at, signed_in
from test_template_form_browser import IN_REVIEW, at_meta, each_look, fits, settled, spoken

from rig import Rig, Shop, eventually, open_rig
from wacloud.modules.whatsapp.application.sync_templates import sync_templates
from wacloud.twins.graph.templates_endpoint import decide

pytestmark = pytest.mark.browser

BODY = "Lo nuevo del obrador, esta semana. Si no quieres más, escribe BAJA."


@pytest.fixture(scope="module")
async def product(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    async with open_rig(own_database.app_dsn, redis_url, settings={"meta_app_id": "1"}) as rig:
        yield rig


async def begun(page: Page, rig: Rig, name: str, category: str) -> None:
    await page.goto(f"{rig.url}/templates/new")
    await page.locator("#f-name").fill(name)
    await page.locator("#f-category").select_option(category)
    await settled(page)


async def submitted(page: Page, language: str) -> None:
    await expect(page.locator(".finding-error")).to_have_count(0)
    await fits(page)
    await page.locator(".draft .button-main").click()
    await expect(page.locator(".chip").first).to_have_text(IN_REVIEW[language])


async def decided(rig: Rig, shop: Shop, name: str, status: str) -> None:
    """Meta decides, and tells."""
    decide(rig.twin.twin, rig.twin.twin.access.wabas[shop.waba_id], at_meta(rig, shop, name), status)
    await sync_templates(rig.house.message_templates, shop.business_id)


async def chosen_in_a_conversation(page: Page, rig: Rig, shop: Shop, name: str) -> None:
    """Meta approves it, and a member takes it in a conversation."""
    await decided(rig, shop, name, "APPROVED")
    conversation: UUID = await rig.heard(shop)
    await page.goto(f"{rig.url}/inbox/{conversation}/template")
    await page.locator(".template-list a").click()
    await expect(page.locator(".phone-like")).to_be_visible()


async def sent(rig: Rig, shop: Shop) -> list[dict[str, Any]]:
    async def told() -> Any:
        mine = await rig.messages(shop, "out")
        return mine and mine[-1].state in ("sent", "delivered", "read", "failed") and mine[-1]

    message = await eventually(told)
    assert message.error is None
    return list(message.content["template"]["components"])


async def shown_in_the_thread(page: Page, rig: Rig, shop: Shop, name: str) -> None:
    """It fits and reads well there; its buttons are words, not links."""
    [message] = await rig.messages(shop, "out")
    await page.goto(f"{rig.url}/inbox/{message.conversation_id}")
    bubble = page.locator(f"#m-{message.id} .bubble")
    # What Meta says of it meanwhile draws it anew: it is looked for again.
    await bubble.wait_for()
    await page.evaluate(f"document.getElementById('m-{message.id}').scrollIntoView()")
    await expect(bubble.locator(".msg-buttons li, dt").first).to_be_visible()
    await expect(bubble.locator(".msg-buttons a, .msg-buttons button")).to_have_count(0)
    await looked_at(page, name)


@each_look
async def test_an_offer_that_ends_is_made_and_sent(
    chromium: Browser, product: Rig, language: str, scheme: Any, size: Any
) -> None:
    shop = await product.shop(enabled=False)
    look = f"{language}-{scheme}-{size['width']}"
    async with signed_in(chromium, product, shop, viewport=size, color_scheme=scheme) as (context, page):
        await spoken(context, product, language)
        await begun(page, product, "oferta", "MARKETING")
        await page.locator("#f-body").fill(BODY)
        await page.locator(".buttons-of summary").last.click()
        await page.locator("#f-offer_text").fill("Solo hoy")
        await expect(page.locator(".phone-offer")).to_contain_text("Solo hoy")
        await expect(page.locator(".finding-error")).to_have_count(2)  # a code, a link
        await page.locator(".buttons-of summary").first.click()
        await page.locator("#f-coupon").fill("TARTA25")
        await page.locator("#f-link_text").fill("Ver tartas")
        await page.locator("#f-link_url").fill("https://example.com/tartas")
        await expect(page.locator(".finding-error")).to_have_count(0)
        await looked_at(page, f"template-offer-{look}")
        await submitted(page, language)
        await chosen_in_a_conversation(page, product, shop, "oferta")
        moment = product.house.whatsapp.clock() + timedelta(days=3)
        await page.locator("input[type=datetime-local]").fill(moment.strftime("%Y-%m-%dT%H:%M"))
        await page.locator("input[name='blank.copy_code.0']").fill("TARTA25")
        await looked_at(page, f"template-offer-send-{look}")
        await page.locator(".extra-send .button-main").click()
        [ends, copied] = await sent(product, shop)
        await shown_in_the_thread(page, product, shop, f"template-offer-thread-{look}")
    assert ends["parameters"][0]["limited_time_offer"]["expiration_time_ms"] > moment.timestamp() * 1000 - 86_400_000
    assert copied["parameters"][0]["coupon_code"] == "TARTA25"


@each_look
async def test_products_on_cards_are_made_and_chosen_when_they_are_sent(
    chromium: Browser, product: Rig, language: str, scheme: Any, size: Any
) -> None:
    shop = await product.shop(enabled=False)
    look = f"{language}-{scheme}-{size['width']}"
    async with signed_in(chromium, product, shop, viewport=size, color_scheme=scheme) as (context, page):
        await spoken(context, product, language)
        await begun(page, product, "productos", "MARKETING")
        await page.locator("#f-body").fill(BODY)
        await page.locator("#f-cards").select_option("2")
        await expect(page.locator("fieldset.template-card")).to_have_count(2)
        await settled(page)
        await page.locator("#f-card_file").select_option("product")
        await expect(page.locator("#f-card_0_body")).to_have_count(0)
        await settled(page)
        await expect(page.locator(".phone-card .phone-button")).to_have_count(2)
        await looked_at(page, f"template-products-{look}")
        await submitted(page, language)
        await chosen_in_a_conversation(page, product, shop, "productos")
        await page.locator("input[name='blank.cards.catalog_id']").fill("77")
        await page.locator("textarea").fill("queso\nmanzana\nhogaza")
        await looked_at(page, f"template-products-send-{look}")
        await page.locator(".extra-send .button-main").click()
        [carousel] = await sent(product, shop)
        await shown_in_the_thread(page, product, shop, f"template-products-thread-{look}")
    assert len(carousel["cards"]) == 3


@each_look
async def test_several_products_and_the_catalogue_have_a_button_of_whatsapp(
    chromium: Browser, product: Rig, language: str, scheme: Any, size: Any
) -> None:
    shop = await product.shop(enabled=False)
    look = f"{language}-{scheme}-{size['width']}"
    async with signed_in(chromium, product, shop, viewport=size, color_scheme=scheme) as (context, page):
        await spoken(context, product, language)
        await begun(page, product, "tartas", "MARKETING")
        await page.locator("#f-body").fill(BODY)
        await page.locator(".buttons-of summary").first.click()
        await page.locator("#f-products").select_option("CATALOG")
        await expect(page.locator(".phone-button")).to_have_text("Ver catálogo")
        await page.locator("#f-products").select_option("MPM")
        await expect(page.locator(".finding-error")).to_have_count(1)  # a header
        await page.locator("#f-header").fill("Nuestras tartas")
        await expect(page.locator(".phone-button")).to_have_text("Ver artículos")
        await submitted(page, language)
        await chosen_in_a_conversation(page, product, shop, "tartas")
        await page.locator("textarea").fill("Tartas:\nqueso\nPan:\nhogaza")
        await looked_at(page, f"template-several-send-{look}")
        await page.locator(".extra-send .button-main").click()
        [chosen] = await sent(product, shop)
        await shown_in_the_thread(page, product, shop, f"template-several-thread-{look}")
    action = chosen["parameters"][0]["action"]
    assert [section["title"] for section in action["sections"]] == ["Tartas", "Pan"]


@each_look
async def test_a_code_that_an_app_fills_in_names_its_app_and_accepts_the_terms(
    chromium: Browser, product: Rig, language: str, scheme: Any, size: Any
) -> None:
    shop = await product.shop(enabled=False)
    look = f"{language}-{scheme}-{size['width']}"
    async with signed_in(chromium, product, shop, viewport=size, color_scheme=scheme) as (context, page):
        await spoken(context, product, language)
        await begun(page, product, "codigo_app", "AUTHENTICATION")
        await expect(page.locator("#f-code_way")).to_be_visible()
        await settled(page)
        await page.locator("#f-code_way").select_option("ZERO_TAP")
        await expect(page.locator("#f-code_apps")).to_be_visible()
        await settled(page)
        await page.locator("#f-code_apps").fill("com.panaderia.sol K8a")
        await expect(page.locator(".finding-error")).to_have_count(2)  # the signature, the terms
        await page.locator("#f-code_apps").fill("com.panaderia.sol K8a/AINcGX7")
        await expect(page.locator(".finding-error")).to_have_count(1)
        await looked_at(page, f"template-zero-tap-{look}")
        await page.locator("#f-code_terms").select_option("yes")
        await submitted(page, language)
    [button] = at_meta(product, shop, "codigo_app").components[-1]["buttons"]
    assert (button["otp_type"], button["zero_tap_terms_accepted"]) == ("ZERO_TAP", True)
    assert button["supported_apps"] == [{"package_name": "com.panaderia.sol", "signature_hash": "K8a/AINcGX7"}]
