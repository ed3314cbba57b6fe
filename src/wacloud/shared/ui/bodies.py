"""JSON bodies, read strictly: what two parsers could understand differently is refused."""

import json
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn

from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from wacloud.shared.ui.caching import kept_or_fresh
from wacloud.shared.ui.idempotency import answered_once, is_idempotent

# More than any form of this product needs; uploads and webhooks set their own.
LARGEST_JSON = 256 * 1024
# What the reader says of a body that is no JSON by our rules, wherever in it that shows.
UNREADABLE = "not readable without doubt"


class _StrictJson(Request):
    """A request whose JSON may not name a key twice, nor hold NaN or Infinity, nor be anything but UTF-8."""

    async def json(self) -> Any:
        if not hasattr(self, "_json"):
            body = await self.body()
            try:
                self._json = json.loads(body.decode(), object_pairs_hook=_each_once, parse_constant=_no_constant)
            except (UnicodeDecodeError, RecursionError) as error:
                raise json.JSONDecodeError(UNREADABLE, "", 0) from error
        return self._json


class StrictJsonRoute(APIRoute):
    """
    The route class of JSON routes: `APIRouter(route_class=StrictJsonRoute, max_body_size=LARGEST_JSON)`.

    A body that is not JSON by its Content-Type is refused with 415, before anything reads it.
    """

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        takes_json = self.body_field is not None
        is_once = is_idempotent(self.dependant)

        async def handle_strictly(request: Request) -> Response:
            if takes_json and not _is_json(request.headers.get("content-type", "")):
                raise HTTPException(415)
            strict = _StrictJson(request.scope, request.receive)
            if is_once:
                return await answered_once(strict, handle)
            return kept_or_fresh(request, await handle(strict))

        return handle_strictly


def _is_json(content_type: str) -> bool:
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type == "application/json" or (media_type.startswith("application/") and media_type.endswith("+json"))


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise json.JSONDecodeError(UNREADABLE, "", 0)
    return found


def _no_constant(name: str) -> NoReturn:
    raise json.JSONDecodeError(UNREADABLE, name, 0)
