"""A lean HTTP/1.1 client for webhooks.

The twin is the other side of measurements and sends three webhooks for every message: a general client costs
several times as much for each, and that time would be taken from what is measured.
"""

from __future__ import annotations

import asyncio
import functools
import ssl
import time
from dataclasses import dataclass
from typing import cast
from urllib.parse import urlsplit

import httptools

# Servers close idle connections after five seconds or more; one that old is not trusted with a webhook.
IDLE_S = 3.0
KEPT_ANSWER = 2000

Place = tuple[str, int, bool]


class NotAnswered(ConnectionError):
    """The connection ended before the answer did."""


@dataclass(frozen=True, slots=True)
class HookAnswer:
    status: int
    body: bytes


class HookClient:
    """Keeps connections open for the next webhook; opens as many as are needed at once."""

    def __init__(self, timeout_s: float) -> None:
        self.timeout_s = timeout_s
        self._idle: dict[Place, list[Connection]] = {}
        self._open: set[Connection] = set()

    async def post(self, url: str, body: bytes, headers: bytes) -> HookAnswer:
        """
        :raises OSError: nobody answers there.
        :raises TimeoutError: the answer takes too long.
        :raises ValueError: the address or the answer is not HTTP.
        """
        place, host, target = _parts(url)
        head = b"POST %s HTTP/1.1\r\nHost: %s\r\n%sContent-Length: %d\r\n\r\n"
        return await self._exchange(place, head % (target, host, headers, len(body)) + body)

    async def get(self, url: str) -> HookAnswer:
        place, host, target = _parts(url)
        return await self._exchange(place, b"GET %s HTTP/1.1\r\nHost: %s\r\n\r\n" % (target, host))

    def close(self) -> None:
        for connection in list(self._open):
            connection.end()

    async def _exchange(self, place: Place, request: bytes) -> HookAnswer:
        async with asyncio.timeout(self.timeout_s):
            connection = self._take_idle(place) or await self._connect(place)
            try:
                answer = await connection.exchange(request)
            except BaseException:
                connection.end()
                raise
        if connection.is_reusable:
            self._idle.setdefault(place, []).append(connection)
        else:
            connection.end()
        return answer

    def _take_idle(self, place: Place) -> Connection | None:
        idle = self._idle.get(place)
        while idle:
            connection = idle.pop()
            if connection.is_reusable and time.monotonic() - connection.used_at < IDLE_S:
                return connection
            connection.end()
        return None

    async def _connect(self, place: Place) -> Connection:
        host, port, is_secure = place
        loop = asyncio.get_running_loop()
        context = _tls() if is_secure else None
        _, connection = await loop.create_connection(lambda: Connection(self._open), host, port, ssl=context)
        return connection


class Connection(asyncio.Protocol):
    """One connection: a request, its answer, and then the next."""

    def __init__(self, open_connections: set[Connection]) -> None:
        self._open = open_connections
        self._transport: asyncio.Transport | None = None
        self._waiting: asyncio.Future[HookAnswer] | None = None
        self._parser: httptools.HttpResponseParser | None = None
        self._body = b""
        self._has_head = False
        self._has_length = False
        self.is_reusable = False
        self.used_at = 0.0

    async def exchange(self, request: bytes) -> HookAnswer:
        if self._transport is None:
            raise NotAnswered("the connection is closed")
        self._parser = httptools.HttpResponseParser(self)
        self._body = b""
        self._has_head = False
        self._has_length = False
        self.is_reusable = False
        self._waiting = asyncio.get_running_loop().create_future()
        self._transport.write(request)
        return await self._waiting

    def end(self) -> None:
        self.is_reusable = False
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transport is one in all but name.
        self._transport = cast("asyncio.Transport", transport)
        self._open.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._open.discard(self)
        self.is_reusable = False
        if self._waiting is None or self._waiting.done():
            return
        if self._has_head and not self._has_length:
            # Such an answer ends with its connection.
            self._finish()
        else:
            self._waiting.set_exception(NotAnswered("the connection was closed without an answer"))

    def data_received(self, data: bytes) -> None:
        if self._parser is None or self._waiting is None or self._waiting.done():
            self.end()
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError as error:
            if not self._waiting.done():
                self._waiting.set_exception(ValueError(f"the answer is not HTTP: {error}"))
            self.end()

    def on_header(self, name: bytes, value: bytes) -> None:
        if name.lower() in (b"content-length", b"transfer-encoding"):
            self._has_length = True

    def on_headers_complete(self) -> None:
        self._has_head = True

    def on_body(self, body: bytes) -> None:
        if len(self._body) < KEPT_ANSWER:
            self._body += body

    def on_message_complete(self) -> None:
        assert self._parser is not None
        self.is_reusable = self._parser.should_keep_alive() and self._transport is not None
        self.used_at = time.monotonic()
        self._finish()

    def _finish(self) -> None:
        if self._parser is not None and self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(HookAnswer(self._parser.get_status_code(), self._body[:KEPT_ANSWER]))


@functools.lru_cache(maxsize=64)
def _parts(url: str) -> tuple[Place, bytes, bytes]:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"not an http address: {url!r}")
    is_secure = parts.scheme == "https"
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    place = (parts.hostname, parts.port or (443 if is_secure else 80), is_secure)
    return place, parts.netloc.rpartition("@")[2].encode("ascii"), target.encode("ascii")


@functools.cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
