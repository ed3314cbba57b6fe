"""`/auth/v1` as Supabase's clients of every age read it, and what it does not give away."""

import json
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from signing_up import PASSWORD, alike, log_in, new_address, new_email, sign_up, verified

from limits_off import limits_off
from wacloud.main.settings import LIMITS
from wacloud.modules.auth.domain.asker import challenge_of
from wacloud.modules.auth.domain.redirects import allowed_redirect
from wacloud.shared.application.limits import Limits
from wacloud.shared.infra.limits_valkey import ValkeyLimiter

APP = "https://app.example.com/in"
NEWER = {"X-Supabase-Api-Version": "2024-01-01"}
VERIFIER = "v" * 43


async def ask(house: Any, path: str, body: Any, **options: Any) -> Any:
    return await house.post(f"/auth/v1/{path}", json=body, **options)


async def password_grant(house: Any, email: str, password: str = PASSWORD, **options: Any) -> Any:
    return await ask(house, "token?grant_type=password", {"email": email, "password": password}, **options)


def code_to(house: Any, email: str, template: str) -> str:
    return str(house.mails.to(email, template)[-1].values["code"])


async def signs_up(house: Any, email: str, password: str = PASSWORD, **more: Any) -> Any:
    return await ask(house, "signup", {"email": email, "password": password, "data": {"name": "Ana"}, **more})


def cookie_of(answer: Any) -> dict[str, str]:
    return {"Cookie": str(answer.headers["Set-Cookie"].partition(";")[0])}


@pytest.mark.parametrize("version", ["", "2023-01-01", "no date at all?"])
async def test_older_clients_read_a_status_an_error_code_and_msg(house: Any, version: str) -> None:
    answer = await password_grant(house, new_email(), headers={"X-Supabase-Api-Version": version} if version else {})
    assert answer.status == 400
    assert answer.json == {"code": 400, "error_code": "invalid_credentials", "msg": "Invalid login credentials"}
    assert answer.headers["x-sb-error-code"] == "invalid_credentials"
    assert "x-supabase-api-version" not in answer.headers


async def test_newer_clients_read_a_code_and_a_message(house: Any) -> None:
    answer = await password_grant(house, new_email(), headers=NEWER)
    assert answer.json == {"code": "invalid_credentials", "message": "Invalid login credentials"}
    assert answer.headers["x-supabase-api-version"] == "2024-01-01"
    assert answer.headers["x-sb-error-code"] == "invalid_credentials"


async def test_an_unknown_grant_is_told_as_oauth_tells_it(house: Any) -> None:
    answer = await ask(house, "token?grant_type=client_credentials", {})
    assert (answer.status, answer.json["error"]) == (400, "unsupported_grant_type")
    assert answer.headers["x-sb-error-code"] == "unsupported_grant_type"


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("signup", {"email": "nobody", "password": PASSWORD}, 400, "validation_failed"),
        ("signup", {"email": "a@example.com"}, 400, "validation_failed"),
        ("signup", {"email": "a@example.com", "password": 5}, 400, "validation_failed"),
        ("signup", {"email": "a@example.com", "password": "corta"}, 422, "weak_password"),
        ("signup", {}, 422, "anonymous_provider_disabled"),
        ("token?grant_type=refresh_token", {"refresh_token": "x"}, 400, "refresh_token_not_found"),
        ("token?grant_type=refresh_token", {}, 400, "validation_failed"),
        ("token?grant_type=pkce", {"auth_code": "x"}, 400, "validation_failed"),
        ("token?grant_type=pkce", {"auth_code": "x", "code_verifier": VERIFIER}, 404, "flow_state_not_found"),
        ("otp", {"email": "a@example.com", "code_challenge": "short"}, 400, "validation_failed"),
        ("verify", {"type": "signup", "email": "a@example.com", "token": "123456"}, 403, "otp_expired"),
        ("verify", {"type": "recovery", "token_hash": "x"}, 403, "otp_expired"),
        ("verify", {"type": "sms", "token": "x"}, 400, "validation_failed"),
        ("verify", {"type": "email"}, 400, "validation_failed"),
        ("resend", {"type": "sms", "email": "a@example.com"}, 400, "validation_failed"),
    ],
)
async def test_refusals_have_supabases_codes(house: Any, path: str, body: Any, status: int, code: str) -> None:
    answer = await ask(house, path, body, headers=NEWER)
    assert (answer.status, answer.json["code"]) == (status, code), answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.json.get("weak_password", {"reasons": ["length"]}) == {"reasons": ["length"]}


