"""The page of the language model in a real browser: costs, a key that is refused, one that is kept, and its removal."""

import re
from collections.abc import AsyncIterator
from typing import Any

import pytest
from looks import looks
from playwright.async_api import Browser, expect
from test_keys_browser import DESKTOP, PHONE, look, opened

from rig import Rig, open_rig
from wacloud.twins.openai.server import open_twin

pytestmark = pytest.mark.browser

WORDS = {
    "es": {"keep": "Probarla y guardarla", "remove": "Quitar la clave", "not": "No es una clave de OpenAI entera"},
    "en": {"keep": "Try it and keep it", "remove": "Remove the key", "not": "no whole key of OpenAI"},
}


@pytest.fixture(scope="module")
async def product(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    async with (
        open_twin() as twin,
        open_rig(own_database.app_dsn, redis_url, settings={"openai_own_key_url": twin.url}) as rig,
    ):
        yield rig


@looks(DESKTOP, PHONE)
async def test_a_key_is_refused_kept_and_removed(
    chromium: Browser, product: Rig, language: str, viewport: dict[str, int], theme: str
) -> None:
    shop = await product.shop()
    async with product.house.db.tenant(shop.business_id) as tx:
        await tx.execute(
            "insert into app.bot_spending (business_id, day, turns, input_tokens, output_tokens, cost_usd) "
            "values (%s, (now() at time zone 'Europe/Madrid')::date, 1234, 2345678, 34567, 0.2519)",
            (shop.business_id,),
        )
    words, name = WORDS[language], f"models-{language}-{theme}-{viewport['width']}"
    page = await opened(chromium, product, shop, language, theme, viewport)
    await page.goto("/bot/models")
    await expect(page.locator(".folk")).to_contain_text("0,2519" if language == "es" else "0.2519")
    await look(page, name)
    await page.locator("#key").fill("nothing like it")
    await page.get_by_role("button", name=words["keep"]).click()
    await expect(page.get_by_role("alert")).to_contain_text(words["not"])
    await look(page, f"{name}-refused")
    await page.locator("#key").fill("sk-proj-a-key-of-the-shop-9876")
    await page.get_by_role("button", name=words["keep"]).click()
    await expect(page).to_have_url(re.compile("said=set"))
    await expect(page.get_by_text("9876")).to_be_visible()
    await look(page, f"{name}-kept")
    await page.get_by_role("button", name=words["remove"]).click()
    await expect(page).to_have_url(re.compile("said=removed"))
    await expect(page.get_by_text("9876")).to_have_count(0)
    await page.context.close()
