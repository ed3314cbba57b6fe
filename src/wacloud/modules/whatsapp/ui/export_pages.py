"""A conversation as a file: as text to read, as a table for a spreadsheet."""

from collections.abc import AsyncIterator
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from wacloud.modules.whatsapp.application.export_conversation import export_conversation
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.transcripts import Line
from wacloud.modules.whatsapp.domain.contact_csv import csv_lines
from wacloud.modules.whatsapp.ui.downloads import download
from wacloud.modules.whatsapp.ui.message_parts import KINDS
from wacloud.modules.whatsapp.ui.message_view import STATES, author_in_words
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.i18n import Translate, translator
from wacloud.shared.ui.pages import look_of
from wacloud.shared.ui.permissions import Permission
from wacloud.shared.ui.times import zone_named

Exporter = Annotated[Member, Depends(requires(Permission.CONTACTS_EXPORT))]
COLUMNS = ("at", "direction", "author", "kind", "text", "file", "state")


def routes(deps: WhatsappDeps) -> APIRouter:
    """`/inbox/{id}/export.txt` and `.csv`."""
    router = APIRouter(include_in_schema=False)

    @router.get("/inbox/{conversation_id}/export.txt")
    async def text(request: Request, member: Exporter, conversation_id: UUID) -> Response:
        """A line each, in the reader's language and time zone."""
        caller = caller_of(request)
        row, lines = await export_conversation(deps, member.user_id, member.business_id, conversation_id, caller)
        look = look_of(request, member)
        zone, say = zone_named(look.zone), translator(look.language)

        async def parts() -> AsyncIterator[bytes]:
            async for line in lines:
                at = line.at.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
                who = (
                    row.contact_name
                    if line.author == "contact"
                    else author_in_words(line.author, line.author_name, say)
                )
                # What follows a line break belongs to the line before it, as in WhatsApp's own export.
                yield f"[{at}] {who}: {_in_words(line, say)}\n".encode()

        return download(parts(), "text/plain; charset=utf-8", f"conversation-{row.id}.txt")

    @router.get("/inbox/{conversation_id}/export.csv")
    async def table(request: Request, member: Exporter, conversation_id: UUID) -> Response:
        """A row each; the codes are those of the API, the times in UTC."""
        caller = caller_of(request)
        row, lines = await export_conversation(deps, member.user_id, member.business_id, conversation_id, caller)

        async def parts() -> AsyncIterator[bytes]:
            for part in csv_lines([COLUMNS]):
                yield part
            async for line in lines:
                who = row.contact_name if line.author == "contact" else line.author_name or line.author
                cells = (line.at.isoformat(), line.direction, who, line.kind, line.body, line.file_name, line.state)
                for part in csv_lines([cells]):
                    yield part

        return download(parts(), "text/csv; charset=utf-8", f"conversation-{row.id}.csv")

    return router


def _in_words(line: Line, say: Translate) -> str:
    if line.is_revoked:
        return say("This message was deleted")
    kind = KINDS.get(line.kind)
    told = f"({': '.join(filter(None, (say(kind[1]), line.file_name)))})" if kind else ""
    failed = f"({say(STATES[line.state][1])})" if line.state in ("failed", "unconfirmed") else ""
    return " ".join(filter(None, (told, line.body, failed))) or f"({line.kind})"
