"""Authenticator apps by Supabase's own client, and what a session opens that waits for one."""

import hashlib
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from fastapi.routing import iter_route_contexts
from signing_up import PASSWORD, new_address, new_email, sign_up, verified
from supabase_auth import AsyncGoTrueClient
from supabase_auth.errors import AuthApiError
from supabase_project import running_project

from wacloud.modules.auth.application.outside import Outside
from wacloud.modules.auth.infra.acquaintances import PostgresAcquaintances
from wacloud.shared.infra.http import open_egress
from wacloud.shared.ui.declared import access_of
from wacloud.shared.ui.guard import SignedIn

NEWER = {"X-Supabase-Api-Version": "2024-01-01"}


@pytest.fixture
async def client(house: Any) -> AsyncIterator[Callable[[], AsyncGoTrueClient]]:
    made = []

    def make() -> AsyncGoTrueClient:
        headers = {"apikey": "x", "X-Forwarded-For": new_address()}
        made.append(AsyncGoTrueClient(url=f"{house.url}/auth/v1", headers=headers, auto_refresh_token=False))
        return made[-1]

    yield make
    for one in made:
        await one.close()


async def signed_in(house: Any, one: AsyncGoTrueClient) -> str:
    email = new_email()
    await verified(house, email)
    await one.sign_in_with_password({"email": email, "password": PASSWORD})
    return email


class App:
    """An authenticator app, whose next code is never the one before."""

    def __init__(self, house: Any, secret: str) -> None:
        self._house, self._totp = house, pyotp.TOTP(secret)

    def code(self) -> str:
        self._house.clock.shift += timedelta(seconds=30)
        return self._totp.at(self._house.clock())


async def with_app(house: Any, one: AsyncGoTrueClient) -> tuple[str, str, App]:
    """Somebody who signed in and verified an app: their address, the factor's id, the app."""
    email = await signed_in(house, one)
    made = await one.mfa.enroll({"factor_type": "totp", "friendly_name": "Mi teléfono"})
    app = App(house, made.totp.secret)
    asked = await one.mfa.challenge({"factor_id": made.id})
    await one.mfa.verify({"factor_id": made.id, "challenge_id": asked.id, "code": app.code()})
    return email, made.id, app


async def test_an_app_is_enrolled_and_the_session_lifted(house: Any, client: Any) -> None:
    one, other = client(), client()
    email = await signed_in(house, one)
    await other.sign_in_with_password({"email": email, "password": PASSWORD})
    made = await one.mfa.enroll({"factor_type": "totp", "friendly_name": "Mi teléfono"})
    assert (made.type, made.friendly_name) == ("totp", "Mi teléfono")
    assert "<svg" in made.totp.qr_code
    assert made.totp.uri.startswith("otpauth://totp/")
    assert [one.status for one in (await one.mfa.list_factors()).all] == ["unverified"]
    before = (await one.get_session()).refresh_token
    app = App(house, made.totp.secret)
    asked = await one.mfa.challenge({"factor_id": made.id})
    with pytest.raises(AuthApiError) as refused:
        await one.mfa.verify({"factor_id": made.id, "challenge_id": asked.id, "code": "000000"})
    assert (refused.value.code, refused.value.status) == ("mfa_verification_failed", 422)
    code = app.code()
    with pytest.raises(AuthApiError) as refused:
        await one.mfa.verify({"factor_id": made.id, "challenge_id": asked.id, "code": code})
    assert refused.value.code == "mfa_challenge_expired", "a challenge is good once"
    await one.mfa.challenge_and_verify({"factor_id": made.id, "code": code})
    level = await one.mfa.get_authenticator_assurance_level()
    assert (level.current_level, level.next_level) == ("aal2", "aal2")
    assert {proof.method for proof in level.current_authentication_methods} == {"password", "totp"}
    # The other session is ended, and what was given away before for less works no more.
    with pytest.raises(AuthApiError):
        await other.get_user()
    with pytest.raises(AuthApiError):
        await client().refresh_session(before)
    assert (await one.refresh_session()).session
    assert (await one.refresh_session()).session
    assert (await one.mfa.get_authenticator_assurance_level()).current_level == "aal2"


async def test_a_password_alone_gives_a_session_that_leads_to_the_second_factor_only(house: Any, client: Any) -> None:
    one, two = client(), client()
    email, factor_id, app = await with_app(house, one)
    inside = await two.sign_in_with_password({"email": email, "password": PASSWORD})
    level = await two.mfa.get_authenticator_assurance_level()
    assert (level.current_level, level.next_level) == ("aal1", "aal2")
    token = inside.session.access_token
    for method, path, body in (
        ("GET", "/api/users/me", None),
        ("GET", "/api/inbox", None),
        ("GET", "/api/auth/sessions", None),
        ("POST", "/api/auth/change-password", {"current_password": PASSWORD, "password": "otra, distinta"}),
        ("PUT", "/auth/v1/user", {"password": "otra, distinta"}),
        ("PUT", "/auth/v1/user", {"data": {"name": "Otra"}}),
        ("GET", "/auth/v1/reauthenticate", None),
        ("POST", "/auth/v1/factors", {"factor_type": "totp"}),
        ("DELETE", f"/auth/v1/factors/{factor_id}", None),
    ):
        answer = await house.request(method, path, token=token, json=body, headers=NEWER)
        assert answer.status == 403, (path, answer.text)
        assert answer.json["code"] in ("second_factor_required", "insufficient_aal", "email_not_verified"), path
    with pytest.raises(AuthApiError) as refused:
        await two.refresh_session()
    assert refused.value.code == "session_expired"
    await two.mfa.challenge_and_verify({"factor_id": factor_id, "code": app.code()})
    lifted = (await two.get_session()).access_token
    assert (await house.get("/api/users/me", token=lifted)).status == 200
    assert (await two.get_user()).user.factors[0].status == "verified"


