"""
What a test or a person tells the twin:

    POST   /_twin/rules            a rule of `state.Rule`: {"times": 2, "status": 500}
    POST   /_twin/events           {"email_id": ..., "type": "email.bounced", ...}: tell it by webhook
    GET    /_twin/posts            every POST of a mail that was understood, with its key
    DELETE /_twin                  forget everything
"""

from __future__ import annotations

from aiohttp import web

from wacloud.twins.resend.state import Rule, State
from wacloud.twins.resend.webhooks import Webhooks


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
