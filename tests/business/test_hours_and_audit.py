"""Opening hours through the API, public holidays, and who reads the audit log."""

from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from business_people import ROLES, People
from hypothesis import given
from hypothesis import strategies as st

from wacloud.modules.business.api import is_open, open_text
from wacloud.modules.business.domain.hours import DAYS, checked_hours, opening_hours
from wacloud.modules.business.domain.public_holidays import REGIONS_OF_SPAIN, HolidayCalendar, public_holidays
from wacloud.shared.domain.errors import AppError

SPLIT = [["09:00", "13:30"], ["17:00", "20:30"]]


async def test_split_shifts_special_days_and_holidays_are_put_and_read(people: People) -> None:
    owner = await people.business()
    told = {
        "hours": {"mon": SPLIT[::-1], "fri": [["20:00", "03:00"]]},
        "special_days": {"2026-12-24": {"name": "Nochebuena", "hours": [["09:00", "14:00"]]}},
        "holidays": {"country": "ES", "region": "MD"},
    }
    put = await people.here(owner, "PUT", "/hours", told)
    assert put.status == 200
    assert put.json["hours"] == {**{day: [] for day in DAYS}, "mon": SPLIT, "fri": [["20:00", "03:00"]]}
    assert put.json["holidays"] == {"country": "ES", "region": "MD", "closes": True}
    assert put.json["is_open"] in (True, False)
    assert (await people.here(owner, "GET", "/hours")).json["special_days"] == told["special_days"]
    # All three are replaced.
    bare = await people.here(owner, "PUT", "/hours", {"hours": {"mon": [["00:00", "24:00"]]}})
    assert (bare.json["special_days"], bare.json["holidays"]) == ({}, None)
    assert (await people.log(owner)).count("business.hours_changed") == 2


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"hours": {"mon": [["09:00", "14:00"], ["13:00", "15:00"]]}}, "shifts_overlap"),
        ({"hours": {"mon": [["09:00", "09:00"]]}}, "shifts_overlap"),
        ({"hours": {"mon": [["20:00", "02:00"], ["22:00", "23:00"]]}}, "shifts_overlap"),
        ({"hours": {"mon": [["9:00", "14:00"]]}}, "invalid_request"),
        ({"hours": {"mon": [["09:00", "25:00"]]}}, "invalid_request"),
        ({"hours": {"mon": [["09:00"]]}}, "invalid_request"),
        ({"hours": {"monday": []}}, "invalid_request"),
        ({"hours": {"mon": SPLIT * 3}}, "invalid_request"),
        ({"hours": {}, "special_days": {"2026-13-01": {}}}, "invalid_request"),
        ({"hours": {}, "holidays": {"country": "FR"}}, "invalid_request"),
        ({"hours": {}, "holidays": {"country": "ES", "region": "XX"}}, "holidays_unknown"),
        ({"hours": {}, "holidays": {"country": "MX", "region": "MD"}}, "holidays_unknown"),
        ({"hours": {}, "time_zone": "Europe/Madrid"}, "invalid_request"),
        ({}, "invalid_request"),
    ],
)
async def test_hours_that_cannot_be_are_422(people: People, told: Any, code: str) -> None:
    owner = await people.business()
    answer = await people.here(owner, "PUT", "/hours", told)
    assert (answer.status, answer.code) == (422, code)


@pytest.mark.parametrize("role", ROLES)
async def test_who_may_change_the_hours(people: People, role: str) -> None:
    team = await people.team()
    told = await people.here(team[role], "PUT", "/hours", {"hours": {}})
    assert told.status == (200 if role in ("owner", "admin") else 403)
    assert (await people.here(team[role], "GET", "/hours")).status == 200


