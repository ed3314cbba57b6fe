"""API keys: made for some things, told once, dead with whoever made them."""

import asyncio
import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any, cast, get_args

import pytest
from business_people import NEW, People, Someone, Told

from rig import Rig
from wacloud.modules.auth.domain.api_key import is_well_formed, new_key
from wacloud.modules.auth.ui.keys_api import Scope
from wacloud.modules.auth.ui.keys_pages import WORDS
from wacloud.shared.domain.ids import BusinessId
from wacloud.shared.ui.permissions import FOR_KEYS, ROLES, Permission

ALL = sorted(FOR_KEYS)


async def make(people: People, who: Someone, *scopes: str, **more: Any) -> Told:
    body = {"name": "Tienda en línea", "scopes": scopes or ALL, **more}
    return await people.here(who, "POST", "/api-keys", body)


async def key_of(people: People, who: Someone, *scopes: str, **more: Any) -> str:
    made = await make(people, who, *scopes, **more)
    assert made.status == 201, made.text
    return str(made.json["key"])


async def use(
    rig: Rig, key: str, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None
) -> Told:
    """As a program does."""
    sent = {"authorization": f"Bearer {key}", **(headers or {})}
    options = {} if body is None else {"json": body}
    async with rig.http.request(method, rig.url + path, headers=sent, allow_redirects=False, **options) as answer:
        return Told(answer.status, await answer.text(), {k.lower(): v for k, v in answer.headers.items()})


async def rows(rig: Rig, who: Someone, sql: str) -> list[Any]:
    async with rig.house.db.tenant(cast(BusinessId, who.business_id)) as tx:
        return await tx.rows(sql, {"business": who.business_id})


async def change(rig: Rig, who: Someone, sql: str) -> None:
    async with rig.house.db.tenant(cast(BusinessId, who.business_id)) as tx:
        assert await tx.execute(sql, {"business": who.business_id})


# ---- making


def test_a_key_is_long_random_and_known_by_its_form() -> None:
    keys = {new_key() for _ in range(500)}
    assert len(keys) == 500
    assert all(re.fullmatch(r"wck_[0-9A-Za-z]{8}_[0-9A-Za-z]{46}", key) and is_well_formed(key) for key in keys)
    key = new_key()
    for other in ("", key[:-1], key + "0", key[:20] + ("0" if key[20] != "0" else "1") + key[21:], key.upper()):
        assert not is_well_formed(other)


def test_what_the_description_and_the_page_offer_is_what_keys_may() -> None:
    assert set(get_args(Scope)) == set(WORDS) == {scope.value for scope in FOR_KEYS}
    managing = {one for one in Permission if one.value.startswith(("members.", "keys.", "billing.", "ownership."))}
    assert not FOR_KEYS & (managing | {Permission.BUSINESS_DELETE})


async def test_making_or_changing_a_key_asks_for_a_fresh_proof(people: People, rig: Rig) -> None:
    owner = await people.business()
    made = await make(people, owner, "inbox.read")
    async with rig.house.db.system("test: the proof is a while ago") as tx:
        await tx.execute(
            "update app.sessions set verified_at = now() - interval '16 minutes' where id = %s", (owner.session_id,)
        )
    await asyncio.sleep(1.1)  # what is remembered of a session counts for a second
    for told in (
        await make(people, owner, "inbox.read"),
        await people.here(owner, "PATCH", f"/api-keys/{made.json['id']}", {"name": "Otra"}),
    ):
        assert (told.status, told.code) == (403, "step_up_required")
    assert (await people.here(owner, "DELETE", f"/api-keys/{made.json['id']}")).status == 204


async def test_a_key_is_told_once_and_only_its_hash_is_kept(people: People, rig: Rig) -> None:
    owner = await people.business()
    key = await key_of(people, owner)
    listed = await people.here(owner, "GET", "/api-keys")
    assert listed.status == 200
    assert key not in listed.text
    [told] = listed.json
    assert (told["hint"], told["is_good"], told["last_used_at"]) == (key[:12], True, None)
    [row] = await rows(rig, owner, "select k::text as whole, hash from app.api_keys k where business_id = %(business)s")
    assert bytes(row.hash) == hashlib.sha256(key.encode()).digest()
    assert key[13:] not in row.whole
    assert "auth.api_key_created" in await people.log(owner)


