"""`wacloud serve`: the JSON API, the pages, the webhooks and the live updates, in one ASGI application."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from functools import partial

import psycopg
import structlog
import uvicorn
from fastapi import APIRouter, FastAPI
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, generate_latest
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from wacloud.main.bot_routes import bot_routes
from wacloud.main.child import check_address
from wacloud.main.garbage import let_garbage_wait
from wacloud.main.settings import Settings
from wacloud.main.wiring import House, Swaps, open_house
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.application.still_in import still_in
from wacloud.modules.auth.application.switch_business import switch_business
from wacloud.modules.auth.ui import (
    account_api,
    account_pages,
    factor_api,
    factor_pages,
    keys_api,
    keys_pages,
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
from wacloud.modules.bot.application.guards import KeyHealth
from wacloud.modules.bot.infra.key_health import ValkeyKeyHealth
from wacloud.modules.bot.ui.suggestions import questions_of
from wacloud.modules.business.ui import json_api as business_api
from wacloud.modules.business.ui import pages as business_pages
from wacloud.modules.business.ui import progress_api, team_api, team_pages
from wacloud.modules.business.ui.access import InBusiness
from wacloud.modules.notification.ui import dev_pages, notice_pages
from wacloud.modules.notification.ui.webhook import report_routes
from wacloud.modules.user.ui import json_api as user_api
from wacloud.modules.user.ui import pages as user_pages
from wacloud.modules.whatsapp.infra.numbers import PostgresNumbers
from wacloud.modules.whatsapp.infra.simulated_phones import TwinPhones
from wacloud.modules.whatsapp.ui import (
    canned_api,
    canned_pages,
    checks_api,
    compose_pages,
    connect_pages,
    cost_pages,
    desk_api,
    doctor_pages,
    export_pages,
    import_pages,
    inbox_pages,
    json_api,
    ledger_pages,
    live_updates,
    media_api,
    media_pages,
    note_api,
    number_pages,
    number_photo,
    numbers_api,
    people_api,
    people_pages,
    people_settings_pages,
    presence,
    scheduled_api,
    segment_pages,
    simulator_pages,
    template_pages,
    template_send_pages,
    templates_api,
)
from wacloud.modules.whatsapp.ui.live_updates import LiveHub
from wacloud.modules.whatsapp.ui.webhook import webhook_routes
from wacloud.modules.whatsapp.ui.webhook_door import webhook_door
from wacloud.shared.application.clock import system_clock
from wacloud.shared.application.db import StoreAway
from wacloud.shared.domain.ids import BusinessId
from wacloud.shared.infra.database_clock import DatabaseClock
from wacloud.shared.infra.live_valkey import ValkeyChanges
from wacloud.shared.ui import api_pages, preferences, static_files
from wacloud.shared.ui.caller import trusted_networks
from wacloud.shared.ui.errors import install_errors
from wacloud.shared.ui.guard import Person, declare, install_guard, public
from wacloud.shared.ui.openapi import install_description
from wacloud.shared.ui.security_headers import SecurityHeaders
from wacloud.shared.ui.serving import PromptServer, most_connections

log = structlog.get_logger()

AS_SUPABASE = (supabase_api, supabase_verify, supabase_user_api, supabase_factors)
OF_A_KEY = ["worker", "key"]
MODEL_KEY_RESTS = Gauge("wacloud_model_key_rests_seconds", "For how long a worker does not use a key.", OF_A_KEY)
MODEL_KEY_CALLS = Gauge("wacloud_model_key_calls", "Calls with a key since its worker began.", OF_A_KEY)
MODEL_KEY_FAILURES = Gauge("wacloud_model_key_failures", "Those that failed.", OF_A_KEY)
WEBHOOKS = Counter("wacloud_webhooks_total", "Webhooks by vendor and how they ended", ["provider", "outcome"])


def make_app(house: House) -> FastAPI:
    """The application over a connected house. Every route says who may use it; a test looks for one that does not."""
    settings = house.settings
    hub = LiveHub(house.whatsapp.inbox, ValkeyChanges(settings.redis_url))
    phones = TwinPhones(house.egress, settings.meta_graph_url) if settings.is_play else None

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        listening = asyncio.create_task(hub.run(), name="live")
        watching = asyncio.create_task(hub.watch(partial(still_in, house.auth)), name="who may look")
        yield
        hub.close()
        for task in (listening, watching):
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task

    app = FastAPI(
        title="WhatsApp Cloud Landing",
        version="0.1.0",
        summary="Every message of your customers, accounted for.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        openapi_tags=[
            {"name": "auth", "description": "Signing in, and the keys our tokens are checked with."},
            {"name": "supabase", "description": "The same in the words of Supabase Auth, for its clients."},
            {"name": "users", "description": "The person who asks."},
            {"name": "businesses", "description": "The businesses of the person who asks."},
            {"name": "bot", "description": "The assistant: how it is configured, what it knows, whose model it asks."},
            {"name": "contacts", "description": "The people who write to a business, and what they are sorted by."},
            {"name": "whatsapp", "description": "Sending, and where every message stands."},
        ],
    )
    install_description(app)
    install_guard(app, authenticator=TokenAuthenticator(house.auth), base_url=settings.base_url)
    app.state.trusted_proxies = trusted_networks(settings.trusted_proxies)
    app.state.limits = house.limits
    app.state.idempotency = house.idempotency
    _tell_pages(app, house, demo_pages=phones is not None)
    app.state.before_shutdown = [hub.close, *([phones.close] if phones else [])]
    install_errors(app, unstorable=[psycopg.DataError])
    app.add_middleware(SecurityHeaders, https=settings.base_url.startswith("https:"))
    _let_call(app, supabase_api.origins_of(settings.auth_redirect_urls))
    app.state.count_whatsapp = _count_whatsapp()
    app.router.routes[:0] = webhook_routes(house.webhook_keys, house.webhook_inbox, app.state.count_whatsapp)
    app.router.routes[:0] = report_routes(house.report_keys, house.webhook_inbox, house.clock)
    app.include_router(_operations(house))
    app.include_router(static_files.routes())
    app.include_router(preferences.routes())
    app.include_router(api_pages.routes(app.openapi))
    for about_signing_in in (
        auth_api,
        account_api,
        *AS_SUPABASE,
        factor_api,
        passkey_api,
        auth_pages,
        account_pages,
        security_pages,
        factor_pages,
        passkey_pages,
        keys_pages,
    ):
        app.include_router(about_signing_in.routes(house.auth))
    app.include_router(keys_api.routes(house.auth, partial(InBusiness, house.business)))
    app.include_router(supabase_verify.page_routes(house.auth))
    app.include_router(user_api.routes(house.user))
    app.include_router(user_pages.routes(house.user))
    for about_businesses in (business_api, team_api, progress_api, business_pages, team_pages):
        app.include_router(about_businesses.routes(house.business))
    for about_bots in bot_routes(house):
        app.include_router(about_bots)
    for where_people_look in (inbox_pages, note_api):
        app.include_router(where_people_look.routes(house.whatsapp, hub.looking))
    for about_messages in (
        compose_pages,
        export_pages,
        ledger_pages,
        cost_pages,
        json_api,
        desk_api,
        media_api,
        media_pages,
        canned_api,
        scheduled_api,
        canned_pages,
    ):
        app.include_router(about_messages.routes(house.whatsapp))
    for about_people in (people_api, people_settings_pages, segment_pages, import_pages, people_pages):
        app.include_router(about_people.routes(house.people))
    for made in (
        *(each.routes(house.message_templates) for each in (templates_api, template_pages, template_send_pages)),
        *(each.routes(house.checkups) for each in (checks_api, doctor_pages)),
        *(each.routes(house.connecting) for each in (numbers_api, connect_pages, number_pages, number_photo)),
        live_updates.routes(hub),
        presence.routes(house.announcer),
        notice_pages.routes(house.notification),
    ):
        app.include_router(made)
    if house.mail_shelf is not None:
        app.include_router(dev_pages.routes(house.mail_shelf))
    if phones is not None:
        numbers_of = PostgresNumbers(house.db).simulated
        app.include_router(
            simulator_pages.routes(phones, numbers_of, questions_of(house.bot), house.whatsapp.inbox.counts)
        )
    for route in app.router.routes:
        if getattr(route, "path", None) == app.openapi_url:
            declare(route, public())
    return app


def _tell_pages(app: FastAPI, house: House, *, demo_pages: bool) -> None:
    """What pages of one module show of another, or of the installation."""
    app.state.switch_path = "/switch-business"
    app.state.act_in = partial(_act_in, house.auth)
    app.state.demo_pages = demo_pages
    app.state.has_model = house.bot.answers.model is not None


def _let_call(app: FastAPI, origins: list[str]) -> None:
    """Pages of these sites call with a token in a header; cookies are never taken from them."""
    if origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=origins,
            allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
            allow_headers=["authorization", "apikey", "content-type", "x-client-info", "x-supabase-api-version"],
            expose_headers=["x-supabase-api-version", "x-sb-error-code", "retry-after"],
        )


async def _act_in(auth: AuthDeps, person: Person, business_id: BusinessId) -> None:
    if person.session_id is not None:
        await switch_business(auth, person.user_id, person.session_id, business_id)


def _count_whatsapp() -> Callable[[str], None]:
    counters = {outcome: WEBHOOKS.labels("whatsapp", outcome) for outcome in ("accepted", "refused")}
    return lambda outcome: counters[outcome].inc()


def _operations(house: House) -> APIRouter:
    router = APIRouter(include_in_schema=False)

    @router.get("/healthz", dependencies=[public()])
    async def alive() -> Response:
        """This process answers."""
        return PlainTextResponse("ok")

    @router.get("/readyz", dependencies=[public()])
    async def ready() -> Response:
        """The database answers; without it nothing may be accepted. Valkey only makes things quick."""
        try:
            async with house.db.system("readiness") as tx:
                await tx.row("select 1")
        except StoreAway:
            return PlainTextResponse("database away", status_code=503)
        return PlainTextResponse("ready")

    @router.get("/metrics", dependencies=[public()])
    async def metrics(request: Request) -> Response:
        """For Prometheus, from this machine only."""
        if request.client is None or request.client.host not in ("127.0.0.1", "::1"):
            return PlainTextResponse("not here", status_code=404)
        _note_keys(await ValkeyKeyHealth(house.redis).read())
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router


def _note_keys(health: Mapping[str, Sequence[KeyHealth]]) -> None:
    """The workers use the keys, this process is asked: what they told is passed on."""
    for gauge in (MODEL_KEY_RESTS, MODEL_KEY_CALLS, MODEL_KEY_FAILURES):
        gauge.clear()
    for worker, keys in health.items():
        for key in keys:
            MODEL_KEY_RESTS.labels(worker, key.number).set(key.rests_s)
            MODEL_KEY_CALLS.labels(worker, key.number).set(key.calls)
            MODEL_KEY_FAILURES.labels(worker, key.number).set(key.failures)


async def serve(settings: Settings, host: str, port: int, swaps: Swaps | None = None) -> None:
    """
    Serve until SIGTERM or Ctrl-C; then answer what has begun, and stop.

    :raises CannotStart: somebody else listens there.
    """
    check_address(host, port)
    if not static_files.are_complete():
        log.warning("serve.front_end_missing", hint="the pages have no styles and no live updates: run bin/setup first")
    swaps = swaps or Swaps()
    clock = DatabaseClock(swaps.clock or system_clock)
    async with open_house(settings, replace(swaps, clock=clock)) as house, clock.kept_by(house.db):
        log.info("serve.started", url=f"http://{host}:{port}", env=settings.app_env)
        await serve_house(house, host, port)


async def serve_house(house: House, host: str, port: int) -> None:
    """The server itself, over a connected house."""
    app = make_app(house)
    let_garbage_wait()
    config = uvicorn.Config(
        webhook_door(app, house.webhook_keys, house.webhook_inbox, app.state.count_whatsapp),
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
        proxy_headers=False,
        server_header=False,
        # Longer than load balancers keep a connection they are not using: they hang up first, never into a request.
        timeout_keep_alive=75,
        limit_concurrency=most_connections(),
        timeout_graceful_shutdown=8,
        backlog=2048,
    )
    await PromptServer(config, app.state.before_shutdown).serve()
