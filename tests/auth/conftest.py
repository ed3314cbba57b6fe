"""A small application with real routes, server and database, and people who can sign in to it."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any
from uuid import UUID, uuid4

import aiohttp
import pytest
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from redis.asyncio import Redis
from signing_up import new_address

from limits_off import limits_off
from wacloud.main.wiring import wire_business
from wacloud.modules.auth.application.outside import Outside
from wacloud.modules.auth.application.passkey_ports import PasskeyDeps
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.infra.api_keys import PostgresApiKeys
from wacloud.modules.auth.infra.credentials import PostgresCredentials
from wacloud.modules.auth.infra.factors import PostgresBackupCodes, PostgresFactors
from wacloud.modules.auth.infra.guess_limits import ValkeyGuessLimits
from wacloud.modules.auth.infra.one_time_tokens import PostgresOneTimeTokens
from wacloud.modules.auth.infra.passkeys import PostgresPasskeys, ValkeyChallenges
from wacloud.modules.auth.infra.passwords import Argon2Passwords
from wacloud.modules.auth.infra.session_memory import ValkeySessionMemory
from wacloud.modules.auth.infra.sessions import PostgresRefreshTokens, PostgresSessions
from wacloud.modules.auth.infra.tokens import JwtTokens
from wacloud.modules.auth.infra.totp import PyOtp
from wacloud.modules.auth.infra.webauthn_ceremonies import PyWebAuthn
from wacloud.modules.auth.ui import (
    account_api,
    account_pages,
    factor_api,
    factor_pages,
    passkey_api,
    passkey_pages,
    security_pages,
    supabase_api,
    supabase_factors,
    supabase_user_api,
    supabase_verify,
)
from wacloud.modules.auth.ui import json_api as auth_api
from wacloud.modules.auth.ui import pages as auth_pages
from wacloud.modules.auth.ui.authenticator import TokenAuthenticator
from wacloud.modules.business.ui import json_api as business_api
from wacloud.modules.notification.api import Mail
from wacloud.modules.user.application.ports import UserDeps
from wacloud.modules.user.infra.users import PostgresUserReader, PostgresUsers
from wacloud.modules.user.ui import json_api as user_api
from wacloud.shared.application.db import StoreAway, Tx
from wacloud.shared.domain.errors import AppError
from wacloud.shared.infra.crypto import SecretBox
from wacloud.shared.infra.postgres import PostgresDatabase, make_pool
from wacloud.shared.ui import static_files
from wacloud.shared.ui.bodies import LARGEST_JSON, StrictJsonRoute
from wacloud.shared.ui.caller import trusted_networks
from wacloud.shared.ui.errors import install_errors
from wacloud.shared.ui.guard import Member, install_guard, public, requires
from wacloud.shared.ui.permissions import Permission
from wacloud.shared.ui.security_headers import SecurityHeaders

SECRET = "a secret of the tests that is long enough"
REDIRECT_URLS = ["https://app.example.com/in", "myapp://signed-in"]
PASSWORD = "correcta, caballo, batería 🔋"


@dataclass(slots=True)
class MovableClock:
    """Now, plus whatever a test adds."""

    shift: timedelta = timedelta(0)

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.shift


class CountingPasswords(Argon2Passwords):
    """The real hasher, counting how often it was asked."""

    checks = 0

    async def verify(self, password_hash: str | None, password: str) -> bool:
        self.checks += 1
        return await super().verify(password_hash, password)


@dataclass(slots=True)
class RecordedMails:
    """Every letter, as it was queued."""

    all: list[Mail] = field(default_factory=list)

    async def queue(self, tx: Tx, mail: Mail) -> None:
        self.all.append(mail)

    def to(self, email: str, template: str | None = None) -> list[Mail]:
        """Those to one address, in order."""
        return [mail for mail in self.all if mail.to == email and template in (None, mail.template)]

    def secret(self, email: str, template: str) -> str:
        """What stands behind the # of the newest link."""
        return self.to(email, template)[-1].values["link"].partition("#")[2]


@dataclass(frozen=True, slots=True)
class Account:
    """A person who can sign in."""

    user_id: UUID
    email: str
    password: str
    businesses: tuple[UUID, ...]


