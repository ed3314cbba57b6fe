"""Requests to the systems of businesses: public addresses only, five seconds, no redirect, eight kilobytes."""

import json
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import aiohttp

from wacloud.modules.bot.domain.action import LARGEST_ANSWER, Outcome
from wacloud.shared.infra.public_http import AddressNotPublic

TIMEOUT_S: Final = 5.0
_CONNECT_S: Final = 3.0


class EgressActionSender:
    """See `application.action_ports.ActionSender`. `egress` is one that goes to public addresses only."""

    def __init__(self, egress: aiohttp.ClientSession, timeout_s: float = TIMEOUT_S) -> None:
        self._egress = egress
        self._timeout = aiohttp.ClientTimeout(total=timeout_s, connect=_CONNECT_S, sock_connect=_CONNECT_S)

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Outcome:
        began = time.monotonic()
        try:
            outcome = await self._post(url, body, headers)
        except (AddressNotPublic, aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL):
            outcome = Outcome("failed")  # nothing was sent
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            outcome = Outcome("unknown")
        return replace(outcome, ms=round((time.monotonic() - began) * 1000))

    async def _post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Outcome:
        said = {
            **headers,
            "Content-Type": "application/json",
            "Accept": "application/json, text/plain",
            "Accept-Encoding": "identity",
            # A kept connection that the other side is just closing would leave us not knowing.
            "Connection": "close",
        }
        async with self._egress.post(
            url, data=body, headers=said, allow_redirects=False, timeout=self._timeout
        ) as answer:
            if answer.status >= 500:
                return Outcome("unknown", answer.status)
            is_done = 200 <= answer.status < 300
            return Outcome("done" if is_done else "failed", answer.status, await _text(answer))


async def _text(answer: aiohttp.ClientResponse) -> str | None:
    """What it says, where that is JSON or text of a size that can be read."""
    kind = answer.content_type
    is_json = kind == "application/json" or kind.endswith("+json")
    if not (is_json or kind == "text/plain") or answer.headers.get("Content-Encoding", "identity") != "identity":
        return None
    found = bytearray()
    try:
        async for piece in answer.content.iter_chunked(4096):
            found += piece
            if len(found) > LARGEST_ANSWER:
                return None
        # Storage takes no zero bytes, and no text needs one.
        text = found.decode("utf-8").replace("\0", "")
        if is_json:
            json.loads(text)
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError, RecursionError):
        return None
    return text
