"""Errors and headers as OpenAI writes them."""

from __future__ import annotations

import asyncio
from typing import Any

from aiohttp import web

from wacloud.twins.openai.state import State, Step

KINDS = {401: "invalid_request_error", 403: "invalid_request_error", 429: "requests", 500: "server_error"}


class Refused(Exception):
    """A request that is answered with an error."""

    def __init__(self, message: str, *, status: int = 400, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.param = param


def error(refused: Refused, state: State, **headers: str) -> web.Response:
    """The error's body; a small server words it otherwise."""
    told: dict[str, Any] = {
        "message": str(refused),
        "type": KINDS.get(refused.status, "invalid_request_error"),
        "param": refused.param,
        "code": refused.code,
    }
    if state.small:
        told = {"code": refused.status, "message": str(refused), "type": "invalid_request_error"}
    return web.json_response({"error": told}, status=refused.status, headers={**identity(state), **headers})


def identity(state: State) -> dict[str, str]:
    """What tells one request from another, and what is left of the limits."""
    if state.small:
        return {}
    return {
        "x-request-id": f"req_{state.number()}",
        "openai-version": "2020-10-01",
        "x-ratelimit-limit-requests": str(state.limit_requests),
        "x-ratelimit-remaining-requests": str(state.left_requests),
        "x-ratelimit-reset-requests": "12ms" if state.left_requests else "20s",
        "x-ratelimit-limit-tokens": "4000000",
        "x-ratelimit-remaining-tokens": str(state.left_tokens),
        "x-ratelimit-reset-tokens": "6ms" if state.left_tokens else "1m0s",
    }


async def misbehave(step: Step, state: State, request: web.Request) -> web.StreamResponse | None:
    """What this step answers instead of an answer, or None. A slow one waits here."""
    if step.delay_ms:
        await asyncio.sleep(step.delay_ms / 1000)
    if step.status is not None:
        # Like OpenAI, it repeats a part of the key in words that are for people.
        refused = Refused("Incorrect request: sk-...abcd", status=step.status, code=step.code, param=step.param)
        return error(refused, state, **step.headers)
    if step.cut:
        cut = web.StreamResponse(headers={"content-type": "application/json", "content-length": "5000"})
        await cut.prepare(request)
        await cut.write(b'{"id": "')
        if request.transport is not None:
            request.transport.abort()
        return cut
    if step.body is not None:
        return web.Response(text=step.body, content_type=step.kind, headers={**identity(state), **step.headers})
    return None
