"""Signing in through the API: who gets in, and what those who do not are told."""

import json
from uuid import UUID

import pytest
from argon2 import PasswordHasher
from argon2.low_level import Type

URL = "/api/auth/login"


async def test_the_right_password_gives_a_token_that_opens_what_the_role_allows(house) -> None:
    person = await house.account("agent")
    answer = await house.post(URL, json={"email": person.email, "password": person.password})
    assert answer.status == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json["token_type"] == "bearer"
    assert answer.json["expires_in"] == 900
    assert answer.json["business_id"] == str(person.businesses[0])
    assert answer.json["user"] == {
        "id": str(person.user_id),
        "name": "Ana Prueba",
        "email": person.email,
        "email_verified": True,
    }
    inbox = await house.get("/api/inbox", token=answer.json["access_token"])
    assert (inbox.status, inbox.json["role"]) == (200, "agent")
    assert inbox.headers["Cache-Control"] == "no-store"


async def test_capitals_and_spaces_around_the_address_do_not_matter(house) -> None:
    person = await house.account("owner")
    answer = await house.post(URL, json={"email": f"  {person.email.upper()} ", "password": person.password})
    assert answer.status == 200


async def test_a_password_is_taken_exactly_as_typed(house) -> None:
    person = await house.account("owner")
    for wrong in (person.password + " ", person.password.upper(), person.password.replace("í", "i")):
        answer = await house.post(URL, json={"email": person.email, "password": wrong})
        assert answer.status == 401


async def test_an_unknown_address_and_a_wrong_password_are_answered_alike(house) -> None:
    person = await house.account("owner")
    checks = house.passwords.checks
    known = await house.post(URL, json={"email": person.email, "password": "no es"})
    unknown = await house.post(URL, json={"email": "nadie@example.com", "password": "no es"})
    assert house.passwords.checks == checks + 2, "both cost one hash"
    assert known.status == unknown.status == 401
    assert known.json["code"] == "invalid_credentials"
    varying = {"x-request-id", "date", "content-length"}
    assert {k: v for k, v in known.headers.items() if k.lower() not in varying} == {
        k: v for k, v in unknown.headers.items() if k.lower() not in varying
    }
    assert {**known.json, "request_id": ""} == {**unknown.json, "request_id": ""}


async def test_passwords_equal_in_their_first_72_bytes_are_different(house) -> None:
    person = await house.account("owner")
    long = "x" * 72
    new_hash = await house.passwords.hash(long + "a")
    await house.password_hash(person, new_hash)
    assert (await house.post(URL, json={"email": person.email, "password": long + "b"})).status == 401
    assert (await house.post(URL, json={"email": person.email, "password": long + "a"})).status == 200


@pytest.mark.parametrize(("length", "status"), [(513, 422), (200_000, 422), (1_000_000, 413)])
async def test_a_huge_password_is_refused_before_it_is_hashed(house, length: int, status: int) -> None:
    person = await house.account("owner")
    checks = house.passwords.checks
    answer = await house.post(URL, json={"email": person.email, "password": "p" * length})
    assert answer.status == status
    assert "ppp" not in answer.text
    assert house.passwords.checks == checks


async def test_a_hash_with_weaker_parameters_is_replaced_at_the_next_login(house) -> None:
    person = await house.account("owner")
    weak = PasswordHasher(1, 8192, 1, type=Type.ID).hash(person.password)
    await house.password_hash(person, weak)
    assert await house.token(person)
    assert (await house.password_hash(person)).startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert await house.token(person)


@pytest.mark.parametrize("wrong", [["a"], {"a": 1}, 7, None, True, 1.5])
@pytest.mark.parametrize("name", ["email", "password"])
async def test_fields_of_another_type_are_refused(house, name: str, wrong: object) -> None:
    body = {"email": "ana@example.com", "password": "x", name: wrong}
    answer = await house.post(URL, json=body)
    assert answer.status == 422
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json["errors"][0]["field"] == name


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        ('{"email": "a@b.c", "email": "d@e.f", "password": "x"}', "application/json", 422),
        ('{"email": "a@b.c", "password": "x", "role": "owner"}', "application/json", 422),
        ('{"email": "a@b.c", "password": NaN}', "application/json", 422),
        ('{"email": "a@b.c", "password": "\\ud800"}', "application/json", 422),
        ('{"email": "a@b.c"', "application/json", 422),
        ("", "application/json", 422),
        ("[" * 100_000, "application/json", 422),
        ("[]", "application/json", 422),
        ("\x80", "application/json", 422),
        ("email=a@b.c&password=x", "application/x-www-form-urlencoded", 415),
        ('{"email": "a@b.c", "password": "x"}', "text/plain", 415),
    ],
)
async def test_bodies_that_could_be_read_in_two_ways_are_refused(
    house, body: str, content_type: str, status: int
) -> None:
    answer = await house.post(URL, data=body.encode("latin-1"), headers={"Content-Type": content_type})
    assert answer.status == status, answer.text
    assert answer.json["request_id"] == answer.headers["X-Request-Id"]


@pytest.mark.parametrize("address", ["a\x00b@c.de", "@", "a@", " ", "a b@c.de", "x" * 250 + "@c.de", "\u202ea@c.de"])
async def test_what_cannot_be_an_address_belongs_to_nobody(house, address: str) -> None:
    answer = await house.post(URL, json={"email": address, "password": "x"})
    assert answer.status in (401, 422)


async def test_somebody_without_a_business_gets_in_and_may_see_themselves_only(house) -> None:
    person = await house.account()
    answer = await house.post(URL, json={"email": person.email, "password": person.password})
    token = answer.json["access_token"]
    assert answer.json["business_id"] is None
    assert (await house.get("/api/users/me", token=token)).json["email"] == person.email
    assert (await house.get("/api/businesses", token=token)).json == []
    refused = await house.get("/api/inbox", token=token)
    assert (refused.status, refused.json["code"]) == (403, "no_business")


async def test_people_see_their_own_businesses_in_the_order_they_joined(house) -> None:
    person, _ = await house.account("admin", "analyst"), await house.account("owner")
    token = await house.token(person)
    found = (await house.get("/api/businesses", token=token)).json
    assert [(UUID(one["id"]), one["role"]) for one in found] == [
        (person.businesses[0], "admin"),
        (person.businesses[1], "analyst"),
    ]
    me = (await house.get("/api/users/me", token=token)).json
    assert {"id", "name", "email", "language", "created_at"} <= set(me)


async def test_whoever_leaves_the_business_is_out_at_once(house) -> None:
    person = await house.account("owner")
    token = await house.token(person)
    assert (await house.get("/api/inbox", token=token)).status == 200
    async with house.deps.db.tenant(person.businesses[0]) as tx:
        await tx.execute("delete from app.members where user_id = %s", (person.user_id,))
    assert (await house.get("/api/inbox", token=token)).status == 401
    assert json.loads((await house.get("/api/businesses", token=token)).text) == []
