"""
The load: `python -m wacloud.bench.load`, a process of its own, told what to do as JSON on its standard input.

Open loop with a rate: message n leaves at its time whether or not the ones before were answered, and its latency
counts from that time, so that a server that stalls cannot slow its own examination down. Without a rate, every
connection sends the next as soon as it has its answer, which is what saturates.
"""

import asyncio
import json
import resource
import sys
import time
from collections import deque
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any, cast

import uvloop

from wacloud.bench.bodies import Mail
from wacloud.bench.reads import Reads

GRACE_S = 10.0
_END_OF_HEAD = b"\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Load:
    """`seconds` of `mail`, which are webhooks or reads, over `connections` to a server's port."""

    mail: Mail | Reads
    port: int
    seconds: float
    connections: int = 64


@dataclass(slots=True)
class Sent:
    """What came of a load. `refused` names each message that was not answered 200: its status, or 0 for none."""

    started_at: float = 0.0
    took_s: float = 0.0
    sent: int = 0
    latencies_us: list[int] = field(default_factory=list)
    refused: dict[int, int] = field(default_factory=dict)
    cpu_s: float = 0.0

    @property
    def accepted(self) -> int:
        """How many were answered 200."""
        return self.sent - len(self.refused)


class _Connection(asyncio.Protocol):
    """One connection: a request, its answer, and then the next."""

    def __init__(self, sender: "_Sender") -> None:
        self._sender = sender
        self._transport: asyncio.Transport | None = None
        self.current: tuple[int, float] | None = None
        self._received = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are of a family of their own.
        self._transport = cast(asyncio.Transport, transport)
        self._sender.is_open(self)

    def send(self, n: int, due: float) -> None:
        assert self._transport is not None
        self.current = (n, due)
        self._transport.write(self._sender.mail.request(n))

    def data_received(self, data: bytes) -> None:
        if self._received:
            data = self._received + data
        head, found, rest = data.partition(_END_OF_HEAD)
        if not found or len(rest) < _content_length(head):
            self._received = data
            return
        self._received = b""
        current, self.current = self.current, None
        if current is not None:
            self._sender.is_answered(*current, int(head[9:12]))
        self._sender.is_free(self)

    def connection_lost(self, exc: Exception | None) -> None:
        current, self.current = self.current, None
        self._sender.is_lost(self, current)


def _content_length(head: bytes) -> int:
    _, found, rest = head.lower().partition(b"content-length:")
    return int(rest.split(b"\r\n", 1)[0]) if found else 0


class _Sender:
    def __init__(self, load: Load) -> None:
        self.mail = load.mail
        self._load = load
        self._rate = load.mail.rate
        self._free: deque[_Connection] = deque()
        self._waiting: deque[tuple[int, float]] = deque()
        self._result = Sent()
        self._answered = 0
        self._end = 0.0
        self._running = False
        self._reconnecting: set[asyncio.Task[None]] = set()
        self._all: set[_Connection] = set()
        self._all_answered = asyncio.Event()

    async def run(self) -> Sent:
        """:raises OSError: nobody answers on that port."""
        await asyncio.gather(*(self._connect() for _ in range(self._load.connections)))
        if not self._all:
            raise ConnectionRefusedError(f"nobody answers on port {self._load.port}")
        result = self._result
        result.started_at = time.time()
        start = time.perf_counter()
        cpu = _own_cpu()
        self._end = start + self._load.seconds
        self._running = True
        if self._rate:
            await self._keep_timetable(start)
        else:
            self._start_all()
            await asyncio.sleep(self._load.seconds)
        self._running = False
        if self._answered < result.sent:
            with suppress(TimeoutError):
                async with asyncio.timeout(GRACE_S):
                    await self._all_answered.wait()
        result.took_s = time.perf_counter() - start
        result.cpu_s = _own_cpu() - cpu
        unanswered = [*self._waiting, *(c.current for c in self._all if c.current is not None)]
        result.refused.update((n, 0) for n, _ in unanswered)
        return result

    async def _keep_timetable(self, start: float) -> None:
        total = int(self._rate * self._load.seconds)
        while self._result.sent < total:
            due = min(total, int((time.perf_counter() - start) * self._rate) + 1)
            while self._result.sent < due:
                n = self._result.sent
                self._result.sent += 1
                when = start + n / self._rate
                if self._free:
                    self._free.popleft().send(n, when)
                else:
                    self._waiting.append((n, when))
            await asyncio.sleep(max(start + self._result.sent / self._rate - time.perf_counter(), 0))

    def _start_all(self) -> None:
        free, self._free = self._free, deque()
        for connection in free:
            self._send_next(connection)

    def _send_next(self, connection: _Connection) -> None:
        n = self._result.sent
        self._result.sent += 1
        connection.send(n, time.perf_counter())

    def is_open(self, connection: _Connection) -> None:
        self._all.add(connection)
        self.is_free(connection)

    def is_free(self, connection: _Connection) -> None:
        if self._rate:
            if self._waiting:
                connection.send(*self._waiting.popleft())
            else:
                self._free.append(connection)
        elif self._running and time.perf_counter() < self._end:
            self._send_next(connection)
        else:
            self._free.append(connection)

    def is_answered(self, n: int, due: float, status: int) -> None:
        self._count()
        if status == 200:
            self._result.latencies_us.append(int((time.perf_counter() - due) * 1_000_000))
        else:
            self._result.refused[n] = status

    def is_lost(self, connection: _Connection, current: tuple[int, float] | None) -> None:
        if current is not None:
            self._count()
            self._result.refused[current[0]] = 0
        self._all.discard(connection)
        if connection in self._free:
            self._free.remove(connection)
        if self._running:
            task = asyncio.get_running_loop().create_task(self._connect())
            self._reconnecting.add(task)
            task.add_done_callback(self._reconnecting.discard)

    def _count(self) -> None:
        self._answered += 1
        if not self._running and self._answered >= self._result.sent:
            self._all_answered.set()

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        for _ in range(100):
            try:
                await loop.create_connection(lambda: _Connection(self), "127.0.0.1", self._load.port)
                return
            except OSError:
                await asyncio.sleep(0.02)


def _own_cpu() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


async def send(load: Load, python: str = sys.executable) -> Sent:
    """
    Send a load from a process of its own.

    :raises RuntimeError: that process failed.
    """
    process = await asyncio.create_subprocess_exec(
        python,
        "-P",
        "-m",
        "wacloud.bench.load",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        printed, _ = await process.communicate(json.dumps(asdict(load)).encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise RuntimeError(f"the load generator ended with {process.returncode}")
    content: dict[str, Any] = json.loads(printed)
    content["refused"] = {int(n): status for n, status in content["refused"].items()}
    return Sent(**content)


def main() -> None:
    """Read the task, do it, print what came of it."""
    content = json.load(sys.stdin)
    what = content["mail"]
    load = Load(**{**content, "mail": Reads(**what) if "paths" in what else Mail.of(what)})
    print(json.dumps(asdict(uvloop.run(_Sender(load).run()))))


if __name__ == "__main__":
    main()
