"""The Graph twin as the process it ships as."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import msgspec
import pytest
from graph_harness import CUSTOMER, PNID, Harness, world

from wacloud.twins.graph import keeping
from wacloud.twins.graph.threads import Bubble
from wacloud.twins.graph.twin import Twin
from wacloud.twins.graph.world import World

SOURCES = Path(__file__).parents[2] / "src"


async def start(world_file: Path, *more: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "wacloud.twins.graph", "--port", "0", "--world", str(world_file), *more),
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


class Kept:
    """A twin that keeps its phones in a file, and may be killed."""

    def __init__(self, folder: Path, graph: Harness, **more: Any) -> None:
        self.folder = folder
        self.graph = graph
        self.world_file = folder / "world.json"
        self.world_file.write_text(json.dumps({**world(graph.callback.url), **more}))
        self.file = folder / "phones.jsonl"
        self.process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        self.process = await start(self.world_file, "--keep", str(self.file))
        assert self.process.stdout is not None
        line = (await asyncio.wait_for(self.process.stdout.readline(), 20)).decode()
        self.graph.url = line.split()[-1]

    async def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        await self.process.communicate()

    async def screen(self, customer: str = CUSTOMER) -> Any:
        async with self.graph.http.get(f"{self.graph.url}/_twin/phones/{customer}") as answer:
            screen = await answer.json()
        for thread in screen["threads"]:
            # Meta's typing sign is over after some seconds anyway.
            del thread["typing"]
        return screen


@pytest.fixture
async def kept(tmp_path: Path, graph: Harness) -> AsyncIterator[Kept]:
    kept = Kept(tmp_path, graph)
    await kept.start()
    yield kept
    await kept.kill()


async def test_a_twin_that_is_killed_goes_on_with_the_same_phones(kept: Kept, graph: Harness) -> None:
    for name in ("Luis", "Ana"):
        await graph.control("POST", "customers", {"name": name})
    question = await graph.inbound({"type": "text", "text": {"body": "Hola \ud83c\udf7a"}})
    photo = await graph.inbound({"type": "image", "image": {"caption": "Así"}})
    _, sent = await graph.text()
    wamid = sent["messages"][0]["id"]
    await graph.statuses_of(wamid, 2)
    await graph.inbound({"type": "reaction", "reaction": {"message_id": wamid, "emoji": "❤️"}})
    edit = {"original_message_id": question["wamid"], "message": {"type": "text", "text": {"body": "Buenas"}}}
    await graph.inbound({"type": "edit", "edit": edit})
    media_id = photo["payload"]["image"]["id"]
    before, people = await kept.screen(), await graph.control("GET", "customers")
    await kept.kill()
    with kept.file.open("ab") as torn:
        torn.write(b'{"bubble": {"wamid": "wamid.half')
    await kept.start()
    assert await kept.screen() == before
    assert await graph.control("GET", "customers") == people
    async with graph.http.get(f"{graph.url}/_twin/media/{media_id}") as answer:
        assert (answer.status, answer.content_type) == (200, "image/png")
    # New people and files get ids nobody has.
    assert (await graph.control("POST", "customers", {"name": "Eva"}))["customer_id"] not in str(people)
    assert (await graph.inbound({"type": "image", "image": {}}))["payload"]["image"]["id"] > media_id
    assert kept.file.stat().st_mode & 0o777 == 0o600


async def test_what_a_killed_twin_had_begun_is_ended_by_the_next(kept: Kept, graph: Harness) -> None:
    graph.callback.answers += [503] * 50
    written = await graph.inbound({"type": "text", "text": {"body": "¿Hola?"}})
    await graph.control("PATCH", "defaults", {"status_delays_ms": {"sent": 60_000, "delivered": 60_000}})
    _, sent = await graph.text("Sí", biz_opaque_callback_data="m1")
    await kept.kill()
    graph.callback.answers.clear()
    await kept.start()
    await graph.statuses_of(sent["messages"][0]["id"], 2)
    for _ in range(100):
        messages = (await kept.screen())["threads"][0]["messages"]
        if [m["status"] for m in messages] == ["delivered", "delivered"]:
            break
        await asyncio.sleep(0.05)
    assert [m["status"] for m in messages] == ["delivered", "delivered"]
    assert messages[0]["wamid"] == written["wamid"]


async def test_the_file_of_the_phones_is_written_anew_before_it_grows_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeping, "LARGEST_GROWTH", 20_000)
    monkeypatch.setattr(keeping, "MOST_IN_THREAD", 5)
    keeper = keeping.Keeper(tmp_path / "phones.jsonl")
    twin = Twin(msgspec.convert(world(""), type=World), keeper=keeper)
    [customer] = twin.people.customers.values()
    thread = twin.threads.between(*twin.access.numbers[PNID], customer)
    for n in range(500):
        bubble = Bubble(f"wamid.{n}", thread, True, "text", {"body": f"mensaje {n}"}, float(n), f"mensaje {n}", "read")
        twin.threads.add(bubble)
        twin.show_message(bubble)
        assert (tmp_path / "phones.jsonl").stat().st_size < 60_000
    await twin.close()
    again = Twin(msgspec.convert(world(""), type=World), keeper=keeping.Keeper(tmp_path / "phones.jsonl"))
    [thread] = again.threads.all()
    assert thread.bubbles[-1].text == "mensaje 499"
    await again.close()


async def test_the_history_lies_on_the_phones_once_and_tells_nobody(tmp_path: Path, graph: Harness) -> None:
    said = {"phone_number_id": PNID, "customer": CUSTOMER, "type": "text", "status": "read"}
    history = [
        {**said, "wamid": "wamid.1", "is_inbound": True, "content": {"body": "¿Abrís?"}, "at": 1000.0},
        {**said, "wamid": "wamid.2", "is_inbound": False, "content": {"body": "Sí"}, "at": 1000.5},
        {**said, "wamid": "wamid.x", "customer": "34999", "is_inbound": True, "content": {}, "at": 1.0},
    ]
    kept = Kept(tmp_path, graph, history=history)
    for _ in range(2):
        await kept.start()
        [thread] = (await kept.screen())["threads"]
        assert [(m["from"], m["text"], m["status"]) for m in thread["messages"]] == [
            ("customer", "¿Abrís?", "read"),
            ("business", "Sí", "read"),
        ]
        await kept.kill()
    assert graph.callback.received == []
