"""Recovery and e-mail: rows D1 to D6, and D10 of the security checklist, through the routes."""

import asyncio
import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from signing_up import PASSWORD, cookie_of, log_in, new_email, sign_up, verified

from wacloud.modules.auth.application.disable_user import disable_user
from wacloud.modules.auth.infra.personal_data import AuthPersonalData
from wacloud.modules.business.application.remove_member import remove_member
from wacloud.modules.user.application.leave import leave
from wacloud.shared.application.caller import NOBODY

NEW = "otra, distinta"


async def forgot(house: Any, email: str, **headers: str) -> Any:
    return await house.post("/api/auth/forgot-password", json={"email": email}, headers=headers)


async def reset(house: Any, secret: Any, password: str = NEW) -> Any:
    return await house.post("/api/auth/reset-password", json={"token": secret, "password": password})


async def link_of(house: Any, email: str) -> str:
    await forgot(house, email)
    return str(house.mails.secret(email, "reset_password"))


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "evil.example"},
        {"X-Forwarded-Host": "evil.example"},
        {"Forwarded": "host=evil.example;proto=https"},
        {"X-Forwarded-Proto": "https", "X-Original-Host": "evil.example"},
    ],
    ids=str,
)
async def test_d1_links_use_the_configured_address(house, headers: dict[str, str]) -> None:
    person, fresh = await house.account("owner"), new_email()
    await forgot(house, person.email, **headers)
    body = {"name": "Ana", "email": fresh, "password": PASSWORD}
    await house.post("/api/auth/register", json=body, headers=headers)
    for mail in (house.mails.to(person.email)[-1], house.mails.to(fresh)[-1]):
        assert mail.values["link"].startswith(f"{house.url}/")
        assert "evil" not in str(mail.values)


async def test_d2_a_link_works_once(house) -> None:
    person = await house.account("owner")
    secret = await link_of(house, person.email)
    answers = await asyncio.gather(*(reset(house, secret) for _ in range(10)))
    assert sorted(answer.status for answer in answers) == [204] + [422] * 9
    assert (await log_in(house, person.email, NEW)).status == 200
    assert (await log_in(house, person.email, person.password)).status == 401


@pytest.mark.parametrize("why", ["expired", "not the newest", "signed in since", "password changed since"])
async def test_d2_a_link_that_is_over_is_refused(house, why: str) -> None:
    person = await house.account("owner")
    token = await house.token(person)
    secret = await link_of(house, person.email)
    match why:
        case "expired":
            house.clock.shift = timedelta(hours=1, seconds=1)
        case "not the newest":
            await link_of(house, person.email)
        case "signed in since":
            await house.token(person)
        case "password changed since":
            body = {"current_password": person.password, "password": "y una tercera"}
            assert (await house.post("/api/auth/change-password", json=body, token=token)).status == 204
    answer = await reset(house, secret)
    unknown = await reset(house, "x" * 43)
    assert answer.status == unknown.status == 422
    assert {**answer.json, "request_id": ""} == {**unknown.json, "request_id": ""}


@pytest.mark.parametrize("secret", ["", " ", "*", "%", "_", "null", "undefined", "' or '1'='1", "\x00", "a" * 500])
@pytest.mark.parametrize("path", ["reset-password", "verify-email"])
async def test_d2_what_is_no_secret_opens_nothing(house, path: str, secret: str) -> None:
    await link_of(house, (await house.account("owner")).email)
    answer = await house.post(f"/api/auth/{path}", json={"token": secret, "password": NEW})
    assert (answer.status, answer.json["code"]) == (422, "link_not_good")


async def test_d2_spaces_around_a_secret_are_not_forgiven(house) -> None:
    person = await house.account("owner")
    secret = await link_of(house, person.email)
    assert (await reset(house, f" {secret}")).status == 422
    assert (await reset(house, secret.swapcase())).status == 422
    assert (await reset(house, secret)).status == 204


