"""Supabase's own Python client, unmodified, signs people up, in and out here."""

from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from signing_up import PASSWORD, new_address, new_email
from supabase_auth import AsyncGoTrueClient
from supabase_auth.errors import AuthApiError, AuthWeakPasswordError

APP = "https://app.example.com/in"
OTHER = "otra, completamente distinta"


@pytest.fixture
async def client(house: Any) -> AsyncIterator[Callable[..., AsyncGoTrueClient]]:
    made = []

    def make(**more: Any) -> AsyncGoTrueClient:
        # Whoever builds it must not refresh by itself while a test looks.
        headers = {"apikey": "sb_publishable_x", "X-Forwarded-For": new_address(), **more.pop("headers", {})}
        told = {"url": f"{house.url}/auth/v1", "headers": headers, "auto_refresh_token": False}
        made.append(AsyncGoTrueClient(**told | more))
        return made[-1]

    yield make
    for one in made:
        await one.close()


def code_to(house: Any, email: str, template: str) -> str:
    return str(house.mails.to(email, template)[-1].values["code"])


async def signed_up(house: Any, client: AsyncGoTrueClient, email: str | None = None, **data: str) -> str:
    """A person who typed the code of the mail."""
    email = email or new_email()
    await client.sign_up({"email": email, "password": PASSWORD, "options": {"data": data or {"name": "Ana"}}})
    await client.verify_otp({"email": email, "token": code_to(house, email, "verify_email"), "type": "signup"})
    return email


async def open_link(house: Any, email: str, template: str) -> str:
    """Open the link of the newest mail and press the button of its page; returns where it leads on."""
    link = house.mails.to(email, template)[-1].values["link"]
    page, _, secret = link.removeprefix(house.url).partition("#")
    assert page == "/magic-link"
    answer = await house.post(page, data={"token": secret}, headers={"Origin": house.url})
    assert answer.status == 200, answer.text
    return str(answer.text.partition('content="0;url=')[2].partition('"')[0].replace("&amp;", "&"))


async def test_somebody_signs_up_confirms_by_code_and_signs_in(house: Any, client: Any) -> None:
    one, email = client(), new_email()
    answer = await one.sign_up(
        {"email": email, "password": PASSWORD, "options": {"data": {"name": "Ana", "language": "en"}}}
    )
    assert (answer.session, answer.user.email, answer.user.confirmed_at) == (None, email, None)
    with pytest.raises(AuthApiError) as refused:
        await one.sign_in_with_password({"email": email, "password": PASSWORD})
    assert refused.value.code == "email_not_confirmed"
    mailed = code_to(house, email, "verify_email")
    with pytest.raises(AuthApiError) as refused:
        await one.verify_otp({"email": email, "token": f"{(int(mailed) + 1) % 10**6:06}", "type": "signup"})
    assert (refused.value.code, refused.value.status) == ("otp_expired", 403)
    confirmed = await one.verify_otp({"email": email, "token": mailed, "type": "signup"})
    assert confirmed.session.user.email_confirmed_at is not None
    with pytest.raises(AuthApiError):
        await one.verify_otp({"email": email, "token": mailed, "type": "signup"})
    inside = await client().sign_in_with_password({"email": email, "password": PASSWORD})
    assert (inside.session.expires_in, inside.session.token_type) == (900, "bearer")
    assert inside.user.user_metadata == {"name": "Ana", "language": "en"}
    assert inside.user.identities[0].provider == "email"
    # And what it got is good for the API of the house.
    me = await house.get("/api/users/me", token=inside.session.access_token)
    assert (me.status, me.json["email"]) == (200, email)


async def test_claims_are_checked_with_the_published_keys(house: Any, client: Any) -> None:
    one = client()
    email = await signed_up(house, one)
    told = (await one.get_claims())["claims"]
    assert told["email"] == email
    assert {"sub", "session_id", "aal", "amr", "role", "aud", "exp", "iss"} <= told.keys()
    assert (told["phone"], told["is_anonymous"], told["app_metadata"]["provider"]) == ("", False, "email")
    assert (await one.get_user()).user.id == told["sub"]


