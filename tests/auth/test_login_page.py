"""The login page: in with a form, out with a button."""

import re

import pytest


async def _log_in(house, person, next_path: str = "/inbox", **headers: str):
    return await house.post(
        "/login",
        data={"email": person.email, "password": person.password, "next": next_path},
        headers={"Origin": house.url, **headers},
    )


async def test_the_form_has_a_label_for_every_field_and_keeps_where_to_go(house) -> None:
    page = await house.get("/login?next=/inbox%3Fshow%3Dwaiting")
    assert page.status == 200
    for name in ("email", "password"):
        assert f'<label for="{name}">' in page.text
        assert f'id="{name}"' in page.text
    assert 'name="next" value="/inbox?show=waiting"' in page.text
    assert 'value="//evil' not in (await house.get("/login?next=//evil.example")).text


async def test_signing_in_sets_a_cookie_that_scripts_cannot_read(house) -> None:
    person = await house.account("owner")
    answer = await _log_in(house, person, "/inbox?show=bot")
    assert (answer.status, answer.headers["Location"]) == (303, "/inbox?show=bot")
    cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith("wacloud_session=ey")
    assert {"HttpOnly", "Path=/", "SameSite=lax", "Max-Age=2592000"} <= set(cookie.split("; "))
    kept = {"Cookie": cookie.partition(";")[0]}
    assert (await house.get("/inbox", headers=kept)).status == 200
    again = await house.get("/login?next=/inbox", headers=kept)
    assert (again.status, again.headers["Location"]) == (303, "/inbox")


async def test_a_wrong_password_shows_the_form_again_with_the_address_but_not_the_password(house) -> None:
    person = await house.account("owner")
    answer = await house.post(
        "/login",
        data={"email": person.email, "password": "canary-2211", "next": "/inbox"},
        headers={"Origin": house.url},
    )
    assert answer.status == 401
    assert person.email in answer.text
    assert "canary" not in answer.text
    assert 'role="alert"' in answer.text
    assert "Set-Cookie" not in answer.headers


async def test_markup_in_the_address_stays_text(house) -> None:
    answer = await house.post(
        "/login",
        data={"email": '"><script>alert(1)</script>', "password": "x", "next": '"><b>'},
        headers={"Origin": house.url},
    )
    assert answer.status == 401
    assert "<script>alert" not in answer.text
    assert '"><b>' not in answer.text


@pytest.mark.parametrize("path", ["/login", "/logout"])
async def test_another_site_can_neither_sign_people_in_nor_out(house, path: str) -> None:
    person = await house.account("owner")
    answer = await house.post(
        path,
        data={"email": person.email, "password": person.password},
        headers={"Origin": "https://evil.example"},
    )
    assert answer.status == 403
    assert "Set-Cookie" not in answer.headers


async def test_signing_out_takes_the_cookie_away(house) -> None:
    answer = await house.post("/logout", headers={"Origin": house.url})
    assert (answer.status, answer.headers["Location"]) == (303, "/login")
    assert re.search(r'wacloud_session=""; .*Max-Age=0', answer.headers["Set-Cookie"])


async def test_an_expired_cookie_shows_the_form(house) -> None:
    page = await house.get("/login", headers={"Cookie": "wacloud_session=eyJhbGciOiJub25lIn0.e30."})
    assert page.status == 200


async def test_a_form_that_is_no_form_is_refused(house) -> None:
    origin = {"Origin": house.url}
    huge = await house.post("/login", data={"email": "a@b.c", "password": "x" * 100_000}, headers=origin)
    assert huge.status == 413
    odd = await house.post("/login", data=b"\xff\xfe=\x80&password=%ED%A0%80", headers=origin)
    assert odd.status in (401, 422)
    nothing = await house.post("/login", headers=origin)
    assert nothing.status == 401


async def test_over_https_the_cookie_is_bound_to_this_host(open_house) -> None:
    async with open_house("https://app.example") as house:
        person = await house.account("owner")
        answer = await _log_in(house, person, Origin="https://app.example")
        assert answer.status == 303
        cookie = answer.headers["Set-Cookie"]
        assert cookie.startswith("__Host-wacloud_session=")
        assert {"Secure", "HttpOnly", "Path=/"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
        refused = await _log_in(house, person, Origin=house.url)
        assert refused.status == 403


async def test_a_visitor_without_a_choice_is_spoken_to_in_the_language_of_the_browser(house) -> None:
    for asked, language in (
        ("en-GB,en;q=0.9", "en"),
        ("fr-FR,fr;q=0.9,en;q=0.8,es;q=0.7", "en"),
        ("es-MX,en;q=0.5", "es"),
        ("de", "es"),
        ("en;q=0, es;q=x, ;;,", "es"),
    ):
        page = await house.get("/login", headers={"Accept-Language": asked})
        assert f'<html lang="{language}"' in page.text, asked
    chosen = {"Accept-Language": "en", "Cookie": "lang=es"}
    assert '<html lang="es"' in (await house.get("/login", headers=chosen)).text


async def test_language_and_theme_can_be_chosen_before_signing_in(house) -> None:
    page = (await house.get("/login?next=/ledger")).text
    assert 'name="next" value="/login?next=%2Fledger"' in page
    for name, value in (("theme", "dark"), ("theme", "system"), ("language", "es"), ("language", "en")):
        assert f'name="{name}" value="{value}"' in page
