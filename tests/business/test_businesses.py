"""Businesses: opened, described, listed, and invisible to everybody else."""

from uuid import uuid4

import pytest
from business_people import NEW, ROLES, People, Someone

GOOD_NAMES = ["ab", "x" * 100]
BAD = {
    "name": ["a", "", "x" * 101, None, 7],
    "sector": ["bakery", "", None],
    "phone": [
        "600000042",
        "+0600000042",
        "+34",
        "+3460000004212345",
        "+34600 00042",
        "+٣٤٦٠٠٠٠٠٠٤٢",
        "+34600000042\n",
        None,
    ],
    "employee_count": ["0", "1-9", "200", 10, None],
}


@pytest.mark.parametrize("name", GOOD_NAMES)
async def test_somebody_who_is_signed_in_opens_a_business_and_owns_it(people: People, name: str) -> None:
    owner = await people.someone()
    made = await people.ask(owner, "POST", "/api/businesses", {**NEW, "name": name})
    assert made.status == 201
    assert {key: made.json[key] for key in NEW} == {**NEW, "name": name}
    assert (made.json["role"], made.json["erase_at"]) == ("owner", None)
    read = await people.ask(owner, "GET", f"/api/businesses/{made.json['id']}")
    assert read.json == made.json
    listed = await people.ask(owner, "GET", "/api/businesses")
    assert [one["id"] for one in listed.json] == [made.json["id"]]


@pytest.mark.parametrize(("field", "value"), [(field, value) for field, values in BAD.items() for value in values])
async def test_a_field_that_does_not_fit_the_design_is_422(people: People, field: str, value: object) -> None:
    told = await people.ask(await people.someone(), "POST", "/api/businesses", {**NEW, field: value})
    assert (told.status, told.code) == (422, "invalid_request")
    assert field in told.json["errors"][0]["field"]


@pytest.mark.parametrize("field", NEW)
async def test_a_field_that_is_missing_is_422(people: People, field: str) -> None:
    body = {key: value for key, value in NEW.items() if key != field}
    assert (await people.ask(await people.someone(), "POST", "/api/businesses", body)).status == 422


@pytest.mark.parametrize(
    "field", ["id", "owner_id", "role", "plan", "created_at", "business_id", "erase_at", "verified"]
)
async def test_e4_a_field_nobody_may_send_is_422(people: People, field: str) -> None:
    owner = await people.business()
    value = str(uuid4())
    assert (await people.ask(owner, "POST", "/api/businesses", {**NEW, field: value})).status == 422
    assert (await people.here(owner, "PATCH", "", {field: value})).status == 422


async def test_the_design_s_own_spelling_of_the_size_is_taken_too(people: People) -> None:
    body = {key: value for key, value in NEW.items() if key != "employee_count"} | {"employeeCount": "200+"}
    made = await people.ask(await people.someone(), "POST", "/api/businesses", body)
    assert (made.status, made.json["employee_count"]) == (201, "200+")


async def test_a_business_is_changed_field_by_field(people: People) -> None:
    owner = await people.business()
    changed = await people.here(
        owner, "PATCH", "", {"name": "Velas  del Norte", "city": "Soria", "time_zone": "America/Lima"}
    )
    assert (changed.json["name"], changed.json["city"], changed.json["time_zone"]) == (
        "Velas del Norte",
        "Soria",
        "America/Lima",
    )
    assert changed.json["phone"] == NEW["phone"]
    emptied = await people.here(owner, "PATCH", "", {"city": ""})
    assert emptied.json["city"] is None
    assert (await people.here(owner, "PATCH", "", {"time_zone": "Europe/Atlantis"})).code == "time_zone_unknown"
    assert (await people.log(owner)).count("business.updated") == 2


async def test_several_businesses_of_one_person_are_reached_by_their_ids(people: People) -> None:
    owner = await people.business(name="Una")
    second = await people.ask(owner, "POST", "/api/businesses", {**NEW, "name": "Otra"})
    both = await people.ask(owner, "GET", "/api/businesses")
    assert [one["name"] for one in both.json] == ["Una", "Otra"]
    read = await people.ask(owner, "GET", f"/api/businesses/{second.json['id']}")
    assert read.json["name"] == "Otra"


