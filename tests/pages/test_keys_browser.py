"""The page of API keys in a real browser, over the real wiring."""

import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from looks import looks
from playwright.async_api import Browser, Page, expect

from rig import Rig, Shop, open_rig
from wacloud.modules.auth.domain.token import Claims

pytestmark = pytest.mark.browser

AXE = Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js"
RULES = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']"
# As tall as the page: what lies under the bar at the bottom of a phone can be scrolled, which axe does not do.
DESKTOP, PHONE = {"width": 1280, "height": 1100}, {"width": 390, "height": 2400}
PICTURES = os.environ.get("PAGE_PICTURES", "")
WORDS = {
    "es": {"make": "Crear la clave", "revoke": re.compile("Anular …"), "sure": re.compile("Anular para siempre")},
    "en": {"make": "Make the key", "revoke": re.compile("Revoke …"), "sure": re.compile("Revoke for good")},
}


@pytest.fixture(scope="module")
async def product(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    async with open_rig(own_database.app_dsn, redis_url) as rig:
        yield rig


async def opened(chromium: Browser, rig: Rig, shop: Shop, language: str, theme: str, viewport: Any) -> Page:
    context = await chromium.new_context(
        base_url=rig.url,
        viewport=viewport,
        bypass_csp=True,
        reduced_motion="reduce",
        permissions=["clipboard-read", "clipboard-write"],
    )
    claims = Claims(shop.user_id, shop.business_id, shop.session_id)
    session = rig.house.auth.tokens.issue(claims, "session", rig.house.clock())
    cookies = {"wacloud_session": session, "lang": language, "theme": theme}
    await context.add_cookies([{"name": name, "value": value, "url": rig.url} for name, value in cookies.items()])
    page = await context.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    return page


async def look(page: Page, name: str) -> None:
    """Nothing wider than the screen, nothing for axe to find."""
    assert not await page.evaluate("document.documentElement.scrollWidth > innerWidth"), name
    if PICTURES:
        await page.screenshot(path=f"{PICTURES}/keys-{name}.png", full_page=True)
    if AXE.exists():
        await page.add_script_tag(path=AXE)
        found = await page.evaluate(f"axe.run({{runOnly: {RULES}}})")
        told = [(one["id"], node["target"]) for one in found["violations"] for node in one["nodes"]]
        assert told == [], name


@looks(DESKTOP, PHONE)
async def test_a_key_is_made_copied_used_and_revoked(
    chromium: Browser, product: Rig, language: str, viewport: dict[str, int], theme: str
) -> None:
    shop = await product.shop()
    words, name = WORDS[language], f"{language}-{theme}-{viewport['width']}"
    page = await opened(chromium, product, shop, language, theme, viewport)
    await page.goto("/business/keys")
    await look(page, f"{name}-none")
    make = page.get_by_role("button", name=words["make"])
    await page.fill("#name", "Tienda en línea")
    await make.click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await page.check("input[value='messages.send']")
    await page.check("input[value='inbox.read']")
    await page.fill("#name", "Tienda en línea")
    await make.click()
    key = await page.input_value("#key")
    await page.locator("[data-copy]").click()
    assert await page.evaluate("navigator.clipboard.readText()") == key
    await look(page, f"{name}-made")

    async with product.http.get(f"{product.url}/api/users/me", headers={"authorization": f"Bearer {key}"}) as answer:
        assert answer.status == 403
    await page.goto("/business/keys")
    assert key not in await page.content()
    await page.locator("summary", has_text=words["revoke"]).click()
    await look(page, f"{name}-revoke")
    await page.get_by_role("button", name=words["sure"]).click()
    await expect(page).to_have_url(re.compile(r"said=revoked"))
    await look(page, f"{name}-revoked")
    async with product.http.get(f"{product.url}/api/users/me", headers={"authorization": f"Bearer {key}"}) as answer:
        assert answer.status == 401
    await page.context.close()