@dataclass(slots=True)
class House:
    """The running application and what tests reach into."""

    url: str
    app: FastAPI
    deps: AuthDeps
    clock: MovableClock
    passwords: CountingPasswords
    tokens: JwtTokens
    http: aiohttp.ClientSession
    mails: RecordedMails
    redis: "Redis"

    async def account(self, *roles: str, language: str = "es") -> Account:
        """A new person, with one new business for each role."""
        account = Account(uuid4(), f"p{uuid4().hex[:12]}@example.com", PASSWORD, tuple(uuid4() for _ in roles))
        password_hash = await self.passwords.hash(PASSWORD)
        async with self.deps.db.system("a test makes a person") as tx:
            await tx.execute(
                "insert into app.users (id, name, email, language, email_verified_at)"
                " values (%s, 'Ana Prueba', %s, %s, now())",
                (account.user_id, account.email, language),
            )
            await tx.execute("insert into app.credentials values (%s, %s)", (account.user_id, password_hash))
            for number, (business_id, role) in enumerate(zip(account.businesses, roles, strict=True)):
                await tx.execute(
                    "insert into app.businesses (id, owner_id, name) values (%s, %s, %s)",
                    (business_id, account.user_id, f"Tienda {number}"),
                )
                await tx.execute(
                    "insert into app.members values (%s, %s, %s, now() + %s)",
                    (business_id, account.user_id, role, timedelta(seconds=number)),
                )
        return account

    async def password_hash(self, account: Account, new: str | None = None) -> str:
        """The stored hash; `new` is put in its place first."""
        async with self.deps.db.system("a test looks at a hash") as tx:
            if new is not None:
                await tx.execute(
                    "update app.credentials set password_hash = %s where user_id = %s", (new, account.user_id)
                )
            row = await tx.row("select password_hash from app.credentials where user_id = %s", (account.user_id,))
        assert row is not None
        return str(row.password_hash)

    async def token(self, account: Account) -> str:
        return str((await self.tokens_of(account))["access_token"])

    async def tokens_of(self, account: Account, **headers: str) -> dict[str, Any]:
        """The answer of a sign-in."""
        told = {"email": account.email, "password": account.password}
        answer = await self.post("/api/auth/login", json=told, headers=headers)
        assert answer.status == 200, answer.text
        return dict(answer.json)

    async def rows(self, sql: str, *params: Any) -> list[Any]:
        """Look into the tables of this module."""
        async with self.deps.db.system("a test looks") as tx:
            return await tx.rows(sql, params)

    async def do(self, sql: str, *params: Any) -> int:
        """Change them."""
        async with self.deps.db.system("a test changes something") as tx:
            return await tx.execute(sql, params)

    async def get(self, path: str, **options: Any) -> "Answer":
        return await self.request("GET", path, **options)

    async def post(self, path: str, **options: Any) -> "Answer":
        return await self.request("POST", path, **options)

    async def request(self, method: str, path: str, token: str | None = None, **options: Any) -> "Answer":
        headers = dict(options.pop("headers", {}))
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        # Everybody calls from somewhere else, or the tests would share one limit.
        headers.setdefault("X-Forwarded-For", new_address())
        options.setdefault("allow_redirects", False)
        async with self.http.request(method, self.url + path, headers=headers, **options) as response:
            return Answer(response.status, response.headers, await response.text())


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: Any
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class Note(BaseModel):
    text: str
    count: int = 1


class OutsideServiceWindow(AppError):
    """More than 24 hours have passed since the customer wrote."""

    kind = "conflict"


def _add_routes_of_the_test(app: FastAPI) -> None:
    app.router.route_class = StrictJsonRoute
    app.router.max_body_size = LARGEST_JSON

    @app.get("/api/inbox")
    async def inbox(member: Annotated[Member, requires(Permission.INBOX_READ)]) -> dict[str, Any]:
        return {"business_id": str(member.business_id), "role": member.role, "name": member.name}

    @app.post("/api/notes")
    async def note(note: Note, member: Annotated[Member, requires(Permission.INBOX_WRITE)]) -> Note:
        return note

    @app.get("/inbox")
    async def inbox_page(member: Annotated[Member, requires(Permission.INBOX_READ)]) -> dict[str, str]:
        return {"page": "inbox"}

    @app.get("/api/fails/{how}", dependencies=[public()])
    async def fails(how: str) -> None:
        if how == "bug":
            raise RuntimeError("the secret of the house")
        if how == "store":
            raise StoreAway("no route to 10.0.0.7")
        raise OutsideServiceWindow(closed_at="yesterday")


