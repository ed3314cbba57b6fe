"""Stored files, for members who may read the inbox: in ranges, never guessed at, and run by no browser."""

import re
from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated
from urllib.parse import quote
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from wacloud.modules.whatsapp.application.fetch_again import ask_again, fetch_again
from wacloud.modules.whatsapp.application.media_ports import FileGone, StoreOfFilesAway
from wacloud.modules.whatsapp.application.open_media import OpenMedia, Part, chunks_of, open_media, size_of
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.domain.file_types import EXTENSIONS, SHOWN
from wacloud.modules.whatsapp.domain.media import MediaUnknown
from wacloud.shared.domain.errors import Unavailable
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.pages import wants_fragment
from wacloud.shared.ui.permissions import Permission

Reader = Annotated[Member, Depends(requires(Permission.INBOX_READ))]
Writer = Annotated[Member, Depends(requires(Permission.INBOX_WRITE))]
Sender = Annotated[Member, Depends(requires(Permission.MESSAGES_SEND))]

_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
# Kept by the one browser it was sent to, and by the cookie it was sent for: another session asks again.
HEADERS = {
    "accept-ranges": "bytes",
    "cache-control": "private, max-age=600",
    "vary": "Authorization, Cookie",
    "x-content-type-options": "nosniff",
    "content-security-policy": "default-src 'none'; sandbox",
    "cross-origin-resource-policy": "same-origin",
}


def routes(deps: WhatsappDeps) -> APIRouter:
    """`/media/...`, and what can be done about a file that did not come."""
    router = APIRouter(include_in_schema=False)

    @router.api_route("/media/{media_id}", methods=["GET", "HEAD"])
    async def media(request: Request, member: Reader, media_id: UUID) -> Response:
        return await _serve(deps, request, member, media_id, "file")

    @router.api_route("/media/{media_id}/thumb", methods=["GET", "HEAD"])
    async def thumb(request: Request, member: Reader, media_id: UUID) -> Response:
        return await _serve(deps, request, member, media_id, "thumb")

    @router.api_route("/media/{media_id}/play", methods=["GET", "HEAD"])
    async def play(request: Request, member: Reader, media_id: UUID) -> Response:
        """For browsers that cannot play the file as it is."""
        return await _serve(deps, request, member, media_id, "play")

    @router.post("/inbox/{conversation_id}/media/{media_id}/fetch-again")
    async def fetched_again(request: Request, member: Writer, conversation_id: UUID, media_id: UUID) -> Response:
        await fetch_again(deps, member.user_id, member.business_id, media_id)
        return _done(request, conversation_id)

    @router.post("/inbox/{conversation_id}/messages/{message_id}/ask-again")
    async def asked_again(request: Request, member: Sender, conversation_id: UUID, message_id: UUID) -> Response:
        await ask_again(deps, member.user_id, member.business_id, conversation_id, message_id)
        return _done(request, conversation_id)

    return router


def _done(request: Request, conversation_id: UUID) -> Response:
    if wants_fragment(request):
        return Response(status_code=204)
    return RedirectResponse(f"/inbox/{conversation_id}", status_code=303)


async def _serve(deps: WhatsappDeps, request: Request, member: Member, media_id: UUID, part: Part) -> Response:
    opened = await open_media(deps, member.user_id, member.business_id, media_id, part)
    tag = f'"{opened.file.sha256.hex()[:32]}-{part}"'
    headers = HEADERS | {"etag": tag}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    try:
        size = await size_of(deps, opened)
        told = request.headers.get("range")
        if request.headers.get("if-range", tag) != tag:
            told = None
        span = read_range(told, size)
        if span is None:
            return Response(status_code=416, headers=headers | {"content-range": f"bytes */{size}"})
        start, end = span
        headers |= {"content-length": str(end - start), "content-disposition": disposition_of(opened)}
        status = 200
        if (start, end) != (0, size):
            status = 206
            headers["content-range"] = f"bytes {start}-{end - 1}/{size}"
        if request.method == "HEAD":
            return Response(status_code=status, headers=headers, media_type=opened.content_type)
        chunks = chunks_of(deps, opened, start, end)
        first = await anext(chunks, b"")
    except FileGone:
        raise MediaUnknown from None
    except StoreOfFilesAway as away:
        raise Unavailable from away
    return StreamingResponse(_all(first, chunks), status, headers, media_type=_type_of(opened))


async def _all(first: bytes, chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async with aclosing(chunks) as rest:  # type: ignore[type-var]
        yield first
        async for chunk in rest:
            yield chunk


def _type_of(opened: OpenMedia) -> str:
    # Starlette would add a charset that nobody knows to be true.
    return "application/octet-stream" if opened.content_type.startswith("text/") else opened.content_type


def read_range(told: str | None, size: int) -> tuple[int, int] | None:
    """From where to where (left out), of a file so long: all of it where nothing, or more than one part, is asked."""
    found = _RANGE.fullmatch(told.strip()) if told else None
    if found is None or found[0] == "bytes=-":
        return 0, size
    if not found[1]:
        last = min(int(found[2]), size)
        return (size - last, size) if last else None
    start = int(found[1])
    end = min(int(found[2]) + 1, size) if found[2] else size
    return (start, end) if start < end else None


def disposition_of(opened: OpenMedia) -> str:
    """Only what browsers show and nothing more is shown; the rest is saved under its name."""
    how = "inline" if opened.content_type in SHOWN else "attachment"
    name = opened.file.file_name or f"whatsapp.{EXTENSIONS.get(opened.content_type, 'bin')}"
    plain = re.sub(r"[^A-Za-z0-9._ -]", "_", name)
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"
