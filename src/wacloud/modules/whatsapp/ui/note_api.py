"""Notes of the team, for programs. What sends messages is elsewhere; nothing here reaches a customer."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.read_notes import read_notes
from wacloud.modules.whatsapp.application.write_note import write_note
from wacloud.modules.whatsapp.domain.note import LONGEST_NOTE, MOST_MENTIONS, Note
from wacloud.modules.whatsapp.ui.presence import Looking
from wacloud.shared.ui.bodies import StrictJsonRoute
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.idempotency import Once, idempotent
from wacloud.shared.ui.openapi import problems
from wacloud.shared.ui.permissions import Permission

Reader = Annotated[Member, Depends(requires(Permission.INBOX_READ))]
Writer = Annotated[Member, Depends(requires(Permission.INBOX_WRITE))]


class WriteNote(BaseModel):
    """A text for the team, and the members who are told of it."""

    model_config = ConfigDict(extra="forbid")
    text: Annotated[str, Field(min_length=1, max_length=LONGEST_NOTE)]
    mention_ids: Annotated[list[UUID], Field(max_length=MOST_MENTIONS)] = []


class NoteOut(BaseModel):
    """A note of the team."""

    id: UUID
    author_id: UUID
    author_name: str | None
    text: str
    mention_ids: list[UUID]
    created_at: datetime


class NoteList(BaseModel):
    """Oldest first."""

    notes: list[NoteOut]


def routes(deps: WhatsappDeps, looking: Looking) -> APIRouter:
    """Under `/api/whatsapp/conversations/{id}/notes`."""
    router = APIRouter(route_class=StrictJsonRoute, tags=["whatsapp"])
    path = "/api/whatsapp/conversations/{conversation_id}/notes"

    @router.get(
        path,
        operation_id="list_notes",
        summary="The team's notes in a conversation",
        response_model=NoteList,
        response_description="The newest hundred, oldest first.",
        responses=problems(_404="conversation_unknown"),
    )
    async def listed(conversation_id: UUID, member: Reader) -> NoteList:
        """What the team noted for itself."""
        notes = await read_notes(deps, member.business_id, conversation_id)
        return NoteList(notes=[_out(note) for note in notes])

    @router.post(
        path,
        operation_id="write_note",
        summary="Note something for the team",
        status_code=201,
        response_model=NoteOut,
        response_description="The note. It is not sent to the customer.",
        responses=problems(422, _404="conversation_unknown"),
    )
    async def written(
        conversation_id: UUID, body: WriteNote, member: Writer, _: Annotated[Once, idempotent()]
    ) -> object:
        """Members who are mentioned get a notice, and a mail where they want it. Who does not work in the inbox:
        `mention_unknown`.
        """
        return _out(
            await write_note(
                deps,
                member.user_id,
                member.business_id,
                conversation_id,
                body.text,
                mentions=body.mention_ids,
                looking=looking(member.business_id, conversation_id),
            )
        )

    return router


def _out(note: Note) -> NoteOut:
    return NoteOut(
        id=note.id,
        author_id=note.author_id,
        author_name=note.author_name,
        text=note.text,
        mention_ids=list(note.mentions),
        created_at=note.created_at,
    )
