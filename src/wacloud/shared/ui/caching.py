"""
Reads that a program may keep for a minute: `@router.get("/api/businesses", dependencies=[cacheable()])`.

Everything else a person sees is `no-store` (`errors.RequestBoundary`). What is kept is kept by the caller alone
(`private`), per token and language, and asked for again by its ETag, which costs no body when nothing has changed.

An ETag is good for one person in one business with one role: another's is answered as none, whatever the content.
"""

import hashlib
from typing import Any

from fastapi import Depends, Request
from starlette.responses import Response

FOR_A_MINUTE = "private, max-age=60, stale-while-revalidate=300"
VARY = "Authorization, Cookie, Accept-Language"


async def _mark(request: Request) -> None:
    request.state.is_cacheable = True


def cacheable() -> Any:
    """As a dependency of a GET route of class `StrictJsonRoute`."""
    return Depends(_mark)


def is_cacheable(context: Any) -> bool:
    """Whether a FastAPI route (`iter_route_contexts` gives its context) is such a read."""
    dependant = getattr(context, "dependant", None)
    return dependant is not None and any(one.call is _mark for one in dependant.dependencies)


def kept_or_fresh(request: Request, response: Response) -> Response:
    """The answer with its ETag, or 304 where the caller has it already. Only what was found is kept."""
    if not getattr(request.state, "is_cacheable", False) or response.status_code != 200:
        return response
    asked_as = getattr(request.state, "asked_as", "")
    tag = f'"{hashlib.sha256(asked_as.encode() + bytes(response.body)).hexdigest()[:32]}"'
    headers = {"cache-control": FOR_A_MINUTE, "etag": tag, "vary": VARY}
    if tag in _tags(request.headers.get("if-none-match", "")):
        return Response(status_code=304, headers=headers)
    response.headers.update(headers)
    return response


def _tags(if_none_match: str) -> set[str]:
    """Compared weakly, as the header asks: a proxy that compresses may have put W/ before it."""
    return {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
