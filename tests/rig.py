"""The whole product in one test process: serve and worker over real PostgreSQL and Valkey, Meta played by the twin."""

import asyncio
import hashlib
import hmac
import io
import itertools
import json
import secrets
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import aiohttp
import msgspec
from psycopg.types.json import Jsonb

from builders import meta
from wacloud.main.settings import AppEnv, Settings
from wacloud.main.web import make_app
from wacloud.main.wiring import House, Swaps, open_house
from wacloud.main.worker import Worker
from wacloud.modules.auth.domain.token import Claims
from wacloud.modules.bot.application.model import ModelPort, ModelReply, ModelUnavailable
from wacloud.modules.bot.domain.prompt import Prompt
from wacloud.modules.bot.domain.settings import BotSettings
from wacloud.modules.bot.infra.bot_versions import PostgresBotVersions
from wacloud.modules.whatsapp.ui.webhook_door import webhook_door
from wacloud.shared.domain.ids import BusinessId, SessionId, UserId, new_id
from wacloud.shared.ui.serving import PromptServer
from wacloud.twins.graph.misbehave import Do, Match, Rule, RuleEntry
from wacloud.twins.graph.server import TwinServer
from wacloud.twins.graph.world import World

APP_SECRET = "the app's secret in tests"
VERIFY_TOKEN = "the verify token in tests"
TOKEN = "token-{}"
FILES = Path(tempfile.mkdtemp(prefix="wacloud-files-"))  # of all the installations of one run
ACCOUNTS = 900
# Rigs on databases of their own share one Valkey, and Meta's limits are counted there by the number: each rig has its
# own numbers, or one test waits for what another sent.
_PLACES = itertools.count(2)


@dataclass(frozen=True, slots=True)
class Shop:
    """One business with one number, known to the database and to the twin."""

    business_id: BusinessId
    user_id: UserId
    waba_id: str
    phone_number_id: str
    number_id: UUID
    display: str
    session_id: SessionId = field(default_factory=lambda: SessionId(new_id()))


@dataclass(slots=True)
class ScriptedModel:
    """A model that says what a test told it to say, per business, and notes what it was asked."""

    name: str = "scripted"
    answers: dict[str, Callable[[Prompt], Awaitable[str | ModelReply]]] = field(default_factory=dict)
    asked: list[Prompt] = field(default_factory=list)

    async def ask(self, prompt: Prompt) -> ModelReply:
        self.asked.append(prompt)
        answer = self.answers.get(prompt.cache_key)
        if answer is None:
            raise ModelUnavailable("no script for this business")
        reply = await answer(prompt)
        return reply if isinstance(reply, ModelReply) else ModelReply(reply, "complete", self.name, None, 1)

    async def aclose(self) -> None:
        return None


