"""
`Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header) for routes that make something:

    async def create(..., member: Annotated[Member, ...], _: Annotated[None, limited(...)],
                     once: Annotated[Once, idempotent()]) -> ...

It comes after the guard and the limits, which judge every request anew, and last: from there on the route is running.
What it then answers, good or bad, is the answer to every request with the same key for a day. Not kept is a body that
does not fit, a limit (429), and whatever is our fault (5xx): those may be tried again.

It works on routes of class `StrictJsonRoute`, which run it: `answered_once`. It is not for bodies that hold a password:
a hash of the body is kept.
"""

import hashlib
from collections.abc import Awaitable, Callable
from functools import cache
from typing import Annotated, Any, TypeAlias

import structlog
from fastapi import Depends, Header, Request
from fastapi.exceptions import RequestValidationError
from starlette.responses import Response

from wacloud.shared.application import idempotency as asked
from wacloud.shared.application.idempotency import Answer, Claim, Idempotency
from wacloud.shared.domain.errors import AppError
from wacloud.shared.domain.ids import BusinessId

log = structlog.get_logger(__name__)

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
# What a route gets: an id that is the same however often the request comes; None where it came without a key.
Once: TypeAlias = Claim | None
_PASSING = ("limit", "unavailable", "unauthenticated")
_CLAIM = "idempotency_claim"

Key = Annotated[
    str | None,
    Header(
        alias=HEADER,
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description=(
            "Any text of your own, such as a UUID. The same request with the same key within 24 hours has no second "
            f"effect and gets the first answer, with `{REPLAYED}: true`."
        ),
    ),
]


class IdempotencyKeyTwice(AppError):
    """A request has one Idempotency-Key, not two."""


class _Replay(Exception):
    def __init__(self, answer: Answer) -> None:
        self.answer = answer


async def _claim(request: Request, key: Key = None) -> Once:
    if key is None:
        return None
    if len(request.headers.getlist(HEADER)) > 1:
        raise IdempotencyKeyTwice
    store: Idempotency = request.app.state.idempotency
    claimed = await store.claim(await _named(request, key))
    if isinstance(claimed, Answer):
        raise _Replay(claimed)
    setattr(request.state, _CLAIM, claimed)
    return claimed


@cache
def idempotent() -> Any:
    """
    Let the request pass once for each key; see above.

    :raises IdempotencyKeyReused: the key was used for something else.
    :raises IdempotencyKeyInUse: the first request with it is being answered.
    """
    return Depends(_claim)


def is_idempotent(dependant: Any) -> bool:
    """Whether a route (by what FastAPI knows of it) takes such keys."""
    return any(one.call is _claim for one in dependant.dependencies)


async def answered_once(request: Request, handle: Callable[[Request], Awaitable[Response]]) -> Response:
    """The answer of a route; to a request that was answered before, the one it got then."""
    try:
        response = await handle(request)
    except _Replay as replay:
        answer = replay.answer
        return Response(answer.body, answer.status, {REPLAYED: "true"}, answer.media_type)
    except RequestValidationError:
        await _end(request, "forget")
        raise
    except AppError as error:
        if error.kind in _PASSING or not hasattr(request.state, _CLAIM):
            # Refused by a limit nothing was begun; where something is away nobody knows.
            await _end(request, "give_up" if error.kind == "unavailable" else "forget")
            raise
        response = await request.app.exception_handlers[AppError](request, error)
    except Exception:
        await _end(request, "give_up")
        raise
    await _record(request, response)
    return response


async def _named(request: Request, key: str) -> asked.Request:
    member = getattr(request.state, "member", None)
    business_id: BusinessId | None = member.business_id if member else None
    caller = (member.key.id if member.key else member.user_id) if member else request.state.person.user_id
    told = hashlib.sha256(f"{request.method} {request.url.path}?{request.url.query}\n".encode())
    told.update(await request.body())
    return asked.Request(caller, business_id, request.scope["route"].operation_id, key, told.digest())


async def _record(request: Request, response: Response) -> None:
    claim: Once = getattr(request.state, _CLAIM, None)
    if claim is None:
        return
    store: Idempotency = request.app.state.idempotency
    media_type = response.headers.get("content-type", "")
    try:
        await store.record(claim, Answer(response.status_code, media_type, bytes(response.body).decode()))
    except Exception:
        # What was done is done, and its caller has to know. Asked again, it is tried again once the lease is over.
        log.exception("idempotency.not_recorded", claim=str(claim.id))


async def _end(request: Request, how: str) -> None:
    claim: Once = getattr(request.state, _CLAIM, None)
    if claim is None:
        return
    try:
        await getattr(request.app.state.idempotency, how)(claim)
    except Exception:
        # The lease runs out by itself.
        log.warning("idempotency.not_ended", claim=str(claim.id))
