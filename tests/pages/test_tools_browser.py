"""The page of the bot's actions in a real browser: one that cannot be, one that is made, tried, changed and removed."""

import re
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from looks import looks
from playwright.async_api import Browser, expect
from test_keys_browser import DESKTOP, PHONE, look, opened

from rig import Rig, open_rig
from wacloud.modules.bot.domain.action import Outcome

pytestmark = pytest.mark.browser

WORDS = {
    "es": {"add": "Añadir", "save": "Guardar", "remove": "Quitar", "try": "Probarlo", "json": "no es un objeto JSON"},
    "en": {"add": "Add", "save": "Save", "remove": "Remove", "try": "Try it", "json": "no JSON object"},
}


class Shelf:
    """The business's system: it always finds the order."""

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Outcome:
        return Outcome("done", 200, '{"order": "A-17", "state": "on its way", "note": "<b>leave it next door</b>"}', 84)


@pytest.fixture(scope="module")
async def product(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    async with open_rig(own_database.app_dsn, redis_url, sender=Shelf()) as rig:
        yield rig


@looks(DESKTOP, PHONE)
async def test_an_action_is_refused_made_tried_and_removed(
    chromium: Browser, product: Rig, language: str, viewport: dict[str, int], theme: str
) -> None:
    shop = await product.shop()
    words, name = WORDS[language], f"tools-{language}-{theme}-{viewport['width']}"
    page = await opened(chromium, product, shop, language, theme, viewport)
    await page.goto("/bot/tools")
    await look(page, f"{name}-none")
    await page.locator("#name-new").fill("order_status")
    await page.locator("#url-new").fill("https://casaolmo.example/wacloud")
    await page.locator("#description-new").fill("Dónde está un pedido, cuando alguien pregunta por el suyo")
    await page.locator("#arguments-new").fill("{nothing")
    await page.get_by_role("button", name=words["add"], exact=True).click()
    await expect(page.get_by_role("alert")).to_contain_text(words["json"])
    await look(page, f"{name}-refused")
    await page.locator("#arguments-new").fill('{"properties": {"order": {"type": "string"}}, "required": ["order"]}')
    await page.get_by_role("button", name=words["add"], exact=True).click()
    await expect(page.locator("#secret")).to_have_value(re.compile(r"^[\w-]{43}$"))
    await look(page, f"{name}-made")
    await page.locator("summary", has_text="order_status").click()
    await page.locator("[name=sent]").fill('{"order": "A-17"}')
    await page.get_by_role("button", name=words["try"], exact=True).click()
    await expect(page.locator(".eval-said")).to_contain_text("<b>leave it next door</b>")
    await look(page, f"{name}-tried")
    await page.locator("[name=enabled]").uncheck()
    await page.get_by_role("button", name=words["save"], exact=True).click()
    await expect(page).to_have_url(re.compile("said=changed"))
    await page.locator("summary", has_text="order_status").click()
    await page.get_by_role("button", name=words["remove"], exact=True).click()
    await expect(page).to_have_url(re.compile("said=removed"))
    await expect(page.locator("summary", has_text="order_status")).to_have_count(0)
    await page.context.close()
