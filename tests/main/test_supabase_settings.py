"""The settings of Supabase's clients and people, and the sites whose pages may call."""

from typing import Any

import pytest

from rig import open_rig
from wacloud.main.settings import BadSettings, Settings

PROJECT = "https://abc.supabase.co/auth/v1"
GOOD = {
    "app_env": "staging",
    "base_url": "https://wacloud.example.com",
    "database_url": "postgresql://x",
    "redis_url": "redis://x",
    "secret_keys": "a-key-that-is-long-enough-and-random-40",
    "meta_app_secret": "not a sample",
    "meta_verify_token": "not a sample",
}


def problems_of(**more: str) -> str:
    settings = Settings(_env_file=None, **GOOD, **more)  # type: ignore[arg-type]
    try:
        settings.check()
    except BadSettings as bad:
        return str(bad)
    return ""


def test_the_issuer_is_where_the_keys_are() -> None:
    keys = f"{PROJECT}/.well-known/jwks.json"
    assert problems_of(supabase_jwks_url=keys) == ""
    assert Settings(_env_file=None, **GOOD, supabase_jwks_url=keys).supabase_issuer == PROJECT  # type: ignore[arg-type]
    elsewhere = {"supabase_jwks_url": "https://keys.example.com/all", "supabase_jwt_issuer": PROJECT}
    assert problems_of(**elsewhere) == ""


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"supabase_jwks_url": "http://abc.supabase.co/auth/v1/.well-known/jwks.json"}, "must be https"),
        ({"supabase_jwks_url": "https://keys.example.com/all"}, "SUPABASE_JWT_ISSUER"),
        ({"supabase_jwks_url": "https://wacloud.example.com/auth/v1/.well-known/jwks.json"}, "our own"),
        ({"supabase_jwt_secret": "x" * 40}, "SUPABASE_JWKS_URL is not set"),
        (
            {"supabase_jwks_url": f"{PROJECT}/.well-known/jwks.json", "supabase_jwt_secret": "short"},
            "at least 32 characters",
        ),
        ({"auth_redirect_urls": "app.example.com"}, "AUTH_REDIRECT_URLS"),
        ({"auth_redirect_urls": "https://app.example.com/in, javascript:alert(1)"}, "AUTH_REDIRECT_URLS"),
    ],
)
def test_half_a_set_up_is_told(more: dict[str, str], told: str) -> None:
    assert told in problems_of(**more)


async def test_pages_of_listed_sites_may_call_and_no_others(app_dsn: str, redis_url: str) -> None:
    listed: Any = {"auth_redirect_urls": ["https://app.example.com/in", "myapp://signed-in"]}
    async with open_rig(app_dsn, redis_url, settings=listed, with_worker=False) as rig:
        for origin, may in (("https://app.example.com", True), ("https://evil.example", False)):
            asked = {
                "Origin": origin,
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "apikey, content-type, x-client-info, x-supabase-api-version",
            }
            async with rig.http.options(f"{rig.url}/auth/v1/token", headers=asked) as answer:
                assert (answer.status == 200) == may
            async with rig.http.get(f"{rig.url}/auth/v1/settings", headers={"Origin": origin}) as answer:
                assert ("Access-Control-Allow-Origin" in answer.headers) == may
                assert "Access-Control-Allow-Credentials" not in answer.headers
