"""Whatever goes wrong, the answer is one that programs and people can use and that gives nothing away."""

import pytest

PAGE = {"Accept": "text/html,application/xhtml+xml"}


async def test_an_expected_outcome_tells_its_code_and_sentence(house) -> None:
    answer = await house.get("/api/fails/window")
    assert answer.status == 409
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json["code"] == "outside_service_window"
    assert answer.json["closed_at"] == "yesterday"
    assert answer.json["request_id"] == answer.headers["X-Request-Id"]


async def test_a_bug_tells_nothing_but_its_request_id(house) -> None:
    answer = await house.get("/api/fails/bug", headers={"X-Request-Id": "mine"})
    assert answer.status == 500
    assert answer.json["code"] == "internal_error"
    assert "secret" not in answer.text
    assert answer.headers["X-Request-Id"] not in ("mine", "")


async def test_a_database_that_is_away_is_no_bug(house) -> None:
    answer = await house.get("/api/fails/store")
    assert (answer.status, answer.headers["Retry-After"]) == (503, "2")
    assert "10.0.0.7" not in answer.text


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/nowhere", 404, "not_found"),
        ("DELETE", "/api/auth/login", 405, "method_not_allowed"),
        ("GET", "/api/auth/login", 405, "method_not_allowed"),
        ("TRACE", "/api/auth/login", 405, "method_not_allowed"),
    ],
)
async def test_what_is_not_there_is_said_as_a_problem(house, method: str, path: str, status: int, code: str) -> None:
    answer = await house.request(method, path)
    assert (answer.status, answer.json["code"]) == (status, code)


async def test_wrong_fields_are_listed_without_what_was_in_them(house) -> None:
    token = await house.token(await house.account("owner"))
    answer = await house.post("/api/notes", token=token, json={"text": ["canary-7141"], "count": "canary-7141"})
    assert answer.status == 422
    assert {error["field"] for error in answer.json["errors"]} == {"text", "count"}
    assert "canary" not in answer.text


async def test_the_caller_is_answered_in_their_language(house) -> None:
    for wish, title in (("en-GB,en;q=0.9", "There is nothing here."), ("fr", None)):
        answer = await house.get("/api/nowhere", headers={"Accept-Language": wish})
        if title:
            assert answer.json["title"] == title


async def test_a_page_for_somebody_not_signed_in_leads_to_the_login_and_back(house) -> None:
    answer = await house.get("/inbox?show=waiting", headers=PAGE)
    assert answer.status == 303
    assert answer.headers["Location"] == "/login?next=%2Finbox%3Fshow%3Dwaiting"


async def test_a_part_of_a_page_makes_the_whole_page_go_to_the_login(house) -> None:
    headers = {**PAGE, "HX-Request": "true", "HX-Current-URL": house.url + "/inbox?show=bot"}
    answer = await house.get("/inbox", headers=headers)
    assert (answer.status, answer.headers["HX-Redirect"]) == (401, "/login?next=%2Finbox%3Fshow%3Dbot")
    away = {**headers, "HX-Current-URL": "https://evil.example//evil.example/x"}
    assert (await house.get("/inbox", headers=away)).headers["HX-Redirect"] == "/login"


async def test_a_program_never_gets_a_redirect(house) -> None:
    for headers in ({}, {"Accept": "application/json"}):
        assert (await house.get("/inbox", headers=headers)).status == 401
    assert (await house.get("/api/inbox", headers=PAGE)).status == 401


async def test_a_missing_page_is_a_page(house) -> None:
    answer = await house.get("/nowhere", headers=PAGE)
    assert answer.status == 404
    assert answer.headers["Content-Type"].startswith("text/html")
    assert answer.headers["X-Request-Id"] in answer.text


async def test_a_bug_in_the_error_page_itself_is_still_answered(house) -> None:
    kept = house.app.state.render_error
    house.app.state.render_error = lambda *told: 1 / 0
    try:
        answer = await house.get("/nowhere", headers=PAGE)
    finally:
        house.app.state.render_error = kept
    assert (answer.status, answer.json["code"]) == (500, "internal_error")
