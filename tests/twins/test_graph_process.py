"""The Graph twin as the process it ships as."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import aiohttp
import pytest
from graph_harness import CUSTOMER, Harness, world

SOURCES = Path(__file__).parents[2] / "src"


async def start(world_file: Path) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "wacloud.twins.graph", "--port", "0", "--world", str(world_file)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        env=os.environ | {"PYTHONPATH": str(SOURCES)},
    )


@pytest.mark.parametrize("stop", [signal.SIGTERM, signal.SIGINT])
async def test_it_says_when_it_is_ready_and_stops_with_an_open_phone(
    tmp_path: Path, graph: Harness, stop: signal.Signals
) -> None:
    world_file = tmp_path / "world.json"
    world_file.write_text(json.dumps(world(graph.callback.url)))
    process = await start(world_file)
    assert process.stdout is not None
    line = (await asyncio.wait_for(process.stdout.readline(), 20)).decode()
    assert line.startswith("Graph twin ready on http://127.0.0.1:")
    graph.url = line.split()[-1]
    async with graph.http.get(f"{graph.url}/healthz") as answer:
        assert await answer.json() == {"status": "ok"}
    async with graph.http.get(f"{graph.url}/_twin/phones/{CUSTOMER}/events") as stream:
        assert (await stream.content.readline()) == b"event: phone\n"
        # The loop it ships on is not the one of the other tests.
        assert (await graph.inbound({"type": "text", "text": {"body": "Hola"}}))["callback"]["status"] == 200
        _, sent = await graph.text()
        await graph.statuses_of(sent["messages"][0]["id"], 2)
        await graph.misbehave({"accept_then_cut": True})
        with pytest.raises(aiohttp.ClientConnectionError):
            await graph.text()
        process.send_signal(stop)
        out, err = await asyncio.wait_for(process.communicate(), 10)
    assert (out, err) == (b"", b"")


async def test_a_world_that_makes_no_sense_is_one_clear_line(tmp_path: Path) -> None:
    world_file = tmp_path / "world.json"
    world_file.write_text('{"app_id": 7}')
    process = await start(world_file)
    out, err = await asyncio.wait_for(process.communicate(), 20)
    assert process.returncode == 2
    assert out == b""
    assert err.decode().count("\n") == 1
    assert "app_id" in err.decode()