async def test_d2_a_password_that_will_not_do_does_not_use_up_the_link(house) -> None:
    person = await house.account("owner")
    secret = await link_of(house, person.email)
    assert (await reset(house, secret, "12345678")).json["code"] == "password_too_common"
    assert (await reset(house, secret)).status == 204


async def test_d2_a_verification_link_works_once_and_the_newest_only(house) -> None:
    email = new_email()
    await sign_up(house, email)
    old = house.mails.secret(email, "verify_email")
    await sign_up(house, email)
    new = house.mails.secret(email, "verify_email")
    statuses = [
        (await house.post("/api/auth/verify-email", json={"token": secret, "password": PASSWORD})).status
        for secret in (old, new, new)
    ]
    assert statuses == [422, 204, 422]


async def test_d2_a_reset_lets_nobody_in_and_signs_everybody_out(house) -> None:
    person = await house.account("owner")
    cookie = {"Cookie": await cookie_of(house, person.email)}
    answer = await reset(house, await link_of(house, person.email))
    assert (answer.status, answer.text, "Set-Cookie" in answer.headers) == (204, "", False)
    assert (await house.get("/api/inbox", headers=cookie)).status == 401
    assert [mail.template for mail in house.mails.to(person.email)][-1] == "password_changed"


@pytest.mark.parametrize("how", ["forgot", "register", "resend"])
async def test_d3_fifty_requests_are_five_mails_for_one_address(house, how: str) -> None:
    email = new_email()
    await sign_up(house, email)
    token = (await log_in(house, email)).json["access_token"]

    async def ask() -> int:
        if how == "forgot":
            return int((await forgot(house, email)).status)
        if how == "register":
            return int((await sign_up(house, email)).status)
        return int((await house.post("/api/auth/resend-verification", token=token)).status)

    statuses = [await ask() for _ in range(50)]
    assert statuses == [202] * 4 + [429] * 46
    assert len(house.mails.to(email)) == 5


async def test_d3_one_sender_cannot_mail_many(house) -> None:
    there = {"X-Forwarded-For": "10.204.7.7"}
    statuses = [(await forgot(house, new_email(), **there)).status for _ in range(25)]
    assert statuses == [202] * 20 + [429] * 5


async def test_d3_an_unknown_address_is_limited_alike(house) -> None:
    email = new_email()
    assert [(await forgot(house, email)).status for _ in range(6)] == [202] * 5 + [429]


@pytest.mark.parametrize(
    "email",
    [
        "a@example.com,b@example.com",
        "a@example.com;b@example.com",
        "a@example.com\r\nBcc: b@example.com",
        "a@example.com%0aBcc:b@example.com, c@d.e",
        "Ana <a@example.com>",
        '"a b"@example.com',
        "a@b@example.com",
        "@example.com",
        "a@",
        "a b@example.com",
        "a@exam\u202eple.com",
    ],
)
async def test_d4_an_address_is_one_address(house, email: str) -> None:
    before = len(house.mails.all)
    for answer in (await sign_up(house, email), await forgot(house, email)):
        assert answer.status == 422
    assert len(house.mails.all) == before


async def test_d4_a_name_is_one_line_of_text(house) -> None:
    for odd in ("Ana\r\nBcc: b@example.com", "Ana\u202e", "\x00", " ", "x" * 121):
        answer = await sign_up(house, new_email(), name=odd)
        assert (answer.status, answer.json["code"]) == (422, "name_not_possible")
    email = new_email()
    assert (await sign_up(house, email, name="  Ana  {{7*7}} <b>x</b> ")).status == 202
    rows = await house.rows("select name from app.users where email = %s", email)
    assert rows[0].name == "Ana {{7*7}} <b>x</b>"
    assert (await sign_up(house, new_email(), name="x" * 120)).status == 202


