"""A template that is refused, in a real browser: the reasons stand where one looks, and lead to their fields."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, expect
from test_files_browser import looked_at, signed_in
from test_template_form_browser import each_look, fits, settled, spoken
from test_template_kinds_browser import BODY, begun, chosen_in_a_conversation, decided, submitted

from rig import Rig, open_rig

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
async def product(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    async with open_rig(own_database.app_dsn, redis_url, settings={"meta_app_id": "1"}) as rig:
        yield rig


@each_look
async def test_the_reasons_of_a_refusal_are_seen_at_once_and_go_when_they_are_put_right(
    chromium: Browser, product: Rig, language: str, scheme: Any, size: Any
) -> None:
    shop = await product.shop(enabled=False)
    look = f"{language}-{scheme}-{size['width']}"
    async with signed_in(chromium, product, shop, viewport=size, color_scheme=scheme) as (context, page):
        await spoken(context, product, language)
        await begun(page, product, "repetida", "MARKETING")
        await page.locator("#f-body").fill(BODY)
        await page.locator(".buttons-of summary").first.click()
        await page.locator("#f-reply_0").fill("Ver")
        await page.locator("#f-reply_1").fill("Ver")
        await page.locator("#f-wa_call").fill("Llamar")
        await page.locator("#f-wa_call_days").fill("99")
        await page.locator(".draft .button-main").click()
        reasons = page.locator("#refused li")
        await expect(page.locator("#refused")).to_be_focused()
        await expect(reasons).to_have_count(2)
        await expect(reasons.last).to_be_in_viewport()
        await fits(page)
        await looked_at(page, f"template-refused-{look}")
        await reasons.first.locator("a").click()
        await expect(page.locator("#f-reply_1")).to_be_focused()
        await expect(page.locator("#f-reply_1")).to_have_attribute("aria-invalid", "true")
        await looked_at(page, f"template-refused-field-{look}")
        await page.locator("#f-reply_1").fill("Luego")
        await expect(page.locator("#e-reply_1")).to_be_empty()
        await expect(page.locator("#f-reply_1")).not_to_have_attribute("aria-invalid", "true")
        await expect(page.locator("#refused li:visible")).to_have_count(1)
        await settled(page)
        await page.locator("#f-wa_call_days").fill("7")
        await expect(page.locator("#refused")).to_be_hidden()


@each_look
async def test_an_example_asks_before_it_takes_the_place_of_what_was_typed(
    chromium: Browser, product: Rig, language: str, scheme: Any, size: Any
) -> None:
    shop = await product.shop(enabled=False)
    look = f"{language}-{scheme}-{size['width']}"
    async with signed_in(chromium, product, shop, viewport=size, color_scheme=scheme) as (context, page):
        await spoken(context, product, language)
        await begun(page, product, "lo_mio", "MARKETING")
        await page.locator("#f-body").fill(BODY)
        await page.locator(".starters li button").first.click()
        await expect(page.locator(".replaced")).to_be_visible()
        await expect(page.locator("#f-body")).to_have_value(BODY)
        await expect(page.locator("[data-keep]")).to_be_focused()
        await fits(page)
        await looked_at(page, f"template-replaced-{look}")
        await page.locator("[data-keep]").click()
        await expect(page.locator(".replaced")).to_have_count(0)
        await expect(page.locator("#f-body")).to_have_value(BODY)
        await page.locator(".starters summary").click()
        await page.locator(".starters li button").first.click()
        await page.locator(".replaced .does a").last.click()
        await expect(page.locator("#f-body")).not_to_have_value(BODY)
        await expect(page.locator("#f-body")).not_to_be_empty()


async def test_the_enter_key_looks_at_the_draft_and_takes_no_example(chromium: Browser, product: Rig) -> None:
    shop = await product.shop(enabled=False)
    async with signed_in(chromium, product, shop) as (_, page):
        await page.goto(f"{product.url}/templates/new")
        await page.locator("#f-name").fill("lo_mio")
        await page.locator("#f-name").press("Enter")
        await expect(page).to_have_url(f"{product.url}/templates/check")
        await expect(page.locator("#f-name")).to_have_value("lo_mio")


@each_look
async def test_what_is_wrong_when_it_is_sent_stands_at_its_field(
    chromium: Browser, product: Rig, language: str, scheme: Any, size: Any
) -> None:
    shop = await product.shop(enabled=False)
    look = f"{language}-{scheme}-{size['width']}"
    async with signed_in(chromium, product, shop, viewport=size, color_scheme=scheme) as (context, page):
        await spoken(context, product, language)
        await begun(page, product, "varias_tartas", "MARKETING")
        await page.locator("#f-body").fill(BODY)
        await page.locator("#f-header").fill("Nuestras tartas")
        await page.locator(".buttons-of summary").first.click()
        await page.locator("#f-products").select_option("MPM")
        await settled(page)
        await submitted(page, language)
        await chosen_in_a_conversation(page, product, shop, "varias_tartas")
        await page.locator("textarea").fill("\n".join(f"Una sección demasiado larga {n}:\nqueso" for n in range(3)))
        await page.locator(".extra-send .button-main").click()
        await expect(page.locator(".field-error")).to_contain_text("1, 3, 5")
        await expect(page.locator("textarea")).to_be_focused()
        await expect(page.locator("textarea")).to_have_attribute("aria-invalid", "true")
        await looked_at(page, f"template-send-wrong-{look}")


async def test_what_meta_decides_is_seen_without_opening_the_page_again(chromium: Browser, product: Rig) -> None:
    shop = await product.shop(enabled=False)
    async with signed_in(chromium, product, shop) as (context, page):
        await spoken(context, product, "es")
        await begun(page, product, "gracias", "MARKETING")
        await page.locator("#f-body").fill(BODY)
        await settled(page)
        await submitted(page, "es")
        listed = await context.new_page()
        await listed.goto(f"{product.url}/templates")
        await expect(listed.locator(".shelf .chip").first).to_have_text("En revisión")
        await decided(product, shop, "gracias", "APPROVED")
        await expect(page.locator("#template .chip").first).to_have_text("Aprobada")
        await expect(page.locator("#template")).not_to_have_attribute("hx-get", re.compile("."))
        await expect(listed.locator(".shelf .chip").first).to_have_text("Aprobada")
