"""The whole application's ground rules, over the real wiring."""

import io
import json
import re

import pytest
import uvicorn

from rig import Rig, open_rig, serving
from wacloud.main.web import make_app
from wacloud.shared.ui import static_files
from wacloud.shared.ui.declared import undeclared_routes
from wacloud.shared.ui.guard import public
from wacloud.shared.ui.i18n import translate
from wacloud.shared.ui.problems import MESSAGE_OF, NOT_ACCEPTED, NOT_READABLE, problem_of_fields
from wacloud.shared.ui.serving import PromptServer


@pytest.fixture(scope="module")
async def rig(own_database, redis_url: str):
    async with open_rig(own_database.app_dsn, redis_url) as rig:
        yield rig


async def test_every_route_says_who_may_use_it(rig: Rig):
    assert undeclared_routes(make_app(rig.house)) == []


async def test_a_body_over_the_limit_is_problem_json(rig: Rig):
    body = json.dumps({"email": "a@b.test", "password": "x" * 2_000_000}).encode()
    headers = {"content-type": "application/json"}
    async with rig.http.post(f"{rig.url}/api/auth/login", data=io.BytesIO(body), headers=headers) as answer:
        assert answer.status == 413
        assert answer.content_type == "application/problem+json"
        assert (await answer.json())["status"] == 413


@pytest.mark.parametrize(
    ("path", "status"), [("/api/nothing", 404), ("/api/whatsapp/ledger", 401), ("/api/webhooks/whatsapp", 403)]
)
async def test_refusals_are_problem_json_with_a_stable_code(rig: Rig, path, status):
    async with rig.http.get(f"{rig.url}{path}") as answer:
        problem = json.loads(await answer.read())
        assert (answer.status, answer.content_type) == (status, "application/problem+json")
        assert problem["code"]
        assert problem["status"] == status


async def test_a_value_that_no_column_takes_is_a_refusal_even_where_nobody_looked_for_it(rig: Rig):
    app = make_app(rig.house)

    @app.get("/api/kept", dependencies=[public()])
    async def keep() -> None:
        async with rig.house.db.system("test: a value with a NUL") as tx:
            await tx.row("select %s::text", ("a\0b",))

    server = PromptServer(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="off"))
    async with serving(server) as port, rig.http.get(f"http://127.0.0.1:{port}/api/kept") as answer:
        assert (answer.status, (await answer.json(content_type=None))["code"]) == (422, "invalid_request")


async def test_every_answer_forbids_inline_scripts_and_framing(rig: Rig):
    for path in ("/login", "/api/nothing", "/healthz", "/static/app.css"):
        async with rig.http.get(f"{rig.url}{path}") as answer:
            policy = answer.headers["content-security-policy"]
            assert "default-src 'self'" in policy
            assert "frame-ancestors 'none'" in policy
            assert "unsafe" not in policy
            assert answer.headers["x-content-type-options"] == "nosniff"


async def test_probes_answer_and_metrics_stay_on_this_machine(rig: Rig):
    for path, text in (("/healthz", "ok"), ("/readyz", "ready")):
        async with rig.http.get(f"{rig.url}{path}") as answer:
            assert (answer.status, await answer.text()) == (200, text)
    async with rig.http.get(f"{rig.url}/metrics") as answer:
        assert "wacloud_webhooks_total" in await answer.text()


async def test_the_description_names_the_routes_of_the_contract(rig: Rig):
    async with rig.http.get(f"{rig.url}/openapi.json") as answer:
        paths = (await answer.json())["paths"]
    promised = {"/api/auth/login", "/api/users/me", "/api/businesses", "/api/whatsapp/send", "/api/whatsapp/ledger"}
    assert promised <= set(paths)


async def test_the_api_is_described_for_people_without_fetching_anything_from_elsewhere(rig: Rig):
    async with rig.http.get(f"{rig.url}/docs", headers={"accept": "text/html"}) as answer:
        page = await answer.text()
    assert answer.status == 200
    assert "/api/whatsapp/send" in page
    assert "outside_service_window" in page
    assert 'src="http' not in page


def test_a_package_built_without_the_pages_libraries_knows_what_it_lacks(tmp_path, monkeypatch):
    assert static_files.are_complete()
    monkeypatch.setattr(static_files, "SHARED", tmp_path)
    static_files.static_files.cache_clear()
    try:
        assert not static_files.are_complete()
    finally:
        static_files.static_files.cache_clear()


async def refused(rig: Rig, body: bytes, language: str) -> dict:
    headers = {"content-type": "application/json", "accept-language": language}
    async with rig.http.post(f"{rig.url}/api/auth/login", data=io.BytesIO(body), headers=headers) as answer:
        assert answer.status == 422
        return json.loads(await answer.read())


@pytest.mark.parametrize(
    ("language", "says"),
    [
        ("es", ["Demasiado largo: el máximo de caracteres es 254.", "Esto es obligatorio.", "Esto no se conoce aquí."]),
        ("en", ["Too long: 254 characters at most.", "This is required.", "This is not known here."]),
    ],
)
async def test_wrong_fields_are_told_in_the_language_of_whoever_asks(rig: Rig, language, says):
    problem = await refused(rig, json.dumps({"email": "x" * 300, "more": 1}).encode(), language)
    assert [(error["field"], error["message"]) for error in problem["errors"]] == [
        ("email", says[0]),
        ("password", says[1]),
        ("more", says[2]),
    ]


