"""A file for the bot to read, as a form sends it: by programs (`POST /api/bot/knowledge/files`) and by the pages."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException

from wacloud.modules.bot.application.edit_sources import add_file
from wacloud.modules.bot.application.try_question import TryDeps
from wacloud.modules.bot.domain.source import LARGEST_FILE, FileRefused
from wacloud.modules.bot.ui.editor import editor_of
from wacloud.modules.bot.ui.knowledge_bodies import SourceOut, source_out
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.limits import limited
from wacloud.shared.ui.openapi import problems
from wacloud.shared.ui.permissions import Permission

LARGEST_FORM = LARGEST_FILE + 64 * 1024
_PIECE = 256 * 1024
_FORM = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {"type": "string", "format": "binary", "description": "PDF, DOCX, text, CSV or HTML."},
                        "title": {"type": "string", "maxLength": 200, "description": "Left out, the file's name."},
                    },
                }
            }
        },
    }
}


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file of a form, on our disk; `title` and `name` are the sender's words."""

    file: Path
    name: str
    title: str


@asynccontextmanager
async def sent_file(request: Request) -> AsyncIterator[SentFile]:
    """
    The one file of a form. Read here and not by the framework, which would take it before it asks who sends it.

    :raises FileRefused: there is none.
    """
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "multipart/form-data":
        raise HTTPException(415)
    async with request.form(max_files=1, max_fields=4, max_part_size=16 * 1024) as form:
        sent = form.get("file")
        if not isinstance(sent, UploadFile) or not sent.filename:
            raise FileRefused(field="file")
        with tempfile.TemporaryDirectory(prefix="wacloud-knowledge-") as folder:
            file = Path(folder) / "file"
            with await asyncio.to_thread(file.open, "wb") as opened:
                while piece := await sent.read(_PIECE):
                    await asyncio.to_thread(opened.write, piece)
            yield SentFile(file, sent.filename[:300], str(form.get("title") or ""))


def routes(deps: TryDeps) -> APIRouter:
    """The upload."""
    router = APIRouter(max_body_size=LARGEST_FORM, tags=["bot"])

    @router.post(
        "/api/bot/knowledge/files",
        operation_id="add_knowledge_file",
        summary="Add a file",
        response_model=SourceOut,
        response_description="It is kept, and will be read in a moment.",
        responses=problems(400, 413, 415, 422, 429),
        openapi_extra=_FORM,
        status_code=201,
    )
    async def add(
        request: Request,
        member: Annotated[Member, Depends(requires(Permission.KNOWLEDGE_WRITE))],
        _: Annotated[None, limited("upload")],
    ) -> object:
        """
        Up to 20 MB. What it is is told by its bytes: `file_refused`, `file_too_large` and `no_room_for_knowledge` name
        the field or the limit. Whether there are words in it shows when it is read.
        """
        async with sent_file(request) as sent:
            return source_out(
                await add_file(
                    deps.sources, member.business_id, sent.file, sent.name, sent.title, by=editor_of(request, member)
                )
            )

    return router
