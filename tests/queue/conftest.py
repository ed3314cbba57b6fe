"""A Valkey of these tests' own, which they may empty and stop, and an installation that is driven by BullMQ."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

import rig as rigs
from rig import Rig, ScriptedModel, open_rig
from wacloud.main.child import Running
from wacloud.main.embedded import EmbeddedValkey
from wacloud.main.worker import Worker
from wacloud.shared.infra import dispatch_bullmq


@pytest.fixture
def valkey(tmp_path: Path) -> Iterator[EmbeddedValkey]:
    """Empty, and running."""
    server = EmbeddedValkey(tmp_path, password=secrets.token_urlsafe(16))
    running = Running(server.child, tmp_path)
    try:
        running.wait_until_ready()
        yield server
    finally:
        running.stop()


class HeldWorker(Worker):
    """A worker that begins when it is told to."""

    instances: ClassVar[list["HeldWorker"]] = []

    def __init__(self, house: Any) -> None:
        super().__init__(house)
        self.go = asyncio.Event()
        self.instances.append(self)

    async def run(self) -> None:
        await self.go.wait()
        await super().run()

    def stop(self) -> None:
        self.go.set()
        super().stop()


@pytest.fixture
def held_worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[], None]]:
    """The rig's worker does nothing until this is called."""
    monkeypatch.setattr(rigs, "Worker", HeldWorker)

    def begin() -> None:
        HeldWorker.instances[-1].go.set()

    yield begin
    HeldWorker.instances.clear()


@pytest.fixture
def unswept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is rung twice: what happens, its own ring has brought about."""
    monkeypatch.setattr(dispatch_bullmq, "OVERDUE_S", 3600.0)


@pytest.fixture
async def bullmq_rig(new_database: Callable[[], Any], valkey: EmbeddedValkey) -> AsyncIterator[Rig]:
    database = new_database()
    async with open_rig(
        database.app_dsn, valkey.url, model=ScriptedModel(), settings={"queue_driver": "bullmq", "db_pool_min": 2}
    ) as rig:
        yield rig


@pytest.fixture
async def waiting_rig(held_worker: Callable[[], None], bullmq_rig: Rig) -> Rig:
    """The same with its worker held."""
    return bullmq_rig
