"""The pages of contacts in a real browser, over the real wiring."""

import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from builders import meta
from builders.people import Desk
from rig import Rig, open_rig
from wacloud.modules.auth.domain.token import Claims

pytestmark = pytest.mark.browser

AXE = Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js"
RULES = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']"
# As tall as the page: what lies under the bar at the bottom of a phone can be scrolled, which axe does not do.
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 3200}
FILE = "Nombre;Teléfono;Etiquetas;Notas\nLupe;600 222 333;VIP;x\n;no;;\nRosa Pérez;600111222;;\n"


@pytest.fixture(scope="module")
async def house(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    async with open_rig(own_database.app_dsn, redis_url) as rig:
        yield rig


async def a_desk(rig: Rig) -> Desk:
    """A shop with somebody of everything."""
    desk = Desk(rig, await rig.shop(enabled=False))
    for form in (
        {"label": "Cumpleaños", "kind": "date"},
        {"label": "Nivel", "kind": "choice", "choices": "Oro\nPlata"},
    ):
        assert (await desk.page("POST", "/contacts/fields", form)).status == 303
    made = await desk.ask("POST", "/api/contact-tags", {"name": "VIP", "colour": "violet"})
    told = {"fields": {"nivel": "Oro", "cumpleanos": "1990-04-03"}, "tag_ids": [made.json["id"]]}
    await desk.add("+34600111222", name="Rosa Pérez", **told)
    await desk.hears("34600111222", "¿Abrís hoy?", at=time.time() - 60)
    await desk.hears("34600111222", "BAJA")
    text = meta.text("", "hola")
    del text["from"]
    card = {"profile": {"name": "Rosa Perez"}, "user_id": "ES.4711"}
    hidden = {"messages": [{**text, "from_user_id": "ES.4711"}], "contacts": [card]}
    await desk.webhook(meta.envelope(desk.shop.waba_id, meta.value(desk.shop.phone_number_id, **hidden)))
    await desk.add("+525512345678", name="Paco Ruiz con un nombre muy largo que no cabe en una línea de un teléfono")
    rule = {"field": "tag", "op": "has", "value": made.json["id"]}
    await desk.ask("POST", "/api/segments", {"name": "VIP", "filter": {"match": "all", "rules": [rule]}})
    return desk


async def opened(chromium: Browser, desk: Desk, **options: Any) -> Page:
    theme, language = options.pop("theme", None), options.pop("language", "es")
    context = await chromium.new_context(base_url=desk.rig.url, **{"viewport": DESKTOP, **options})
    claims = Claims(desk.shop.user_id, desk.shop.business_id, desk.shop.session_id)
    session = desk.rig.house.auth.tokens.issue(claims, "session", desk.rig.house.clock())
    cookies = {"wacloud_session": session, "lang": language} | ({"theme": theme} if theme else {})
    await context.add_cookies([{"name": name, "value": value, "url": desk.rig.url} for name, value in cookies.items()])
    page = await context.new_page()
    page.on("pageerror", lambda error: pytest.fail(str(error)))
    return page


@pytest.mark.parametrize(("language", "theme"), [("es", "light"), ("en", "dark")])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
async def test_axe_finds_nothing_and_nothing_is_wider_than_the_screen(
    chromium: Browser, house: Rig, language: str, theme: str, viewport: dict[str, int]
) -> None:
    if not AXE.exists():
        pytest.skip("axe-core is not installed (bin/setup dev)")
    desk = await a_desk(house)
    rosa = await desk.contact_of("34600111222")
    upload = (await desk.upload(FILE.encode())).text
    segment = (await desk.ask("GET", "/api/segments")).json[0]["id"]
    conversation = (await desk.get(rosa))["conversations"][0]["id"]
    page = await opened(chromium, desk, theme=theme, language=language, viewport=viewport, bypass_csp=True)
    for name, path in {
        "list": "/contacts",
        "nobody": "/contacts?q=nadie",
        "new": "/contacts/new",
        "person": f"/contacts/{rosa}",
        "duplicates": "/contacts/duplicates",
        "segments": "/contacts/segments",
        "segment": f"/contacts/segments/{segment}",
        "import": "/contacts/import",
        "columns": upload,
        "settings": "/contacts/settings",
        "panel": f"/inbox/{conversation}",
    }.items():
        await page.goto(path)
        if name == "panel":
            if viewport is PHONE:
                continue
            await expect(page.locator(".panel-more")).to_be_visible()
        await page.add_script_tag(path=AXE)
        found = await page.evaluate(f"axe.run({{runOnly: {RULES}}})")
        told = [(one["id"], [node["target"] for node in one["nodes"]]) for one in found["violations"]]
        assert told == [], path
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1"), path
        await _picture(page, name, language, viewport)
    await page.context.close()


async def test_a_file_is_sent_looked_at_and_watched_coming_in(chromium: Browser, house: Rig) -> None:
    desk = await a_desk(house)
    page = await opened(chromium, desk, language="en")
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    await page.goto("/contacts/import")
    upload = {"name": "clientes.csv", "mimeType": "text/csv", "buffer": FILE.encode()}
    await page.get_by_label("A CSV file").set_input_files(files=[upload])  # type: ignore[list-item]
    await page.get_by_role("button", name="Send the file").click()
    await expect(page.get_by_label("Teléfono")).to_have_value("phone")
    await expect(page.get_by_text("Row 3: This is no phone number: no")).to_be_visible()
    await page.get_by_role("button", name="Import").click()
    await expect(page.get_by_role("heading", name="Done: 3 rows")).to_be_visible()
    await expect(page.get_by_role("link", name="Rows that were not taken, and why")).to_be_visible()
    assert complaints == []
    await page.context.close()


async def test_a_segment_is_put_together_and_shows_whom_it_finds_at_once(chromium: Browser, house: Rig) -> None:
    desk = await a_desk(house)
    page = await opened(chromium, desk, language="en")
    await page.goto("/contacts/segments/new")
    await page.get_by_label("What", exact=True).select_option("country")
    await expect(page.get_by_label("With what")).to_have_attribute("placeholder", "ES")
    await page.get_by_label("With what").fill("mx")
    await page.get_by_label("Name").fill("México")
    await expect(page.get_by_role("heading", name="1 contact now")).to_be_visible()
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("link", name="Paco Ruiz")).to_be_visible()
    await expect(page.get_by_role("link", name="Rosa Pérez")).to_have_count(0)
    await page.context.close()


async def _picture(page: Page, name: str, language: str, viewport: dict[str, int]) -> None:
    folder = Path(__file__).parents[1] / "artifacts"
    if folder.is_dir():
        await page.screenshot(path=folder / f"contacts-{name}-{language}-{viewport['width']}.png", full_page=True)