async def test_tokens_are_refreshed_and_a_copied_one_ends_the_session(house: Any, client: Any) -> None:
    one = client()
    await signed_up(house, one)
    first = (await one.get_session()).refresh_token
    second = (await one.refresh_session()).session.refresh_token
    # The answer may have got lost: the same successor as long as that is unused.
    assert (await client().refresh_session(first)).session.refresh_token == second
    third = (await one.refresh_session()).session.refresh_token
    assert len({first, second, third}) == 3
    house.clock.shift += timedelta(seconds=11)
    with pytest.raises(AuthApiError) as refused:
        await client().refresh_session(first)
    assert refused.value.code == "refresh_token_already_used"
    with pytest.raises(AuthApiError) as refused:
        await client().refresh_session(third)
    assert refused.value.code == "session_expired"
    with pytest.raises(AuthApiError) as refused:
        await client().refresh_session("of nobody")
    assert refused.value.code == "refresh_token_not_found"
    with pytest.raises(AuthApiError) as refused:
        await one.get_user()
    assert refused.value.code == "session_not_found"


async def test_a_magic_link_lets_in_by_its_code(house: Any, client: Any) -> None:
    one, email = client(), new_email()
    await one.sign_in_with_otp({"email": email, "options": {"data": {"name": "Nueva"}}})
    inside = await one.verify_otp({"email": email, "token": code_to(house, email, "magic_link"), "type": "email"})
    assert inside.session.user.email_confirmed_at is not None
    told = (await one.get_claims())["claims"]
    assert [proof["method"] for proof in told["amr"]] == ["otp"]


async def test_a_magic_link_goes_on_in_the_program_that_asked(house: Any, client: Any) -> None:
    person = await house.account("owner")
    one = client()
    await one.sign_in_with_otp({"email": person.email, "options": {"email_redirect_to": f"{APP}/home?x=1"}})
    onward = await open_link(house, person.email, "magic_link")
    assert onward.startswith(f"{APP}/home?x=1#access_token=")
    await one.initialize(url=onward)
    assert (await one.get_user()).user.id == str(person.user_id)


async def test_a_magic_link_without_a_place_to_go_signs_the_browser_in(house: Any, client: Any) -> None:
    person = await house.account("owner")
    await client().sign_in_with_otp(
        {"email": person.email, "options": {"email_redirect_to": "https://evil.example/x", "should_create_user": False}}
    )
    secret = house.mails.secret(person.email, "magic_link")
    assert (await house.get("/magic-link")).status == 200
    crossed = await house.post("/magic-link", data={"token": secret}, headers={"Origin": "https://evil.example"})
    assert crossed.status == 403
    answer = await house.post("/magic-link", data={"token": secret}, headers={"Origin": house.url})
    assert (answer.status, answer.headers["Location"]) == (303, "/")
    cookie = answer.headers["Set-Cookie"].partition(";")[0]
    assert (await house.get("/api/users/me", headers={"Cookie": cookie})).json["email"] == person.email
    again = await house.post("/magic-link", data={"token": secret}, headers={"Origin": house.url})
    assert again.status == 422


async def test_a_program_that_asked_with_a_challenge_exchanges_the_code_once(house: Any, client: Any) -> None:
    person = await house.account("owner")
    one, other = client(flow_type="pkce"), client(flow_type="pkce")
    for asks in (other, one):
        await asks.sign_in_with_otp({"email": person.email, "options": {"email_redirect_to": APP}})
    onward = await open_link(house, person.email, "magic_link")
    [given] = parse_qs(urlsplit(onward).query)["code"]
    with pytest.raises(AuthApiError) as refused:
        await other.exchange_code_for_session({"auth_code": given})
    assert refused.value.code == "bad_code_verifier"
    inside = await one.exchange_code_for_session({"auth_code": given})
    assert inside.session.user.id == str(person.user_id)
    with pytest.raises(AuthApiError) as refused:
        await one.exchange_code_for_session({"auth_code": given, "code_verifier": "x" * 43})
    assert (refused.value.code, refused.value.status) == ("flow_state_not_found", 404)


