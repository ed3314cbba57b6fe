"""What callers may keep of the answers, and for whom."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from fastapi import APIRouter, FastAPI

from wacloud.shared.domain.errors import NotFound
from wacloud.shared.ui.bodies import StrictJsonRoute
from wacloud.shared.ui.caching import FOR_A_MINUTE, cacheable
from wacloud.shared.ui.errors import install_errors


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    install_errors(app, render_error=None)
    router = APIRouter(route_class=StrictJsonRoute)
    told = {"n": 1}

    @router.get("/kept", dependencies=[cacheable()])
    async def kept() -> dict[str, Any]:
        return told

    @router.get("/missing", dependencies=[cacheable()])
    async def missing() -> None:
        raise NotFound

    @router.post("/change")
    async def change() -> None:
        told["n"] += 1

    app.include_router(router)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        yield client


async def test_a_cacheable_read_may_be_kept_for_a_minute_by_whoever_asked(client: httpx.AsyncClient):
    answer = await client.get("/kept")
    assert answer.headers["cache-control"] == FOR_A_MINUTE
    assert answer.headers["vary"] == "Authorization, Cookie, Accept-Language"


@pytest.mark.parametrize("form", ["{}", "W/{}", '"other", {}'])
async def test_who_has_it_already_gets_no_body_until_it_changes(client: httpx.AsyncClient, form: str):
    first = await client.get("/kept")
    headers = {"if-none-match": form.format(first.headers["etag"])}
    same = await client.get("/kept", headers=headers)
    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", first.headers["etag"])
    await client.post("/change")
    fresh = await client.get("/kept", headers=headers)
    assert (fresh.status_code, fresh.json()) == (200, {"n": 2})


async def test_a_refusal_is_not_kept(client: httpx.AsyncClient):
    answer = await client.get("/missing")
    assert answer.status_code == 404
    assert "etag" not in answer.headers
    assert "max-age" not in answer.headers.get("cache-control", "")