@pytest.fixture(scope="session")
async def house(app_dsn: str, redis_url: str) -> AsyncIterator[House]:
    async with running_house(app_dsn, redis_url) as house:
        yield house


@pytest.fixture(scope="session")
def open_house(app_dsn: str, redis_url: str) -> Callable[..., AbstractAsyncContextManager[House]]:
    """A house of one's own, under another address, or with another Valkey."""
    return lambda base_url=None, redis=None, outside=None: running_house(app_dsn, redis or redis_url, base_url, outside)


@pytest.fixture(autouse=True)
def _clock_stands_right(request: pytest.FixtureRequest) -> None:
    if "house" in request.fixturenames:
        request.getfixturevalue("house").clock.shift = timedelta(0)


@asynccontextmanager
async def running_house(
    app_dsn: str, redis_url: str, base_url: str | None = None, outside: Outside | None = None, **installing: Any
) -> AsyncIterator[House]:
    pool = make_pool(app_dsn, smallest=1, largest=4)
    await pool.open()
    clock = MovableClock()
    passwords = CountingPasswords()
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        tokens = JwtTokens([SECRET], base_url or url)
        db = PostgresDatabase(pool)
        users = UserDeps(db, PostgresUsers(), PostgresUserReader(db))
        businesses = wire_business(db, users, clock)
        redis = Redis.from_url(redis_url, socket_timeout=2, socket_connect_timeout=2)
        mails, box = RecordedMails(), SecretBox([SECRET])
        deps = AuthDeps(
            db=db,
            clock=clock,
            credentials=PostgresCredentials(),
            passwords=passwords,
            tokens=tokens,
            sessions=PostgresSessions(),
            refresh_tokens=PostgresRefreshTokens(),
            one_time_tokens=PostgresOneTimeTokens(),
            factors=PostgresFactors(box.encrypt, box.decrypt),
            totp=PyOtp(),
            backup_codes=PostgresBackupCodes(),
            passkeys=PasskeyDeps(PostgresPasskeys(), PyWebAuthn(base_url or url), ValkeyChallenges(redis)),
            api_keys=PostgresApiKeys(),
            memory=ValkeySessionMemory(redis),
            limits=ValkeyGuessLimits(redis),
            mails=mails,
            users=users,
            businesses=businesses,
            base_url=base_url or url,
            outside=outside,
            redirect_urls=REDIRECT_URLS,
        )
        app = FastAPI(openapi_url=None)
        app.state.trusted_proxies = trusted_networks(["127.0.0.1"])
        install_errors(app, **installing)
        app.add_middleware(SecurityHeaders)
        app.state.limits = limits_off()
        install_guard(app, authenticator=TokenAuthenticator(deps), base_url=base_url or url)
        for router in (
            auth_api.routes(deps),
            account_api.routes(deps),
            auth_pages.routes(deps),
            account_pages.routes(deps),
            security_pages.routes(deps),
            supabase_api.routes(deps),
            supabase_verify.routes(deps),
            supabase_verify.page_routes(deps),
            supabase_user_api.routes(deps),
            supabase_factors.routes(deps),
            factor_api.routes(deps),
            factor_pages.routes(deps),
            passkey_api.routes(deps),
            passkey_pages.routes(deps),
            static_files.routes(),
            user_api.routes(users),
            business_api.routes(businesses),
        ):
            app.include_router(router)
        _add_routes_of_the_test(app)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", access_log=False))
        serving = asyncio.create_task(server.serve([listener]))
        while not server.started:
            await asyncio.sleep(0.01)
        try:
            # A jar that keeps nothing: each test says which cookies it sends. Connections are given up before the
            # server does so: a request into one that is just closing would fail.
            calm = aiohttp.TCPConnector(limit=100, keepalive_timeout=2)
            async with aiohttp.ClientSession(connector=calm, cookie_jar=aiohttp.DummyCookieJar()) as http:
                yield House(url, app, deps, clock, passwords, tokens, http, mails, redis)
        finally:
            server.should_exit = True
            await serving
            await redis.aclose()
            await pool.close()