async def test_its_maker_and_the_owners_are_told_by_mail(people: People, rig: Rig) -> None:
    owner = await people.business()
    admin = await people.join(owner, "admin")
    await key_of(people, admin)
    found = await rows(
        rig, owner, "select recipient from app.mails where business_id = %(business)s and template = 'api_key_created'"
    )
    assert {row.recipient for row in found} == {owner.email, admin.email}


@pytest.mark.parametrize("role", ["agent", "analyst"])
async def test_whoever_does_not_manage_keys_makes_sees_and_ends_none(people: People, role: str) -> None:
    owner = await people.business()
    made = (await make(people, owner)).json
    other = await people.join(owner, role)
    assert (await make(people, other)).status == 403
    assert (await people.here(other, "GET", "/api-keys")).status == 403
    assert (await people.here(other, "DELETE", f"/api-keys/{made['id']}")).status == 403
    assert (await people.ask(other, "GET", "/business/keys", page=True)).status == 403


@pytest.mark.parametrize("scope", sorted(set(Permission) - FOR_KEYS))
async def test_no_key_is_made_for_what_no_key_may(people: People, rig: Rig, scope: str) -> None:
    owner = await people.business()
    assert (await make(people, owner, scope)).status == 422
    refused = await people.ask(owner, "POST", "/business/keys", page=True, name="x", scope=scope)
    assert refused.status == 403
    # Not even written by hand.
    key = await key_of(people, owner, "business.read")
    await change(rig, owner, f"update app.api_keys set scopes = '{{{scope}}}' where business_id = %(business)s")
    assert (await use(rig, key, "GET", f"/api/businesses/{owner.business_id}")).code == "scope_missing"
    for method, path, body in managing(owner):
        assert (await use(rig, key, method, path, body)).status in (403, 404), path


def managing(owner: Someone) -> Iterator[tuple[str, str, Any]]:
    """What nobody does by key."""
    here = f"/api/businesses/{owner.business_id}"
    yield "GET", f"{here}/members", None
    yield "POST", f"{here}/invitations", {"email": "ivan@example.com", "role": "admin"}
    yield "PATCH", f"{here}/members/{owner.user_id}", {"role": "agent"}
    yield "DELETE", f"{here}/members/{owner.user_id}", None
    yield "POST", f"{here}/transfer", {"user_id": str(owner.user_id), "business_name": NEW["name"]}
    yield "POST", f"{here}/leave", None
    yield "DELETE", here, None
    yield "GET", f"{here}/api-keys", None
    yield "POST", f"{here}/api-keys", {"name": "x", "scopes": ["business.read"]}
    yield "DELETE", f"{here}/api-keys/{owner.user_id}", None


async def test_e18_nobody_manages_members_keys_or_the_business_by_key(people: People, rig: Rig) -> None:
    owner = await people.business()
    key = await key_of(people, owner)
    for method, path, body in managing(owner):
        refused = await use(rig, key, method, path, body)
        assert (refused.status, refused.code in ("scope_missing", "not_for_api_keys")) == (403, True), path
    assert await people.roles(owner) == {owner.user_id: "owner"}


async def test_e18_what_is_a_persons_is_refused_with_a_clear_403(people: People, rig: Rig) -> None:
    owner = await people.business()
    key = await key_of(people, owner)
    for method, path in (
        ("GET", "/api/users/me"),
        ("GET", "/api/businesses"),
        ("POST", "/api/businesses"),
        ("GET", "/api/auth/sessions"),
        ("POST", "/api/auth/logout"),
        ("DELETE", "/api/users/me"),
    ):
        refused = await use(rig, key, method, path, NEW if path == "/api/businesses" and method == "POST" else None)
        assert (refused.status, refused.code) == (403, "not_for_api_keys"), path
    for page in ("/inbox", "/business", "/live", "/ledger"):
        assert (await use(rig, key, "GET", page)).status == 403, page


