"""A Supabase project, as far as its tokens go: it signs them, and publishes its keys."""

import asyncio
import base64
import hmac
import json
import time
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import aiohttp
from aiohttp import web
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from joserfc import jwt
from joserfc.jwk import ECKey, RSAKey

from wacloud.modules.auth.infra.supabase_tokens import SupabaseTokens

SECRET = "a secret of the project's that is long enough"


@dataclass(slots=True)
class Project:
    """It may be away (`status`), hang (`hangs_s`), publish anything (`published`), and counts who asks."""

    url: str = ""
    keys: dict[str, Any] = field(default_factory=dict)
    published: Any = None
    status: int = 200
    hangs_s: float = 0
    asked: int = 0
    now: float = 1000.0  # what our side's stopwatch shows

    @property
    def issuer(self) -> str:
        return f"{self.url}/auth/v1"

    @property
    def jwks_url(self) -> str:
        return f"{self.issuer}/.well-known/jwks.json"

    def new_key(self, kind: str = "EC") -> str:
        """A key with a new id, published from now on."""
        kid = uuid4().hex
        if kind == "EC":
            self.keys[kid] = ECKey.import_key(ec.generate_private_key(ec.SECP256R1()))
        else:
            with warnings.catch_warnings(action="ignore"):
                bits = 1024 if kind == "weak RSA" else 2048
                self.keys[kid] = RSAKey.import_key(rsa.generate_private_key(65537, bits))
        return kid

    def jwks(self) -> Any:
        """What it publishes."""
        if self.published is not None:
            return self.published
        algorithm = {"EC": "ES256", "RSA": "RS256"}
        return {
            "keys": [
                {**key.as_dict(private=False), "kid": kid, "alg": algorithm[key.key_type], "use": "sig"}
                for kid, key in self.keys.items()
            ]
        }

    def claims(self, **more: Any) -> dict[str, Any]:
        """Of a person who has just signed in by password; what is None is left out."""
        now = int(time.time())
        told = {
            "iss": self.issuer,
            "aud": "authenticated",
            "role": "authenticated",
            "sub": str(uuid4()),
            "email": f"p{uuid4().hex[:12]}@example.com",
            "phone": "",
            "iat": now,
            "exp": now + 3600,
            "aal": "aal1",
            "amr": [{"method": "password", "timestamp": now}],
            "session_id": str(uuid4()),
            "app_metadata": {"provider": "email", "providers": ["email"]},
            "user_metadata": {"full_name": "Ana de Fuera", "email_verified": True},
            "is_anonymous": False,
        }
        return {name: value for name, value in (told | more).items() if value is not None}

    def token(self, claims: dict[str, Any] | None = None, kid: str | None = None, **header: Any) -> str:
        """Signed with the newest key, or the one that is named."""
        kid = kid or list(self.keys)[-1]
        key = self.keys[kid]
        algorithm = "ES256" if key.key_type == "EC" else "RS256"
        return jwt.encode({"alg": algorithm, "kid": kid, "typ": "JWT", **header}, claims or self.claims(), key)

    def shared(self, claims: dict[str, Any], secret: str | bytes = SECRET, **header: Any) -> str:
        """Signed as older projects sign."""
        # By hand: a library refuses to use a public key as a secret, which is what is to be tried.
        head, content = (_part(json.dumps(one).encode()) for one in ({"alg": "HS256", "typ": "JWT", **header}, claims))
        key = secret.encode() if isinstance(secret, str) else secret
        return f"{head}.{content}.{_part(hmac.digest(key, f'{head}.{content}'.encode(), 'sha256'))}"

    def reader(self, http: aiohttp.ClientSession, secret: str = "") -> SupabaseTokens:
        return SupabaseTokens(http, jwks_url=self.jwks_url, issuer=self.issuer, secret=secret, seconds=lambda: self.now)


def _part(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


@asynccontextmanager
async def running_project() -> AsyncIterator[Project]:
    project = Project()

    async def jwks(_: web.Request) -> web.Response:
        project.asked += 1
        await asyncio.sleep(project.hangs_s)
        return web.json_response(project.jwks(), status=project.status)

    app = web.Application()
    app.router.add_get("/auth/v1/.well-known/jwks.json", jwks)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    project.url = f"http://{host}:{port}"
    project.new_key()
    try:
        yield project
    finally:
        await runner.cleanup()
