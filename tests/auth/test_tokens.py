"""Tokens that are forged, out of time or meant for something else open nothing."""

import base64
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from uuid import uuid4

import aiohttp
import pytest
from joserfc import jwt
from joserfc.jwk import ECKey

from wacloud.modules.auth.domain.session import Proof
from wacloud.modules.auth.domain.token import Claims
from wacloud.modules.auth.infra.tokens import JwtTokens


def _b64(content: bytes | dict[str, Any]) -> str:
    raw = content if isinstance(content, bytes) else json.dumps(content).encode()
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _parts(token: str) -> tuple[dict[str, Any], dict[str, Any], str]:
    header, payload, signature = token.split(".")
    told = [json.loads(base64.urlsafe_b64decode(part + "==")) for part in (header, payload)]
    return told[0], told[1], signature


def _hs256(header: dict[str, Any], payload: dict[str, Any], key: bytes) -> str:
    signed = f"{_b64(header)}.{_b64(payload)}"
    return f"{signed}.{_b64(hmac.new(key, signed.encode(), sha256).digest())}"


Forgery = Callable[[str, dict[str, Any]], str]


def _with_header(**changes: Any) -> Forgery:
    def forge(token: str, jwks: dict[str, Any]) -> str:
        header, payload, signature = _parts(token)
        header = {name: value for name, value in {**header, **changes}.items() if value is not ...}
        return f"{_b64(header)}.{_b64(payload)}.{signature}"

    return forge


def _own_key(**changes: Any) -> Forgery:
    def forge(token: str, jwks: dict[str, Any]) -> str:
        header, payload, _ = _parts(token)
        key = ECKey.generate_key("P-256")
        more = {"jwk": key.as_dict(private=False)} if changes.get("jwk") else {}
        return jwt.encode({**header, **more}, payload, key, ["ES256"])

    return forge


def _public_key_as_secret(token: str, jwks: dict[str, Any]) -> str:
    header, payload, _ = _parts(token)
    return _hs256({**header, "alg": "HS256"}, payload, json.dumps(jwks["keys"][0]).encode())


def _other_payload(token: str, jwks: dict[str, Any]) -> str:
    header, payload, signature = _parts(token)
    return f"{_b64(header)}.{_b64({**payload, 'sub': str(uuid4())})}.{signature}"


FORGERIES: dict[str, Forgery] = {
    "alg none": lambda t, j: f"{_b64({**_parts(t)[0], 'alg': 'none'})}.{t.split('.')[1]}.",
    "alg None": lambda t, j: f"{_b64({**_parts(t)[0], 'alg': 'None'})}.{t.split('.')[1]}.",
    "alg in other case": _with_header(alg="es256"),
    "public key as shared secret": _public_key_as_secret,
    "empty secret": lambda t, j: _hs256({**_parts(t)[0], "alg": "HS256"}, _parts(t)[1], b""),
    "kid is a path": _with_header(kid="../../../dev/null"),
    "kid is SQL": _with_header(kid="' or '1'='1"),
    "kid is a list": _with_header(kid=["a"]),
    "no kid": _with_header(kid=...),
    "jku": _with_header(jku="https://evil.example/jwks.json"),
    "x5u": _with_header(x5u="https://evil.example/cert.pem"),
    "unknown crit": _with_header(crit=["exp2"]),
    "own key": _own_key(),
    "own key in the header": _own_key(jwk=True),
    "edited payload": _other_payload,
    "empty signature": lambda t, j: t.rpartition(".")[0] + ".",
    "zero signature": lambda t, j: t.rpartition(".")[0] + "." + _b64(bytes(64)),
    "no signature": lambda t, j: t.rpartition(".")[0],
    "extra part": lambda t, j: t + ".x",
    "not a token": lambda t, j: "hola",
    "dots": lambda t, j: "..",
    "payload is a list": lambda t, j: f"{t.split('.')[0]}.{_b64(b'[]')}.{t.split('.')[2]}",
    "very long": lambda t, j: t + "A" * 5000,
    "padded": lambda t, j: t + "==",
}


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
async def test_a_forged_token_opens_nothing(house, forge: Forgery) -> None:
    person = await house.account("owner")
    token = await house.token(person)
    jwks = (await house.get("/.well-known/jwks.json")).json
    answer = await house.get("/api/inbox", token=forge(token, jwks))
    assert answer.status == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer ")
    assert answer.json["code"] == "not_signed_in"


