"""The pages of a business in a real browser, and as forms without one."""

import os
import shutil
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from business_people import ROLES, People, Someone
from playwright.async_api import Browser, async_playwright

AXE = Path(__file__).resolve().parents[2] / "node_modules/axe-core/axe.min.js"
PAGES = ("/business", "/business/team", "/business/audit", "/onboarding", "/onboarding/answers", "/businesses")
SEEN_BY_ALL = ("/business", "/business/team", "/onboarding")
SHOTS = os.environ.get("PAGE_SHOTS")  # a folder, for whoever wants to look


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail("REQUIRE_BROWSER=1, but there is no Chromium on this machine")
        pytest.skip("no Chromium on this machine")
    async with async_playwright() as playwright:
        quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = await playwright.chromium.launch(executable_path=program, args=quiet)
        yield browser
        await browser.close()


async def cookies(people: People, who: Someone, **more: str) -> list[dict[str, Any]]:
    session = people.session(who)
    return [{"name": n, "value": v, "url": people.rig.url} for n, v in {"wacloud_session": session, **more}.items()]


@pytest.mark.browser
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", ["es", "en"])
async def test_pages_fit_every_width_and_axe_finds_nothing(
    people: People, chromium: Browser, theme: str, language: str
) -> None:
    team = await people.team(name="Velas del Sur y compañía")
    await people.invite(team["owner"], "una.direccion.bastante.larga@example.test")
    await people.ask(team["owner"], "POST", "/api/bot/sector-template", {"hours": True})
    _, token = await people.invite(team["owner"], "guest@example.test")
    holidays = {"hours": {"mon": [["09:00", "14:00"]]}, "holidays": {"country": "ES", "region": "MD"}}
    await people.here(team["owner"], "PUT", "/hours", holidays)
    context = await chromium.new_context(viewport={"width": 1440, "height": 900})
    await context.add_cookies(await cookies(people, team["owner"], theme=theme, lang=language))  # type: ignore[arg-type]
    page = await context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda line: complaints.append(line.text) if line.type == "error" else None)
    for path in (*PAGES, f"/invitations/{token}"):
        for width in (1440, 1024, 768, 390):
            await page.set_viewport_size({"width": width, "height": 844})
            answer = await page.goto(people.rig.url + path)
            assert answer is not None
            assert answer.status == 200, path
            wide = await page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
            assert wide <= 0, (path, width)
            if SHOTS and width in (1440, 390):
                name = f"{path.strip('/').replace('/', '-')[:20]}-{width}-{theme}-{language}.png"
                await page.screenshot(path=f"{SHOTS}/{name}", full_page=True)
        if AXE.exists():
            # Run as the extension of a person's browser would: our own policy forbids scripts in the page.
            await page.evaluate(AXE.read_text("utf-8"))
            found = await page.evaluate("axe.run().then(r => r.violations.map(v => [v.id, v.nodes[0].html]))")
            assert found == [], path
    await context.close()
    assert complaints == []


@pytest.mark.browser
async def test_somebody_is_invited_and_joins_with_the_keyboard_alone(people: People, chromium: Browser) -> None:
    owner = await people.business()
    guest = await people.someone()
    context = await chromium.new_context(viewport={"width": 1280, "height": 800})
    await context.add_cookies(await cookies(people, owner, lang="es"))  # type: ignore[arg-type]
    page = await context.new_page()
    await page.goto(people.rig.url + "/business/team")
    await page.get_by_label("Correo electrónico").focus()
    await page.keyboard.type(guest.email)
    await page.keyboard.press("Tab")
    await page.keyboard.type("Ana")
    await page.keyboard.press("Tab")
    await page.keyboard.press("Enter")
    link = await page.locator("#link").input_value()
    assert link.startswith(people.rig.url) or "/invitations/" in link
    await context.clear_cookies()
    await context.add_cookies(await cookies(people, guest, lang="en"))  # type: ignore[arg-type]
    await page.goto(people.rig.url + "/invitations/" + link.rpartition("/")[2])
    await page.get_by_role("button", name="Accept").focus()
    await page.keyboard.press("Enter")
    await page.get_by_text("Welcome to Velas del Sur.").wait_for()
    assert (await people.roles(owner))[guest.user_id] == "analyst"
    await context.close()