async def test_a_code_is_good_for_five_minutes(house: Any, client: Any) -> None:
    person = await house.account("owner")
    one = client(flow_type="pkce")
    await one.sign_in_with_otp({"email": person.email, "options": {"email_redirect_to": APP}})
    [given] = parse_qs(urlsplit(await open_link(house, person.email, "magic_link")).query)["code"]
    house.clock.shift += timedelta(minutes=5, seconds=1)
    with pytest.raises(AuthApiError) as refused:
        await one.exchange_code_for_session({"auth_code": given})
    assert refused.value.code == "flow_state_not_found"


async def test_a_sign_up_with_a_challenge_is_confirmed_by_its_link(house: Any, client: Any) -> None:
    one, email = client(flow_type="pkce"), new_email()
    await one.sign_up({"email": email, "password": PASSWORD, "options": {"email_redirect_to": APP}})
    [given] = parse_qs(urlsplit(await open_link(house, email, "verify_email")).query)["code"]
    # The link alone has confirmed nothing.
    with pytest.raises(AuthApiError) as refused:
        await client().sign_in_with_password({"email": email, "password": PASSWORD})
    assert refused.value.code == "email_not_confirmed"
    await one.exchange_code_for_session({"auth_code": given})
    assert (await client().sign_in_with_password({"email": email, "password": PASSWORD})).session


@pytest.mark.parametrize("flow", ["code", "link", "pkce"])
async def test_whoever_forgot_the_password_chooses_another(house: Any, client: Any, flow: str) -> None:
    person = await house.account("owner")
    one = client(flow_type="pkce" if flow == "pkce" else "implicit")
    events: list[str] = []
    one.on_auth_state_change(lambda event, _: events.append(event))
    await one.reset_password_for_email(person.email, {"redirect_to": APP})
    if flow == "code":
        mailed = code_to(house, person.email, "recovery")
        await one.verify_otp({"email": person.email, "token": mailed, "type": "recovery"})
    else:
        onward = await open_link(house, person.email, "recovery")
        if flow == "pkce":
            await one.exchange_code_for_session({"auth_code": parse_qs(urlsplit(onward).query)["code"][0]})
        else:
            await one.initialize(url=onward)
    assert "PASSWORD_RECOVERY" in events
    await one.update_user({"password": OTHER})
    assert (await client().sign_in_with_password({"email": person.email, "password": OTHER})).session
    with pytest.raises(AuthApiError):
        await client().sign_in_with_password({"email": person.email, "password": person.password})


async def test_a_password_is_changed_by_the_old_one_by_a_mailed_code_or_soon_after_signing_in(
    house: Any, client: Any
) -> None:
    one = client()
    email = await signed_up(house, one)
    with pytest.raises(AuthApiError) as refused:
        await one.update_user({"password": PASSWORD})
    assert refused.value.code == "same_password"
    with pytest.raises(AuthWeakPasswordError) as weak:
        await one.update_user({"password": "password"})
    assert weak.value.reasons == ["pwned"]
    await one.update_user({"password": OTHER})
    house.clock.shift += timedelta(minutes=15, seconds=10)
    with pytest.raises(AuthApiError) as refused:
        await one.update_user({"password": PASSWORD})
    assert refused.value.code == "reauthentication_needed"
    with pytest.raises(AuthApiError) as refused:
        await one.update_user({"password": PASSWORD, "current_password": "no es esta"})
    assert refused.value.code == "invalid_credentials"
    await one.update_user({"password": PASSWORD, "current_password": OTHER})
    await one.reauthenticate()
    with pytest.raises(AuthApiError) as refused:
        await one.update_user({"password": OTHER, "nonce": "000000x"})
    assert refused.value.code == "otp_expired"
    nonce = code_to(house, email, "reauthentication")
    await one.update_user({"password": OTHER, "nonce": nonce})
    with pytest.raises(AuthApiError):
        await one.update_user({"password": PASSWORD, "nonce": nonce})


