"""The profile and the mails of a demo in a real browser, over the real wiring."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from rig import Rig, Shop, open_rig
from wacloud.modules.auth.domain.token import Claims
from wacloud.modules.notification.api import Mail, queue_mail

pytestmark = pytest.mark.browser

AXE = Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js"
# As tall as the page: what lies under the bar at the bottom of a phone can be scrolled, which axe does not do.
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 2400}


@pytest.fixture(scope="module")
async def house(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    async with open_rig(own_database.app_dsn, redis_url) as rig:
        yield rig


async def opened(chromium: Browser, rig: Rig, shop: Shop, **options: Any) -> Page:
    theme, language = options.pop("theme", None), options.pop("language", "es")
    context = await chromium.new_context(base_url=rig.url, **{"viewport": DESKTOP, **options})
    claims = Claims(shop.user_id, shop.business_id, shop.session_id)
    session = rig.house.auth.tokens.issue(claims, "session", rig.house.clock())
    cookies = {"wacloud_session": session, "lang": language} | ({"theme": theme} if theme else {})
    await context.add_cookies([{"name": name, "value": value, "url": rig.url} for name, value in cookies.items()])
    page = await context.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    return page


async def a_mail(rig: Rig, shop: Shop) -> str:
    to = f"{shop.user_id}@example.test"
    deps = rig.house.notification
    async with deps.db.system("test: write to somebody") as tx:
        values = {"link": "http://127.0.0.1:8000/verify-email?token=abc", "code": "482913"}
        await queue_mail(deps, tx, Mail(to=to, template="verify_email", language="es", values=values))
    return to


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    chromium: Browser, house: Rig, theme: str, viewport: dict[str, int]
) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed (bin/setup dev)")
    shop = await house.shop()
    to = await a_mail(house, shop)
    page = await opened(chromium, house, shop, theme=theme, viewport=viewport, bypass_csp=True)
    for path in ("/profile", "/profile?saved=profile", "/dev/mails", to):
        if path == to:
            await page.get_by_role("link", name=to).click()
            await expect(page.get_by_role("heading", level=2)).to_be_visible()
        else:
            await page.goto(path)
        for details in await page.locator("main details").all():
            await details.evaluate("element => element.open = true")
        await page.add_script_tag(path=AXE)
        found = await page.evaluate(
            "axe.run({runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"
        )
        told = [(one["id"], [node["target"] for node in one["nodes"]]) for one in found["violations"]]
        assert told == [], path
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1"), path
        await _picture(page, path, theme, viewport)
    await page.context.close()


async def test_the_profile_is_filled_in_by_keyboard_and_speaks_the_new_language(chromium: Browser, house: Rig) -> None:
    shop = await house.shop()
    page = await opened(chromium, house, shop)
    await page.goto("/profile")
    await page.get_by_label("Nombre").focus()
    await page.keyboard.press("Control+A")
    await page.keyboard.type("Marta Ríos")
    await page.keyboard.press("Tab")
    await page.keyboard.press("ArrowDown")
    await page.keyboard.press("Tab")
    await page.keyboard.type("America/Bog")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/profile?saved=profile")
    await expect(page.get_by_text("Saved.")).to_be_visible()
    await expect(page.get_by_label("Name")).to_have_value("Marta Ríos")
    await expect(page.get_by_label("Time zone")).to_have_value("America/Bogota")
    await page.get_by_label("What is new").check()
    await page.get_by_role("button", name="Save").last.click()
    await page.wait_for_url("**/profile?saved=notifications")
    await expect(page.get_by_label("What is new")).to_be_checked()
    await page.context.close()


async def test_a_mail_is_read_as_html_whose_link_opens_and_as_text(chromium: Browser, house: Rig) -> None:
    shop = await house.shop()
    to = await a_mail(house, shop)
    page = await opened(chromium, house, shop)
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    for _ in range(100):
        await page.goto("/dev/mails")
        if await page.get_by_role("link", name=to).count():
            break
        await page.wait_for_timeout(50)
    await page.get_by_role("link", name=to).click()
    inside = page.frame_locator("iframe")
    await expect(inside.get_by_text("482913")).to_be_visible()
    link = inside.get_by_role("link", name="Confirmar dirección")
    await expect(link).to_have_css("background-color", "rgb(11, 110, 89)")
    await expect(page.get_by_text("Confirmar dirección:")).to_be_visible()
    assert complaints == []
    await page.context.close()


async def _picture(page: Page, path: str, theme: str, viewport: dict[str, int]) -> None:
    folder = Path(__file__).parents[1] / "artifacts"
    if folder.is_dir():
        name = "mail" if "@" in path else path.strip("/").replace("/", "-").replace("?", "-").replace("=", "-")
        await page.screenshot(path=folder / f"{name}-{theme}-{viewport['width']}.png", full_page=True)
