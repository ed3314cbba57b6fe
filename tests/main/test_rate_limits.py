"""Limits at the door, counted in a real Valkey."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from types import SimpleNamespace
from typing import Annotated, Any

import httpx
import pytest
from fastapi import Depends, FastAPI, Request
from redis.asyncio import Redis

from wacloud.main.settings import AppEnv, BadSettings, Settings
from wacloud.shared.application.limits import CounterAway, Limit, Limits
from wacloud.shared.domain.ids import new_id
from wacloud.shared.infra.limits_valkey import ValkeyLimiter
from wacloud.shared.ui.caller import trusted_networks
from wacloud.shared.ui.errors import install_errors
from wacloud.shared.ui.limits import limited


def limit(most: int = 5, per_s: int = 60, by: Any = "address", *, closes: bool = True) -> Limit:
    return Limit(f"test.{new_id()}", most, per_s, by, closes)


@asynccontextmanager
async def door(redis_url: str, limit: Limit, *, trusted: tuple[str, ...] = ()) -> AsyncIterator[Any]:
    """Calls a route with this limit: `await call("203.0.113.1", user="a", **headers)`."""
    app = FastAPI()
    install_errors(app, render_error=None)
    redis = Redis.from_url(redis_url, socket_connect_timeout=0.5)
    app.state.limits = Limits({limit.name: limit}, ValkeyLimiter(redis))
    app.state.trusted_proxies = trusted_networks(trusted)

    async def somebody(request: Request) -> None:
        request.state.member = SimpleNamespace(user_id=request.headers.get("user", ""), key=None)

    @app.post("/try")
    async def attempt(_: Annotated[None, Depends(somebody)], __: Annotated[None, limited(limit.name)]) -> str:
        return "in"

    async def call(address: str = "203.0.113.1", **headers: str) -> httpx.Response:
        transport = httpx.ASGITransport(app, client=(address, 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.post("/try", headers=headers)

    try:
        yield call
    finally:
        await redis.aclose()


async def test_one_more_than_the_limit_is_refused_and_told_when_to_come_back(redis_url: str):
    rule = limit(3)
    async with door(redis_url, rule) as call:
        answers = [await call() for _ in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    assert answers[0].headers["ratelimit-policy"] == f'"{rule.name}";q=3;w=60'
    assert answers[0].headers["ratelimit"].startswith(f'"{rule.name}";r=2;t=')
    refusal = answers[-1]
    assert 1 <= int(refusal.headers["retry-after"]) <= 60
    assert refusal.headers["ratelimit"].startswith(f'"{rule.name}";r=0;t=')
    assert refusal.json()["code"] == "too_many_requests"


async def test_of_fifty_at_once_exactly_as_many_as_the_limit_come_through(redis_url: str):
    async with door(redis_url, limit(7)) as call:
        answers = await asyncio.gather(*(call() for _ in range(50)))
    assert sorted(answer.status_code for answer in answers) == [200] * 7 + [429] * 43


async def test_there_is_room_again_when_the_first_try_is_old_enough_and_refused_tries_cost_nothing(redis_url: str):
    async with door(redis_url, limit(2, 1)) as call:
        assert [(await call()).status_code for _ in range(4)] == [200, 200, 429, 429]
        await asyncio.sleep(1.1)
        assert (await call()).status_code == 200


@pytest.mark.parametrize("header", ["x-forwarded-for", "x-real-ip", "forwarded", "client-ip", "true-client-ip"])
async def test_a_limit_by_address_is_not_escaped_by_claiming_another(redis_url: str, header: str):
    async with door(redis_url, limit(1)) as call:
        assert (await call()).status_code == 200
        assert (await call(**{header: "198.51.100.9"})).status_code == 429


async def test_behind_a_proxy_of_ours_each_client_has_its_own_limit(redis_url: str):
    async with door(redis_url, limit(1), trusted=("10.0.0.0/8",)) as call:
        assert (await call("10.0.0.1", **{"x-forwarded-for": "198.51.100.1"})).status_code == 200
        assert (await call("10.0.0.1", **{"x-forwarded-for": "198.51.100.2"})).status_code == 200
        assert (await call("10.0.0.1", **{"x-forwarded-for": "6.6.6.6, 198.51.100.2"})).status_code == 429


async def test_all_addresses_of_an_ipv6_network_are_one_caller(redis_url: str):
    async with door(redis_url, limit(1)) as call:
        assert (await call("2001:db8:1:2::1")).status_code == 200
        assert (await call("2001:db8:1:2:ffff::2")).status_code == 429
        assert (await call("2001:db8:1:3::1")).status_code == 200


async def test_a_limit_by_user_follows_the_user_not_the_address(redis_url: str):
    async with door(redis_url, limit(1, by="user")) as call:
        assert (await call("203.0.113.1", user="ana")).status_code == 200
        assert (await call("203.0.113.2", user="ana")).status_code == 429
        assert (await call("203.0.113.2", user="eva")).status_code == 200


@pytest.mark.parametrize(("closes", "status"), [(True, 503), (False, 200)])
async def test_while_nobody_can_count_guessing_is_closed_and_the_rest_goes_on(closes: bool, status: int):
    async with door("redis://127.0.0.1:1/0", limit(closes=closes)) as call:
        assert (await call()).status_code == status


async def test_nobody_can_count_is_told_as_that():
    redis = Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=0.5)
    with pytest.raises(CounterAway):
        await ValkeyLimiter(redis).count(limit(), "somebody")
    await redis.aclose()


def test_the_limits_of_the_design_stand_in_one_table_and_only_their_numbers_may_change():
    settings = Settings(_env_file=None, rate_limits={"login": 9})
    told = {name: (one.most, one.per_s, one.by) for name, one in settings.limits.items()}
    assert told == {
        "login": (9, 60, "address"),
        "register": (3, 60, "address"),
        "supabase_token": (150, 300, "address"),
        "supabase_verify": (30, 300, "address"),
        "supabase_mail": (30, 300, "address"),
        "upload": (60, 60, "user"),
        "bot_try": (30, 60, "user"),
        "site_pages": (10, 60, "user"),
        "assist": (30, 60, "user"),
        "send": (100, 60, "user"),
        "unsigned_webhook": (1000, 60, "everybody"),
        "analytics_event": (200, 60, "user"),
    }
    with pytest.raises(BadSettings, match=r"there is no limit logon"):
        Settings(_env_file=None, app_env=AppEnv.TEST, rate_limits={"logon": 1}).check()
