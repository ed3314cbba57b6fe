"""Signing up, recovering and the security page in a real browser, over the whole product."""

import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from playwright.async_api import Browser, Page, expect

from rig import Rig, open_rig

pytestmark = pytest.mark.browser

AXE = Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js"
RULES = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']"
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
PASSWORD = "tres palabras cualesquiera"
SHOTS = os.environ.get("SHOTS")  # a folder for pictures, to be looked at
WORDS = {
    "es": {"confirm": "Confirmar", "change": "Cambiar la contraseña", "others": "Cerrar las demás sesiones"},
    "en": {"confirm": "Confirm", "change": "Change the password", "others": "Sign out everywhere else"},
}


@dataclass(slots=True)
class Mailbox:
    """Every letter, as it was queued."""

    all: list[Any] = field(default_factory=list)

    async def queue(self, tx: Any, mail: Any) -> None:
        self.all.append(mail)

    def link(self, email: str, template: str) -> str:
        """The path and the secret of the newest link."""
        [*_, newest] = [mail for mail in self.all if (mail.to, mail.template) == (email, template)]
        parts = urlsplit(newest.values["link"])
        return f"{parts.path}#{parts.fragment}"


MAILBOX = Mailbox()


@pytest.fixture(scope="module")
async def product(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    async with open_rig(
        own_database.app_dsn, redis_url, mails=MAILBOX, settings={"trusted_proxies": ["127.0.0.1"]}
    ) as rig:
        yield rig


async def looked_at(page: Page, name: str) -> None:
    """Nothing for axe to find, nothing wider than the screen; a picture where one is wanted."""
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)
    wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not wide, name
    if AXE.exists():
        # Not as a script of the page, which the policy would refuse.
        await page.evaluate(f"{AXE.read_text()}; 0")
        found = await page.evaluate(f"axe.run({{runOnly: {RULES}}})")
        told = [(one["id"], node["target"]) for one in found["violations"] for node in one["nodes"]]
        assert told == [], name


@pytest.mark.parametrize(
    ("language", "theme", "viewport"),
    [("es", "light", DESKTOP), ("en", "dark", PHONE)],
    ids=["es-light-desktop", "en-dark-phone"],
)
async def test_from_sign_up_to_signing_out_elsewhere(
    chromium: Browser, product: Rig, language: str, theme: str, viewport: Any
) -> None:
    words, email = WORDS[language], f"p{uuid4().hex[:10]}@example.com"
    look = f"{language}-{theme}"
    context = await chromium.new_context(
        viewport=viewport,
        bypass_csp=True,
        reduced_motion="reduce",
        extra_http_headers={"X-Forwarded-For": f"10.77.{len(look)}.{uuid4().int % 250}"},
    )
    for name, value in (("lang", language), ("theme", theme)):
        await context.add_cookies([{"name": name, "value": value, "url": product.url}])
    page = await context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))

    await page.goto(f"{product.url}/login")
    await looked_at(page, f"login-{look}")
    await page.locator(".door-ways a").first.click()
    await expect(page.locator("[name=name]")).to_be_focused()
    await page.keyboard.type("Ana Nueva")  # the first field has the focus; the rest goes by keyboard, too
    for text in (email, PASSWORD):
        await page.keyboard.press("Tab")
        await page.keyboard.type(text)
    await looked_at(page, f"signup-{look}")
    await page.keyboard.press("Enter")
    await expect(page.locator("[role=status].door-text")).to_be_visible()
    await looked_at(page, f"sent-{look}")

    await page.goto(product.url + MAILBOX.link(email, "verify_email"))
    assert "#" not in page.url, "the secret is out of the address"
    await page.fill("#password", "no es esta")
    await page.get_by_role("button", name=words["confirm"]).click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await looked_at(page, f"verify-refused-{look}")
    await page.fill("#password", PASSWORD)
    await page.get_by_role("button", name=words["confirm"]).click()
    await looked_at(page, f"verified-{look}")

    await page.goto(f"{product.url}/forgot-password")
    await looked_at(page, f"forgot-{look}")
    await page.fill("#email", email)
    await page.keyboard.press("Enter")
    await expect(page.locator("[role=status].door-text")).to_be_visible()
    await page.goto(product.url + MAILBOX.link(email, "reset_password"))
    await page.fill("#password", f"{PASSWORD} y una")
    await looked_at(page, f"reset-{look}")
    await page.keyboard.press("Enter")
    await expect(page.locator("[role=status].door-text")).to_be_visible()

    async with product.http.post(
        f"{product.url}/api/auth/login", json={"email": email, "password": f"{PASSWORD} y una"}
    ) as elsewhere:
        assert elsewhere.status == 200
    await page.goto(f"{product.url}/login?next=/security")
    await page.fill("#email", email)
    await page.fill("#password", f"{PASSWORD} y una")
    await page.keyboard.press("Enter")
    await expect(page.locator(".account-sessions li")).to_have_count(2)
    await looked_at(page, f"security-{look}")
    await page.get_by_role("button", name=words["others"]).click()
    await expect(page.locator(".account-sessions li")).to_have_count(1)
    await page.fill("#current", f"{PASSWORD} y una")
    await page.fill("#new", "12345678")
    await page.get_by_role("button", name=words["change"]).click()
    await expect(page.get_by_role("alert")).to_be_visible()
    await looked_at(page, f"security-refused-{look}")
    await context.close()
    assert complaints == []


async def test_an_unverified_browser_types_its_code(chromium: Browser, product: Rig) -> None:
    email = f"p{uuid4().hex[:10]}@example.com"
    body = {"name": "Ana", "email": email, "password": PASSWORD}
    async with product.http.post(f"{product.url}/api/auth/register", json=body) as answer:
        assert answer.status == 202
    context = await chromium.new_context(viewport=PHONE, bypass_csp=True)
    page = await context.new_page()
    await page.goto(f"{product.url}/login")
    await page.fill("#email", email)
    await page.fill("#password", PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.locator("#code")).to_be_focused()
    await looked_at(page, "verify-code")
    [mail] = [mail for mail in MAILBOX.all if mail.to == email]
    await page.keyboard.type(mail.values["code"])
    await page.keyboard.press("Enter")
    await expect(page.locator("[role=status].door-text")).to_be_visible()
    await context.close()


async def test_without_javascript_the_secret_can_be_pasted(chromium: Browser, product: Rig) -> None:
    email = f"p{uuid4().hex[:10]}@example.com"
    body = {"name": "Ana", "email": email, "password": PASSWORD}
    async with product.http.post(f"{product.url}/api/auth/register", json=body) as answer:
        assert answer.status == 202
    context = await chromium.new_context(java_script_enabled=False)
    page = await context.new_page()
    link = MAILBOX.link(email, "verify_email")
    await page.goto(product.url + link)
    await page.fill("#token", link.partition("#")[2])
    await page.fill("#password", PASSWORD)
    await page.keyboard.press("Enter")
    await expect(page.locator("[role=status].door-text")).to_be_visible()
    await context.close()