class Rig:
    """Both sides of one installation."""

    def __init__(
        self, house: House, base_url: str, twin: TwinServer, http: aiohttp.ClientSession, place: int = 1
    ) -> None:
        self.house = house
        self.url = base_url
        self.twin = twin
        self.http = http
        self.model = ScriptedModel()
        self._place = place
        self._accounts = iter(range(ACCOUNTS))

    async def shop(
        self,
        *,
        quiet_ms: int = 0,
        max_wait_ms: int = 4000,
        enabled: bool = True,
        knowledge: Sequence[tuple[str, str]] = (),
        fallback: str = "Te pasamos con una persona.",
        profile: Mapping[str, Any] | None = None,
        **settings: Any,
    ) -> Shop:
        """A business of this test's own; more `settings` are those of its bot."""
        n = next(self._accounts)
        waba_id, phone_number_id, display = _ids(self._place, n)
        shop = Shop(BusinessId(new_id()), UserId(new_id()), waba_id, phone_number_id, new_id(), display)
        async with self.house.db.system("test: make a business") as tx:
            await tx.execute(
                "insert into app.users (id, name, email, email_verified_at) values (%s, 'Marta', %s, now())",
                (shop.user_id, f"{shop.user_id}@example.test"),
            )
            await tx.execute(
                "insert into app.sessions (id, user_id, not_after) values (%s, %s, now() + interval '30 days')",
                (shop.session_id, shop.user_id),
            )
            await tx.execute(
                "insert into app.businesses (id, owner_id, name, profile) values (%s, %s, %s, %s)",
                (shop.business_id, shop.user_id, f"Tienda {n}", Jsonb(profile or {})),
            )
            await tx.execute(
                "insert into app.members (business_id, user_id, role) values (%s, %s, 'owner')",
                (shop.business_id, shop.user_id),
            )
            await tx.execute(
                "insert into app.whatsapp_accounts (business_id, waba_id) values (%s, %s)",
                (shop.business_id, shop.waba_id),
            )
            await tx.execute(
                "insert into app.phone_numbers (business_id, id, waba_id, phone_number_id, display_phone_number, "
                "access_token) values (%s, %s, %s, %s, %s, %s)",
                (
                    shop.business_id,
                    shop.number_id,
                    shop.waba_id,
                    shop.phone_number_id,
                    shop.display,
                    self.house.secrets.encrypt(TOKEN.format(n)),
                ),
            )
        async with self.house.db.tenant(shop.business_id) as tx:
            bot = BotSettings(fallback_text=fallback, quiet_ms=quiet_ms, max_wait_ms=max_wait_ms, **settings)
            await PostgresBotVersions().publish(tx, shop.business_id, bot)
            if not enabled:
                await tx.execute(
                    "update app.bot_settings set enabled = false where business_id = %s", (shop.business_id,)
                )
            for position, (question, answer) in enumerate(knowledge):
                await tx.execute(
                    "insert into app.knowledge_items (business_id, question, answer, position) values (%s, %s, %s, %s)",
                    (shop.business_id, question, answer, position),
                )
        return shop

    async def post(self, body: bytes, *, signature: str | None = "right", url: str | None = None) -> int:
        """Deliver a webhook as Meta does; returns the status."""
        headers = {"content-type": "application/json"}
        if signature == "right":
            headers["x-hub-signature-256"] = sign(body)
        elif signature is not None:
            headers["x-hub-signature-256"] = signature
        async with self.http.post(
            f"{url or self.url}/api/webhooks/whatsapp", data=io.BytesIO(body), headers=headers
        ) as answer:
            await answer.read()
            return answer.status

    async def rows(self, shop: Shop, sql: str, params: Any = ()) -> list[Any]:
        """Look into the database as the shop's worker."""
        async with self.house.db.tenant(shop.business_id, read_only=True) as tx:
            return await tx.rows(sql, params)

    async def messages(self, shop: Shop, direction: str = "in") -> list[Any]:
        """The shop's messages in the order of the thread."""
        return await self.rows(
            shop,
            "select m.*, c.handler from app.messages m join app.conversations c "
            "on c.business_id = m.business_id and c.id = m.conversation_id "
            "where m.business_id = %s and m.direction = %s order by m.sent_at, m.arrival",
            (shop.business_id, direction),
        )

    async def ledger(self, shop: Shop) -> Any:
        """Counts of everything."""
        return await self.house.whatsapp.inbox.ledger(shop.business_id)

    async def settled(self, shop: Shop, *, webhooks: int, seconds: float = 90) -> Any:
        """Wait until so many webhooks are processed and nothing of the shop is under way; returns the ledger."""
        return await eventually(lambda: self._is_settled(shop, webhooks), seconds, lambda: self.ledger(shop))

    async def _is_settled(self, shop: Shop, webhooks: int) -> Any:
        ledger = await self.ledger(shop)
        under_way = ledger.outbound["queued"] + ledger.outbound["dispatching"] + ledger.inbound["pending"]
        kept = ledger.webhooks
        return ledger if kept["received"] >= webhooks and not kept["pending"] and not under_way else None

    def says(self, shop: Shop, answer: str | Callable[[Prompt], Awaitable[str | ModelReply]]) -> None:
        """What the model answers to this shop's customers."""

        async def always(_: Prompt) -> str:
            return str(answer)

        self.model.answers[str(shop.business_id)] = answer if callable(answer) else always

    def asked(self, shop: Shop) -> list[Prompt]:
        """What the model was asked for this shop."""
        return [prompt for prompt in self.model.asked if prompt.cache_key == str(shop.business_id)]

    def bearer(self, shop: Shop) -> dict[str, str]:
        """The header of the shop's owner, signed in."""
        claims = Claims(shop.user_id, shop.business_id, shop.session_id)
        return {"authorization": f"Bearer {self.house.auth.tokens.issue(claims, 'access', self.house.clock())}"}

    async def send(
        self,
        shop: Shop,
        conversation_id: UUID,
        text: str,
        *,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, dict[str, Any]]:
        """`POST /api/whatsapp/send` as the shop's owner: the status and the JSON of the answer."""
        sent = {**(self.bearer(shop) if headers is None else headers), **({"idempotency-key": key} if key else {})}
        body = {"conversation_id": str(conversation_id), "type": "text", "text": {"body": text}}
        async with self.http.post(f"{self.url}/api/whatsapp/send", json=body, headers=sent) as answer:
            return answer.status, await answer.json(content_type=None)

    async def heard(self, shop: Shop, wa_id: str = "34600111222", **more: Any) -> UUID:
        """A customer wrote to a shop whose bot is off; returns the conversation, ready to be written into."""
        webhooks = (await self.ledger(shop)).webhooks["received"]
        assert await self.post(as_body(meta.inbound(shop, wa_id, "hola", **more))) == 200
        await self.settled(shop, webhooks=webhooks + 1)
        return next(m.conversation_id for m in reversed(await self.messages(shop)))

    def misbehave(self, shop: Shop, *, times: int | None = 1, kind: str = "messages", **do: Any) -> RuleEntry:
        """A rule of the twin for the shop's number; `applied` counts how often it struck."""
        match = Match(kind=kind, phone_number_id=shop.phone_number_id, text_contains=do.pop("text_contains", None))
        return self.twin.twin.misbehaviour.add(Rule(do=Do(**do), match=match, times=times))

    async def hurry(self, shop: Shop) -> None:
        """Nobody waits for a pause that would be long in a test: the shop's waiting jobs may run now."""
        async with self.house.db.system("test: do not wait") as tx:
            await tx.execute(
                "update app.jobs set run_at = now() where business_id = %s and state = 'ready'", (shop.business_id,)
            )
            await tx.rows("select pg_notify('wacloud_jobs', '*')")

    async def jobs(self, shop: Shop) -> list[Any]:
        """The shop's open jobs."""
        return await self.rows(shop, "select * from app.jobs where business_id = %s order by id", (shop.business_id,))

    async def one(self, shop: Shop, message_id: Any) -> Any:
        """One message, as it stands."""
        [row] = await self.rows(
            shop, "select * from app.messages where business_id = %s and id = %s", (shop.business_id, message_id)
        )
        return row

    async def becomes(self, shop: Shop, message_id: Any, *states: str, seconds: float = 60) -> Any:
        """The message once it stands at one of these states."""

        async def look() -> Any:
            row = await self.one(shop, message_id)
            return row if row.state in states else None

        return await eventually(look, seconds, lambda: self.one(shop, message_id))

    def accepted(self, shop: Shop) -> list[str]:
        """Texts the twin accepted from the shop's number, in order."""
        return [text["text"] for text in self.accepted_whole(shop)]

    def accepted_whole(self, shop: Shop) -> list[dict[str, Any]]:
        """The same with all that the twin knows of each: to whom, when, with which callback data."""
        return sorted(
            (
                {**text, "customer": customer}
                for customer, texts in self.twin.twin.ledger.texts.items()
                for text in texts
                if text["phone_number_id"] == shop.phone_number_id
            ),
            key=lambda text: text["at"],
        )