async def test_name_and_language_are_changed(house: Any, client: Any) -> None:
    one = client()
    await signed_up(house, one)
    changed = await one.update_user({"data": {"name": "Ana María", "language": "en", "color": "azul"}})
    assert changed.user.user_metadata == {"name": "Ana María", "language": "en"}


async def test_another_address_is_taken_by_the_program_that_asked(house: Any, client: Any) -> None:
    one, other = client(flow_type="pkce"), client()
    email, new = await signed_up(house, one), new_email()
    await one.update_user({"email": new}, {"email_redirect_to": APP})
    assert (await one.get_user()).user.email == email
    [given] = parse_qs(urlsplit(await open_link(house, new, "email_change_confirm")).query)["code"]
    await one.exchange_code_for_session({"auth_code": given})
    assert (await one.get_user()).user.email == new
    # Without a challenge it takes whoever is signed in.
    await other.sign_in_with_password({"email": new, "password": PASSWORD})
    newer = new_email()
    await other.update_user({"email": newer})
    secret = house.mails.secret(newer, "email_change_confirm")
    with pytest.raises(AuthApiError) as refused:
        await client().verify_otp({"token_hash": secret, "type": "email_change"})
    assert refused.value.code == "otp_expired"
    bearer = {"Authorization": f"Bearer {(await other.get_session()).access_token}"}
    await client(headers=bearer).verify_otp({"token_hash": secret, "type": "email_change"})
    assert (await other.get_user()).user.email == newer


@pytest.mark.parametrize(("scope", "alive"), [("local", "other"), ("others", "one"), ("global", "")])
async def test_signing_out_ends_the_sessions_it_names(house: Any, client: Any, scope: str, alive: str) -> None:
    person = await house.account("owner")
    one, other = client(), client()
    tokens = {}
    for name, each in (("one", one), ("other", other)):
        inside = await each.sign_in_with_password({"email": person.email, "password": person.password})
        tokens[name] = inside.session.access_token
    await one.sign_out({"scope": scope})
    for name, token in tokens.items():
        status = (await house.get("/api/users/me", token=token)).status
        assert (status == 200) == (name == alive), name


async def test_a_mail_of_a_sign_up_comes_again_and_the_one_before_is_void(house: Any, client: Any) -> None:
    one, email = client(), new_email()
    await one.sign_up({"email": email, "password": PASSWORD})
    before = code_to(house, email, "verify_email")
    await one.resend({"type": "signup", "email": email})
    after = code_to(house, email, "verify_email")
    if before != after:
        with pytest.raises(AuthApiError):
            await one.verify_otp({"email": email, "token": before, "type": "signup"})
    await one.verify_otp({"email": email, "token": after, "type": "signup"})
    assert (await client().sign_in_with_password({"email": email, "password": PASSWORD})).session


async def test_providers_and_telephones_are_told_to_be_none(house: Any, client: Any) -> None:
    told = await client().sign_in_with_oauth({"provider": "google"})
    answer = await house.get(told.url.removeprefix(house.url))
    assert (answer.status, answer.json["error_code"]) == (400, "validation_failed")
    for ask in (
        client().sign_in_with_otp({"phone": "+34600000000"}),
        client().sign_in_with_password({"phone": "+34600000000", "password": PASSWORD}),
        client().sign_in_anonymously(),
        client().sign_in_with_id_token({"provider": "google", "token": "x"}),
    ):
        with pytest.raises(AuthApiError) as refused:
            await ask
        assert refused.value.code in ("phone_provider_disabled", "anonymous_provider_disabled", "provider_disabled")
