"""Routes are closed unless they say who may use them."""

import pytest
from fastapi import APIRouter, Depends, FastAPI
from starlette.responses import PlainTextResponse
from starlette.routing import Mount, Route

from wacloud.shared.ui.declared import undeclared_routes
from wacloud.shared.ui.guard import declare, guarded, public, requires, signed_by_vendor, signed_in
from wacloud.shared.ui.permissions import ROLES, Permission
from wacloud.shared.ui.same_site import own_path


async def _endpoint(request):
    return PlainTextResponse(request.state.member.name if hasattr(request.state, "member") else "nobody")


async def _nothing() -> None:
    return None


def test_a_route_that_says_nothing_is_found_wherever_it_hides() -> None:
    async def other(request):
        return PlainTextResponse("x")

    app, inner = FastAPI(openapi_url=None), APIRouter(prefix="/inner")
    inner.add_api_route("/forgotten", _nothing)
    inner.add_api_route("/said", _nothing, dependencies=[public()])
    inner.add_api_route("/said-too", _nothing, dependencies=[Depends(requires(Permission.SIMULATE))])
    outer = APIRouter()
    outer.include_router(inner)
    app.include_router(outer, prefix="/api")
    app.router.routes += [
        Route("/plain", other),
        Route("/vendor", guarded(signed_by_vendor())(_endpoint), methods=["POST"]),
        Mount("/mounted", routes=[Route("/plain", other), Route("/ok", guarded(signed_in())(_endpoint))]),
        Mount("/app", PlainTextResponse("whole app")),
        Mount("/files", declare(PlainTextResponse("files"), public())),
    ]
    app.add_api_websocket_route("/ws", _endpoint)
    found = {entry.partition(" ")[0] for entry in undeclared_routes(app)}
    assert found == {"/api/inner/forgotten", "/plain", "/mounted/plain", "/app", "/ws"}


def test_a_router_may_speak_for_all_its_routes() -> None:
    app, router = FastAPI(openapi_url=None), APIRouter(dependencies=[Depends(signed_in())])
    router.add_api_route("/one", _nothing)
    app.include_router(router)
    assert undeclared_routes(app) == []


async def test_this_applications_routes_all_say_who_may_use_them(house) -> None:
    assert undeclared_routes(house.app) == []


@pytest.mark.parametrize(("role", "status"), [("owner", 200), ("admin", 200), ("agent", 200), ("analyst", 403)])
async def test_a_role_opens_what_its_permissions_allow(house, role: str, status: int) -> None:
    token = await house.token(await house.account(role))
    assert (await house.get("/api/inbox", token=token)).status == status
    assert (await house.post("/api/notes", token=token, json={"text": "x"})).status == status


def test_no_role_may_what_no_table_gives_it() -> None:
    assert set(ROLES) == {"owner", "admin", "agent", "analyst"}
    assert Permission.KNOWLEDGE_WRITE not in ROLES["agent"]
    assert Permission.MESSAGES_SEND not in ROLES["analyst"]


async def test_a_plain_endpoint_is_guarded_by_its_decorator(house) -> None:
    house.app.router.routes.append(Route("/plain", guarded(requires(Permission.INBOX_READ))(_endpoint)))
    assert (await house.get("/plain")).status == 401
    token = await house.token(await house.account("agent"))
    assert (await house.get("/plain", token=token)).text == "Ana Prueba"
    assert (await house.get("/plain", token=await house.token(await house.account("analyst")))).status == 403


async def _cookie(house) -> str:
    person = await house.account("owner")
    answer = await house.post(
        "/login",
        data={"email": person.email, "password": person.password, "next": "/inbox"},
        headers={"Origin": house.url},
    )
    assert answer.status == 303
    return answer.headers["Set-Cookie"].partition(";")[0]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "same-origin"}, 200),
        ({"Sec-Fetch-Site": "none"}, 200),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Origin": "OWN"}, 200),
        ({"Origin": "null"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({"Origin": "OWN.evil.example"}, 403),
        ({"Sec-Fetch-Site": "cross-site", "Origin": "OWN"}, 403),
        ({}, 403),
    ],
)
async def test_a_cookie_writes_only_from_our_own_pages(house, headers: dict[str, str], status: int) -> None:
    cookie = await _cookie(house)
    sent = {name: value.replace("OWN", house.url) for name, value in headers.items()} | {"Cookie": cookie}
    answer = await house.post("/api/notes", json={"text": "x"}, headers=sent)
    assert answer.status == status
    if status == 403:
        assert answer.json["code"] == "came_from_another_site"
    assert (await house.get("/api/inbox", headers={"Cookie": cookie})).status == 200


async def test_a_bearer_token_writes_from_anywhere(house) -> None:
    token = await house.token(await house.account("owner"))
    answer = await house.post("/api/notes", json={"text": "x"}, token=token, headers={"Origin": "https://app.example"})
    assert answer.status == 200


async def test_the_cookies_token_is_not_good_in_a_header_nor_the_other_way_round(house) -> None:
    cookie = await _cookie(house)
    assert (await house.get("/api/inbox", token=cookie.partition("=")[2])).status == 401
    token = await house.token(await house.account("owner"))
    assert (await house.get("/api/inbox", headers={"Cookie": f"wacloud_session={token}"})).status == 401


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/\t/evil",
        "evil",
        "",
        None,
    ],
)
def test_what_follows_a_login_is_a_path_of_ours(path: str | None) -> None:
    assert own_path(path) == "/"
    assert own_path("/inbox?show=waiting#top") == "/inbox?show=waiting#top"