async def test_every_message_for_a_field_is_translated_and_names_its_limit():
    for message in (*MESSAGE_OF.values(), NOT_ACCEPTED, NOT_READABLE):
        assert translate("es", message) != message
        assert set(re.findall(r"%\(\w+\)s", message)) == set(re.findall(r"%\(\w+\)s", translate("es", message)))


async def test_a_kind_of_error_we_have_no_words_for_is_no_english_in_a_spanish_answer():
    errors = [
        {"type": "value_error", "loc": ("body", "a"), "msg": "Value error, no", "ctx": {"error": ValueError("no")}}
    ]
    [told] = problem_of_fields([*errors]).errors
    assert translate("es", told.message, **told.values) == "Esto no se admite."


@pytest.mark.parametrize(
    ("body", "offset", "says"),
    [
        (b'{"email": "a@b.test", password}', 22, "El contenido deja de ser JSON en el carácter 22."),
        (b'{"email": "a", "email": "b"}', None, "sin claves repetidas"),
        (b'{"email": NaN}', None, "sin NaN"),
        (b'{"email": "\xff"}', None, "UTF-8"),
    ],
)
async def test_a_body_that_is_no_json_is_said_to_be_so_and_where(rig: Rig, body, offset, says):
    [error] = (await refused(rig, body, "es"))["errors"]
    assert (error["field"], error["code"], error.get("offset")) == ("body", "json_invalid", offset)
    assert says in error["message"]


async def test_the_description_says_who_may_ask_and_how_a_refusal_looks(rig: Rig):
    async with rig.http.get(f"{rig.url}/openapi.json") as answer:
        description = await answer.json()
    bearer = description["components"]["securitySchemes"]["bearer"]
    assert bearer["scheme"] == "bearer"
    assert "bearerFormat" not in bearer  # a key is no JWT
    assert "API key" in bearer["description"]
    operations = {one["operationId"]: one for path in description["paths"].values() for one in path.values()}
    statuses = {name: " ".join(one["responses"]) for name, one in operations.items()}
    told = {
        "register": "202 413 415 422 429 503",
        "login": "200 401 413 415 422 429 503",
        "refresh": "200 401 413 415 422 503",
        "forgot_password": "202 413 415 422 429 503",
        "reset_password": "204 413 415 422 429 503",
        "verify_email": "204 403 413 415 422 429 503",
        "verify_email_by_code": "204 401 403 413 415 422 429 503",
        "resend_verification": "202 401 403 429 503",
        "logout": "204 401 422 503",
        "list_sessions": "200 401 403 503",
        "end_session": "204 401 403 404 422 503",
        "end_other_sessions": "204 401 403 503",
        "switch_business": "200 401 403 404 413 415 422 503",
        "change_password": "204 401 403 413 415 422 429 503",
        "change_email": "202 401 403 413 415 422 429 503",
        "confirm_email": "204 401 403 413 415 422 429 503",
        "get_keys": "200",
        "supabase_sign_up": "200 400 413 415 422 429 503",
        "supabase_token": "200 400 403 404 413 415 422 429 503",
        "supabase_verify": "200 400 403 413 415 422 429 503",
        "supabase_verify_link": "303 400 422 429 503",
        "supabase_get_user": "200 400 401 403 429 503",
        "supabase_enrol": "200 400 401 403 413 415 422 429 503",
        "get_me": "200 401 403 404 503",
        "change_me": "200 401 403 413 415 422 503",
        "choose_preferences": "200 401 403 413 415 422 503",
        "export_me": "200 401 403 503",
        "leave": "204 401 403 409 503",
        "list_businesses": "200 304 401 403 503",
        "get_ledger": "200 401 403 503",
        "send_message": "202 401 403 404 409 413 415 422 429 503",
    }
    assert {name: statuses[name] for name in told} == told
    assert {name for name, one in operations.items() if "security" not in one} == {
        "register",
        "login",
        "refresh",
        "forgot_password",
        "reset_password",
        "verify_email",
        "verify_second_factor",
        "begin_passkey_login",
        "login_by_passkey",
        "get_keys",
        "supabase_sign_up",
        "supabase_token",
        "supabase_otp",
        "supabase_magic_link",
        "supabase_recover",
        "supabase_resend",
        "supabase_verify",
        "supabase_verify_link",
        "supabase_settings",
        "supabase_health",
        "supabase_keys",
        "supabase_authorize",
    }
    for name, one in operations.items():
        assert "_api_" not in name, f"{name}: give the route an operation_id people would use"
        assert "security" not in one or "401" in one["responses"]
        assert one["summary"]
        assert not one["summary"].endswith(" Json")
        for status, told in one["responses"].items():
            assert told["description"] != "Successful Response"
            if status >= "400":
                # What refuses in Supabase's words says so.
                schema = "SupabaseError" if "supabase" in one["tags"] else "Problem"
                media_type = "application/json" if "supabase" in one["tags"] else "application/problem+json"
                assert told["content"][media_type]["schema"] == {"$ref": f"#/components/schemas/{schema}"}
    ledger = operations["get_ledger"]["responses"]["200"]["content"]["application/json"]["schema"]
    assert ledger == {"$ref": "#/components/schemas/LedgerCounts"}
    assert "HTTPValidationError" not in description["components"]["schemas"]