async def eventually(
    look: Callable[[], Awaitable[Any]], seconds: float = 60, tell: Callable[[], Awaitable[Any]] | None = None
) -> Any:
    """What `look` finds, as soon as it finds something."""
    deadline = asyncio.get_running_loop().time() + seconds
    while not (found := await look()):
        if asyncio.get_running_loop().time() > deadline:
            raise AssertionError(f"waited {seconds} s in vain; at the end: {await tell() if tell else found}")
        await asyncio.sleep(0.02)
    return found


def sign(body: bytes, secret: str = APP_SECRET) -> str:
    """The header value Meta would send."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def rig_settings(app_dsn: str, redis_url: str, graph_url: str, **more: Any) -> Settings:
    """Settings of an installation under test."""
    return Settings(
        _env_file=None,
        app_env=AppEnv.TEST,
        database_url=app_dsn,
        redis_url=redis_url,
        secret_keys=["a secret key for tests, long enough to be one"],
        meta_app_secret=[APP_SECRET],
        meta_verify_token=VERIFY_TOKEN,
        meta_graph_url=graph_url,
        # Every test comes from one address.
        rate_limits={"login": 100_000, "register": 100_000},
        **{
            "media_url": FILES.as_uri(),
            "undo_send_s": 0,
            # Nobody listens there: no test asks the real one about a key.
            "openai_own_key_url": "http://127.0.0.1:9/v1",
            **more,
        },
    )


def _ids(place: int, n: int) -> tuple[str, str, str]:
    return f"9{place:03}{n:04}", f"7{place:03}{n:04}", f"+34 910 00{n:04}"


def rig_world(callback_url: str = "", *, place: int = 1, **defaults: Any) -> World:
    """The twin's side: many small businesses, statuses at once, no webhook to us unless a test asks."""
    accounts = [(n, *_ids(place, n)) for n in range(ACCOUNTS)]
    wabas = [
        {
            "waba_id": waba_id,
            "name": f"Tienda {n}",
            "access_token": TOKEN.format(n),
            "numbers": [
                {
                    "phone_number_id": phone_number_id,
                    "display_phone_number": display,
                    "verified_name": f"Tienda {n}",
                }
            ],
        }
        for n, waba_id, phone_number_id, display in accounts
    ]
    return msgspec.convert(
        {
            "app_id": "1",
            "app_secret": APP_SECRET,
            "verify_token": VERIFY_TOKEN,
            "callback_url": callback_url,
            "wabas": wabas,
            "defaults": {
                "window": "off",
                "pair_limit": False,
                "status_delays_ms": {"sent": 5, "delivered": 15, "read": None},
                "retry_delays_s": [0.1, 0.3, 1.0],
                **defaults,
            },
        },
        type=World,
    )