async def test_such_a_session_ends_after_five_minutes(house: Any, client: Any) -> None:
    one, two = client(), client()
    email, _, _ = await with_app(house, one)
    token = (await two.sign_in_with_password({"email": email, "password": PASSWORD})).session.access_token
    assert (await house.get("/auth/v1/user", token=token)).status == 200
    house.clock.shift += timedelta(minutes=5, seconds=1)
    answer = await house.get("/auth/v1/user", token=token, headers=NEWER)
    assert (answer.status, answer.json["code"]) == (403, "session_not_found")


@pytest.mark.parametrize("way", ["otp", "recover"])
async def test_a_mail_is_one_factor_as_well(house: Any, client: Any, way: str) -> None:
    one, two = client(), client()
    email, factor_id, app = await with_app(house, one)
    if way == "otp":
        await two.sign_in_with_otp({"email": email})
        template, type_ = "magic_link", "email"
    else:
        await two.reset_password_for_email(email)
        template, type_ = "recovery", "recovery"
    code = house.mails.to(email, template)[-1].values["code"]
    await two.verify_otp({"email": email, "token": code, "type": type_})
    with pytest.raises(AuthApiError) as refused:
        await two.update_user({"password": "otra, distinta"})
    assert refused.value.code == "insufficient_aal"
    await two.mfa.challenge_and_verify({"factor_id": factor_id, "code": app.code()})
    await two.update_user({"password": "otra, distinta"})


async def test_a_magic_link_asks_a_browser_for_the_second_factor(house: Any, client: Any) -> None:
    one = client()
    email, _, _ = await with_app(house, one)
    await client().sign_in_with_otp({"email": email})
    secret = house.mails.secret(email, "magic_link")
    answer = await house.post("/magic-link", data={"token": secret}, headers={"Origin": house.url})
    assert answer.status == 200
    assert "Set-Cookie" not in answer.headers
    assert 'name="code"' in answer.text


async def test_a_factor_is_given_up_with_two_factors_only(house: Any, client: Any) -> None:
    one = client()
    _, factor_id, _ = await with_app(house, one)
    house.clock.shift += timedelta(minutes=15, seconds=10)
    with pytest.raises(AuthApiError) as refused:
        await one.mfa.unenroll({"factor_id": factor_id})
    assert refused.value.code == "reauthentication_needed"
    house.clock.shift -= timedelta(minutes=15, seconds=10)
    assert (await one.mfa.unenroll({"factor_id": factor_id})).id == factor_id
    assert (await one.mfa.list_factors()).all == []
    with pytest.raises(AuthApiError) as refused:
        await one.mfa.unenroll({"factor_id": factor_id})
    assert (refused.value.code, refused.value.status) == ("mfa_factor_not_found", 404)


async def test_a_code_works_once_and_guesses_are_counted(house: Any, client: Any) -> None:
    one = client()
    _, factor_id, app = await with_app(house, one)
    code = app.code()
    await one.mfa.challenge_and_verify({"factor_id": factor_id, "code": code})
    with pytest.raises(AuthApiError) as refused:
        await one.mfa.challenge_and_verify({"factor_id": factor_id, "code": code})
    assert refused.value.code == "mfa_verification_failed"
    for _ in range(4):
        with pytest.raises(AuthApiError):
            await one.mfa.challenge_and_verify({"factor_id": factor_id, "code": "000000"})
    with pytest.raises(AuthApiError) as refused:
        await one.mfa.challenge_and_verify({"factor_id": factor_id, "code": app.code()})
    assert refused.value.code == "over_request_rate_limit"


async def test_only_what_leads_to_the_second_factor_is_open_before_it(house: Any) -> None:
    opened = {
        f"{method} {context.path}"
        for context in iter_route_contexts(list(house.app.router.routes))
        for method in context.methods or ()
        if isinstance(access := access_of(context), SignedIn) and access.awaiting
    }
    assert {one for one in opened if "/auth/v1/" in one} == {
        "GET /auth/v1/user",
        "POST /auth/v1/logout",
        "POST /auth/v1/factors/{factor_id}/challenge",
        "POST /auth/v1/factors/{factor_id}/verify",
    }


async def test_a_supabase_token_of_one_factor_is_not_enough_for_whoever_has_two_here(open_house: Any) -> None:
    async with running_project() as project, open_egress() as http:
        outside = Outside(project.reader(http), PostgresAcquaintances())
        async with open_house(outside=outside) as house:
            claims = project.claims()
            user_id = (await house.get("/api/users/me", token=project.token(claims))).json["id"]
            await house.do(
                "insert into app.passkeys (user_id, name, credential_id, public_key) values (%s, 'x', %s, %s)",
                user_id,
                hashlib.sha256(str(user_id).encode()).digest(),
                b"x",
            )
            refused = await house.get("/api/users/me", token=project.token(claims))
            assert (refused.status, refused.json["code"]) == (403, "second_factor_required")
            strong = claims | {"aal": "aal2"}
            assert (await house.get("/api/users/me", token=project.token(strong))).status == 200


async def test_an_address_not_proved_enrols_nothing(house: Any) -> None:
    email = new_email()
    await sign_up(house, email)
    answer = await house.post("/api/auth/login", json={"email": email, "password": PASSWORD})
    refused = await house.post("/auth/v1/factors", json={}, token=answer.json["access_token"], headers=NEWER)
    assert (refused.status, refused.json["code"]) == (403, "email_not_confirmed")
