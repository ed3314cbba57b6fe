"""The twin as an ASGI application: raw, because it is also the other side of measurements."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from wacloud.twins.graph.control import answer_control
from wacloud.twins.graph.graph_api import answer_graph, download_media, split_path
from wacloud.twins.graph.inbound import go_on
from wacloud.twins.graph.twin import Twin
from wacloud.twins.graph.wire import Answer, CutConnection, Request, Stream, as_json
from wacloud.twins.own_pages import is_from_here

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

LARGEST_BODY = 140 * 1024 * 1024  # 100 MB of media, as base64 in a control call


class GraphTwin:
    """One twin behind one port."""

    def __init__(self, twin: Twin) -> None:
        self.twin = twin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if scope["type"] != "http":
            return
        body = await _read_body(receive)
        if body is None:
            await _write(send, as_json({"error": "the body is too large"}, 413))
            return
        path: str = scope["path"]
        request = Request(scope["method"], split_path(path), path, scope["query_string"], scope["headers"], body)
        try:
            answer = await self._answer(request)
        except CutConnection:
            scope["extensions"]["twin.cut"]["abort"]()
            while (await receive())["type"] != "http.disconnect":
                pass
            return
        if isinstance(answer, Stream):
            await _stream(answer, receive, send)
        else:
            await _write(send, answer)

    async def _answer(self, request: Request) -> Answer | Stream:
        first = request.parts[0] if request.parts else ""
        if first == "_twin":
            if not is_from_here(request.header(b"origin")):
                return as_json({"error": "pages of other sites may not control the twin"}, 403)
            return await answer_control(self.twin, request)
        if first == "healthz":
            return as_json({"status": "ok"})
        if first == "whatsapp_business":
            return await download_media(self.twin, request)
        return await answer_graph(self.twin, request)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                go_on(self.twin)
                await send({"type": "lifespan.startup.complete"})
            else:
                await self.twin.close()
                await send({"type": "lifespan.shutdown.complete"})
                return


async def _read_body(receive: Receive) -> bytes | None:
    message = await receive()
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        return body
    parts = [body]
    size = len(body)
    while message.get("more_body"):
        message = await receive()
        part: bytes = message.get("body", b"")
        size += len(part)
        if size <= LARGEST_BODY:
            parts.append(part)
    return b"".join(parts) if size <= LARGEST_BODY else None


async def _write(send: Send, answer: Answer) -> None:
    length = str(len(answer.body)).encode("ascii")
    headers = [*answer.headers, (b"content-length", length)]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})


async def _stream(stream: Stream, receive: Receive, send: Send) -> None:
    """Write lines until they end or the reader goes away."""
    headers = [(b"content-type", b"text/event-stream"), (b"cache-control", b"no-store")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})

    async def write_lines() -> None:
        async for line in stream.lines:
            await send({"type": "http.response.body", "body": line, "more_body": True})

    writing = asyncio.create_task(write_lines())
    leaving = asyncio.create_task(_wait_for_disconnect(receive))
    try:
        await asyncio.wait({writing, leaving}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stream.closed()
        leaving.cancel()
        if not writing.done():
            writing.cancel()
        await asyncio.gather(writing, leaving, return_exceptions=True)
    await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
