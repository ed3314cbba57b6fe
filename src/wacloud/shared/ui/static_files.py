"""
Files the browser fetches: read once, compressed once, and addressed by their content.

A page links `/static/app.css?v=<hash>`; that address never changes its content, so it may be kept for a year.
"""

import gzip
import hashlib
import mimetypes
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from wacloud.shared.domain.errors import NotFound
from wacloud.shared.ui.guard import public

SHARED = Path(__file__).parent / "static"
MODULES = Path(__file__).resolve().parents[2] / "modules"

FOR_A_YEAR = "public, max-age=31536000, immutable"
ASK_EACH_TIME = "public, no-cache"
_TEXT = frozenset({"text/css", "text/javascript", "image/svg+xml", "application/json", "text/plain"})
_TYPES = {
    ".js": "text/javascript",
    ".css": "text/css",
    ".svg": "image/svg+xml",
    ".webmanifest": "application/manifest+json",
}
_HIDDEN = frozenset({"icons.txt"})


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file with all that an answer needs."""

    body: bytes
    gzipped: bytes | None
    media_type: str
    version: str


@cache
def static_files() -> Mapping[str, StaticFile]:
    """Every file by its path below `/static/`; a module's own are below its name."""
    folders = {"": SHARED} | {f"{folder.parents[1].name}/": folder for folder in MODULES.glob("*/ui/static")}
    return {
        prefix + path.relative_to(folder).as_posix(): _read(path)
        for prefix, folder in folders.items()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name not in _HIDDEN and "icons" not in path.relative_to(folder).parts
    }


def are_complete() -> bool:
    """Whether the libraries of the pages are there: a package built before `bin/setup` ran lacks them."""
    return all(f"vendor/{name}" in static_files() for name in ("tabler.min.css", "htmx.min.js"))


def static_url(path: str) -> str:
    """The address that changes with the content; a file that is not there keeps a plain one."""
    found = static_files().get(path)
    return f"/static/{path}?v={found.version}" if found else f"/static/{path}"


def routes() -> APIRouter:
    """`GET /static/...`, for everybody."""
    router = APIRouter(include_in_schema=False)

    @router.get("/static/{path:path}", dependencies=[Depends(public())])
    async def static_file(request: Request, path: str) -> Response:
        found = static_files().get(path)
        if found is None:
            raise NotFound
        tag = f'"{found.version}"'
        current = request.query_params.get("v") == found.version
        headers = {"cache-control": FOR_A_YEAR if current else ASK_EACH_TIME, "etag": tag, "vary": "accept-encoding"}
        if tag in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        body = found.body
        if found.gzipped is not None and "gzip" in request.headers.get("accept-encoding", ""):
            body = found.gzipped
            headers["content-encoding"] = "gzip"
        return Response(body, media_type=found.media_type, headers=headers)

    return router


def _read(path: Path) -> StaticFile:
    body = path.read_bytes()
    media_type = _TYPES.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    gzipped = gzip.compress(body, 9, mtime=0) if media_type in _TEXT and len(body) > 512 else None
    return StaticFile(body, gzipped, media_type, hashlib.sha256(body).hexdigest()[:12])
