"""The whole installation as real processes, any of which may be killed and started again."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import msgspec

from rig import APP_SECRET, VERIFY_TOKEN, rig_settings, rig_world
from wacloud.main.child import CannotStart, Child, Running, answers, free_port
from wacloud.main.settings import Settings

if TYPE_CHECKING:
    from conftest import EmbeddedServers

SKEWED_WORKER = Path(__file__).with_name("skewed_worker.py")
STARTS_WITHIN = 60.0


@dataclass(slots=True)
class Plant:
    """The running processes by name: `postgres`, `valkey`, `meta`, `serve-1` ..., `worker-1` ..."""

    servers: EmbeddedServers
    graph_url: str
    serve_urls: list[str]
    running: dict[str, Running] = field(default_factory=dict)

    @property
    def settings(self) -> Settings:
        """What the processes run with, for looking into the database from the test."""
        given = rig_settings(self.servers.database.app_dsn, self.servers.redis_url, self.graph_url)
        # In the environment keys are separated by commas, so this one has none.
        return given.model_copy(update={"secret_keys": ["a-secret-key-for-tests-long-enough-to-be-one"]})

    def kill(self, name: str) -> None:
        """SIGKILL, to everything the process has started too, and wait until all of it is gone."""
        running = self.running[name]
        family = _with_children(running.process.pid)
        running.kill()
        for pid in family:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        running.process.wait(10)

    def pause(self, name: str) -> None:
        """The process stands still: it holds its connections and answers nothing."""
        self.running[name].process.send_signal(signal.SIGSTOP)

    def resume(self, name: str) -> None:
        self.running[name].process.send_signal(signal.SIGCONT)

    async def start(self, name: str, within: float = STARTS_WITHIN) -> None:
        """Start a process again until it is ready, as a supervisor does: it may die where it finds no database."""
        running = self.running[name]
        deadline = asyncio.get_running_loop().time() + within
        while True:
            running.launch()
            try:
                # In a thread, because it sleeps; the process was started by this one, whose end would end it.
                await asyncio.to_thread(running.wait_until_ready)
            except CannotStart:
                running.kill()
                running.process.wait(10)
                if asyncio.get_running_loop().time() > deadline:
                    raise
                await asyncio.sleep(0.3)
            else:
                return

    async def stop_gently(self, name: str, within: float = 30.0) -> float:
        """SIGTERM; returns how many seconds it took to end. It must end by itself."""
        process = self.running[name].process
        begun = asyncio.get_running_loop().time()
        process.terminate()
        await asyncio.to_thread(process.wait, within)
        assert process.returncode in (0, -signal.SIGTERM), f"{name} ended with {process.returncode}"
        return asyncio.get_running_loop().time() - begun

    def complaints(self) -> dict[str, dict[str, int]]:
        """What each process warned of in its logs, and how often."""
        said: dict[str, dict[str, int]] = {}
        for name, running in self.running.items():
            counted: Counter[str] = Counter()
            for line in running.log.read_text("utf-8", "replace").splitlines():
                with contextlib.suppress(ValueError):
                    entry = json.loads(line)
                    if entry.get("level") in ("warning", "error"):
                        why = str(entry.get("error") or entry.get("exception", ""))[-70:].replace("\n", " ")
                        counted[f"{entry['event']} {why}".strip()] += 1
            if counted:
                said[name] = dict(counted.most_common(8))
        return said

    def last_words(self) -> str:
        """The end of every log, for whoever has to find out what happened."""
        return "\n".join(f"--- {name}\n{running.last_log()[-3000:]}" for name, running in self.running.items())

    def close(self) -> None:
        for name, running in reversed(self.running.items()):
            if name not in ("postgres", "valkey"):
                with contextlib.suppress(ProcessLookupError):
                    running.process.send_signal(signal.SIGCONT)
                running.stop(within=5)


@contextmanager
def open_plant(
    servers: EmbeddedServers,
    *,
    serves: int = 1,
    workers: int = 2,
    skewed: Sequence[float] = (),
    meta: Mapping[str, object] | None = None,
) -> Iterator[Plant]:
    """
    Start nothing but Meta yet: `plant.start_all()` does the rest once the businesses are there.

    `skewed` adds a worker for each number, whose clock is wrong by so many seconds.
    """
    graph_port = free_port()
    ports = [free_port() for _ in range(serves)]
    plant = Plant(servers, f"http://127.0.0.1:{graph_port}", [f"http://127.0.0.1:{port}" for port in ports])
    plant.running = {"postgres": servers.postgres, "valkey": servers.valkey}
    world = rig_world(f"{plant.serve_urls[0]}/api/webhooks/whatsapp", **(meta or {}))
    world_file = servers.folder / "world.json"
    world_file.write_bytes(msgspec.json.encode(world))
    python = [sys.executable, "-m"]
    children = [
        Child(
            name="meta",
            argv=[*python, "wacloud.twins.graph", "--port", str(graph_port), "--world", str(world_file)],
            env=_environment(plant),
            cwd=servers.folder,
            is_ready=lambda: answers(graph_port),
            ready_within=STARTS_WITHIN,
        )
    ]
    for n, port in enumerate(ports, start=1):
        children.append(
            Child(
                name=f"serve-{n}",
                argv=[*python, "wacloud", "serve", "--port", str(port)],
                env=_environment(plant),
                cwd=servers.folder,
                is_ready=lambda port=port: answers(port),  # type: ignore[misc]
                ready_within=STARTS_WITHIN,
            )
        )
    worker = [[*python, "wacloud", "worker"] for _ in range(workers)]
    wrong = [[sys.executable, str(SKEWED_WORKER), str(seconds)] for seconds in skewed]
    for n, argv in enumerate([*worker, *wrong], start=1):
        children.append(
            Child(
                name=f"worker-{n}",
                argv=argv,
                env=_environment(plant),
                cwd=servers.folder,
                ready_line="worker ready",
                ready_within=STARTS_WITHIN,
            )
        )
    try:
        for child in children:
            plant.running[child.name] = Running(child, servers.folder)
        for child in children:
            plant.running[child.name].wait_until_ready()
        yield plant
    finally:
        plant.close()


def _environment(plant: Plant) -> dict[str, str]:
    """Nothing of the caller's settings: only what a process needs to run at all."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(plant.servers.folder),
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2] / "src"), os.environ.get("PYTHONPATH", "")]),
        "APP_ENV": "test",
        "DATABASE_URL": plant.servers.database.app_dsn,
        "REDIS_URL": plant.servers.redis_url,
        "SECRET_KEYS": plant.settings.secret_keys[0],
        "META_APP_SECRET": APP_SECRET,
        "META_VERIFY_TOKEN": VERIFY_TOKEN,
        "META_GRAPH_URL": plant.graph_url,
        "BASE_URL": plant.serve_urls[0],
    }


def _with_children(pid: int) -> list[int]:
    """The process and all below it: PostgreSQL's parts lead groups of their own, which a group's kill misses."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, IndexError, ValueError):
            parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            parents.setdefault(parent, []).append(int(entry.name))
    family = [pid]
    for member in family:
        family.extend(parents.get(member, ()))
    return family


async def meta_ledger(http: aiohttp.ClientSession, plant: Plant, *, brief: bool = True) -> dict[str, object]:
    """What Meta counted."""
    async with http.get(f"{plant.graph_url}/_twin/ledger{'?brief=1' if brief else ''}") as answer:
        ledger: dict[str, object] = await answer.json()
        return ledger
