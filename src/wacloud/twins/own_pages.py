"""Only pages of this machine may play with a twin: a browser names the page a call comes from."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_OWN_HOSTS = {"127.0.0.1", "localhost", "::1"}


def is_from_here(origin: str | None) -> bool:
    """Whether an `Origin` is a page of this machine, or there is none: then it is no browser."""
    return not origin or urlsplit(origin).hostname in _OWN_HOSTS


@web.middleware
async def from_here_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse pages of other sites."""
    if not is_from_here(request.headers.get("Origin")):
        return web.json_response({"error": "pages of other sites may not use the twin"}, status=403)
    return await handler(request)
