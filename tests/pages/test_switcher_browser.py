"""The menu of one's businesses, in a real browser over the whole product."""

import os
import sys
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import pytest
from playwright.async_api import Browser, Page, expect

from rig import open_rig
from wacloud.shared.domain.ids import BusinessId

sys.path.insert(0, str(Path(__file__).parents[1] / "business"))

from business_people import NEW, People, Someone

AXE = Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js"
DESKTOP, PHONE = {"width": 1280, "height": 900}, {"width": 390, "height": 844}
SHOTS = os.environ.get("SHOTS")  # a folder for pictures, to be looked at
MENU = "details.place"
RULES = "['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice']"
WORDS = {"es": ("Propietario", "Abrir un negocio"), "en": ("Owner", "Open a business")}


@pytest.fixture(scope="module")
async def people(own_database: Any, redis_url: str) -> AsyncIterator[People]:
    async with open_rig(own_database.app_dsn, redis_url, with_worker=False) as rig:
        yield People(rig)


async def opened(people: People, browser: Browser, who: Someone, path: str, **looks: Any) -> Page:
    viewport = looks.pop("viewport", DESKTOP)
    context = await browser.new_context(viewport=viewport, **looks.pop("context", {}))
    kept = {"wacloud_session": people.session(who), **looks}
    await context.add_cookies([{"name": n, "value": v, "url": people.rig.url} for n, v in kept.items()])
    page = await context.new_page()
    await page.goto(people.rig.url + path)
    return page


async def of_two(people: People) -> Someone:
    """The owner of two businesses, acting in the first."""
    owner = await people.business(name="Velas del Sur y compañía de la costa")
    second = await people.ask(owner, "POST", "/api/businesses", {**NEW, "name": "Panadería Luz"})
    assert second.status == 201
    return owner


async def test_the_menu_is_there_for_whoever_has_something_to_choose(people: People) -> None:
    one, two = await people.business(), await of_two(people)
    for path in ("/business", "/security", "/profile", "/businesses"):
        assert "/businesses/menu" not in (await people.ask(one, "GET", path, page=True)).text, path
        assert "/businesses/menu" in (await people.ask(two, "GET", path, page=True)).text, path
    # Whoever has one only is a step away from its settings.
    assert '<a href="/business">Velas del Sur</a>' in (await people.ask(one, "GET", "/security", page=True)).text


async def test_the_menu_lists_ones_own_businesses_and_marks_where_one_is(people: People) -> None:
    two, other = await of_two(people), await people.business(name="De otra persona")
    menu = await people.ask(two, "GET", "/businesses/menu", page=True)
    assert menu.status == 200
    assert menu.text.count("place-one") == 2
    assert menu.text.count('aria-current="true"') == 1
    assert "De otra persona" not in menu.text
    assert str(other.business_id) not in menu.text
    assert (await people.ask(None, "GET", "/businesses/menu", page=True)).status == 303


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["es", "en"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE, {"width": 320, "height": 640}], ids=["wide", "phone", "narrow"])
async def test_axe_finds_nothing_in_the_open_menu_and_it_fits(
    people: People, chromium: Browser, language: str, theme: str, viewport: Any
) -> None:
    owner = await of_two(people)
    page = await opened(people, chromium, owner, "/business", viewport=viewport, lang=language, theme=theme)
    complaints: list[str] = []
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    await page.click(f"{MENU} > summary")
    await expect(page.locator(".place-one")).to_have_count(2)
    for word in WORDS[language]:
        await expect(page.locator(f"{MENU} .me-card")).to_contain_text(word)
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/menu-{viewport['width']}-{theme}-{language}.png")
    card = await page.locator(f"{MENU} .me-card").bounding_box()
    assert card is not None
    assert card["x"] >= 0
    assert card["x"] + card["width"] <= viewport["width"]
    assert card["y"] >= 0
    assert await page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    if AXE.exists():
        await page.evaluate(AXE.read_text("utf-8"))
        found = await page.evaluate(f"axe.run({{runOnly: {RULES}}})")
        assert [(one["id"], node["target"]) for one in found["violations"] for node in one["nodes"]] == []
    assert complaints == []
    await page.context.close()


@pytest.mark.browser
async def test_by_keyboard_one_goes_to_the_other_business_and_is_there(people: People, chromium: Browser) -> None:
    owner = await of_two(people)
    page = await opened(people, chromium, owner, "/business", lang="es")
    await page.focus(f"{MENU} > summary")
    await page.keyboard.press("Enter")
    await expect(page.locator(".place-one")).to_have_count(2)
    await page.keyboard.press("Escape")
    await expect(page.locator(f"{MENU} > summary")).to_be_focused()
    await expect(page.locator(".place-list")).to_be_hidden()
    await page.keyboard.press("Enter")
    await page.keyboard.press("Tab")  # where they are
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/inbox")
    await page.goto(people.rig.url + "/business")
    await expect(page.locator("#name")).to_have_value("Panadería Luz")
    await page.context.close()


@pytest.mark.browser
async def test_without_scripts_the_menu_leads_to_the_list(people: People, chromium: Browser) -> None:
    owner = await of_two(people)
    page = await opened(people, chromium, owner, "/business", context={"java_script_enabled": False})
    await page.click(f"{MENU} > summary")
    await page.click(f"{MENU} .me-way")
    await page.wait_for_url("**/businesses")
    await page.context.close()


async def test_another_business_opens_only_to_its_members(people: People) -> None:
    owner, other = await of_two(people), await people.business()
    away = await people.ask(
        owner, "POST", "/switch-business", page=True, business_id=str(other.business_id), next="/business"
    )
    assert away.status == 404
    listed = await people.ask(owner, "GET", "/api/businesses")
    second = BusinessId(UUID(listed.json[1]["id"]))
    there = await people.ask(owner, "POST", "/switch-business", page=True, business_id=str(second), next="//evil.test")
    assert (there.status, there.headers["location"]) == (303, "/")
    menu = await people.ask(replace(owner, business_id=cast(Any, None)), "GET", "/businesses/menu", page=True)
    current = menu.text.split('aria-current="true"')[1].split("</a>")[0]
    assert "Panadería Luz" in current
