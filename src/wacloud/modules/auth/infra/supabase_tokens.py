"""Access tokens of a Supabase project, checked with the keys it publishes."""

import asyncio
import json
import time
from base64 import urlsafe_b64decode
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import aiohttp
import structlog
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, OctKey, RSAKey

from wacloud.modules.auth.domain.outsider import Outsider, SupabaseAccountNotFit, SupabaseAway
from wacloud.modules.auth.domain.session import Proof
from wacloud.modules.auth.domain.token import LEEWAY
from wacloud.modules.auth.infra.tokens import AUDIENCE
from wacloud.modules.user.api import NameNotPossible, checked_name, is_possible_email
from wacloud.shared.domain.errors import NotSignedIn

log = structlog.get_logger()

LONGEST_TOKEN = 16 * 1024  # with what people say of themselves, which Supabase does not limit
KEPT_S = 600
AGAIN_AFTER_S = 30
ANSWER_WITHIN_S = 3
LARGEST_SET = 64 * 1024
SHORTEST_RSA = 2048

Key = ECKey | RSAKey | OctKey


class SupabaseTokens:
    """
    See `outside.OutsideTokens`.

    Which algorithm a key is for is said by the key and never by the token: published keys are for ES256 or RS256, the
    secret, where there is one, for HS256. Published keys are asked for again after ten minutes, or where a token names
    one that is not among them, but not within half a minute; while they cannot be asked for, the last ones count.
    """

    def __init__(
        self,
        http: aiohttp.ClientSession,
        *,
        jwks_url: str,
        issuer: str,
        secret: str = "",
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self.issuer = issuer
        self._http = http
        self._url = jwks_url
        self._secret = OctKey.import_key(secret) if secret else None
        self._seconds = seconds
        self._keys: Mapping[str, tuple[str, Key]] = {}
        self._fetched_at = self._asked_at = float("-inf")
        self._asking = asyncio.Lock()

    def is_theirs(self, token: str) -> bool:
        try:
            _, content, _ = token.split(".")
            return len(token) <= LONGEST_TOKEN and bool(_json(content).get("iss") == self.issuer)
        except (ValueError, AttributeError, RecursionError):
            return False

    async def read(self, token: str, now: datetime) -> Outsider:
        try:
            header = _json(token.partition(".")[0])
            algorithm, key = await self._key_for(header)
            content = jwt.decode(token, key, [algorithm]).claims
            self._check(content, now)
            return _outsider(content)
        except (JoseError, ValueError, TypeError, AttributeError, KeyError, OverflowError, RecursionError) as error:
            raise NotSignedIn from error

    async def _key_for(self, header: Any) -> tuple[str, Key]:
        if not isinstance(header, dict) or header.keys() - {"alg", "kid", "typ"}:
            raise NotSignedIn("an unknown header")
        if header.get("alg") == "HS256":
            if self._secret is None:
                raise NotSignedIn("no secret is shared")
            return "HS256", self._secret
        algorithm, key = await self._published(str(header.get("kid", "")))
        if header.get("alg") != algorithm:
            raise NotSignedIn("not what this key is for")
        return algorithm, key

    async def _published(self, kid: str) -> tuple[str, Key]:
        if kid not in self._keys or self._seconds() - self._fetched_at >= KEPT_S:
            async with self._asking:
                await self._ask_again(kid)
        if not self._keys:
            raise SupabaseAway
        if kid not in self._keys:
            raise NotSignedIn("signed by a key they do not publish")
        return self._keys[kid]

    async def _ask_again(self, kid: str) -> None:
        now = self._seconds()
        if (kid in self._keys and now - self._fetched_at < KEPT_S) or now - self._asked_at < AGAIN_AFTER_S:
            return
        self._asked_at = now
        try:
            keys = usable_keys(await self._fetch())
        except (aiohttp.ClientError, TimeoutError, JoseError, ValueError, TypeError, KeyError, AttributeError) as error:
            log.warning("supabase.keys_away", error=type(error).__name__)
            return
        if keys:
            self._keys, self._fetched_at = keys, now

    async def _fetch(self) -> Any:
        within = aiohttp.ClientTimeout(total=ANSWER_WITHIN_S)
        async with self._http.get(self._url, timeout=within, allow_redirects=False) as answer:
            if answer.status != 200:
                raise ValueError(f"answered with {answer.status}")
            body = await answer.content.read(LARGEST_SET + 1)
            if len(body) > LARGEST_SET:
                raise ValueError("more than any set of keys")
            return json.loads(body)

    def _check(self, content: dict[str, Any], now: datetime) -> None:
        jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=int(LEEWAY.total_seconds()),
            sub={"essential": True},
            iat={"essential": True},
            exp={"essential": True},
        ).validate(content)
        # Compared whole, as with our own. The keys of a project's servers are tokens as well, with another role.
        wanted = {"iss": self.issuer, "aud": AUDIENCE, "role": "authenticated"}
        if any(content.get(name) != value for name, value in wanted.items()):
            raise ValueError("meant for something else")
        if content.get("aal") not in ("aal1", "aal2"):
            raise ValueError("an assurance nobody gives")


def usable_keys(published: Any) -> dict[str, tuple[str, Key]]:
    """By their ids, each with the one algorithm it is for. What we do not verify with is left out."""
    found: dict[str, tuple[str, Key]] = {}
    for one in published["keys"]:
        kid, kind, use = one.get("kid"), (one.get("kty"), one.get("crv")), one.get("use", "sig")
        if not isinstance(kid, str) or use != "sig" or "d" in one:
            continue
        if kind == ("EC", "P-256") and one.get("alg", "ES256") == "ES256":
            found[kid] = "ES256", ECKey.import_key(one)
        elif kind[0] == "RSA" and one.get("alg", "RS256") == "RS256" and _bits(one["n"]) >= SHORTEST_RSA:
            found[kid] = "RS256", RSAKey.import_key(one)
    return found


def _json(part: str) -> Any:
    return json.loads(_bytes(part))


def _bits(number: str) -> int:
    return int.from_bytes(_bytes(number), "big").bit_length()


def _bytes(part: str) -> bytes:
    return urlsafe_b64decode(part + "=" * (-len(part) % 4))


def _outsider(content: dict[str, Any]) -> Outsider:
    """What people say of themselves is believed where it can only do them harm."""
    email, said = str(content.get("email") or "").strip().lower(), content.get("user_metadata") or {}
    if content.get("is_anonymous") or not is_possible_email(email) or said.get("email_verified") is False:
        raise SupabaseAccountNotFit
    return Outsider(
        subject=UUID(content["sub"]),
        email=email,
        name=_name([said.get("full_name"), said.get("name"), email.partition("@")[0][:120]]),
        language="en" if str(said.get("language", "")).startswith("en") else "es",
        session_id=UUID(content["session_id"]),
        aal=content["aal"],
        amr=tuple(Proof(str(proof["method"]), int(proof["timestamp"])) for proof in content.get("amr", ())),
        issued_at=datetime.fromtimestamp(content["iat"], UTC),
    )


def _name(candidates: Sequence[object]) -> str:
    for candidate in candidates:
        try:
            return checked_name(candidate if isinstance(candidate, str) else "")
        except NameNotPossible:
            continue
    return "?"
