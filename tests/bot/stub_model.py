"""A model provider on loopback that speaks Responses, Chat Completions and Embeddings, and can misbehave."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web


@dataclass(frozen=True)
class Reply:
    """A response made anew each time it is given."""

    body: str
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)

    def make(self) -> web.Response:
        return web.Response(text=self.body, status=self.status, content_type="application/json", headers=self.headers)


def error(status: int, code: str, param: str | None = None, **headers: str) -> Reply:
    """An error as OpenAI words it; like OpenAI it repeats a part of the key."""
    body = {"error": {"message": "sk-...abcd said no", "type": "x", "code": code, "param": param}}
    return Reply(json.dumps(body), status, {"x-request-id": "req_1", **headers})


@dataclass
class StubModel:
    """
    What it answers next, and what it was asked.

    `script` holds one step per request, then `answer` is used. A step is a text, a `Reply`, "cut" (the
    connection dies in the middle of the answer), "html" (a page instead of JSON), or the seconds to wait.
    """

    answer: str = "Abrimos a las 9:30."
    end: str = "complete"
    script: list[Any] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    refused_keys: dict[str, Reply] = field(default_factory=dict)
    refused_efforts: tuple[str, ...] = ()
    url: str = ""

    async def responses(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(request, self._response)

    async def chat(self, request: web.Request) -> web.StreamResponse:
        return await self._serve(request, self._completion)

    async def embeddings(self, request: web.Request) -> web.StreamResponse:
        asked = json.loads(await request.text())
        self.requests.append(asked)
        step = self.script.pop(0) if self.script else None
        if isinstance(step, Reply):
            return step.make()
        # In another order than asked: the index counts.
        vectors = [
            {"object": "embedding", "index": index, "embedding": [float(index)] * asked["dimensions"]}
            for index in reversed(range(len(asked["input"])))
        ]
        usage = {"prompt_tokens": 1, "total_tokens": 1}
        return web.json_response({"object": "list", "model": asked["model"], "data": vectors, "usage": usage})

    async def _serve(self, request: web.Request, shape: Callable[[str], dict[str, Any]]) -> web.StreamResponse:
        asked = json.loads(await request.text())
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        self.requests.append(asked)
        self.keys.append(key)
        if key in self.refused_keys:
            return self.refused_keys[key].make()
        effort = (asked.get("reasoning") or {}).get("effort")
        if effort in self.refused_efforts:
            return error(400, "unsupported_value", param="reasoning.effort").make()
        step = self.script.pop(0) if self.script else self.answer
        if isinstance(step, Reply):
            return step.make()
        if step == "cut":
            cut = web.StreamResponse(headers={"content-type": "application/json", "content-length": "5000"})
            await cut.prepare(request)
            await cut.write(b'{"id": "')
            assert request.transport is not None
            request.transport.abort()
            return cut
        if step == "html":
            return web.Response(text="<h1>Bad gateway</h1>", content_type="text/html")
        if isinstance(step, int | float):
            await asyncio.sleep(step)
            step = self.answer
        return web.json_response(shape(step), headers={"x-request-id": "req_2"})

    def _response(self, text: str) -> dict[str, Any]:
        part = {"type": "output_text", "text": text, "annotations": []}
        if self.end == "refused":
            part = {"type": "refusal", "refusal": text}
        return {
            "id": "resp_1",
            "object": "response",
            "created_at": 0,
            "model": "gpt-6-luna",
            "status": "incomplete" if self.end == "incomplete" else "completed",
            "incomplete_details": {"reason": "max_output_tokens"} if self.end == "incomplete" else None,
            "output": [
                {
                    "type": "message",
                    "id": "msg_1",
                    "status": "completed",
                    "role": "assistant",
                    "content": [part],
                }
            ],
            "usage": {
                "input_tokens": 2000,
                "input_tokens_details": {"cached_tokens": 1000, "cache_write_tokens": 500},
                "output_tokens": 100,
                "output_tokens_details": {"reasoning_tokens": 0},
                "total_tokens": 2100,
            },
        }

    def _completion(self, text: str) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": text}
        if self.end == "refused":
            message = {"role": "assistant", "content": None, "refusal": text}
        # A small server: no details of usage, its own file as the model's name.
        return {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": 0,
            "model": "small-model.gguf",
            "choices": [
                {
                    "index": 0,
                    "message": message,
                    "finish_reason": "length" if self.end == "incomplete" else "stop",
                }
            ],
            "usage": {"prompt_tokens": 50, "completion_tokens": 10, "total_tokens": 60},
        }


@asynccontextmanager
async def stub_model() -> AsyncIterator[StubModel]:
    """A provider for one test; its address is `url`."""
    stub = StubModel()
    app = web.Application(client_max_size=2**24)
    app.router.add_post("/v1/responses", stub.responses)
    app.router.add_post("/v1/chat/completions", stub.chat)
    app.router.add_post("/v1/embeddings", stub.embeddings)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    stub.url = f"http://127.0.0.1:{runner.addresses[0][1]}/v1"
    try:
        yield stub
    finally:
        await runner.cleanup()
