"""A worker process is killed or stopped in the middle of a job: another does it soon, and once."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

import wacloud
from builders import meta
from rig import APP_SECRET, VERIFY_TOKEN, Rig, ScriptedModel, Shop, as_body, eventually, open_rig

pytestmark = pytest.mark.faults


@pytest.fixture
async def rig(held_worker: Callable[[], None], embedded_servers: Any) -> AsyncIterator[Rig]:
    """On a database that a worker process accepts too: one that keeps what it was told."""
    async with open_rig(
        embedded_servers.database.app_dsn,
        embedded_servers.redis_url,
        model=ScriptedModel(),
        settings={"queue_driver": "bullmq", "db_pool_min": 2},
    ) as rig:
        yield rig


async def test_a_turn_whose_worker_was_killed_is_taken_by_another(
    rig: Rig, held_worker: Callable[[], None], tmp_path: Path
):
    async with in_the_middle_of_a_turn(rig, held_worker, tmp_path) as (shop, worker):
        worker.kill()
        await worker.wait()
        killed = time.monotonic()
        await eventually(lambda: _accepted(rig, shop), seconds=60)
        print(f"the reply came {time.monotonic() - killed:.1f} s after the kill")
        await rig.settled(shop, webhooks=3)
        assert rig.accepted(shop) == ["Abrimos cada día."]


async def test_a_turn_whose_worker_has_to_stop_is_given_to_another(
    rig: Rig, held_worker: Callable[[], None], tmp_path: Path
):
    async with in_the_middle_of_a_turn(rig, held_worker, tmp_path) as (shop, worker):
        worker.terminate()
        began = time.monotonic()
        assert await asyncio.wait_for(worker.wait(), 30) == 0
        print(f"stopped in the middle of a turn after {time.monotonic() - began:.1f} s")
        await eventually(lambda: _accepted(rig, shop), seconds=30)
        print(f"and another answered after {time.monotonic() - began:.1f} s")
        await rig.settled(shop, webhooks=3)
        assert rig.accepted(shop) == ["Abrimos cada día."]


async def test_an_idle_worker_that_is_asked_to_stop_ends_at_once(rig: Rig, tmp_path: Path):
    worker = await start_worker(rig, "http://127.0.0.1:9", tmp_path)
    worker.terminate()
    began = time.monotonic()
    assert await asyncio.wait_for(worker.wait(), 30) == 0
    print(f"stopped after {time.monotonic() - began:.1f} s")


@asynccontextmanager
async def in_the_middle_of_a_turn(
    rig: Rig, held_worker: Callable[[], None], folder: Path
) -> AsyncIterator[tuple[Shop, asyncio.subprocess.Process]]:
    """A worker process that waits for a model which never answers; the rig's own worker stands by."""
    shop = await rig.shop()

    async def say(_: Any) -> str:
        return "Abrimos cada día."

    rig.model.answers[str(shop.business_id)] = say
    async with silent_model() as (model_url, asked):
        worker = await start_worker(rig, model_url, folder)
        try:
            assert await rig.post(as_body(meta.inbound(shop, "34600111222", "hola"))) == 200
            await asyncio.wait_for(asked.wait(), 30)
            held_worker()
            await asyncio.sleep(1)
            assert rig.accepted(shop) == []
            yield shop, worker
        finally:
            if worker.returncode is None:
                worker.kill()
                await worker.wait()


async def start_worker(rig: Rig, model_url: str, folder: Path) -> asyncio.subprocess.Process:
    settings = rig.house.settings
    env = {
        "PATH": os.environ.get("PATH", os.defpath),
        "PYTHONPATH": str(Path(wacloud.__file__).parents[1]),
        "APP_ENV": "test",
        "QUEUE_DRIVER": "bullmq",
        "DATABASE_URL": settings.database_url,
        "REDIS_URL": settings.redis_url,
        "SECRET_KEYS": "it opens no token of a number: this worker is to send nothing",
        "META_APP_SECRET": APP_SECRET,
        "META_VERIFY_TOKEN": VERIFY_TOKEN,
        "META_GRAPH_URL": settings.meta_graph_url,
        "OPENAI_API_KEYS": "of-no-use",
        "OPENAI_BASE_URL": f"{model_url}/v1",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "wacloud", "worker", stdout=asyncio.subprocess.PIPE, env=env, cwd=folder
    )
    assert process.stdout is not None
    async with asyncio.timeout(60):
        async for line in process.stdout:
            if b"worker ready" in line:
                return process
    raise AssertionError("the worker did not start")


@asynccontextmanager
async def silent_model() -> AsyncIterator[tuple[str, asyncio.Event]]:
    """A model server that takes questions and never answers."""
    asked = asyncio.Event()

    async def hear(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        asked.set()
        await reader.read()
        writer.close()

    server = await asyncio.start_server(hear, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", asked
    finally:
        server.close()


async def _accepted(rig: Rig, shop: Shop) -> bool:
    return bool(rig.accepted(shop))