async def test_d5_the_secret_stands_behind_the_hash_and_opening_the_page_uses_nothing(house) -> None:
    email = new_email()
    await sign_up(house, email)
    link = house.mails.to(email, "verify_email")[-1].values["link"]
    address, _, secret = link.partition("#")
    assert re.fullmatch(r"[\w-]{43}", secret)
    for path in ("/verify-email", "/reset-password"):
        for _ in range(3):
            page = await house.get(path, headers={"Accept": "text/html"})
            assert page.status == 200
            assert page.headers["Cache-Control"] == "no-store"
            assert "data-link-secret" in page.text
            assert secret not in page.text
    assert address == f"{house.url}/verify-email"
    answer = await house.post("/api/auth/verify-email", json={"token": secret, "password": PASSWORD})
    assert answer.status == 204


async def test_d5_no_secret_is_in_a_log(house, capsys: pytest.CaptureFixture[str]) -> None:
    person, email = await house.account("owner"), new_email()
    await sign_up(house, email)
    secrets = [house.mails.secret(email, "verify_email"), await link_of(house, person.email)]
    held = await house.tokens_of(person)
    secrets += [held["refresh_token"], held["access_token"], PASSWORD]
    await reset(house, secrets[1] + "x")
    await house.post("/api/auth/refresh", json={"refresh_token": held["refresh_token"] + "x"})
    shown = capsys.readouterr()
    assert not [secret for secret in secrets if secret in shown.out + shown.err]


async def ask_to_move(house: Any, token: str, email: str) -> Any:
    body = {"current_password": PASSWORD, "email": email}
    return await house.post("/api/auth/change-email", json=body, token=token)


async def confirm(house: Any, token: str, secret: str) -> Any:
    return await house.post("/api/auth/change-email/confirm", json={"token": secret}, token=token)


async def test_d6_an_address_changes_when_its_owner_opens_the_link(house) -> None:
    person, new = await house.account("owner"), new_email()
    token = await house.token(person)
    assert (await ask_to_move(house, token, new)).status == 202
    assert (await log_in(house, new)).status == 401, "nothing changed yet"
    assert (await confirm(house, token, house.mails.secret(new, "email_change_confirm"))).status == 204
    assert [mail.template for mail in house.mails.to(person.email)] == ["email_changed"]
    assert (await log_in(house, new)).status == 200
    assert (await log_in(house, person.email)).status == 401
    assert (await house.get("/api/users/me", token=token)).json["email"] == new


async def test_d6_a_link_opened_by_somebody_else_is_refused(house) -> None:
    person, other, new = await house.account("owner"), await house.account("owner"), new_email()
    await ask_to_move(house, await house.token(person), new)
    secret = house.mails.secret(new, "email_change_confirm")
    assert (await confirm(house, await house.token(other), secret)).status == 422
    nobody = await house.post("/api/auth/change-email/confirm", json={"token": secret})
    assert nobody.status == 401
    assert (await confirm(house, await house.token(person), secret)).status == 204


async def test_d6_of_two_who_want_one_address_one_gets_it(house) -> None:
    people, new = [await house.account("owner") for _ in range(4)], new_email()
    tokens = [await house.token(person) for person in people]
    secrets = []
    for token in tokens:
        await ask_to_move(house, token, new)
        secrets.append(house.mails.secret(new, "email_change_confirm"))
    answers = await asyncio.gather(*(confirm(house, *pair) for pair in zip(tokens, secrets, strict=True)))
    assert sorted(answer.status for answer in answers) == [204, 422, 422, 422]
    assert {answer.json["code"] for answer in answers if answer.status == 422} == {"link_not_good"}


async def test_d6_asking_for_an_address_somebody_has_tells_nothing(house) -> None:
    person, other = await house.account("owner"), await house.account("owner")
    token = await house.token(person)
    taken, free = await ask_to_move(house, token, other.email), await ask_to_move(house, token, new_email())
    assert (taken.status, taken.text) == (free.status, free.text)
    assert [mail.template for mail in house.mails.to(other.email)] == ["already_registered"]