SIGNED_BUT_WRONG: dict[str, dict[str, Any]] = {
    "expired": {"exp": int((datetime.now(UTC) - timedelta(seconds=61)).timestamp())},
    "issued in the future": {"iat": int((datetime.now(UTC) + timedelta(seconds=3600)).timestamp())},
    "not yet valid": {"nbf": int((datetime.now(UTC) + timedelta(seconds=3600)).timestamp())},
    "no expiry": {"exp": ...},
    "expiry as text": {"exp": "never"},
    "expiry true": {"exp": True},
    "expiry infinite": {"exp": 10**400},
    "other issuer": {"iss": "https://other.example/auth/v1"},
    "other audience": {"aud": "anon"},
    "no audience": {"aud": ...},
    "other role": {"role": "service_role"},
    "refresh token": {"purpose": "refresh"},
    "reset token": {"purpose": "reset"},
    "before the second factor": {"purpose": "second_factor"},
    "ticket of a stream": {"purpose": "stream"},
    "cookie of a browser": {"purpose": "session"},
    "two purposes": {"purpose": ["access", "reset"]},
    "no purpose": {"purpose": ...},
    "nobody": {"sub": str(uuid4())},
    "subject is no id": {"sub": "admin"},
    "subject is a number": {"sub": 1},
    "business of others": {"business_id": str(uuid4())},
    "business is no id": {"business_id": "1; drop table"},
    "business is a list": {"business_id": [1]},
    "no session": {"sid": ...},
    "session of others": {"sid": str(uuid4())},
    "session is no id": {"sid": "*"},
    "assurance of nobody": {"aal": "aal9"},
    "proofs as text": {"amr": "password"},
}


@pytest.mark.parametrize("changes", SIGNED_BUT_WRONG.values(), ids=SIGNED_BUT_WRONG.keys())
async def test_a_signed_token_of_another_kind_opens_nothing(house, changes: dict[str, Any]) -> None:
    person = await house.account("owner")
    header, payload, _ = _parts(await house.token(person))
    claims = {name: value for name, value in {**payload, **changes}.items() if value is not ...}
    key = next(iter(house.tokens._keys.values()))
    answer = await house.get("/api/inbox", token=jwt.encode(header, claims, key, ["ES256"]))
    assert answer.status == 401


async def test_a_token_lives_fifteen_minutes_and_a_minute_of_grace(house) -> None:
    token = await house.token(await house.account("owner"))
    for shift, status in ((14 * 60, 200), (15 * 60 + 55, 200), (16 * 60 + 1, 401), (-55, 200), (-65, 401)):
        house.clock.shift = timedelta(seconds=shift)
        assert (await house.get("/api/inbox", token=token)).status == status, shift


async def test_any_of_the_secrets_verifies_and_the_first_signs() -> None:
    now, claims = datetime.now(UTC), Claims(uuid4(), uuid4(), uuid4(), "aal2", (Proof("password", 1), Proof("totp", 2)))
    old, new = JwtTokens(["old"], "http://x"), JwtTokens(["new", "old"], "http://x")
    assert new.read(old.issue(claims, "access", now), "access", now) == claims
    assert _parts(new.issue(claims, "access", now))[0]["kid"] == new.public_keys()["keys"][0]["kid"]
    assert JwtTokens(["new"], "http://x").read(new.issue(claims, "access", now), "access", now) == claims
    with pytest.raises(ValueError, match="at least one secret"):
        JwtTokens([], "http://x")


async def test_the_published_keys_verify_our_tokens_and_hold_no_secret(house) -> None:
    answer = await house.get("/.well-known/jwks.json")
    assert [set(key) for key in answer.json["keys"]] == [{"kty", "crv", "x", "y", "kid", "alg", "use"}]
    token = await house.token(await house.account("owner"))
    key = ECKey.import_key(answer.json["keys"][0])
    assert jwt.decode(token, key, ["ES256"]).claims["role"] == "authenticated"


async def test_a_token_in_the_address_is_not_accepted(house) -> None:
    token = await house.token(await house.account("owner"))
    assert (await house.get(f"/api/inbox?access_token={token}&token={token}")).status == 401


@pytest.mark.parametrize("value", ["", "Bearer", "Bearer ", "Basic YTpi", "Token x", "bearer\tx"])
async def test_other_authorization_headers_open_nothing(house, value: str) -> None:
    assert (await house.get("/api/inbox", headers={"Authorization": value})).status == 401


async def test_two_authorization_headers_open_nothing(house) -> None:
    token = await house.token(await house.account("owner"))
    headers = [("Authorization", f"Bearer {token}"), ("Authorization", f"Bearer {token}")]
    async with (
        aiohttp.ClientSession() as http,
        http.get(house.url + "/api/inbox", headers=headers) as response,
    ):
        assert response.status == 401
