"""Sessions and tokens: rows C2 to C14 of the security checklist (C1 and the forgeries stand in test_tokens.py)."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from signing_up import PASSWORD, cookie_of, log_in, new_email, sign_up

from wacloud.modules.auth.application.disable_user import disable_user
from wacloud.modules.auth.domain.token import Claims


async def refresh(house: Any, token: str) -> Any:
    return await house.post("/api/auth/refresh", json={"refresh_token": token})


async def is_in(house: Any, token: str) -> bool:
    status = (await house.get("/api/inbox", token=token)).status
    assert status in (200, 401)
    return status == 200


async def test_c3_nothing_else_we_give_away_is_an_access_token(house) -> None:
    person = await house.account("owner")
    held, cookie = await house.tokens_of(person), await cookie_of(house, person.email)
    await house.post("/api/auth/forgot-password", json={"email": person.email})
    reset = house.mails.secret(person.email, "reset_password")
    unverified = new_email()
    await sign_up(house, unverified)
    verify = house.mails.secret(unverified, "verify_email")
    for other in (held["refresh_token"], reset, verify, cookie.partition("=")[2]):
        assert (await house.get("/api/users/me", token=other)).status == 401
        assert (await house.get("/api/users/me", headers={"Cookie": f"wacloud_session={other}x"})).status == 401
    for path, swapped in (
        ("refresh", {"refresh_token": held["access_token"]}),
        ("refresh", {"refresh_token": reset}),
        ("reset-password", {"token": held["refresh_token"], "password": "otra, distinta"}),
        ("reset-password", {"token": verify, "password": "otra, distinta"}),
        ("verify-email", {"token": reset, "password": PASSWORD}),
    ):
        assert (await house.post(f"/api/auth/{path}", json=swapped)).status in (401, 422)
    confirm = await house.post("/api/auth/change-email/confirm", json={"token": reset}, token=held["access_token"])
    assert confirm.status == 422


@pytest.mark.parametrize("way", ["logout", "logout everywhere", "password", "reset", "revoked", "disabled", "deleted"])
async def test_c4_an_access_token_is_refused_at_once_when_its_session_ends(house, way: str) -> None:
    person = await house.account("owner")
    first, second = await house.tokens_of(person), await house.tokens_of(person)
    victim, other = first["access_token"], second["access_token"]
    assert await is_in(house, victim)
    match way:
        case "logout":
            assert (await house.post("/api/auth/logout", token=victim)).status == 204
        case "logout everywhere":
            assert (await house.post("/api/auth/logout?scope=global", token=other)).status == 204
        case "password":
            body = {"current_password": person.password, "password": "otra, distinta"}
            assert (await house.post("/api/auth/change-password", json=body, token=other)).status == 204
        case "reset":
            await house.post("/api/auth/forgot-password", json={"email": person.email})
            body = {"token": house.mails.secret(person.email, "reset_password"), "password": "otra, distinta"}
            assert (await house.post("/api/auth/reset-password", json=body)).status == 204
        case "revoked":
            assert (await house.request("DELETE", "/api/auth/sessions", token=other)).status == 204
        case "disabled":
            await disable_user(house.deps, person.email)
        case "deleted":
            await house.do("delete from app.sessions where user_id = %s", person.user_id)
            house.clock.shift = timedelta(seconds=1.001)  # nobody told the memory
    assert not await is_in(house, victim)
    assert (await refresh(house, first["refresh_token"])).status == 401
    survives = way in ("logout", "password", "revoked")
    assert await is_in(house, other) == survives


async def test_c4_whoever_leaves_a_business_is_out_of_it_by_cookie_as_well(house) -> None:
    person = await house.account("owner", "admin")
    cookie = {"Cookie": await cookie_of(house, person.email)}
    assert (await house.get("/api/inbox", headers=cookie)).json["business_id"] == str(person.businesses[0])
    async with house.deps.db.tenant(person.businesses[0]) as tx:
        await tx.execute("delete from app.members where user_id = %s", (person.user_id,))
    assert (await house.get("/api/inbox", headers=cookie)).status == 401
    page = await house.get("/login", headers=cookie)
    assert page.status == 200, "the form, and no circle"


async def test_c5_an_old_refresh_token_ends_the_session_and_says_so(house) -> None:
    person = await house.account("owner")
    first = await house.tokens_of(person)
    second = (await refresh(house, first["refresh_token"])).json
    third = (await refresh(house, second["refresh_token"])).json
    house.clock.shift = timedelta(seconds=11)
    assert await is_in(house, third["access_token"])
    answer = await refresh(house, first["refresh_token"])
    assert (answer.status, answer.json["code"]) == (401, "refresh_token_not_good")
    assert not await is_in(house, third["access_token"])
    assert (await refresh(house, third["refresh_token"])).status == 401
    assert len(house.mails.to(person.email, "session_ended_by_reuse")) == 1
    rows = await house.rows(
        "select action from app.audit_log where user_id = %s and action = 'auth.refresh_reused'", person.user_id
    )
    assert len(rows) == 1
    again = await house.tokens_of(person)
    assert await is_in(house, again["access_token"]), "only that session"


async def test_c6_twenty_refreshes_at_once_get_one_successor(house) -> None:
    person = await house.account("owner")
    held = await house.tokens_of(person)
    answers = await asyncio.gather(*(refresh(house, held["refresh_token"]) for _ in range(20)))
    assert {answer.status for answer in answers} == {200}
    successors = {answer.json["refresh_token"] for answer in answers}
    assert len(successors) == 1
    rows = await house.rows(
        "select count(*) as n from app.refresh_tokens where user_id = %s and used_at is null", person.user_id
    )
    assert rows[0].n == 1
    further = await refresh(house, successors.pop())
    assert further.status == 200
    assert await is_in(house, further.json["access_token"])


async def test_c6_an_answer_that_was_lost_is_given_again_however_late(house) -> None:
    person = await house.account("owner")
    held = await house.tokens_of(person)
    lost = (await refresh(house, held["refresh_token"])).json
    house.clock.shift = timedelta(days=2)
    again = (await refresh(house, held["refresh_token"])).json
    assert again["refresh_token"] == lost["refresh_token"]
    assert await is_in(house, again["access_token"])
    assert not house.mails.to(person.email, "session_ended_by_reuse")


async def test_c6_within_ten_seconds_an_older_token_gets_the_newest_too(house) -> None:
    held = await house.tokens_of(await house.account("owner"))
    second = (await refresh(house, held["refresh_token"])).json
    third = (await refresh(house, second["refresh_token"])).json
    late = await refresh(house, held["refresh_token"])
    assert (late.status, late.json["refresh_token"]) == (200, third["refresh_token"])


async def test_c6_the_chain_goes_on_when_the_secret_is_replaced(house) -> None:
    """And what was made with the old secret is still given again."""
    held = await house.tokens_of(await house.account("owner"))
    follows = (await refresh(house, held["refresh_token"])).json["refresh_token"]
    keys = house.tokens._chain_keys
    house.tokens._chain_keys = [b"another key of thirty-two bytes!", *keys]
    try:
        assert (await refresh(house, held["refresh_token"])).json["refresh_token"] == follows
        assert (await refresh(house, follows)).status == 200
    finally:
        house.tokens._chain_keys = keys


async def test_c7_a_session_nobody_uses_for_a_week_has_ended(house) -> None:
    person = await house.account("owner")
    held, cookie = await house.tokens_of(person), {"Cookie": await cookie_of(house, person.email)}
    house.clock.shift = timedelta(days=6, hours=23)
    assert (await house.get("/api/inbox", headers=cookie)).status == 200
    house.clock.shift = timedelta(days=7, seconds=1)
    assert (await house.get("/api/inbox", headers=cookie)).status == 200, "it was used meanwhile"
    assert (await refresh(house, held["refresh_token"])).status == 401
    house.clock.shift = timedelta(days=14, minutes=2)
    assert (await house.get("/api/inbox", headers=cookie)).status == 401


async def test_c7_after_thirty_days_it_ends_however_much_it_is_used(house) -> None:
    person = await house.account("owner")
    token, cookie = (await house.tokens_of(person))["refresh_token"], {"Cookie": await cookie_of(house, person.email)}
    for days in (6, 12, 18, 24, 29.9):
        house.clock.shift = timedelta(days=days)
        assert (await house.get("/api/inbox", headers=cookie)).status == 200
        answer = await refresh(house, token)
        assert answer.status == 200
        token = answer.json["refresh_token"]
    house.clock.shift = timedelta(days=30, seconds=1)
    assert (await house.get("/api/inbox", headers=cookie)).status == 401
    assert (await refresh(house, token)).status == 401


async def test_c8_a_session_is_always_a_new_one_and_its_secrets_are_not_stored(house) -> None:
    person = await house.account("owner")
    cookie = await cookie_of(house, person.email)
    again = await house.post(
        "/login",
        data={"email": person.email, "password": person.password, "session": "mine", "sid": str(uuid4())},
        headers={"Origin": house.url, "Cookie": cookie},
    )
    assert again.headers["Set-Cookie"].partition(";")[0] != cookie
    held = await house.tokens_of(person)
    assert len(held["refresh_token"]) >= 43
    rows = await house.rows("select * from app.refresh_tokens where user_id = %s", person.user_id)
    assert all(held["refresh_token"] not in str(row) for row in rows)
    assert {len(row.hash) for row in rows} == {32}
    kept = [await house.redis.get(key) async for key in house.redis.scan_iter("session:*")]
    assert all(held["refresh_token"].encode() not in value for value in kept if value)


async def test_c9_the_cookie_is_out_of_reach_of_scripts_and_other_hosts(open_house) -> None:
    async with open_house("https://app.example") as house:
        person = await house.account("owner")
        answer = await house.post(
            "/login",
            data={"email": person.email, "password": person.password},
            headers={"Origin": "https://app.example"},
        )
        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith("__Host-")
        assert {"Secure", "HttpOnly", "SameSite=lax", "Path=/"} <= set(cookie.split("; "))
        assert "refresh" not in answer.text + str(answer.headers)


FORMS = [
    "/signup",
    "/login",
    "/logout",
    "/forgot-password",
    "/reset-password",
    "/verify-email",
    "/verify-email/resend",
    "/confirm-email",
    "/security/password",
    "/security/email",
    "/security/sessions/end-others",
    "/switch-business",
    "/security/sessions/00000000-0000-4000-8000-000000000000/end",
]


@pytest.mark.parametrize("path", FORMS)
async def test_c10_forms_of_other_sites_are_refused(house, path: str) -> None:
    person = await house.account("owner")
    cookie = {"Cookie": await cookie_of(house, person.email)}
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {},
        {"Sec-Fetch-Site": "cross-site", "Origin": house.url},
        {"Sec-Fetch-Site": "same-site"},
    ):
        answer = await house.post(path, data={"email": person.email}, headers={**cookie, **headers})
        assert answer.status == 403, headers
    assert (await house.get("/api/inbox", headers=cookie)).status == 200


async def test_c10_a_cookie_cannot_be_used_by_another_site_through_the_api(house) -> None:
    person = await house.account("owner")
    cookie = {"Cookie": await cookie_of(house, person.email), "Origin": "https://evil.example"}
    for method, path in (
        ("POST", "/api/auth/logout"),
        ("DELETE", "/api/auth/sessions"),
        ("POST", "/api/auth/change-password"),
    ):
        body = {"json": {"password": "otra, distinta"}} if "password" in path else {}
        assert (await house.request(method, path, headers=cookie, **body)).status == 403
    for path in ("/logout", "/api/auth/logout", "/verify-email/resend", "/security/sessions/end-others"):
        assert (await house.get(path, headers=cookie)).status in (404, 405), "a GET changes nothing"


async def test_c12_people_see_their_sessions_and_end_them(house) -> None:
    person, stranger = await house.account("owner"), await house.account("owner")
    one = await house.tokens_of(person, **{"User-Agent": "Uno/1", "X-Forwarded-For": "10.9.8.7"})
    two, three = await house.tokens_of(person), await house.tokens_of(person)
    shown = (await house.get("/api/auth/sessions", token=one["access_token"])).json
    assert len(shown) == 3
    [mine] = [entry for entry in shown if entry["current"]]
    assert (mine["user_agent"], mine["address"], mine["aal"]) == ("Uno/1", "10.9.8.7", "aal1")
    assert set(mine) == {"id", "created_at", "last_seen_at", "address", "user_agent", "aal", "current"}
    other = next(entry["id"] for entry in shown if not entry["current"])
    foreign = (await house.get("/api/auth/sessions", token=await house.token(stranger))).json[0]["id"]
    refusals = [
        await house.request("DELETE", f"/api/auth/sessions/{id_}", token=one["access_token"])
        for id_ in (foreign, str(uuid4()))
    ]
    assert [answer.status for answer in refusals] == [404, 404]
    assert {**refusals[0].json, "request_id": ""} == {**refusals[1].json, "request_id": ""}
    assert (await house.request("DELETE", f"/api/auth/sessions/{other}", token=one["access_token"])).status == 204
    assert (await house.request("DELETE", f"/api/auth/sessions/{other}", token=one["access_token"])).status == 404
    assert [await is_in(house, held["access_token"]) for held in (two, three)].count(True) == 1
    assert (await house.request("DELETE", "/api/auth/sessions", token=one["access_token"])).status == 204
    assert await is_in(house, one["access_token"])
    assert not await is_in(house, two["access_token"])
    assert not await is_in(house, three["access_token"])


async def test_c13_an_emptied_memory_changes_nothing(house) -> None:
    person = await house.account("owner")
    lives, ended = await house.token(person), await house.token(person)
    await house.post("/api/auth/logout", token=ended)
    await house.redis.flushdb()
    assert await is_in(house, lives)
    assert not await is_in(house, ended)


async def test_c13_an_older_copy_of_the_memory_revives_nobody(house) -> None:
    person = await house.account("owner")
    token = await house.token(person)
    assert await is_in(house, token)
    keys = [key async for key in house.redis.scan_iter("session:*")]
    copy = {key: await house.redis.get(key) for key in keys}
    await house.post("/api/auth/logout", token=token)
    for key, value in copy.items():
        await house.redis.set(key, value)
    house.clock.shift = timedelta(seconds=1.001)
    assert not await is_in(house, token)


@pytest.mark.parametrize("value", [b"", b"{}", b"[1]", b"null", b"\xff", b'{"id": 1}'])
async def test_c13_a_spoilt_memory_is_no_memory(house, value: bytes) -> None:
    token = await house.token(await house.account("owner"))
    for key in [key async for key in house.redis.scan_iter("session:*")]:
        await house.redis.set(key, value)
    assert await is_in(house, token)


async def test_c13_a_memory_that_names_another_person_is_not_believed(house) -> None:
    """Whoever can write into Valkey still needs a token of ours."""
    one, other = await house.account("owner"), await house.account("owner")
    token = await house.token(one)
    sid = UUID(str((await house.rows("select id from app.sessions where user_id = %s", one.user_id))[0].id))
    async for key in house.redis.scan_iter("session:*"):
        value = await house.redis.get(key)
        if value and str(other.user_id).encode() in value:
            await house.redis.set(f"session:{{{sid}}}", value)
    await house.token(other)
    assert (await house.get("/api/inbox", token=token)).status in (200, 401)


async def test_c13_without_valkey_nobody_signs_in_and_running_sessions_are_as_they_are(house, open_house) -> None:
    person = await house.account("owner")
    async with open_house(house.url, "redis://127.0.0.1:1/0") as dark:
        lives, ended = await house.token(person), await house.token(person)
        await house.post("/api/auth/logout", token=ended)
        assert await is_in(dark, lives)
        assert not await is_in(dark, ended)
        refused = await log_in(dark, person.email, person.password)
        assert (refused.status, refused.json["code"]) == (503, "tries_not_counted")
        assert int(refused.headers["Retry-After"]) > 0
        page = await dark.post(
            "/login", data={"email": person.email, "password": person.password}, headers={"Origin": house.url}
        )
        assert page.status == 503
        assert (await dark.post("/api/auth/logout", token=lives)).status == 204
        assert not await is_in(dark, lives)
        for path, body in (("register", {"name": "A", "email": new_email(), "password": PASSWORD}),):
            assert (await dark.post(f"/api/auth/{path}", json=body)).status == 503


async def test_c14_nobody_has_more_than_twenty_sessions(house) -> None:
    person = await house.account("owner")
    first = await house.token(person)
    for _ in range(25):
        last = await house.token(person)
    shown = (await house.get("/api/auth/sessions", token=last)).json
    assert len(shown) == 20
    assert not await is_in(house, first)
    rows = await house.rows(
        "select count(*) as n from app.sessions where user_id = %s and ended_because = 'too_many'", person.user_id
    )
    assert rows[0].n == 6


async def test_c14_sign_ins_at_once_keep_to_it(house) -> None:
    person = await house.account("owner")
    for _ in range(18):
        await house.token(person)
    await asyncio.gather(*(house.token(person) for _ in range(8)))
    rows = await house.rows(
        "select count(*) as n from app.sessions where user_id = %s and ended_at is null", person.user_id
    )
    assert rows[0].n == 20


async def test_the_token_says_which_session_and_how_sure_we_are(house) -> None:
    person = await house.account("owner")
    answer = await house.tokens_of(person)
    claims: Claims = house.tokens.read(answer["access_token"], "access", datetime.now(UTC))
    assert (claims.user_id, claims.business_id, claims.aal) == (person.user_id, person.businesses[0], "aal1")
    assert [proof.method for proof in claims.amr] == ["password"]
    rows = await house.rows("select id from app.sessions where user_id = %s", person.user_id)
    assert [row.id for row in rows] == [claims.session_id]


async def test_a_browser_never_seen_before_is_told_by_mail(house) -> None:
    person = await house.account("owner")
    for agent in ("Uno/1", "Uno/1", "Dos/1"):
        await house.tokens_of(person, **{"User-Agent": agent})
    assert [mail.values["device"] for mail in house.mails.to(person.email, "new_sign_in")] == ["Dos/1"]


async def test_a_sign_in_that_overlaps_a_change_of_password_is_refused(house, monkeypatch) -> None:
    person = await house.account("owner")
    check, another = house.passwords.verify, await house.passwords.hash("y una tercera")

    async def slow_check(password_hash: str | None, password: str) -> bool:
        is_right = await check(password_hash, password)
        await house.password_hash(person, another)
        return bool(is_right)

    monkeypatch.setattr(house.passwords, "verify", slow_check)
    assert (await log_in(house, person.email, person.password)).status == 401
    assert await house.rows("select 1 from app.sessions where user_id = %s", person.user_id) == []


async def test_people_with_several_businesses_act_in_one_at_a_time(house) -> None:
    person, stranger = await house.account("owner", "analyst"), await house.account("owner")
    held, cookie = await house.tokens_of(person), await cookie_of(house, person.email)
    first, second = (str(one) for one in person.businesses)
    assert held["business_id"] == first
    answer = await house.post("/api/auth/switch-business", json={"business_id": second}, token=held["access_token"])
    assert (answer.status, answer.json["business_id"]) == (200, second)
    assert (await house.get("/api/inbox", token=answer.json["access_token"])).status == 403, "an analyst there"
    assert (await house.get("/api/inbox", token=held["access_token"])).json["business_id"] == first
    assert (await refresh(house, held["refresh_token"])).json["business_id"] == second
    kept = {"Cookie": cookie, "Origin": house.url}
    assert (await house.get("/api/inbox", headers=kept)).status == 200, "another session"
    went = await house.post("/switch-business", data={"business_id": second, "next": "/inbox"}, headers=kept)
    assert (went.status, went.headers["Location"]) == (303, "/inbox")
    assert (await house.get("/api/inbox", headers=kept)).status == 403
    for foreign in (str(stranger.businesses[0]), str(uuid4())):
        refused = await house.post(
            "/api/auth/switch-business", json={"business_id": foreign}, token=held["access_token"]
        )
        assert (refused.status, refused.json["code"]) == (404, "business_not_found")