@pytest.mark.parametrize(("body", "code"), [(b'{"email": "a', "bad_json"), (b'{"email":"a","email":"b"}', "bad_json")])
async def test_a_body_that_is_no_json_is_refused(house: Any, body: bytes, code: str) -> None:
    headers = {"Content-Type": "application/json;charset=UTF-8", **NEWER}
    answer = await house.post("/auth/v1/otp", data=body, headers=headers)
    assert (answer.status, answer.json["code"]) == (400, code)


async def test_a_token_is_needed_and_a_wrong_one_is_told_from_an_ended_one(house: Any) -> None:
    for token, status, code in ((None, 401, "no_authorization"), ("sb_publishable_x", 403, "bad_jwt")):
        answer = await house.get("/auth/v1/user", token=token, headers=NEWER)
        assert (answer.status, answer.json["code"]) == (status, code)
    person = await house.account("owner")
    token = await house.token(person)
    assert (await ask(house, "logout", None, token=token)).status == 204
    answer = await house.get("/auth/v1/user", token=token, headers=NEWER)
    assert (answer.status, answer.json["code"]) == (403, "session_not_found")


async def test_what_clients_send_besides_is_ignored(house: Any) -> None:
    person = await house.account("owner")
    body = {"email": person.email, "password": person.password, "gotrue_meta_security": {"captcha_token": None}}
    answer = await ask(house, "token?grant_type=password", {**body, "channel": "sms", "data": {"x": [1]}})
    assert answer.status == 200
    assert answer.json["expires_at"] > 0
    assert answer.headers["cache-control"] == "no-store"


# No enumeration.


async def test_a_sign_up_looks_alike_whoever_has_the_address(house: Any) -> None:
    known, waiting, new = (await house.account("owner")).email, new_email(), new_email()
    await sign_up(house, waiting)
    seen = []
    for email in (known, waiting, new, known):
        answer = await signs_up(house, email)
        told = answer.json
        assert answer.status == 200
        assert told["id"] == told["identities"][0]["user_id"]
        ids = {"id", "identity_id", "user_id", "sub", "email", "created_at", "updated_at", "confirmation_sent_at"}
        seen.append(json.loads(answer.text, object_pairs_hook=lambda pairs, ids=ids: {
            key: "" if key in ids else value for key, value in pairs
        }))  # fmt: skip
        [row] = await house.rows("select id from app.users where email = %s", email)
        assert UUID(told["id"]) != row.id
    assert all(one == seen[0] for one in seen)
    assert house.mails.to(known)[-1].template == "already_registered"


@pytest.mark.parametrize("path", ["otp", "magiclink", "recover", "resend", "verify"])
async def test_an_unknown_address_is_answered_as_a_known_one(house: Any, path: str) -> None:
    known = (await house.account("owner")).email
    more = {"resend": {"type": "signup"}, "verify": {"type": "email", "token": "000000"}, "otp": {"create_user": False}}
    answers = [await ask(house, path, {"email": email, **more.get(path, {})}) for email in (known, new_email())]
    alike(*answers)
    assert len(house.mails.to(known)) == (path in ("otp", "magiclink", "recover"))


async def test_a_wrong_password_an_unknown_address_and_a_disabled_person_are_alike(house: Any) -> None:
    person, disabled = await house.account("owner"), await house.account("owner")
    await house.do("update app.users set disabled_at = now() where id = %s", disabled.user_id)
    answers = [
        await password_grant(house, person.email, "no es esta"),
        await password_grant(house, new_email(), "no es esta"),
        await password_grant(house, disabled.email, disabled.password),
    ]
    for other in answers[1:]:
        alike(answers[0], other)


