"""
Open pages: `python -m wacloud.bench.viewers`, a process of its own, told what to open as JSON on its standard input.

Each page is a stream as a browser holds it, with a session's cookie. Whoever looks at a conversation says so again and
again, as the page's script does. It says when all are open, notes when each message is first told to each page, and
reports once its input ends.
"""

import asyncio
import json
import re
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field
from typing import Any, cast

import uvloop

from wacloud.shared.ui.same_site import session_cookie
from wacloud.shared.ui.serving import most_connections

OPENED_WITHIN_S = 120.0
SAYS_HERE_EVERY_S = 15.0
_OPENING_AT_ONCE = 32
_SAYING_AT_ONCE = 4
_MARK = re.compile(rb"\bref\.B(\d{7,})\b")
_COOKIE = session_cookie("http://127.0.0.1")


@dataclass(frozen=True, slots=True)
class Page:
    """Whose session, and the conversation that is open beside the list, if one is."""

    token: str
    conversation: str | None = None


@dataclass(slots=True)
class Heard:
    """What one page was told: `rows` and `thread` say when each mark was first seen in the list and among messages."""

    changes: int = 0
    told_to_look_again: int = 0
    has_ended: bool = False
    rows: dict[int, float] = field(default_factory=dict)
    thread: dict[int, float] = field(default_factory=dict)


@dataclass(slots=True)
class Watched:
    """What all pages were told, in the order they were given."""

    pages: list[Heard] = field(default_factory=list)
    bytes: int = 0
    said_here: int = 0
    here_refused: int = 0


class _Stream(asyncio.Protocol):
    """The stream of one page."""

    def __init__(self, page: Page, port: int, watched: Watched) -> None:
        self._page = page
        self._port = port
        self._watched = watched
        self.heard = Heard()
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._rest = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        asked = f"since={int(time.time() * 1000)}"
        if self._page.conversation is not None:
            asked += f"&conversation={self._page.conversation}"
        head = _head("GET", f"/live?{asked}", self._page, self._port) + "Accept: text/event-stream\r\n\r\n"
        cast(asyncio.Transport, transport).write(head.encode())

    def data_received(self, data: bytes) -> None:
        now = time.time()
        self._watched.bytes += len(data)
        # What frames a chunk stands before the event in it and is never taken for a part of one.
        *events, self._rest = (self._rest + data).split(b"\n\n")
        for event in events:
            self._note(event, now)

        if not self.opened.done() and not self._rest.startswith(b"HTTP/1.1 200"):
            self._refuse()

    def _note(self, event: bytes, now: float) -> None:
        if not self.opened.done() and b"event: hello\n" in event:
            self.opened.set_result(None)
        elif b"event: change\n" in event:
            self.heard.changes += 1
            rows, _, thread = event.partition(b'"counts":')
            for mark in _MARK.findall(rows):
                self.heard.rows.setdefault(int(mark), now)
            for mark in _MARK.findall(thread):
                self.heard.thread.setdefault(int(mark), now)
        elif b"event: refresh\n" in event:
            self.heard.told_to_look_again += 1

    def connection_lost(self, exc: Exception | None) -> None:
        self.heard.has_ended = True
        if not self.opened.done():
            self._refuse()

    def _refuse(self) -> None:
        said = self._rest[:200].decode("utf-8", "replace")
        self.opened.set_exception(ConnectionError(f"a stream did not open: {said or 'hung up'}"))


