"""A Graph twin on a loopback port, and a callback that records what it is sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import aiohttp
import msgspec
import pytest
from aiohttp import web
from graph_harness import Callback, Harness, world

from wacloud.twins.graph.server import TwinServer
from wacloud.twins.graph.world import World


@pytest.fixture
async def graph() -> AsyncIterator[Harness]:
    callback = Callback()
    app = web.Application(client_max_size=4 * 1024 * 1024)
    app.router.add_post("/hook", callback.post)
    app.router.add_get("/hook", callback.get)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    callback.url = f"http://127.0.0.1:{runner.addresses[0][1]}/hook"
    server = TwinServer(msgspec.convert(world(callback.url), type=World), "127.0.0.1", 0, announce=False)
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    async with aiohttp.ClientSession() as http:
        yield Harness(server, callback, http)
    server.should_exit = True
    await serving
    await runner.cleanup()