# Limits.


async def test_mails_to_an_address_are_counted_whether_somebody_has_it_or_not(house: Any) -> None:
    for email in ((await house.account("owner")).email, new_email()):
        answers = [await ask(house, "recover", {"email": email}, headers=NEWER) for _ in range(6)]
        assert [one.status for one in answers] == [200] * 5 + [429]
        assert answers[-1].json["code"] == "over_email_send_rate_limit"
        assert int(answers[-1].headers["retry-after"]) > 0


async def test_wrong_passwords_count_with_those_of_the_other_door(house: Any) -> None:
    person = await house.account("owner")
    for number in range(10):
        refused = await (password_grant if number % 2 else log_in)(house, person.email, "no es esta")
        assert refused.status in (400, 401)
    answer = await password_grant(house, person.email, person.password, headers=NEWER)
    assert (answer.status, answer.json["code"]) == (429, "over_request_rate_limit")


async def test_a_code_is_not_guessed(house: Any) -> None:
    email = (await house.account("owner")).email
    await ask(house, "otp", {"email": email})
    right = code_to(house, email, "magic_link")
    wrong = f"{(int(right) + 1) % 10**6:06}"
    for _ in range(10):
        assert (await ask(house, "verify", {"type": "email", "email": email, "token": wrong})).status == 403
    assert (await ask(house, "verify", {"type": "email", "email": email, "token": right})).status == 429
    # The link still works: nobody else has it.
    body = {"type": "magiclink", "token_hash": house.mails.secret(email, "magic_link")}
    assert (await ask(house, "verify", body)).status == 200


@pytest.mark.parametrize(
    ("path", "body", "most"),
    [
        ("verify", {"type": "email", "token_hash": "x"}, 30),
        ("magiclink", {"email": "nobody"}, 30),
        ("token?grant_type=refresh_token", {"refresh_token": "x"}, 150),
        ("token?grant_type=password", {"email": "nobody", "password": "x"}, 5),
        ("signup", {"email": "nobody", "password": PASSWORD}, 3),
    ],
)
async def test_requests_from_an_address_are_counted(house: Any, path: str, body: Any, most: int) -> None:
    house.app.state.limits = Limits({limit.name: limit for limit in LIMITS}, ValkeyLimiter(house.redis))
    try:
        where = {"X-Forwarded-For": new_address(), **NEWER}
        answers = [await ask(house, path, body, headers=where) for _ in range(most + 1)]
    finally:
        house.app.state.limits = limits_off()
    assert [one.json["code"] == "over_request_rate_limit" for one in answers] == [False] * most + [True]
    assert answers[-1].status == 429


# A13: an address is proved by whoever signed up, or what they typed is void.


async def test_a_code_alone_proves_the_mailbox_and_voids_a_strangers_password(house: Any) -> None:
    email = new_email()
    await signs_up(house, email, "la de un extraño, larga")
    body = {"type": "signup", "email": email, "token": code_to(house, email, "verify_email")}
    answer = await ask(house, "verify", body)
    assert (answer.status, answer.json["user"]["user_metadata"]["name"]) == (200, email.partition("@")[0])
    assert (await password_grant(house, email, "la de un extraño, larga")).status == 400
    # Whoever reads the mailbox chooses one.
    mine = answer.json["access_token"]
    changed = await house.request("PUT", "/auth/v1/user", token=mine, json={"password": PASSWORD})
    assert changed.status == 200, changed.text
    assert (await password_grant(house, email)).status == 200


async def test_a_code_typed_where_somebody_signed_up_keeps_their_password(house: Any) -> None:
    email = new_email()
    cookie = cookie_of(await signs_up(house, email))
    body = {"type": "signup", "email": email, "token": code_to(house, email, "verify_email")}
    assert (await ask(house, "verify", body, headers=cookie)).status == 200
    assert (await password_grant(house, email)).status == 200


