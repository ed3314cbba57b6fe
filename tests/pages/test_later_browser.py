"""What goes out later, in a real browser: a reply is taken back within seconds, another waits for its time."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest
from playwright.async_api import Browser, expect
from test_compose_browser import writes
from test_files_browser import DESKTOP, PHONE, looked_at, signed_in

from rig import Rig, open_rig
from wacloud.modules.notification.api import Notice, tell_business

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
async def product(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    async with open_rig(own_database.app_dsn, redis_url, settings={"undo_send_s": 60}) as rig:
        yield rig


@pytest.mark.parametrize(("name", "size", "scheme"), [("desktop", DESKTOP, "light"), ("phone", PHONE, "dark")])
async def test_a_reply_is_taken_back_and_stands_in_the_composer(
    chromium: Browser, product: Rig, name: str, size: Any, scheme: Any
) -> None:
    shop = await product.shop(enabled=False)
    row = await writes(product, shop, "¿Tenéis hora mañana?")
    async with signed_in(chromium, product, shop, viewport=size, color_scheme=scheme) as (_, page):
        await page.goto(f"{product.url}/inbox/{row.conversation_id}")
        await page.locator("#reply").fill("Sí, a las diez")
        await page.keyboard.press("Enter")
        held = page.locator("#later .later-held")
        await expect(held).to_contain_text("Sí, a las diez")
        await expect(page.locator("#reply")).to_have_value("")
        await looked_at(page, f"held-{name}-{scheme}")
        await page.keyboard.press("Escape")
        await page.keyboard.press("z")
        await expect(page.locator("#reply")).to_have_value("Sí, a las diez")
        await expect(held).to_have_count(0)
        assert await product.messages(shop, "out") == []


async def test_emoji_go_to_the_cursor_by_keyboard_too(chromium: Browser, product: Rig) -> None:
    shop = await product.shop(enabled=False)
    row = await writes(product, shop, "¿Tenéis hora mañana?")
    async with signed_in(chromium, product, shop, viewport=DESKTOP, color_scheme="light") as (_, page):
        await page.goto(f"{product.url}/inbox/{row.conversation_id}")
        await page.locator("#reply").fill("Sí , gracias")
        await page.locator("#reply").evaluate("box => box.setSelectionRange(3, 3)")
        await page.get_by_role("button", name="Emoji", exact=True).click()
        await looked_at(page, "emoji-desktop-light")
        await page.keyboard.press("ArrowRight")
        await page.keyboard.press("Enter")
        await page.keyboard.press("Escape")
        await expect(page.locator("#reply")).to_have_value("Sí 😊, gracias")
        await expect(page.locator("#reply")).to_be_focused()


async def test_what_keeps_a_business_from_working_stands_above_its_list(chromium: Browser, product: Rig) -> None:
    shop = await product.shop(enabled=False)
    await writes(product, shop, "¿Tenéis hora mañana?")
    async with product.house.db.tenant(shop.business_id) as tx:
        for code in ("account_disabled", "number_faster"):
            notice = Notice(shop.business_id, f"a test {code}", code, code, datetime.now(UTC))
            await tell_business(product.house.notification, tx, notice)
    async with signed_in(chromium, product, shop, viewport=DESKTOP, color_scheme="dark") as (_, page):
        await page.goto(f"{product.url}/inbox")
        await expect(page.locator(".pressing li")).to_have_count(1)
        await expect(page.locator(".pressing")).to_contain_text("Meta ha desactivado")
        await looked_at(page, "pressing-desktop-dark")


@pytest.mark.parametrize(("name", "size", "scheme"), [("desktop", DESKTOP, "dark"), ("phone", PHONE, "light")])
async def test_a_text_waits_for_its_time_and_goes_out_now(
    chromium: Browser, product: Rig, name: str, size: Any, scheme: Any
) -> None:
    shop = await product.shop(enabled=False)
    row = await writes(product, shop, "¿Tenéis hora mañana?")
    async with signed_in(chromium, product, shop, viewport=size, color_scheme=scheme) as (_, page):
        await page.goto(f"{product.url}/inbox/{row.conversation_id}")
        await page.locator("#reply").fill("Te esperamos")
        await page.locator("#plus summary").click()
        await page.get_by_role("link", name="Enviar más tarde").click()
        await expect(page.locator("#schedule-text")).to_have_value("Te esperamos")
        await page.get_by_label("Mañana por la mañana").check()
        await looked_at(page, f"schedule-{name}-{scheme}")
        await page.locator("#extra button[type=submit]").click()
        await expect(page.locator("#extra")).not_to_be_visible()
        await expect(page.locator("#reply")).to_have_value("")
        waits = page.locator("#later .later-waiting")
        await expect(waits).to_contain_text("Te esperamos")
        await looked_at(page, f"later-{name}-{scheme}")
        await waits.get_by_role("button", name="Enviar ahora").click()
        await expect(page.locator(".msg-out, .by-member").last).to_contain_text("Te esperamos")
        await expect(waits).to_have_count(0)
