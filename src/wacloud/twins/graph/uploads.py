"""
Resumable uploads of an app: example files of templates and photos of profiles, known afterwards by a handle.

What Meta's page says stands here; the codes of a refused piece are not verified.
"""

from __future__ import annotations

import base64
import secrets

from wacloud.twins.graph.errors import GraphRefusal, object_unknown
from wacloud.twins.graph.media import MB, agrees_with
from wacloud.twins.graph.messages_endpoint import read_json_object
from wacloud.twins.graph.twin import Twin
from wacloud.twins.graph.upload_shelf import Session
from wacloud.twins.graph.wire import Answer, Request, as_json

PREFIX = "upload:"
LARGEST = {
    "image/jpeg": 5 * MB,
    "image/png": 5 * MB,
    "video/mp4": 16 * MB,
    "application/pdf": 100 * MB,
}
_SAME = {"image/jpg": "image/jpeg"}


def begin(twin: Twin, request: Request) -> Answer:
    """POST /{app-id}/uploads: what is coming, by its name, length and type."""
    twin.access.token_of(request)
    if request.parts[0] != twin.world.app_id:
        raise object_unknown(request.parts[0])
    told = {**request.query, **(read_json_object(request) if request.body else {})}
    mime_type = _SAME.get(str(told.get("file_type")), str(told.get("file_type") or ""))
    length = str(told.get("file_length") or "")
    if not length.isdigit() or int(length) == 0:
        raise GraphRefusal(100, message="(#100) The parameter file_length is required.")
    if mime_type not in LARGEST:
        raise GraphRefusal(100, message=f"(#100) Param file_type must be one of {{{', '.join(LARGEST)}}}.")
    if int(length) > LARGEST[mime_type]:
        raise GraphRefusal(100, message=f"(#100) Param file_length must be at most {LARGEST[mime_type]}.")
    session_id = f"{PREFIX}{base64.urlsafe_b64encode(secrets.token_bytes(24)).decode('ascii')}"
    twin.uploads.sessions[session_id] = Session(mime_type, int(length))
    return as_json({"id": f"{session_id}?sig=AR{secrets.token_urlsafe(12)}"})


def read(twin: Twin, request: Request) -> Answer:
    """GET /upload:...: how many bytes are here."""
    session = _session(twin, request)
    return as_json({"id": request.parts[0], "file_offset": len(session.content)})


def take(twin: Twin, request: Request) -> Answer:
    """POST /upload:...: bytes from `file_offset` on; the last of them bring the handle."""
    session = _session(twin, request)
    offset = request.header(b"file_offset")
    if not offset.isdigit():
        raise GraphRefusal(100, message="(#100) The header file_offset is required.")
    if int(offset) != len(session.content):
        raise GraphRefusal(6000, message=f"The next byte is {len(session.content)}, not {offset}.", subcode=1363037)
    if len(session.content) + len(request.body) > session.length:
        raise GraphRefusal(6000, message="There are more bytes than file_length said.", subcode=1363033)
    effects, sent = request.effects, request.body
    if effects is not None and effects.cut_body_at is not None:
        sent = sent[: effects.cut_body_at]
    session.content += sent
    if len(session.content) < session.length:
        return as_json({"id": request.parts[0], "file_offset": len(session.content)})
    if not agrees_with(session.mime_type, bytes(session.content[:16])):
        raise GraphRefusal(6000, message=f"The file is not of type {session.mime_type}.", subcode=1363031)
    if session.handle is None:
        session.handle = f"4:{base64.b64encode(secrets.token_bytes(30)).decode('ascii')}"
        twin.uploads.handles[session.handle] = session
    return as_json({"h": session.handle})


def _session(twin: Twin, request: Request) -> Session:
    twin.access.token_of(request)
    session = twin.uploads.sessions.get(request.parts[0])
    if session is None:
        raise object_unknown(request.parts[0])
    return session