async def test_a_key_does_what_it_was_made_for_and_nothing_else(people: People, rig: Rig) -> None:
    owner = await people.business()
    key = await key_of(people, owner, "business.read", "ledger.read")
    here = f"/api/businesses/{owner.business_id}"
    assert (await use(rig, key, "GET", here)).json["name"] == NEW["name"]
    assert (await use(rig, key, "GET", "/api/whatsapp/ledger")).status == 200
    refused = await use(rig, key, "PATCH", here, {"name": "Otra"})
    assert (refused.status, refused.code) == (403, "scope_missing")


async def test_a_key_acts_in_its_own_business_only(people: People, rig: Rig) -> None:
    owner, stranger = await people.business(), await people.business()
    # Its maker belongs to the other business too.
    async with rig.house.db.tenant(cast(BusinessId, stranger.business_id)) as tx:
        await tx.execute(
            "insert into app.members (business_id, user_id, role) values (%s, %s, 'owner')",
            (stranger.business_id, owner.user_id),
        )
    key = await key_of(people, owner)
    other = await use(rig, key, "GET", f"/api/businesses/{stranger.business_id}")
    never = await use(rig, key, "GET", f"/api/businesses/{owner.user_id}")
    assert (other.status, other.code) == (never.status, never.code) == (404, "business_not_found")


# ---- ending


async def ended(rig: Rig, key: str, owner: Someone) -> None:
    for path in (f"/api/businesses/{owner.business_id}", "/api/whatsapp/ledger", "/api/users/me"):
        refused = await use(rig, key, "GET", path)
        assert (refused.status, refused.code) == (401, "not_signed_in"), path
        assert "API key" not in refused.text


async def test_unknown_revoked_and_expired_are_one_answer(people: People, rig: Rig) -> None:
    owner = await people.business()
    revoked, expired, good = [await key_of(people, owner) for _ in range(3)]
    ids = [told["id"] for told in (await people.here(owner, "GET", "/api-keys")).json]
    assert (await people.here(owner, "DELETE", f"/api-keys/{ids[2]}")).status == 204
    assert (await people.here(owner, "DELETE", f"/api-keys/{ids[2]}")).status == 404
    await change(
        rig,
        owner,
        "update app.api_keys set expires_at = now() - interval '1 second'"
        f" where business_id = %(business)s and id = '{ids[1]}'",
    )
    answers = []
    for key in (revoked, expired, new_key(), "wck_nonsense", good[:-1]):
        await ended(rig, key, owner)
        told = (await use(rig, key, "GET", "/api/whatsapp/ledger")).json
        told.pop("request_id")
        answers.append(told)
    assert all(told == answers[0] for told in answers)
    assert (await use(rig, good, "GET", "/api/whatsapp/ledger")).status == 200
    assert "auth.api_key_revoked" in await people.log(owner)
    [first, *_] = (await people.here(owner, "GET", "/api-keys")).json
    assert first["is_good"] is True


async def test_d10_a_key_is_dead_with_its_makers_place_and_stays_dead(people: People, rig: Rig) -> None:
    owner = await people.business()
    admin = await people.join(owner, "admin")
    key = await key_of(people, admin)
    assert (await use(rig, key, "GET", "/api/whatsapp/ledger")).status == 200
    assert (await people.here(owner, "DELETE", f"/members/{admin.user_id}")).status == 204
    await ended(rig, key, owner)
    async with rig.house.db.tenant(cast(BusinessId, owner.business_id)) as tx:
        await tx.execute(
            "insert into app.members (business_id, user_id, role) values (%s, %s, 'admin')",
            (owner.business_id, admin.user_id),
        )
    await ended(rig, key, owner)
    [told] = (await people.here(owner, "GET", "/api-keys")).json
    assert (told["is_good"], told["created_by"]) == (False, None)