@pytest.mark.parametrize(
    ("country", "region", "day", "name"),
    [
        ("ES", None, date(2026, 10, 12), "Fiesta Nacional de España"),
        ("ES", "MD", date(2026, 5, 2), "Fiesta de la Comunidad de Madrid"),
        ("ES", "CT", date(2026, 9, 11), "Fiesta Nacional de Cataluña"),
        ("MX", None, date(2026, 9, 16), "Día de la Independencia"),
        ("AR", None, date(2026, 7, 9), "Día de la Independencia"),
        ("CO", None, date(2026, 7, 20), "Día de la Independencia"),
        ("CL", None, date(2026, 9, 18), "Día de la Independencia"),
        ("PE", None, date(2026, 7, 28), "Día de la Independencia"),
    ],
)
def test_a_public_holiday_closes_where_the_business_says_so(
    country: str, region: str | None, day: date, name: str
) -> None:
    assert HolidayCalendar(country, region).name_on(day) == name
    profile: dict[str, Any] = {
        "hours": {weekday: [["00:00", "24:00"]] for weekday in DAYS},
        "holidays": {"country": country, "region": region, "closes": True},
    }
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=ZoneInfo("America/Lima"))
    closed = is_open(profile, "America/Lima", noon)
    assert closed is not None
    assert closed.is_open is False
    assert name in open_text(profile, "America/Lima", noon)
    profile["holidays"]["closes"] = False
    opened = is_open(profile, "America/Lima", noon)
    assert opened is not None
    assert opened.is_open is True
    # What the business itself says of the day wins.
    profile["holidays"]["closes"] = True
    profile["special_days"] = {day.isoformat(): {"name": "Abrimos", "hours": [["11:00", "13:00"]]}}
    special = is_open(profile, "America/Lima", noon)
    assert special is not None
    assert special.is_open is True


def test_a_region_has_its_own_days_and_every_region_is_known() -> None:
    assert HolidayCalendar("ES").name_on(date(2026, 5, 2)) is None
    for region in REGIONS_OF_SPAIN:
        assert len(public_holidays("ES", region, 2026)) >= 8
    assert public_holidays("ES", None, 2026, "en")[date(2026, 12, 25)] == "Christmas Day"


clocks = st.times().map(lambda at: f"{at:%H:%M}")
shifts = st.lists(st.tuples(clocks, clocks).map(list), max_size=5)


@given(week=st.dictionaries(st.sampled_from(DAYS), shifts))
def test_hours_that_are_taken_can_be_read_and_taken_again(week: dict[str, Any]) -> None:
    try:
        told = checked_hours(week, {}, None)
    except AppError:
        return
    assert opening_hours(told) is not None
    assert checked_hours(told["hours"], {}, None) == told
    is_open(told, "Europe/Madrid", datetime(2026, 11, 25, 12, tzinfo=UTC))


async def test_e19_owner_and_admin_read_the_log_page_by_page_with_filters(people: People) -> None:
    team = await people.team()
    for name in ("Una", "Dos", "Tres"):
        await people.here(team["admin"], "PATCH", "", {"name": name})
    for role in ROLES:
        assert (await people.here(team[role], "GET", "/audit")).status == (200 if role in ("owner", "admin") else 403)
    whole = (await people.here(team["owner"], "GET", "/audit")).json
    actions = [one["action"] for one in whole["entries"]]
    assert actions[:3] == ["business.updated"] * 3
    assert actions[-1] == "business.created"
    first = whole["entries"][0]
    assert (first["actor_id"], first["actor_name"]) == (str(team["admin"].user_id), "Ana Prueba")
    assert first["address"] == "127.0.0.1"
    assert first["request_id"]
    found: list[Any] = []
    cursor = ""
    while True:
        page = (await people.here(team["owner"], "GET", f"/audit?limit=2&cursor={cursor}")).json
        found += page["entries"]
        cursor = page["next_cursor"]
        if not cursor:
            break
    assert found == whole["entries"]
    for query, n in (
        ("action=business.updated", 3),
        ("action=business.", len(actions)),
        ("action=business", 0),
        ("action=auth.", 0),
        (f"actor_id={team['owner'].user_id}", len(actions) - 3),
        (f"actor_id={team['agent'].user_id}", 0),
    ):
        assert len((await people.here(team["owner"], "GET", f"/audit?{query}")).json["entries"]) == n, query
    refused = await people.here(team["owner"], "GET", "/audit?cursor=tampered")
    assert (refused.status, refused.json["errors"][0]["field"]) == (422, "cursor")
    for query in ("limit=0", "limit=201", "limit=1e9", "action=%25", "actor_id=nobody"):
        assert (await people.here(team["owner"], "GET", f"/audit?{query}")).status == 422, query


async def test_e19_the_log_of_another_business_is_not_there(people: People) -> None:
    ours, theirs = await people.business(), await people.business()
    assert (await people.ask(ours, "GET", f"/api/businesses/{theirs.business_id}/audit")).status == 404
    mine = (await people.here(ours, "GET", f"/audit?actor_id={theirs.user_id}")).json
    assert mine["entries"] == []