@pytest.mark.parametrize("role", ROLES)
async def test_each_role_sees_its_pages_and_is_offered_what_it_may(people: People, role: str) -> None:
    team = await people.team()
    who = team[role]
    for path in SEEN_BY_ALL:
        assert (await people.ask(who, "GET", path, page=True)).status == 200, path
    assert (await people.ask(who, "GET", "/business/audit", page=True)).status == (
        200 if role in ("owner", "admin") else 403
    )
    settings = await people.ask(who, "GET", "/business", page=True)
    assert ("Guardar" in settings.text) == (role in ("owner", "admin"))
    assert ("Eliminar el negocio" in settings.text) == (role == "owner")
    listed = await people.ask(who, "GET", "/business/team", page=True)
    assert ("Invitar a alguien" in listed.text) == (role in ("owner", "admin"))
    assert ("Traspasar" in listed.text) == (role == "owner")


async def test_settings_and_hours_are_changed_by_form(people: People) -> None:
    owner = await people.business()
    told = await people.ask(
        owner, "POST", "/business", page=True, name="Otra", sector="other", phone="+34 600 00 00 43", city="Soria"
    )
    assert (told.status, told.headers["location"]) == (303, "/business")
    bad = await people.ask(owner, "POST", "/business", page=True, name="x")
    assert bad.status == 422
    assert "entre 2 y 100" in bad.text
    form = {
        "mon_0_start": "09:00", "mon_0_end": "14:00", "mon_1_start": "17:00", "mon_1_end": "20:30",
        "special_0_day": "2030-12-24", "special_0_name": "Nochebuena", "country": "ES", "region": "MD", "closes": "1",
    }  # fmt: skip
    assert (await people.ask(owner, "POST", "/business/hours", page=True, **form)).status == 303
    hours = (await people.here(owner, "GET", "/hours")).json
    assert hours["hours"]["mon"] == [["09:00", "14:00"], ["17:00", "20:30"]]
    assert hours["special_days"] == {"2030-12-24": {"name": "Nochebuena", "hours": []}}
    assert hours["holidays"]["region"] == "MD"
    overlap = await people.ask(owner, "POST", "/business/hours", page=True, **{**form, "mon_1_start": "13:00"})
    assert overlap.status == 422
    assert "se solapan" in overlap.text
    business = (await people.here(owner, "GET", "")).json
    assert (business["name"], business["phone"], business["city"]) == ("Otra", "+34600000043", "Soria")


async def test_the_team_s_forms_do_what_they_say(people: People) -> None:
    team = await people.team()
    owner, agent = team["owner"], team["agent"]
    path = f"/business/team/members/{agent.user_id}"
    assert (await people.ask(owner, "POST", f"{path}/role", page=True, role="admin")).status == 303
    assert (await people.roles(owner))[agent.user_id] == "admin"
    refused = await people.ask(team["admin"], "POST", f"/business/team/members/{owner.user_id}/remove", page=True)
    assert refused.status == 403
    handed = {"user_id": str(agent.user_id), "name": "Velas del Sur"}
    assert (await people.ask(owner, "POST", "/business/team/transfer", page=True, **handed)).status == 303
    assert (await people.ask(owner, "POST", "/business/team/leave", page=True)).status == 303
    assert owner.user_id not in await people.roles(agent)
    assert (await people.ask(agent, "POST", "/business/delete", page=True, name="no")).status == 422
    assert (await people.ask(agent, "POST", "/business/delete", page=True, name="Velas del Sur")).status == 303
    assert "se borrará" in (await people.ask(agent, "GET", "/business", page=True)).text
    assert (await people.ask(agent, "POST", "/business/keep", page=True)).status == 303


async def test_somebody_of_no_business_opens_one_by_form(people: People) -> None:
    someone = await people.someone()
    told = {"name": "Nueva", "sector": "healthcare", "phone": "600", "employee_count": "1-10"}
    bad = await people.ask(someone, "POST", "/businesses", page=True, **told)
    assert bad.status == 422
    assert 'value="Nueva"' in bad.text
    assert (
        await people.ask(someone, "POST", "/businesses", page=True, **{**told, "phone": "+34600000042"})
    ).status == 303
    assert "Nueva" in (await people.ask(someone, "GET", "/businesses", page=True)).text


async def test_a_form_from_another_site_is_refused(people: People) -> None:
    owner = await people.business()
    async with people.rig.http.post(
        people.rig.url + "/business/delete",
        data={"name": "Velas del Sur"},
        headers={"cookie": f"wacloud_session={people.session(owner)}", "sec-fetch-site": "cross-site"},
    ) as answer:
        assert answer.status == 403
    assert (await people.here(owner, "GET", "")).json["erase_at"] is None
