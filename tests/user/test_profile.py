"""`/api/users/me`: what a person says of themselves and wants to be told."""

from typing import Any

import psycopg
import pytest
from people import People

ME = "/api/users/me"


async def audit(people: People, user_id: Any) -> list[tuple[str, Any]]:
    rows = await people.rows(
        "select action, detail, actor_id from app.audit_log where user_id = %s order by at", user_id
    )
    assert all(row.actor_id == user_id for row in rows)
    return [(row.action, row.detail) for row in rows]


async def test_somebody_new_is_as_the_defaults_say(people: People):
    ana = await people.add()
    status, headers, me = await people.ask(ana, "GET", ME)
    assert status == 200
    assert headers["cache-control"] == "no-store"
    assert (me["name"], me["email"], me["language"], me["time_zone"]) == ("Ana Pérez", ana.email, "es", "Europe/Madrid")
    assert me["notifications"] == {
        "handover_waiting": True,
        "mentions": True,
        "usage_alerts": True,
        "weekly_digest": True,
        "product_news": False,
    }


async def test_what_is_left_out_stays_and_what_changed_is_written_down_without_its_words(people: People):
    ana = await people.add()
    status, _, me = await people.ask(ana, "PATCH", ME, json={"time_zone": "America/Bogota"})
    assert (status, me["time_zone"], me["name"]) == (200, "America/Bogota", "Ana Pérez")
    status, _, me = await people.ask(ana, "PATCH", ME, json={"name": "  Ana   María ", "language": "en"})
    assert (status, me["name"], me["language"], me["time_zone"]) == (200, "Ana María", "en", "America/Bogota")
    await people.ask(ana, "PATCH", ME, json={"name": "Ana María"})
    assert (await people.ask(ana, "GET", ME))[2] == me
    assert await audit(people, ana.id) == [
        ("user.profile_changed", {"fields": ["time_zone"]}),
        ("user.profile_changed", {"fields": ["name", "language"]}),
    ]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"email": "other@example.test"}, "invalid_request"),
        ({"id": "x"}, "invalid_request"),
        ({"role": "owner"}, "invalid_request"),
        ({"language": "fr"}, "invalid_request"),
        ({"name": ""}, "invalid_request"),
        ({"name": "x" * 121}, "invalid_request"),
        ({"name": "   "}, "name_not_possible"),
        ({"name": "Ana\r\nBcc: victim@example.com"}, "name_not_possible"),
        ({"name": "Ana\x00"}, "name_not_possible"),
        ({"name": "gnp.\u202eexe"}, "name_not_possible"),
        ({"time_zone": "Europe/Atlantis"}, "zone_unknown"),
        ({"time_zone": "../../etc/passwd"}, "zone_unknown"),
        ({"time_zone": ""}, "zone_unknown"),
    ],
    ids=str,
)
async def test_what_cannot_be_is_refused_and_changes_nothing(people: People, body: dict[str, Any], code: str):
    ana = await people.add()
    before = (await people.ask(ana, "GET", ME))[2]
    status, _, problem = await people.ask(ana, "PATCH", ME, json=body)
    assert (status, problem["code"]) == (422, code)
    assert (await people.ask(ana, "GET", ME))[2] == before
    assert await audit(people, ana.id) == []


async def test_preferences_are_put_whole(people: People):
    ana = await people.add()
    wanted = {
        "handover_waiting": False,
        "mentions": False,
        "usage_alerts": True,
        "weekly_digest": False,
        "product_news": True,
    }
    status, _, chosen = await people.ask(ana, "PUT", f"{ME}/preferences", json=wanted)
    assert (status, chosen) == (200, wanted)
    assert (await people.ask(ana, "GET", ME))[2]["notifications"] == wanted
    assert await audit(people, ana.id) == [("user.preferences_changed", wanted)]
    for wrong in (
        {},
        {**wanted, "security": False},
        {**wanted, "product_news": "yes"},
        {**wanted, "product_news": None},
    ):
        assert (await people.ask(ana, "PUT", f"{ME}/preferences", json=wrong))[0] == 422


async def test_nobody_is_changed_who_is_not_signed_in(people: People):
    for method, path in (
        ("GET", ME),
        ("PATCH", ME),
        ("DELETE", ME),
        ("PUT", f"{ME}/preferences"),
        ("GET", f"{ME}/export"),
    ):
        body = None if method in ("GET", "DELETE") else {}
        async with people.rig.http.request(method, people.rig.url + path, json=body) as answer:
            assert answer.status == 401, (method, path)


async def test_a_person_may_write_their_own_name_and_neither_their_address_nor_anybody_elses_name(people: People):
    ana, eva = await people.add(), await people.add()
    db = people.rig.house.db
    async with db.member(ana.id) as tx:
        assert await tx.execute("update app.users set name = 'Yo' where id = %s", (ana.id,)) == 1
        assert await tx.execute("update app.users set name = 'Yo' where id = %s", (eva.id,)) == 0
    for column, value in (("email", "stolen@example.test"), ("deleted_at", None), ("id", eva.id)):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            async with db.member(ana.id) as tx:
                await tx.execute(f"update app.users set {column} = %s where id = %s", (value, ana.id))