class _Presence:
    """Says for pages with an open conversation that somebody looks at it."""

    def __init__(self, pages: Sequence[Page], port: int, watched: Watched) -> None:
        self._pages = [page for page in pages if page.conversation is not None]
        self._port = port
        self._watched = watched
        self._due: asyncio.Queue[Page] = asyncio.Queue()

    async def run(self, all_said: asyncio.Event) -> None:
        """Until cancelled: all of them at once, as they have just been opened, then each at its time."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(_SAYING_AT_ONCE):
                tasks.create_task(self._say())
            for page in self._pages:
                self._due.put_nowait(page)
            await self._due.join()
            all_said.set()
            started, said = time.monotonic(), 0
            while self._pages:
                self._due.put_nowait(self._pages[said % len(self._pages)])
                said += 1
                due = started + said * SAYS_HERE_EVERY_S / len(self._pages)
                await asyncio.sleep(max(due - time.monotonic(), 0))

    async def _say(self) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            while True:
                page = await self._due.get()
                writer.write(
                    (
                        _head("POST", f"/inbox/{page.conversation}/here", page, self._port)
                        + "Sec-Fetch-Site: same-origin\r\nHX-Request: true\r\nContent-Length: 13\r\n"
                        "Content-Type: application/x-www-form-urlencoded\r\n\r\ndoing=looking"
                    ).encode()
                )
                answer = await reader.readuntil(b"\r\n\r\n")
                self._watched.said_here += 1
                self._watched.here_refused += not answer.startswith(b"HTTP/1.1 204")
                self._due.task_done()
        finally:
            writer.close()


def _head(method: str, path: str, page: Page, port: int) -> str:
    return f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {_COOKIE}={page.token}\r\n"


async def _watch(port: int, pages: Sequence[Page], until: asyncio.StreamReader) -> Watched:
    most_connections()  # for its other effect: as many open files as the machine allows
    loop = asyncio.get_running_loop()
    watched = Watched()
    streams = [_Stream(page, port, watched) for page in pages]
    room = asyncio.Semaphore(_OPENING_AT_ONCE)

    async def open_one(stream: _Stream) -> None:
        async with room:
            await loop.create_connection(lambda: stream, "127.0.0.1", port)
            await stream.opened

    started = time.monotonic()
    async with asyncio.timeout(OPENED_WITHIN_S):
        await asyncio.gather(*map(open_one, streams))
        took = time.monotonic() - started
        all_said = asyncio.Event()
        saying = asyncio.create_task(_Presence(pages, port, watched).run(all_said))
        await all_said.wait()
    print(json.dumps({"open": len(streams), "took_s": round(took, 2)}), flush=True)
    await until.read()
    saying.cancel()
    with suppress(asyncio.CancelledError):
        await saying
    watched.pages = [stream.heard for stream in streams]
    return watched


class Watching:
    """Pages that are open in another process."""

    def __init__(self, process: asyncio.subprocess.Process, opened_s: float) -> None:
        self._process = process
        self.opened_s = opened_s

    @property
    def pid(self) -> int:
        """The process that holds them."""
        return self._process.pid

    async def end(self) -> Watched:
        """
        Close them; returns what they were told.

        :raises RuntimeError: the process that held them failed.
        """
        printed, _ = await self._process.communicate(b"")
        if self._process.returncode:
            raise RuntimeError(f"the viewers ended with {self._process.returncode}")
        content: dict[str, Any] = json.loads(printed)
        pages = [Heard(**{**page, **_numbered(page, "rows", "thread")}) for page in content.pop("pages")]
        return Watched(pages=pages, **content)


def _numbered(page: dict[str, Any], *names: str) -> dict[str, dict[int, float]]:
    return {name: {int(mark): at for mark, at in page[name].items()} for name in names}


@asynccontextmanager
async def watching(port: int, pages: Sequence[Page], python: str = sys.executable) -> AsyncIterator[Watching]:
    """
    Open these pages in a process of their own, which ends with this.

    :raises RuntimeError: not all of them opened.
    """
    process = await asyncio.create_subprocess_exec(
        python,
        "-P",
        "-m",
        "wacloud.bench.viewers",
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=2**26,
    )
    try:
        assert process.stdin is not None
        assert process.stdout is not None
        task = {"port": port, "pages": [asdict(page) for page in pages]}
        process.stdin.write(json.dumps(task).encode() + b"\n")
        line = await process.stdout.readline()
        if not line:
            raise RuntimeError("the viewers could not open their pages")
        yield Watching(process, json.loads(line)["took_s"])
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def _main() -> None:
    given = asyncio.StreamReader(limit=2**26)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(given), sys.stdin)
    task = json.loads(await given.readline())
    watched = await _watch(task["port"], [Page(**page) for page in task["pages"]], given)
    print(json.dumps(asdict(watched)))


if __name__ == "__main__":
    uvloop.run(_main())