@pytest.mark.parametrize("way", ["removed", "disabled", "left"])
async def test_d10_whoever_goes_has_no_session_link_or_token_left(house, way: str) -> None:
    owner, person = await house.account("owner"), await house.account()
    [business_id] = owner.businesses
    await house.do("insert into app.members values (%s, %s, 'agent')", business_id, person.user_id)
    held, cookie = await house.tokens_of(person), await cookie_of(house, person.email)
    await house.post("/api/auth/forgot-password", json={"email": person.email})
    secret = house.mails.secret(person.email, "reset_password")
    assert (await house.get("/api/inbox", token=held["access_token"])).status == 200
    match way:
        case "removed":
            await remove_member(house.deps.businesses, owner.user_id, business_id, person.user_id, NOBODY)
        case "disabled":
            await disable_user(house.deps, person.email)
        case "left":
            farewells = [AuthPersonalData(house.deps.db).forget]
            await leave(replace(house.deps.users, farewells=farewells), person.user_id)
    assert (await house.get("/api/inbox", token=held["access_token"])).status == 401
    assert (await house.get("/api/inbox", headers={"Cookie": cookie})).status == 401
    again = await house.post("/api/auth/refresh", json={"refresh_token": held["refresh_token"]})
    if way == "removed":
        # Out of the business, still themselves.
        assert (await house.get("/api/inbox", token=again.json["access_token"])).status == 401
    else:
        assert again.status == 401
        body = {"token": secret, "password": "otra, distinta"}
        assert (await house.post("/api/auth/reset-password", json=body)).status == 422


async def test_the_pages_lead_through_sign_up_and_reset(house) -> None:
    email, origin = new_email(), {"Origin": house.url}
    form = {"name": "Ana", "email": email, "password": PASSWORD}
    assert (await house.post("/signup", data=form, headers=origin)).status == 200
    wrong = {"token": house.mails.secret(email, "verify_email"), "password": "no es esta"}
    again = await house.post("/verify-email", data=wrong, headers=origin)
    assert again.status == 403
    assert f'value="{wrong["token"]}"' in again.text, "the form keeps the link's secret"
    done = await house.post("/verify-email", data={**wrong, "password": PASSWORD}, headers=origin)
    assert done.status == 200
    await house.post("/forgot-password", data={"email": email}, headers=origin)
    body = {"token": house.mails.secret(email, "reset_password"), "password": NEW}
    assert (await house.post("/reset-password", data=body, headers=origin)).status == 200
    cookie = {"Cookie": await cookie_of(house, email, NEW)}
    page = await house.get("/security", headers={**cookie, "User-Agent": "Mozilla/5.0 (X11; Linux) Firefox/140.0"})
    assert page.status == 200
    assert email in page.text


async def test_an_unverified_browser_is_led_to_its_code(house) -> None:
    email, origin = new_email(), {"Origin": house.url}
    await sign_up(house, email)
    answer = await house.post("/login", data={"email": email, "password": PASSWORD}, headers=origin)
    assert (answer.status, answer.headers["Location"]) == (303, "/verify-email")
    kept = {**origin, "Cookie": answer.headers["Set-Cookie"].partition(";")[0]}
    led = await house.get("/inbox", headers={**kept, "Accept": "text/html"})
    assert (led.status, led.headers["Location"]) == (303, "/verify-email")
    assert email in (await house.get("/verify-email", headers=kept)).text
    assert (await house.post("/verify-email/resend", headers=kept)).status == 303
    code = house.mails.to(email, "verify_email")[-1].values["code"]
    done = await house.post("/verify-email", data={"code": f" {code[:3]} {code[3:]}"}, headers=kept)
    assert done.status == 200
    assert (await house.get("/security", headers=kept)).status == 200


async def test_a_verified_account_can_be_used_at_once(house) -> None:
    email = new_email()
    await verified(house, email)
    answer = await log_in(house, email)
    assert answer.json["user"]["email_verified"] is True
    assert (await house.get("/api/businesses", token=answer.json["access_token"])).json == []