async def test_a_stranger_who_signs_up_after_me_gets_nothing_by_my_code(house: Any) -> None:
    email = new_email()
    mine = cookie_of(await signs_up(house, email))
    await signs_up(house, email, "la de un extraño, larga")
    body = {"type": "signup", "email": email, "token": code_to(house, email, "verify_email")}
    assert (await ask(house, "verify", body, headers=mine)).status == 200
    for password in ("la de un extraño, larga", PASSWORD):
        assert (await password_grant(house, email, password)).status == 400


async def test_a_link_with_a_challenge_does_nothing_for_whoever_opens_it(house: Any) -> None:
    email = new_email()
    challenge = {"code_challenge": challenge_of(VERIFIER), "code_challenge_method": "s256"}
    await signs_up(house, email, "la de un extraño, larga", **challenge)
    link = f"/auth/v1/verify?type=signup&token={house.mails.secret(email, 'verify_email')}&redirect_to={APP}"
    opened = await house.get(link)
    assert opened.status == 303
    given = opened.headers["Location"].partition("?code=")[2]
    wrong = await ask(house, "token?grant_type=pkce", {"auth_code": given, "code_verifier": "w" * 43}, headers=NEWER)
    assert (wrong.status, wrong.json["code"]) == (400, "bad_code_verifier")
    [row] = await house.rows("select email_verified_at from app.users where email = %s", email)
    assert row.email_verified_at is None


async def test_a_link_without_a_challenge_asks_for_the_password_and_leads_back(house: Any) -> None:
    email = new_email()
    await ask(house, f"signup?redirect_to={APP}", {"email": email, "password": PASSWORD})
    link = house.mails.to(email, "verify_email")[-1].values["link"]
    page, _, secret = link.removeprefix(house.url).partition("#")
    assert page == "/verify-email"
    typed = {"token": secret, "password": PASSWORD}
    answer = await house.post(page, data=typed, headers={"Origin": house.url})
    assert (answer.status, f'href="{APP}"' in answer.text) == (200, True)
    assert (await password_grant(house, email)).status == 200


async def test_a_magic_link_ends_what_a_stranger_began_with_my_address(house: Any) -> None:
    email = new_email()
    await sign_up(house, email, "la de un extraño, larga")
    theirs = (await log_in(house, email, "la de un extraño, larga")).json["access_token"]
    assert (await house.get("/auth/v1/user", token=theirs)).status == 200
    await ask(house, "otp", {"email": email})
    body = {"type": "email", "email": email, "token": code_to(house, email, "magic_link")}
    assert (await ask(house, "verify", body)).status == 200
    assert (await house.get("/auth/v1/user", token=theirs)).status == 403
    assert (await password_grant(house, email, "la de un extraño, larga")).status == 400


# F18: where links lead on.


async def test_a_link_leads_on_as_at_supabase(house: Any) -> None:
    person = await house.account("owner")
    await ask(house, f"otp?redirect_to={APP}/home", {"email": person.email})
    secret = house.mails.secret(person.email, "magic_link")
    opened = await house.get(f"/auth/v1/verify?type=magiclink&token={secret}&redirect_to=https://evil.example/")
    where = opened.headers["Location"]
    assert where.startswith(f"{APP}/home#access_token=")
    assert where.endswith("&type=magiclink")
    assert opened.headers["cache-control"] == "no-store"
    again = await house.get(f"/auth/v1/verify?type=magiclink&token={secret}&redirect_to=https://evil.example/")
    assert again.headers["Location"].startswith(f"{house.url}/?error=access_denied&error_code=otp_expired")