async def test_d10_a_key_of_somebody_disabled_is_dead_while_they_are(people: People, rig: Rig) -> None:
    owner = await people.business()
    key = await key_of(people, owner)
    async with rig.house.db.system("test: disable") as tx:
        await tx.execute("update app.users set disabled_at = now() where id = %s", (owner.user_id,))
    await ended(rig, key, owner)


async def test_a_key_may_never_more_than_its_makers_role_now(people: People, rig: Rig) -> None:
    owner = await people.business()
    admin = await people.join(owner, "admin")
    key = await key_of(people, admin, "business.update", "business.read")
    here = f"/api/businesses/{owner.business_id}"
    assert (await use(rig, key, "PATCH", here, {"city": "Sevilla"})).status == 200
    await people.here(owner, "PATCH", f"/members/{admin.user_id}", {"role": "analyst"})
    assert (await use(rig, key, "PATCH", here, {"city": "Cádiz"})).status == 403
    assert (await use(rig, key, "GET", here)).json["city"] == "Sevilla"
    assert Permission.BUSINESS_UPDATE not in ROLES["analyst"]


async def test_a_business_that_is_closing_is_only_read_by_key_too(people: People, rig: Rig) -> None:
    owner = await people.business()
    key = await key_of(people, owner)
    here = f"/api/businesses/{owner.business_id}"
    assert (await people.ask(owner, "DELETE", here)).status == 202
    assert (await use(rig, key, "GET", here)).status == 200
    refused = await use(rig, key, "PATCH", here, {"city": "Cádiz"})
    assert (refused.status, refused.code) == (409, "business_closing")
    assert (await make(people, owner)).status == 409


async def test_a_key_travels_in_the_header_alone(people: People, rig: Rig) -> None:
    owner = await people.business()
    key = await key_of(people, owner)
    path = "/api/whatsapp/ledger"
    for headers, query in (
        ({"cookie": f"wacloud_session={key}"}, ""),
        ({}, f"?key={key}&access_token={key}&api_key={key}"),
        ({"x-api-key": key}, ""),
        ({"authorization": f"Basic {key}"}, ""),
    ):
        async with rig.http.get(rig.url + path + query, headers=headers) as answer:
            assert answer.status == 401, headers


# ---- what is known of it


async def test_its_use_is_written_down_once_a_minute_and_new_addresses_in_the_log(people: People, rig: Rig) -> None:
    owner = await people.business()
    key = await key_of(people, owner)
    look = "select last_used_at, used_from from app.api_keys where business_id = %(business)s"
    answers = await asyncio.gather(*(use(rig, key, "GET", "/api/whatsapp/ledger") for _ in range(10)))
    assert {answer.status for answer in answers} == {200}
    [first] = await rows(rig, owner, look)
    assert first.used_from == ["127.0.0.1"]
    assert (await use(rig, key, "GET", "/api/whatsapp/ledger")).status == 200
    assert await rows(rig, owner, look) == [first]
    await change(
        rig,
        owner,
        "update app.api_keys set last_used_at = now() - interval '2 minutes' where business_id = %(business)s",
    )
    assert (await use(rig, key, "GET", "/api/whatsapp/ledger")).status == 200
    [later] = await rows(rig, owner, look)
    assert later.last_used_at >= first.last_used_at
    assert (await people.log(owner)).count("auth.api_key_used_from") == 1


async def test_the_log_names_the_key_something_was_done_with(people: People, rig: Rig) -> None:
    owner = await people.business()
    made = (await make(people, owner)).json
    here = f"/api/businesses/{owner.business_id}"
    assert (await use(rig, made["key"], "PATCH", here, {"city": "Sevilla"})).status == 200
    log = (await people.here(owner, "GET", "/audit?action=business.updated")).json["entries"]
    assert (log[0]["actor_kind"], log[0]["actor_id"]) == ("api_key", str(owner.user_id))
    assert (log[0]["detail"]["by_key"], log[0]["detail"]["by_key_id"]) == ("Tienda en línea", made["id"])
    assert (await people.ask(owner, "PATCH", here, {"city": "Cádiz"})).status == 200
    log = (await people.here(owner, "GET", "/audit?action=business.updated")).json["entries"]
    assert (log[0]["actor_kind"], "by_key" in log[0]["detail"]) == ("user", False)


