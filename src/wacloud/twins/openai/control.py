"""
What a test or a person tells the twin:

    POST   /_twin/steps            a step of `state.Step`, or a list: what comes of the next requests for text
    POST   /_twin/usual            a step: what comes of all others
    POST   /_twin/moderation       a step: what comes of the next moderation
    POST   /_twin/flagged          {"word": "category"}: what moderation takes offence at
    GET    /_twin/requests         every request for a text or a vector that came
    DELETE /_twin                  forget everything
"""

from __future__ import annotations

from typing import Any

from aiohttp import web

from wacloud.twins.openai.state import State, Step


def control_routes(state: State) -> list[web.RouteDef]:
    """The routes below /_twin."""

    async def steps(request: web.Request) -> web.Response:
        asked = await request.json()
        state.steps += [_step(one) for one in (asked if isinstance(asked, list) else [asked])]
        return web.json_response({"steps": len(state.steps)})

    async def usual(request: web.Request) -> web.Response:
        state.usual = _step(await request.json())
        return web.json_response({})

    async def moderation(request: web.Request) -> web.Response:
        state.moderation_steps.append(_step(await request.json()))
        return web.json_response({"steps": len(state.moderation_steps)})

    async def flagged(request: web.Request) -> web.Response:
        asked = await request.json()
        if not isinstance(asked, dict):
            raise web.HTTPBadRequest(text="an object of words and categories")
        state.flagged |= {str(word): str(category) for word, category in asked.items()}
        return web.json_response({"flagged": len(state.flagged)})

    async def requests(_: web.Request) -> web.Response:
        return web.json_response(state.requests)

    async def forget(_: web.Request) -> web.Response:
        state.clear()
        return web.json_response({})

    return [
        web.post("/_twin/steps", steps),
        web.post("/_twin/usual", usual),
        web.post("/_twin/moderation", moderation),
        web.post("/_twin/flagged", flagged),
        web.get("/_twin/requests", requests),
        web.delete("/_twin", forget),
    ]


def _step(asked: Any) -> Step:
    try:
        return Step(**asked)
    except TypeError as error:
        raise web.HTTPBadRequest(text=str(error)) from None
