"""
What a test or a person tells the twin:

    POST   /_twin/rules            a rule of `state.Rule`: {"times": 2, "status": 500}
    POST   /_twin/events           {"email_id": ..., "type": "email.bounced", ...}: tell it by webhook
    GET    /_twin/posts            every POST of a mail that was understood, with its key
    DELETE /_twin                  forget everything
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web

from wacloud.twins.resend.state import Rule, State
from wacloud.twins.resend.webhooks import Webhooks

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

OWN_HOSTS = {"127.0.0.1", "localhost", "::1"}


def control_routes(state: State, webhooks: Webhooks) -> list[web.RouteDef]:
    """The routes below /_twin."""

    async def add_rule(request: web.Request) -> web.Response:
        try:
            state.rules.append(Rule(**await request.json()))
        except (TypeError, ValueError) as error:
            return web.json_response({"error": str(error)}, status=400)
        return web.json_response({"rules": len(state.rules)})

    async def tell(request: web.Request) -> web.Response:
        asked = await request.json()
        mail = state.mails.get(asked.pop("email_id", ""))
        if mail is None:
            return web.json_response({"error": "no such mail"}, status=404)
        webhooks.tell(mail, asked.pop("type"), **asked)
        return web.json_response({})

    async def posts(_: web.Request) -> web.Response:
        return web.json_response(state.posts)

    async def forget(_: web.Request) -> web.Response:
        state.clear()
        return web.json_response({})

    return [
        web.post("/_twin/rules", add_rule),
        web.post("/_twin/events", tell),
        web.get("/_twin/posts", posts),
        web.delete("/_twin", forget),
    ]


@web.middleware
async def from_here_only(request: web.Request, handler: Handler) -> web.StreamResponse:
    """A browser names the page a call comes from; only pages of this machine may play with the twin."""
    origin = request.headers.get("Origin")
    if origin and urlsplit(origin).hostname not in OWN_HOSTS:
        return web.json_response({"error": "pages of other sites may not use the twin"}, status=403)
    return await handler(request)