async def test_each_key_has_a_limit_of_its_own(people: People, rig: Rig) -> None:
    owner = await people.business()
    one, two = [await key_of(people, owner, "messages.send") for _ in range(2)]
    body = {"conversation_id": str(owner.user_id), "text": {"body": "hola"}}

    async def left(headers: Mapping[str, str]) -> int:
        async with rig.http.post(f"{rig.url}/api/whatsapp/send", json=body, headers=headers) as answer:
            assert answer.status == 404, await answer.text()
            return int(answer.headers["ratelimit"].partition("r=")[2].partition(";")[0])

    first = await left({"authorization": f"Bearer {one}"})
    assert await left({"authorization": f"Bearer {one}"}) == first - 1
    assert await left({"authorization": f"Bearer {two}"}) == first
    assert await left(rig.bearer(cast(Any, owner))) == first


async def test_a_key_is_renamed_and_made_for_something_else(people: People, rig: Rig) -> None:
    owner = await people.business()
    made = (await make(people, owner, "business.read")).json
    path = f"/api-keys/{made['id']}"
    changed = await people.here(owner, "PATCH", path, {"name": " Hoja  de cálculo ", "scopes": ["ledger.read"]})
    assert (changed.json["name"], changed.json["scopes"]) == ("Hoja de cálculo", ["ledger.read"])
    assert (await use(rig, made["key"], "GET", f"/api/businesses/{owner.business_id}")).status == 403
    assert (await use(rig, made["key"], "GET", "/api/whatsapp/ledger")).status == 200
    assert (await people.here(owner, "PATCH", path, {"scopes": []})).status == 422
    assert (await people.here(owner, "PATCH", path, {"name": "\u202e"})).status == 422


async def test_there_are_fifty_good_keys_at_most_even_at_once(people: People, rig: Rig) -> None:
    owner = await people.business()
    await key_of(people, owner)
    await change(
        rig,
        owner,
        "insert into app.api_keys (business_id, created_by, name, hint, hash, scopes)"
        " select business_id, created_by, 'x', 'x', sha256(convert_to(n::text || business_id, 'utf8')), scopes"
        " from app.api_keys, generate_series(1, 47) n where business_id = %(business)s",
    )
    answers = await asyncio.gather(*(make(people, owner) for _ in range(4)))
    assert sorted(answer.status for answer in answers) == [201, 201, 409, 409]


async def test_a_key_is_good_for_ninety_days_unless_told_otherwise(people: People, rig: Rig) -> None:
    owner = await people.business()
    usual, year, ever = [
        (await make(people, owner, **more)).json for more in ({}, {"expires_in_days": 365}, {"expires_in_days": None})
    ]
    now = rig.house.clock()
    for told, days in ((usual, 90), (year, 365)):
        ends = told["expires_at"].replace("Z", "+00:00")
        assert abs(type(now).fromisoformat(ends) - now - timedelta(days=days)) < timedelta(minutes=5)
    assert ever["expires_at"] is None


# ---- the page


async def test_the_page_makes_shows_once_and_revokes(people: People, rig: Rig) -> None:
    owner = await people.business()
    shown = await people.ask(owner, "POST", "/business/keys", page=True, name="Tienda", scope="messages.send", days="0")
    found = re.search(r'value="(wck_\w+)"', shown.text)
    assert found, shown.text
    assert (await use(rig, found[1], "POST", "/api/whatsapp/send", {})).status == 422
    again = await people.ask(owner, "GET", "/business/keys", page=True)
    assert found[1] not in again.text
    revoke = re.search(r'action="(/business/keys/[^"]+/revoke)"', again.text)
    assert revoke
    assert (await people.ask(owner, "POST", revoke[1], page=True)).status == 303
    await ended(rig, found[1], owner)
    assert (await people.ask(await people.business(), "POST", revoke[1], page=True)).status == 404
