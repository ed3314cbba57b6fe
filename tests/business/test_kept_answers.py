"""E9, F21: what callers may keep of the API is theirs alone, and for no longer than they are who they were."""

import re
import sys
from pathlib import Path

import pytest
from business_people import ROLES, People, Someone

from wacloud.shared.ui.caching import FOR_A_MINUTE

sys.path.insert(0, str(Path(__file__).parents[1] / "architecture"))

from described import Description, application

API = Description(application().openapi())
KEPT = {
    operation.path: operation.told["operationId"]
    for operation in API.operations
    if "304" in operation.told["responses"]
}


def at(path: str, owner: Someone) -> str:
    return path.replace("{business_id}", str(owner.business_id)).replace("{sector}", "retail")


def test_only_what_a_minute_of_age_does_no_harm_to_may_be_kept() -> None:
    assert set(KEPT.values()) == {"list_businesses", "get_hours", "get_sector_template"}


@pytest.mark.parametrize("path", KEPT)
async def test_e9_whoever_has_it_gets_it_again_only_if_it_changed(people: People, path: str) -> None:
    owner = await people.business()
    first = await people.ask(owner, "GET", at(path, owner))
    assert (first.status, first.headers["cache-control"]) == (200, FOR_A_MINUTE)
    again = await people.ask(owner, "GET", at(path, owner), has=first.headers["etag"])
    assert (again.status, again.text) == (304, "")


@pytest.mark.parametrize("path", KEPT)
async def test_e9_what_one_has_is_nothing_to_another(people: People, path: str) -> None:
    ours, theirs = await people.team(), await people.team()
    etag = (await people.ask(ours["owner"], "GET", at(path, ours["owner"]))).headers["etag"]
    for other in (*theirs.values(), *(ours[role] for role in ROLES[1:])):
        told = await people.ask(other, "GET", at(path, ours["owner"]), has=etag)
        plain = await people.ask(other, "GET", at(path, ours["owner"]))
        assert told.status == plain.status != 304
        assert told.headers.get("etag") != etag
        if told.status == 200:
            assert told.text == plain.text
        if other in theirs.values():
            assert str(ours["owner"].business_id) not in told.text
    nobody = await people.ask(None, "GET", at(path, ours["owner"]), has=etag)
    assert (nobody.status, "etag" in nobody.headers) == (401, False)


@pytest.mark.parametrize("path", KEPT)
async def test_e9_another_role_has_nothing_kept_and_whoever_is_out_gets_nothing(people: People, path: str) -> None:
    team = await people.team()
    owner, agent = team["owner"], team["agent"]
    etag = (await people.ask(agent, "GET", at(path, owner))).headers["etag"]
    assert (await people.here(owner, "PATCH", f"/members/{agent.user_id}", {"role": "analyst"})).status == 200
    changed = await people.ask(agent, "GET", at(path, owner), has=etag)
    assert (changed.status, changed.headers["etag"] != etag) == (200, True)
    assert (await people.here(owner, "DELETE", f"/members/{agent.user_id}")).status == 204
    out = await people.ask(agent, "GET", at(path, owner), has=changed.headers["etag"])
    assert out.status in (401, 403, 404) or out.json == [], out.text


# Those of one person, tag or file need one first; the tests of their part look at them.
READS = [
    one
    for one in API.operations
    if one.method == "GET"
    and "security" in one.told
    and not set(re.findall(r"{(\w+)}", one.path)) - {"business_id", "sector"}
]


@pytest.mark.parametrize("path", [one.path for one in READS])
async def test_f21_no_cache_keeps_what_somebody_sees_nor_takes_it_for_a_file(people: People, path: str) -> None:
    owner = await people.business()
    told = await people.ask(owner, "GET", at(path, owner))
    assert told.status == 200
    assert told.headers["cache-control"] == (FOR_A_MINUTE if path in KEPT else "no-store")
    for ending in (
        ".css",
        "/x.css",
        ";x.css",
        "%2Fx.css",
        "%3Bx.css",
        "%0Ax.css",
        "%3Fx.css",
        "/..%2Fstatic%2Fapp.css",
    ):
        file = await people.ask(owner, "GET", at(path, owner) + ending)
        assert file.status in (404, 405, 422), ending
        assert "max-age" not in file.headers.get("cache-control", ""), ending
        assert owner.email not in file.text
