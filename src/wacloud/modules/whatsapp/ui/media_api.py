"""`POST /api/whatsapp/media`: a file that is going to be sent, streamed to our disk and looked at before it is kept."""

import tempfile
from pathlib import Path
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.upload_media import UPLOAD_KINDS, NewUpload, upload_media
from wacloud.modules.whatsapp.domain.media import LARGEST_UPLOAD, FileMissing, FileTypeRefused
from wacloud.modules.whatsapp.ui.upload_form import read_upload_form
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.limits import limited
from wacloud.shared.ui.openapi import problems
from wacloud.shared.ui.permissions import Permission

LARGEST_FORM = LARGEST_UPLOAD + 64 * 1024

_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary", "description": "The file: one."},
                        "kind": {
                            "type": "string",
                            "enum": list(UPLOAD_KINDS),
                            "description": "As what it is sent; left out, as its type goes. A `voice` is a voice "
                            "note: it is made Ogg with Opus in mono where that can be done.",
                        },
                    },
                }
            }
        },
    }
}


class Uploaded(BaseModel):
    """A file of yours: send it by its `id` with `POST /api/whatsapp/send`, as often as you like."""

    id: UUID
    kind: str
    content_type: str
    size: int
    file_name: str | None
    voice: bool
    width: int | None
    height: int | None
    duration_s: float | None
    has_thumb: bool


def routes(deps: WhatsappDeps) -> APIRouter:
    """The upload."""
    router = APIRouter(max_body_size=LARGEST_FORM, tags=["whatsapp"])

    @router.post(
        "/api/whatsapp/media",
        operation_id="upload_media",
        summary="Upload a file to send",
        response_model=Uploaded,
        response_description="It is kept, and can be sent.",
        responses=problems(413, 415, 422, 429, _409="no_room_for_files"),
        openapi_extra=_FORM,
        status_code=201,
    )
    async def upload(
        request: Request,
        member: Annotated[Member, Depends(requires(Permission.MESSAGES_SEND))],
        _: Annotated[None, limited("upload")],
    ) -> object:
        """
        Keep a file. What WhatsApp would refuse is refused here: `file_type_refused`, `file_too_large`,
        `file_not_what_it_says`, `picture_refused`, `sticker_refused` and `voice_note_refused` name the field and the
        limit. A file that is not sent within two days is removed.
        """
        # Read here and not by the framework, which would read a stranger's 100 MB before it asks who that is.
        content_type = request.headers.get("content-type", "")
        if content_type.partition(";")[0].strip().lower() != "multipart/form-data":
            raise HTTPException(415)
        with tempfile.TemporaryDirectory(prefix="wacloud-media-") as folder:
            file = Path(folder) / "file"
            form = await read_upload_form(content_type, request.stream(), file)
            kind = form.fields.pop("kind", "")
            if form.fields:
                raise FileMissing(field=next(iter(form.fields)))
            if kind and kind not in UPLOAD_KINDS:
                raise FileTypeRefused(field="kind", takes=", ".join(UPLOAD_KINDS))
            new = NewUpload(file, form.name, form.declared, kind or None)
            kept = await upload_media(deps, member.user_id, member.business_id, new)
        return Uploaded(
            id=kept.id,
            kind=kept.kind,
            content_type=kept.content_type or "",
            size=kept.size or 0,
            file_name=kept.file_name,
            voice=kept.voice,
            width=kept.width,
            height=kept.height,
            duration_s=kept.duration_s,
            has_thumb=kept.thumb_type is not None,
        )

    return router
