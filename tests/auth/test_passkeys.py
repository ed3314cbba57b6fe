"""Passkeys through the routes: who gets in, and everybody who does not (A12, B1, B3, B5, B8, B10, B12)."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from factor_people import WithApp, audited, first_step, mails, with_app
from signing_up import log_in
from soft_passkey import SoftPasskey

SITE, ORIGIN = "app.example.test", "https://app.example.test"


@pytest.fixture(scope="module")
async def named(open_house: Callable[..., Any]) -> AsyncIterator[Any]:
    """A house whose address has a name: a number has no passkeys."""
    async with open_house(ORIGIN) as house:
        yield house


@pytest.fixture(autouse=True)
def _clock_stands_right_here(named: Any) -> None:
    named.clock.shift = timedelta(0)


async def options(house: Any, path: str, token: str | None = None, **body: str) -> str:
    sent = {"json": body} if path.endswith("passkey/options") else {}
    answer = await house.post(path, token=token, **sent)
    assert answer.status == 200, answer.text
    return str(answer.json["options"])


async def add(house: Any, token: str, key: SoftPasskey | None = None) -> tuple[SoftPasskey, Any]:
    key = key or SoftPasskey(ORIGIN, SITE)
    made = key.made(await options(house, "/api/auth/2fa/passkeys/options", token))
    body = {"name": "Portátil", "credential": made}
    return key, await house.post("/api/auth/2fa/passkeys", json=body, token=token)


async def with_passkey(house: Any) -> tuple[Any, str, SoftPasskey]:
    """A person, the session in which they added it, and the device."""
    person = await house.account("owner")
    token = await house.token(person)
    key, answer = await add(house, token)
    assert answer.status == 201, answer.text
    return person, token, key


async def enter(house: Any, credential: str, second_factor_token: str = "") -> Any:
    body = {"credential": credential, "second_factor_token": second_factor_token}
    return await house.post("/api/auth/passkey/login", json=body)


async def challenge(house: Any) -> str:
    return await options(house, "/api/auth/passkey/options")


async def test_a_passkey_alone_is_two_factors(named: Any) -> None:
    person, token, key = await with_passkey(named)
    status = (await named.get("/api/auth/2fa", token=token)).json
    assert (status["enabled"], status["aal"], [one["kind"] for one in status["factors"]]) == (True, "aal2", ["passkey"])
    answer = await enter(named, key.proof(await challenge(named)))
    assert (answer.status, answer.json["user"]["email"]) == (200, person.email), answer.text
    inside = (await named.get("/api/auth/2fa", token=answer.json["access_token"])).json
    assert (inside["aal"], inside["fresh"]) == ("aal2", True)
    assert (await log_in(named, person.email)).json["kinds"] == ["passkey"], "a password is not enough any more"
    assert mails(named, person) == ["passkey_added"]
    assert await audited(named, person, "auth.passkey_added") == 1


async def test_adding_one_ends_the_other_sessions(named: Any) -> None:
    person = await named.account("owner")
    here, elsewhere = await named.token(person), await named.token(person)
    await add(named, here)
    assert (await named.get("/api/inbox", token=elsewhere)).status == 401
    assert (await named.get("/api/inbox", token=here)).status == 200


async def test_as_the_second_step_it_has_to_be_the_same_persons(named: Any) -> None:
    person, _, key = await with_passkey(named)
    _, _, other = await with_passkey(named)
    waiting = await first_step(named, WithApp(person, "", "", ""))
    asked = await options(named, "/api/auth/passkey/options", second_factor_token=waiting)
    assert len(json.loads(asked)["allowCredentials"]) == 1
    refused = await enter(named, other.proof(asked), waiting)
    assert (refused.status, refused.json["code"]) == (403, "passkey_not_good")
    asked = await options(named, "/api/auth/passkey/options", second_factor_token=waiting)
    answer = await enter(named, key.proof(asked), waiting)
    assert answer.status == 200, answer.text
    again = await options(named, "/api/auth/2fa/step-up/options", answer.json["access_token"])
    assert (await enter(named, key.proof(again), waiting)).json["code"] == "second_factor_expired", "used"


@pytest.mark.parametrize("wrong", ["origin", "site", "person not checked", "signature", "handle", "unknown"])
async def test_whatever_is_wrong_with_it_is_answered_alike(named: Any, wrong: str) -> None:
    _, _, key = await with_passkey(named)
    bad = replace(key)
    match wrong:
        case "origin":
            bad.origin = "https://app.example.test.evil.example"
        case "site":
            bad.site = "evil.example"
        case "person not checked":
            bad.checks_person = False
        case "signature":
            bad.key = SoftPasskey(ORIGIN, SITE).key
        case "handle":
            bad.user_handle = b"somebody else's."
        case "unknown":
            bad.id = b"nobody has this one"
    refused = await enter(named, bad.proof(await challenge(named)))
    assert (refused.status, refused.json["code"]) == (403, "passkey_not_good")
    assert (await enter(named, key.proof(await challenge(named)))).status == 200, "the right one still works"


async def test_a_challenge_is_good_once_for_one_thing_and_for_five_minutes(named: Any) -> None:
    person, token, key = await with_passkey(named)
    proof = key.proof(await challenge(named))
    assert (await enter(named, proof)).status == 200
    assert (await enter(named, proof)).json["code"] == "passkey_not_good"
    step_up = await options(named, "/api/auth/2fa/step-up/options", token)
    assert (await enter(named, key.proof(step_up))).json["code"] == "passkey_not_good"
    body = {"credential": key.proof(await challenge(named))}
    assert (await named.post("/api/auth/2fa/step-up/passkey", json=body, token=token)).status == 403
    forged = json.dumps({"challenge": "AAAA"})
    assert (await enter(named, key.proof(forged))).json["code"] == "passkey_not_good"
    await challenge(named)
    keys = [name async for name in named.redis.scan_iter("passkey:*")]
    assert keys
    for name in keys:
        assert 0 < await named.redis.ttl(name) <= 300
    assert person.email


async def test_of_ten_at_once_with_one_challenge_one_gets_in(named: Any) -> None:
    _, _, key = await with_passkey(named)
    proof = key.proof(await challenge(named))
    statuses = [one.status for one in await asyncio.gather(*(enter(named, proof) for _ in range(10)))]
    # Where tries cannot be counted for a moment, nobody gets in by them.
    assert statuses.count(200) == 1
    assert set(statuses) <= {200, 403, 503}


async def test_a_copied_key_is_refused_and_the_log_says_so(named: Any) -> None:
    person, _, key = await with_passkey(named)
    copy = replace(key)
    for _ in range(2):
        assert (await enter(named, key.proof(await challenge(named)))).status == 200
    refused = await enter(named, copy.proof(await challenge(named)))
    assert (refused.status, refused.json["code"]) == (403, "passkey_not_good")
    rows = await named.rows(
        "select detail from app.audit_log where user_id = %s and action = 'auth.factor_refused'", person.user_id
    )
    assert [row.detail for row in rows] == [{"because": "sign_count"}]


async def test_a_device_that_does_not_count_gets_in_each_time(named: Any) -> None:
    person = await named.account("owner")
    key, answer = await add(named, await named.token(person), SoftPasskey(ORIGIN, SITE, counts=False))
    assert answer.status == 201
    for _ in range(2):
        assert (await enter(named, key.proof(await challenge(named)))).status == 200


async def test_a12_a_disabled_person_is_answered_like_an_unknown_passkey(named: Any) -> None:
    person, _, key = await with_passkey(named)
    await named.do("update app.users set disabled_at = now() where id = %s", person.user_id)
    refused = await enter(named, key.proof(await challenge(named)))
    assert (refused.status, refused.json["code"]) == (403, "passkey_not_good")


@pytest.mark.parametrize("wrong", ["another site", "another person's challenge", "person not checked", "twice"])
async def test_a_passkey_that_was_not_made_for_this_person_here_is_not_kept(named: Any, wrong: str) -> None:
    person, other = await named.account("owner"), await named.account("owner")
    token, others = await named.token(person), await named.token(other)
    key = SoftPasskey(ORIGIN, SITE)
    match wrong:
        case "another site":
            key.origin = "https://evil.example"
        case "person not checked":
            key.checks_person = False
        case "twice":
            assert (await add(named, others, key))[1].status == 201
    asked = await options(named, "/api/auth/2fa/passkeys/options", others if "challenge" in wrong else token)
    body = {"name": "Llave", "credential": key.made(asked)}
    refused = await named.post("/api/auth/2fa/passkeys", json=body, token=token)
    assert (refused.status, refused.json["code"]) == (403, "passkey_not_good")
    assert (await named.get("/api/auth/2fa", token=token)).json["factors"] == []


async def test_b8_a_passkey_is_added_with_a_fresh_proof_only_and_gives_one(named: Any) -> None:
    _, token, key = await with_passkey(named)
    named.clock.shift += timedelta(minutes=14)
    await named.get("/api/inbox", token=token)
    await named.do("update app.sessions set verified_at = verified_at - interval '1 hour'")
    named.clock.shift += timedelta(seconds=2)
    refused = await named.post("/api/auth/2fa/passkeys/options", token=token)
    assert (refused.status, refused.json["code"]) == (403, "step_up_required")
    assert refused.json["kinds"] == ["passkey"]
    body = {"credential": key.proof(await options(named, "/api/auth/2fa/step-up/options", token))}
    assert (await named.post("/api/auth/2fa/step-up/passkey", json=body, token=token)).status == 204
    assert (await named.post("/api/auth/2fa/passkeys/options", token=token)).status == 200


async def test_one_is_renamed_and_removed_and_with_the_last_the_password_is_enough(named: Any) -> None:
    person, token, key = await with_passkey(named)
    [shown] = (await named.get("/api/auth/2fa", token=token)).json["factors"]
    path = f"/api/auth/2fa/factors/{shown['id']}"
    assert (await named.request("PATCH", path, json={"name": "El de casa"}, token=token)).status == 204
    assert (await named.get("/api/auth/2fa", token=token)).json["factors"][0]["name"] == "El de casa"
    assert (await named.request("DELETE", path, token=token)).status == 204
    assert (await enter(named, key.proof(await challenge(named)))).status == 403
    assert "access_token" in (await log_in(named, person.email)).json
    assert mails(named, person) == ["passkey_added", "passkey_removed"]


async def test_beside_an_app_both_lead_in(named: Any) -> None:
    person = await with_app(named)
    key, answer = await add(named, person.token)
    assert answer.status == 201
    assert (await enter(named, key.proof(await challenge(named)))).status == 200
    assert (await log_in(named, person.account.email)).json["kinds"] == ["totp", "passkey"]


@pytest.mark.parametrize(
    "credential", ["", "{}", "[]", "null", '{"id": 1}', '{"id":"AA","rawId":"AA"}', "\x00", "x" * 999]
)
async def test_what_is_no_passkey_is_refused(named: Any, credential: str) -> None:
    refused = await enter(named, credential)
    assert (refused.status, refused.json["code"]) == (403, "passkey_not_good")


async def test_what_breaks_the_parsers_behind_a_good_challenge_is_refused(named: Any) -> None:
    _, _, key = await with_passkey(named)
    for field in ("authenticatorData", "signature"):
        for value in ("", "AA", "____"):
            broken = json.loads(key.proof(await challenge(named)))
            broken["response"][field] = value
            assert (await enter(named, json.dumps(broken))).json["code"] == "passkey_not_good"


async def test_tries_from_one_network_are_counted(named: Any) -> None:
    headers = {"X-Forwarded-For": "10.250.1.2"}
    statuses = set()
    for _ in range(61):
        body = {"credential": "{}", "second_factor_token": ""}
        statuses.add((await named.post("/api/auth/passkey/login", json=body, headers=headers)).status)
    assert statuses == {403, 429}


async def test_where_the_address_is_a_number_there_are_none(house: Any) -> None:
    token = await house.token(await house.account("owner"))
    refused = await house.post("/api/auth/2fa/passkeys/options", token=token)
    assert (refused.status, refused.json["code"]) == (409, "passkeys_not_possible")
    assert "passkey" not in (await house.get("/login")).text


async def test_without_valkey_no_challenge_is_given(open_house: Any) -> None:
    async with open_house(ORIGIN, "redis://127.0.0.1:1/0") as dark:
        refused = await dark.post("/api/auth/passkey/options", json={})
        assert (refused.status, refused.json["code"]) == (503, "tries_not_counted")
