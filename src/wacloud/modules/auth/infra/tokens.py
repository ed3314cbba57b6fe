"""Tokens as JSON Web Tokens, signed with ES256 keys that are derived from the installation's secrets."""

import base64
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, GuestProtocol

from wacloud.modules.auth.domain.session import Proof
from wacloud.modules.auth.domain.token import LEEWAY, LIFETIMES, Claims, Purpose
from wacloud.modules.user.api import User
from wacloud.shared.domain.errors import NotSignedIn
from wacloud.shared.domain.ids import BusinessId, SessionId, UserId

AUDIENCE = "authenticated"
LONGEST_TOKEN = 4096
_ALGORITHM = "ES256"
_P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


class JwtTokens:
    """
    See `ports.Tokens`.

    The first secret signs, all of them verify: a new one is put in front, an old one removed a month later.
    The header of a token must be exactly the one we write, so that nothing in it can choose a key or an
    algorithm.
    """

    def __init__(self, secrets: Sequence[str], base_url: str) -> None:
        if not secrets:
            raise ValueError("at least one secret is needed to sign tokens")
        self._keys = {key.thumbprint(): key for key in map(_signing_key, secrets)}
        self._chain_keys = [_chain_key(secret) for secret in secrets]
        self._signing_kid = next(iter(self._keys))
        self._issuer = f"{base_url.rstrip('/')}/auth/v1"

    def issue(self, claims: Claims, purpose: Purpose, now: datetime, profile: User | None = None) -> str:
        content: dict[str, Any] = {
            "iss": self._issuer,
            "aud": AUDIENCE,
            "sub": str(claims.user_id),
            "iat": int(now.timestamp()),
            "exp": int((now + LIFETIMES[purpose]).timestamp()),
            "role": "authenticated",
            "purpose": purpose,
            "sid": str(claims.session_id),
            "aal": claims.aal,
            "amr": [{"method": proof.method, "timestamp": proof.timestamp} for proof in claims.amr],
        }
        if claims.business_id is not None:
            content["business_id"] = str(claims.business_id)
        if profile is not None:
            content |= _as_supabase_tells(claims, profile)
        return jwt.encode(self._header(self._signing_kid), content, self._keys[self._signing_kid], [_ALGORITHM])

    def read(self, token: str, purpose: Purpose, now: datetime) -> Claims:
        if len(token) > LONGEST_TOKEN or not token.isascii():
            raise NotSignedIn
        try:
            content = jwt.decode(token, self._key_of, [_ALGORITHM]).claims
            self._check(content, purpose, now)
            business_id = content.get("business_id")
            return Claims(
                UserId(UUID(content["sub"])),
                BusinessId(UUID(business_id)) if business_id is not None else None,
                SessionId(UUID(content["sid"])),
                content["aal"],
                tuple(Proof(str(proof["method"]), int(proof["timestamp"])) for proof in content["amr"]),
            )
        except (JoseError, ValueError, TypeError, AttributeError, KeyError, RecursionError) as error:
            raise NotSignedIn from error

    def successors(self, refresh_token: str) -> Sequence[str]:
        used = refresh_token.encode("utf-8", "surrogatepass")
        return [
            base64.urlsafe_b64encode(hmac.digest(key, used, "sha256")).rstrip(b"=").decode() for key in self._chain_keys
        ]

    def public_keys(self) -> Mapping[str, Any]:
        return {
            "keys": [
                {**key.as_dict(private=False), "kid": kid, "alg": _ALGORITHM, "use": "sig"}
                for kid, key in self._keys.items()
            ]
        }

    def _header(self, kid: str) -> dict[str, Any]:
        return {"alg": _ALGORITHM, "kid": kid, "typ": "JWT"}

    def _key_of(self, token: GuestProtocol) -> ECKey:
        header = token.headers()
        kid = header.get("kid")
        if not isinstance(kid, str) or kid not in self._keys or header != self._header(kid):
            raise NotSignedIn("not signed by a key of ours")
        return self._keys[kid]

    def _check(self, content: dict[str, Any], purpose: Purpose, now: datetime) -> None:
        jwt.JWTClaimsRegistry(
            now=int(now.timestamp()),
            leeway=int(LEEWAY.total_seconds()),
            sub={"essential": True},
            iat={"essential": True},
            exp={"essential": True},
        ).validate(content)
        # Compared whole: a library may also take a list that merely contains the right value.
        wanted = {"iss": self._issuer, "aud": AUDIENCE, "role": "authenticated", "purpose": purpose}
        if content.get("aal") not in ("aal1", "aal2"):
            raise ValueError("an assurance nobody gives")
        if any(content.get(name) != value for name, value in wanted.items()):
            raise ValueError("meant for something else")
        if content["exp"] - content["iat"] > LIFETIMES[purpose].total_seconds():
            raise ValueError("lives too long")


def _as_supabase_tells(claims: Claims, profile: User) -> dict[str, Any]:
    """What its clients look for in a token. Nothing of it is read here."""
    return {
        "session_id": str(claims.session_id),
        "email": profile.email,
        "phone": "",
        "app_metadata": {"provider": "email", "providers": ["email"]},
        "user_metadata": {"name": profile.name, "language": profile.language},
        "is_anonymous": False,
    }


def _chain_key(secret: str) -> bytes:
    return HKDF(SHA256(), length=32, salt=None, info=b"wacloud refresh token chain 1").derive(secret.encode())


def _signing_key(secret: str) -> ECKey:
    # 128 bits more than the order has, so that the remainder favours no key.
    stream = HKDF(SHA256(), length=48, salt=None, info=b"wacloud es256 signing key 1").derive(secret.encode())
    number = int.from_bytes(stream, "big") % (_P256_ORDER - 1) + 1
    return ECKey.import_key(ec.derive_private_key(number, ec.SECP256R1()))
