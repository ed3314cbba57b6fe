"""A team writes together: notes, canned replies, later, undo; in a real browser over the whole product."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from playwright.async_api import Browser, expect
from test_compose_browser import writes
from test_files_browser import DESKTOP, PHONE, looked_at, signed_in

from rig import Rig, open_rig

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
async def product(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    async with open_rig(own_database.app_dsn, redis_url) as rig:
        yield rig


@pytest.mark.parametrize(("name", "size", "scheme"), [("desktop", DESKTOP, "light"), ("phone", PHONE, "dark")])
async def test_a_note_by_keyboard_with_a_mention_and_nothing_leaves(
    chromium: Browser, product: Rig, name: str, size: Any, scheme: Any
) -> None:
    shop = await product.shop(enabled=False)
    row = await writes(product, shop, "¿Tenéis hora mañana?")
    async with signed_in(chromium, product, shop, viewport=size, color_scheme=scheme) as (_, page):
        await page.goto(f"{product.url}/inbox/{row.conversation_id}")
        await page.keyboard.press("n")
        await expect(page.locator("#note-text")).to_be_focused()
        await expect(page.locator("#composer")).not_to_be_visible()
        await page.keyboard.type("Mira esto @mar")
        await expect(page.get_by_role("option", name="Marta")).to_have_attribute("aria-selected", "true")
        await looked_at(page, f"note-{name}-{scheme}")
        await page.keyboard.press("Enter")
        await expect(page.locator("#note-text")).to_have_value("Mira esto @Marta ")
        await page.keyboard.type("por favor")
        await page.keyboard.press("Enter")
        bubble = page.locator(".inner-note")
        await expect(bubble).to_contain_text("Nota interna")
        await expect(bubble).to_contain_text("Mira esto @Marta por favor")
        await looked_at(page, f"noted-{name}-{scheme}")
        assert await product.messages(shop, "out") == []


@pytest.mark.parametrize(("name", "size", "scheme"), [("desktop", DESKTOP, "light"), ("phone", PHONE, "dark")])
async def test_a_canned_reply_is_made_and_inserted_by_its_shortcut(
    chromium: Browser, product: Rig, name: str, size: Any, scheme: Any
) -> None:
    shop = await product.shop(enabled=False)
    row = await writes(product, shop, "¿Tenéis hora mañana?")
    async with signed_in(chromium, product, shop, viewport=size, color_scheme=scheme) as (_, page):
        await page.goto(f"{product.url}/replies")
        await page.locator("#shortcut-new").fill("hola")
        await page.locator("#text-new").fill("Hola {{contact.first_name}}, soy {{agent.name}}.")
        await page.locator("#text-new ~ *, .does .button-main").last.click()
        await expect(page.get_by_role("heading", name="/hola")).to_be_visible()
        await looked_at(page, f"replies-{name}-{scheme}")
        await page.goto(f"{product.url}/inbox/{row.conversation_id}")
        await page.locator("#reply").focus()
        await page.keyboard.type("/ho")
        await expect(page.get_by_role("option", name="/hola")).to_have_attribute("aria-selected", "true")
        await looked_at(page, f"canned-{name}-{scheme}")
        await page.keyboard.press("Enter")
        await expect(page.locator("#reply")).to_have_value("Hola Rosa, soy Marta.")
        assert await product.messages(shop, "out") == []
