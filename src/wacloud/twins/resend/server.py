"""The twin as a server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from wacloud.twins.own_pages import from_here_only
from wacloud.twins.resend.control import control_routes
from wacloud.twins.resend.emails import Emails
from wacloud.twins.resend.state import State
from wacloud.twins.resend.webhooks import Webhooks


@dataclass(frozen=True, slots=True)
class RunningTwin:
    """A twin that listens."""

    url: str
    state: State
    webhooks: Webhooks


@asynccontextmanager
async def open_twin(
    *, host: str = "127.0.0.1", port: int = 0, key: str = "", webhook_url: str = "", webhook_secret: str = ""
) -> AsyncIterator[RunningTwin]:
    """Listen until the block ends."""
    state = State(key, webhook_url, webhook_secret)
    webhooks = Webhooks(state)
    emails = Emails(state, webhooks)

    async def alive(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    app = web.Application(middlewares=[from_here_only], client_max_size=60 * 1024 * 1024)
    app.add_routes(
        [
            web.post("/emails", emails.send),
            web.get("/emails", emails.index),
            web.get("/emails/{id}", emails.show),
            web.get("/domains", emails.domains),
            web.get("/healthz", alive),
            *control_routes(state, webhooks),
        ]
    )
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        yield RunningTwin(f"http://{host}:{runner.addresses[0][1]}", state, webhooks)
    finally:
        await webhooks.close()
        await runner.cleanup()
