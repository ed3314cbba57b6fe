"""B11: a business that demands a second factor is closed to members without one, by every route and page."""

import os
import sys
from pathlib import Path
from typing import Any, cast
from uuid import uuid4

import pytest
from business_people import People, Someone
from playwright.async_api import Browser
from test_business_pages import chromium, cookies

sys.path.insert(0, str(Path(__file__).parents[1] / "architecture"))

from permissions_page import operations

GUARDED = [(method, path) for path, method, asks in operations() if asks.startswith("`")]
SHOTS = os.environ.get("PAGE_SHOTS")
__all__ = ["chromium"]


async def demand(people: People, owner: Someone) -> None:
    async with people.rig.house.db.tenant(cast(Any, owner.business_id)) as tx:
        await people.rig.house.business.businesses.set_demand(tx, cast(Any, owner.business_id), True)


async def give_factor(people: People, who: Someone) -> None:
    """As if they had confirmed an app and come in by it."""
    async with people.rig.house.db.system("test: a second factor") as tx:
        await tx.execute(
            "insert into app.totp_factors (user_id, name, secret, confirmed_at) values (%s, 'App', 'sealed', now())",
            (who.user_id,),
        )
        await tx.execute("update app.sessions set aal = 'aal2' where user_id = %s", (who.user_id,))
    await people.rig.house.auth.memory.forget([who.session_id])


@pytest.mark.parametrize(("method", "path"), GUARDED, ids=str)
async def test_b11_every_operation_is_closed_to_whoever_has_none(people: People, method: str, path: str) -> None:
    owner = await people.business()
    await demand(people, owner)
    filled = path.replace("{business_id}", str(owner.business_id)).replace("{sector}", "retail")
    while "{" in filled:
        filled = f"{filled[: filled.index('{')]}{uuid4()}{filled[filled.index('}') + 1 :]}"
    told = await people.ask(owner, method, filled, None if method == "GET" else {})
    assert (told.status, told.code) == (403, "second_factor_demanded"), told.text


async def test_a12_a_key_is_let_in_if_whoever_made_it_could_be(people: People) -> None:
    owner = await people.business()
    wish = {"name": "Caja", "scopes": ["business.read"]}
    made = await people.here(owner, "POST", "/api-keys", wish)
    assert made.status == 201, made.text

    async def by_key() -> tuple[int, Any]:
        url = f"{people.rig.url}/api/businesses/{owner.business_id}"
        headers = {"authorization": f"Bearer {made.json['key']}"}
        async with people.rig.http.get(url, headers=headers) as answer:
            return answer.status, (await answer.json()).get("code")

    assert await by_key() == (200, None)
    await demand(people, owner)
    assert await by_key() == (403, "second_factor_demanded")
    await give_factor(people, owner)
    assert await by_key() == (200, None)


async def test_b11_a_page_leads_to_where_one_is_set_up_and_says_why(people: People) -> None:
    owner = await people.business()
    await demand(people, owner)
    for path in ("/business", "/inbox", "/business/team", "/onboarding"):
        told = await people.ask(owner, "GET", path, page=True)
        assert (told.status, told.headers["location"]) == (303, "/security?said=demanded"), path
    page = await people.ask(owner, "GET", "/security?said=demanded&lang=en", page=True)
    assert "asks a second factor of everybody" in page.text
    assert (await people.ask(owner, "POST", "/business", page=True, name="X")).status == 403


async def test_b11_the_switch_counts_who_has_none_and_takes_only_whoever_has_one(people: People) -> None:
    team = await people.team()
    owner, admin = team["owner"], team["admin"]
    refused = await people.ask(owner, "POST", "/business/second-factor", page=True, demanded="yes")
    assert refused.status == 409
    await give_factor(people, owner)
    await give_factor(people, admin)
    page = await people.ask(owner, "GET", "/business?lang=en", page=True)
    assert "2 members have none yet" in page.text
    listed = await people.ask(owner, "GET", "/business/team?lang=en", page=True)
    assert listed.text.count("with a second factor") == 2
    members = (await people.here(owner, "GET", "/members")).json
    assert {one["role"]: one["second_factor"] for one in members} == {
        "owner": True,
        "admin": True,
        "agent": False,
        "analyst": False,
    }
    assert (await people.ask(team["agent"], "GET", "/business", page=True)).status == 200
    assert (await people.ask(team["agent"], "POST", "/business/second-factor", page=True, demanded="yes")).status == 403
    assert (await people.ask(owner, "POST", "/business/second-factor", page=True, demanded="yes")).status == 303
    assert (await people.ask(team["agent"], "GET", "/business", page=True)).status == 303
    assert (await people.ask(owner, "GET", "/business", page=True)).status == 200
    assert "business.second_factor_demanded" in await people.log(owner)
    assert (await people.ask(admin, "POST", "/business/second-factor", page=True, demanded="no")).status == 303
    assert (await people.ask(team["agent"], "GET", "/business", page=True)).status == 200


async def test_what_takes_a_fresh_proof_leads_a_page_to_it_and_back(people: People) -> None:
    owner = await people.business()
    async with people.rig.house.db.system("test: the proof is a while ago") as tx:
        await tx.execute(
            "update app.sessions set verified_at = now() - interval '1 hour' where user_id = %s", (owner.user_id,)
        )
    await people.rig.house.auth.memory.forget([owner.session_id])
    told = await people.ask(owner, "POST", "/business/delete", page=True, name="Velas del Sur")
    assert (told.status, told.headers["location"]) == (303, "/security/confirm?next=%2F")
    export = await people.ask(owner, "GET", "/profile/export", page=True)
    assert (export.status, export.headers["location"]) == (303, "/security/confirm?next=%2Fprofile%2Fexport")
    program = await people.ask(owner, "DELETE", f"/api/businesses/{owner.business_id}")
    assert (program.status, program.code, program.json["kinds"]) == (403, "step_up_required", ["password"])


@pytest.mark.browser
@pytest.mark.parametrize(("language", "theme", "width"), [("es", "light", 1280), ("en", "dark", 390)])
async def test_the_switch_can_be_looked_at(
    people: People, chromium: Browser, language: str, theme: str, width: int
) -> None:
    team = await people.team()
    await give_factor(people, team["owner"])
    context = await chromium.new_context(viewport={"width": width, "height": 844})
    await context.add_cookies(await cookies(people, team["owner"], theme=theme, lang=language))  # type: ignore[arg-type]
    page = await context.new_page()
    await page.goto(f"{people.rig.url}/business")
    await page.locator("#second-factor button").scroll_into_view_if_needed()
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/demand-{language}-{theme}.png")
    await page.locator("#second-factor button").click()
    await page.wait_for_url("**/business#second-factor")
    assert await page.locator("#second-factor input[name=demanded]").get_attribute("value") == "no"
    await context.close()
