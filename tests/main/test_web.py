"""The whole application's ground rules, over the real wiring."""

import io
import json

import pytest
import uvicorn

from rig import Rig, open_rig, serving
from wacloud.main.web import make_app
from wacloud.shared.ui.guard import public, undeclared_routes
from wacloud.shared.ui.serving import PromptServer


@pytest.fixture(scope="module")
async def rig(app_dsn: str, redis_url: str):
    async with open_rig(app_dsn, redis_url) as rig:
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