@pytest.mark.parametrize(
    "url",
    [
        "https://app.example.com/in",
        "https://app.example.com/in/",
        "https://app.example.com:443/in/deep?x=1#y",
        "HTTPS://APP.example.com/in",
        "https://our.example/anything",
        "myapp://signed-in",
    ],
)
def test_listed_addresses_may_be_led_to(url: str) -> None:
    assert allowed_redirect(url, "https://our.example", [APP, "myapp://signed-in"]) == url


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "//evil.example",
        "/\\evil.example",
        "javascript:alert(1)//https://app.example.com/in",
        "https://app.example.com/inside",
        "https://app.example.com/in/../out",
        "https://app.example.com/in/%2e%2e/out",
        "https://app.example.com/",
        "https://app.example.com.evil.example/in",
        "https://app.example.com@evil.example/in",
        "https://app.example.com:444/in",
        "https://app.example.com:x/in",
        "http://app.example.com/in",
        "https://evil.example/https://app.example.com/in",
        "https://evil.example\\@app.example.com/in",
        "https://app.example.com\t/in",
        "https://аpp.example.com/in",
        "myapp://signed-in/else",
        "myapp://signed-in@evil",
        "https://app.example.com/in?x=\r\nSet-Cookie:a",
        f"https://app.example.com/in/{'x' * 1000}",
    ],
)
def test_nobody_is_led_anywhere_else(url: str | None) -> None:
    assert allowed_redirect(url, "https://our.example", [APP, "myapp://signed-in"]) == ""


# What lasts how long.


@pytest.mark.parametrize(("template", "path", "type_", "minutes"), [
    ("magic_link", "otp", "email", 15), ("recovery", "recover", "recovery", 60),
])  # fmt: skip
async def test_codes_run_out(house: Any, template: str, path: str, type_: str, minutes: int) -> None:
    email = (await house.account("owner")).email
    await ask(house, path, {"email": email})
    house.clock.shift = timedelta(minutes=minutes, seconds=1)
    body = {"type": type_, "email": email, "token": code_to(house, email, template)}
    assert (await ask(house, "verify", body)).status == 403


async def test_a_secret_is_good_for_its_own_purpose(house: Any) -> None:
    email = (await house.account("owner")).email
    await ask(house, "otp", {"email": email})
    secret = house.mails.secret(email, "magic_link")
    for type_ in ("recovery", "email_change", "invite"):
        assert (await ask(house, "verify", {"type": type_, "token_hash": secret})).status == 403
    assert (await ask(house, "token?grant_type=pkce", {"auth_code": secret, "code_verifier": VERIFIER})).status == 404
    assert (await ask(house, "verify", {"type": "magiclink", "token_hash": secret})).status == 200


async def test_a_new_password_voids_a_link_that_was_opened_already(house: Any) -> None:
    person = await house.account("owner")
    challenge = {"code_challenge": challenge_of(VERIFIER), "code_challenge_method": "s256"}
    await ask(house, f"otp?redirect_to={APP}", {"email": person.email, **challenge})
    secret = house.mails.secret(person.email, "magic_link")
    opened = await house.get(f"/auth/v1/verify?type=magiclink&token={secret}")
    body = {"current_password": person.password, "password": "otra, distinta"}
    token = await house.token(person)
    assert (await house.post("/api/auth/change-password", json=body, token=token)).status == 204
    code = opened.headers["Location"].partition("?code=")[2]
    answer = await ask(house, "token?grant_type=pkce", {"auth_code": code, "code_verifier": VERIFIER})
    assert answer.status == 404


async def test_the_two_doors_have_one_account(house: Any) -> None:
    email = new_email()
    await verified(house, email)
    answer = await password_grant(house, email)
    assert answer.status == 200
    assert (await house.post("/api/auth/refresh", json={"refresh_token": answer.json["refresh_token"]})).status == 200


async def test_settings_health_and_keys_are_public(house: Any) -> None:
    assert (await house.get("/auth/v1/settings")).json["external"] == {
        "email": True,
        "phone": False,
        "anonymous_users": False,
    }
    assert (await house.get("/auth/v1/health")).json["name"] == "wacloud"
    assert (await house.get("/auth/v1/.well-known/jwks.json")).json == (await house.get("/.well-known/jwks.json")).json
