"""The twin as a server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from aiohttp import web

from wacloud.twins.openai.control import control_routes
from wacloud.twins.openai.rest import Rest
from wacloud.twins.openai.state import State
from wacloud.twins.openai.texts import Texts
from wacloud.twins.own_pages import from_here_only


@dataclass(frozen=True, slots=True)
class RunningTwin:
    """A twin that listens. `url` is what OPENAI_BASE_URL is set to."""

    url: str
    state: State


@asynccontextmanager
async def open_twin(
    *, host: str = "127.0.0.1", port: int = 0, key: str = "", small: bool = False
) -> AsyncIterator[RunningTwin]:
    """Listen until the block ends."""
    state = State(key, small)
    texts, rest = Texts(state), Rest(state)

    async def alive(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    app = web.Application(middlewares=[from_here_only], client_max_size=16 * 1024 * 1024)
    app.add_routes(
        [
            web.post("/v1/responses", texts.responses),
            web.post("/v1/chat/completions", texts.chat),
            web.post("/v1/embeddings", rest.embeddings),
            web.post("/v1/moderations", rest.moderations),
            web.get("/v1/models", rest.models),
            web.get("/healthz", alive),
            *control_routes(state),
        ]
    )
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, host, port)
        await site.start()
        yield RunningTwin(f"http://{host}:{runner.addresses[0][1]}/v1", state)
    finally:
        await runner.cleanup()
