"""From signing up to working in somebody else's business, as two people meet it."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from playwright.async_api import Browser, Page, expect

from rig import Rig, eventually, open_rig

pytestmark = pytest.mark.browser

AXE = Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js"
RULES = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']"
DESKTOP, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
PASSWORD = "tres palabras cualesquiera"
WORDS = {
    "es": {"open": "Abrir un negocio", "first": "Primeros pasos", "mine": "Tus negocios"},
    "en": {"open": "Open a business", "first": "First steps", "mine": "Your businesses"},
}


@pytest.fixture(scope="module")
async def product(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    # A database of its own: nobody else's worker takes these mails.
    async with open_rig(own_database.app_dsn, redis_url, settings={"trusted_proxies": ["127.0.0.1"]}) as rig:
        yield rig


class Walk:
    """A person with a browser, and what it complained of."""

    def __init__(self, rig: Rig, page: Page) -> None:
        self.rig, self.page = rig, page
        self.complaints: list[str] = []
        page.set_default_timeout(10_000)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", lambda said: self.complaints.append(said.text) if said.type == "error" else None)

    async def look(self) -> None:
        """Nothing wider than the screen, nothing for axe to find."""
        assert not await self.page.evaluate("document.documentElement.scrollWidth > innerWidth"), self.page.url
        if AXE.exists():
            await self.page.add_script_tag(path=AXE)
            found = await self.page.evaluate(f"axe.run({{runOnly: {RULES}}})")
            told = [(one["id"], node["target"]) for one in found["violations"] for node in one["nodes"]]
            assert told == [], self.page.url

    async def mailed(self, email: str, path: str) -> str:
        """The newest link to this place, as /dev/mails shows it."""

        async def find() -> str | None:
            await self.page.goto(f"{self.rig.url}/dev/mails")
            for mail in await self.page.locator(".mails-list a", has_text=email).all():
                shown = await self.rig.http.get(self.rig.url + str(await mail.get_attribute("href")))
                link = re.search(rf"http://[^/\s]+({path}[\w#/=?-]+)", await shown.text())
                if link:
                    return self.rig.url + link[1]
            return None

        return str(await eventually(find, 15))

    async def sign_up(self, name: str, email: str) -> None:
        """From the form to being signed in."""
        await self.page.fill("#name", name)
        await self.page.fill("#email", email)
        await self.page.fill("#password", PASSWORD)
        await self.look()
        await self.page.keyboard.press("Enter")
        await expect(self.page.locator("a[href='/dev/mails']")).to_be_visible()
        await self.look()
        await self.page.goto(await self.mailed(email, "/verify-email"))
        await self.page.fill("#password", PASSWORD)
        await self.look()
        await self.page.keyboard.press("Enter")
        await self.page.locator("a.button-main").click()
        await self.page.fill("#email", email)
        await self.page.fill("#password", PASSWORD)
        await self.page.keyboard.press("Enter")
        await expect(self.page.locator("#password")).to_have_count(0)


async def walk(chromium: Browser, product: Rig, language: str, viewport: Any) -> Walk:
    context = await chromium.new_context(
        viewport=viewport,
        bypass_csp=True,
        reduced_motion="reduce",
        extra_http_headers={"X-Forwarded-For": f"10.78.{uuid4().int % 250}.{uuid4().int % 250}"},
    )
    await context.add_cookies([{"name": "lang", "value": language, "url": product.url}])
    return Walk(product, await context.new_page())


async def opens_a_business(who: Walk, language: str) -> None:
    """Whoever is new is led to where a business is opened, and from there to the first steps."""
    page, words = who.page, WORDS[language]
    await page.goto(f"{who.rig.url}/signup")
    await who.sign_up("Ana Nueva", f"ana{uuid4().hex[:10]}@example.com")
    await expect(page.get_by_role("heading", level=1)).to_have_text(words["mine"])
    await page.goto(f"{who.rig.url}/ledger")
    assert page.url == f"{who.rig.url}/businesses"
    await who.look()
    await page.fill("#name", "Velas del Sur")
    await page.fill("#phone", "+34600000042")
    await page.get_by_role("button", name=words["open"]).click()
    await expect(page.get_by_role("heading", level=1)).to_have_text(words["first"])
    assert page.url == f"{who.rig.url}/onboarding"
    await who.look()


async def test_two_people_from_sign_up_to_a_team_and_out_of_it(chromium: Browser, product: Rig) -> None:
    ana, carla = await walk(chromium, product, "es", DESKTOP), await walk(chromium, product, "es", PHONE)
    email = f"carla{uuid4().hex[:10]}@example.com"
    await opens_a_business(ana, "es")
    await ana.page.goto(f"{product.url}/business/team")
    await ana.page.fill("#email", email)
    await ana.page.keyboard.press("Enter")
    await expect(ana.page.locator("#link")).to_be_visible()
    await ana.look()

    invitation = await carla.mailed(email, "/invitations/")
    await carla.page.goto(invitation)
    await carla.look()
    await carla.page.locator("a[href^='/signup']").click()
    await carla.sign_up("Carla Dos", email)
    assert carla.page.url == invitation, "the mailbox in between does not lose the way"
    await carla.look()
    await carla.page.get_by_role("button", name="Aceptar").click()
    await expect(carla.page.get_by_role("status").first).to_contain_text("Velas del Sur")
    await carla.look()
    await carla.page.locator("main a.button-main").click()
    await expect(carla.page).to_have_url(f"{product.url}/inbox")

    await carla.page.goto(f"{product.url}/businesses")
    await carla.page.fill("#name", "Panes de Carla")
    await carla.page.fill("#phone", "+34600000043")
    await carla.page.get_by_role("button", name="Abrir un negocio").click()
    await expect(carla.page).to_have_title(re.compile("Panes de Carla"))
    await carla.page.goto(f"{product.url}/businesses")
    await carla.look()
    await carla.page.get_by_role("button", name=re.compile("Trabajar aquí.*Velas del Sur")).click()
    await expect(carla.page).to_have_url(f"{product.url}/inbox")

    await ana.page.goto(f"{product.url}/business/team")
    await ana.page.get_by_role("button", name=re.compile("Quitar.*Carla Dos")).click()
    await expect(ana.page.get_by_text(email)).to_have_count(0)
    # Her open page notices by itself.
    await expect(carla.page.get_by_role("alert")).to_contain_text("Ya no perteneces", timeout=8000)
    await carla.look()
    for who in (ana, carla):
        assert who.complaints == []
        await who.page.context.close()


async def test_in_english_somebody_new_reaches_the_first_steps(chromium: Browser, product: Rig) -> None:
    ana = await walk(chromium, product, "en", PHONE)
    await opens_a_business(ana, "en")
    assert ana.complaints == []
    await ana.page.context.close()