# Every operation that names a business in its path, with a body that fits it.
OPERATIONS = [
    ("GET", "", None),
    ("PATCH", "", {"name": "Mía"}),
    ("DELETE", "", None),
    ("POST", "/cancel-deletion", None),
    ("GET", "/hours", None),
    ("PUT", "/hours", {"hours": {}}),
    ("GET", "/members", None),
    ("PATCH", "/members/{member}", {"role": "analyst"}),
    ("DELETE", "/members/{member}", None),
    ("POST", "/leave", None),
    ("POST", "/transfer", {"user_id": "{member}", "business_name": "Velas del Sur"}),
    ("GET", "/invitations", None),
    ("POST", "/invitations", {"email": "x@example.test", "role": "agent"}),
    ("POST", "/invitations/{invitation}/resend", None),
    ("DELETE", "/invitations/{invitation}", None),
    ("GET", "/audit", None),
]


async def test_e1_another_s_business_answers_as_one_that_never_was(people: People) -> None:
    ours, theirs = await people.team(), await people.team()
    invited, _ = await people.invite(theirs["owner"], "guest@example.test")
    before = await _state(people, theirs["owner"])
    for method, path, body in OPERATIONS:
        for role in ROLES:
            answers = []
            for business_id in (theirs["owner"].business_id, uuid4()):
                filled = path.format(member=theirs["agent"].user_id, invitation=invited.json["id"])
                told = (
                    {k: v.format(member=theirs["agent"].user_id) for k, v in body.items() if isinstance(v, str)}
                    if body
                    else body
                )
                answer = await people.ask(ours[role], method, f"/api/businesses/{business_id}{filled}", told or body)
                answers.append((answer.status, {k: v for k, v in answer.json.items() if k != "request_id"}))
            assert answers[0] == answers[1], (method, path, role)
            assert answers[0][0] == 404, (method, path, role)
    assert await _state(people, theirs["owner"]) == before


async def test_e2_a_member_or_an_invitation_of_another_business_under_one_s_own_is_404(people: People) -> None:
    ours, theirs = await people.team(), await people.team()
    invited, _ = await people.invite(theirs["owner"], "guest@example.test")
    for stranger in (theirs["agent"].user_id, uuid4()):
        assert (
            await people.here(ours["owner"], "PATCH", f"/members/{stranger}", {"role": "admin"})
        ).code == "member_not_found"
        assert (await people.here(ours["owner"], "DELETE", f"/members/{stranger}")).code == "member_not_found"
        told = {"user_id": str(stranger), "business_name": NEW["name"]}
        assert (await people.here(ours["owner"], "POST", "/transfer", told)).code == "member_not_found"
    for stranger in (invited.json["id"], uuid4()):
        assert (await people.here(ours["owner"], "DELETE", f"/invitations/{stranger}")).code == "invitation_not_found"
        assert (
            await people.here(ours["owner"], "POST", f"/invitations/{stranger}/resend")
        ).code == "invitation_not_found"


async def test_an_id_that_is_none_is_404_and_nobody_is_401(people: People) -> None:
    owner = await people.business()
    assert (await people.ask(owner, "GET", "/api/businesses/nonsense")).status == 404
    assert (await people.ask(None, "GET", f"/api/businesses/{owner.business_id}")).status == 401
    assert (await people.ask(None, "POST", "/api/businesses", NEW)).status == 401


async def test_nobody_opens_businesses_without_end(people: People) -> None:
    owner = await people.business()
    for _ in range(19):
        assert (await people.ask(owner, "POST", "/api/businesses", NEW)).status == 201
    told = await people.ask(owner, "POST", "/api/businesses", NEW)
    assert (told.status, told.code) == (429, "too_many_businesses")


async def _state(people: People, owner: Someone) -> object:
    business = await people.here(owner, "GET", "")
    invitations = await people.here(owner, "GET", "/invitations")
    return business.json, invitations.json, await people.roles(owner), await people.log(owner)