@asynccontextmanager
async def serving(server: Any) -> AsyncIterator[int]:
    """Run a uvicorn server in this loop; yields its port."""
    task = asyncio.create_task(server.serve())
    while not server.started:
        if task.done():
            await task
        await asyncio.sleep(0.01)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await task


@asynccontextmanager
async def open_rig(
    app_dsn: str,
    redis_url: str,
    *,
    model: ModelPort | None = None,
    mails: Any = None,
    sender: Any = None,
    settings: Mapping[str, Any] | None = None,
    with_worker: bool = True,
) -> AsyncIterator[Rig]:
    """Start everything (but the worker, if told so); the twin's webhooks go to our own server."""
    import uvicorn  # noqa: PLC0415

    place = next(_PLACES)
    twin = TwinServer(rig_world(place=place), "127.0.0.1", 0, announce=False)
    async with serving(twin) as graph_port:
        graph_url = f"http://127.0.0.1:{graph_port}"
        config = rig_settings(app_dsn, redis_url, graph_url, **(settings or {}))
        swaps = Swaps(model=model, mails=mails, sender=sender)
        async with open_house(config, swaps) as house:
            await nothing_counted(house)
            app = make_app(house)
            server = PromptServer(
                uvicorn.Config(
                    webhook_door(app, house.webhook_keys, house.webhook_inbox, app.state.count_whatsapp),
                    host="127.0.0.1",
                    # A test that names an address of its own is served there.
                    port=(urlsplit(config.base_url).port or 0) if "base_url" in (settings or {}) else 0,
                    log_level="warning",
                    access_log=False,
                ),
                app.state.before_shutdown,
            )
            # Given up before the server gives them up: a request into a connection that is just closing would fail.
            calm = aiohttp.TCPConnector(limit=100, keepalive_timeout=2)
            async with serving(server) as port, aiohttp.ClientSession(connector=calm) as http:
                url = f"http://127.0.0.1:{port}"
                twin.twin.world.callback_url = f"{url}/api/webhooks/whatsapp"
                worker = Worker(house)
                working = asyncio.create_task(worker.run()) if with_worker else None
                rig = Rig(house, url, twin, http, place)
                if isinstance(model, ScriptedModel):
                    rig.model = model
                try:
                    yield rig
                finally:
                    if working is not None:
                        worker.stop()
                        await working


async def nothing_counted(house: House) -> None:
    """Every test comes from one address: what others guessed or used up is not counted here."""
    for counted in ("tries:*", "limit:*"):
        async for key in house.redis.scan_iter(counted):
            await house.redis.delete(key)


def token() -> str:
    """A fresh random word."""
    return secrets.token_hex(6)


def as_body(payload: Mapping[str, Any]) -> bytes:
    """The bytes Meta would send: ASCII only."""
    return json.dumps(payload, separators=(",", ":")).encode()
