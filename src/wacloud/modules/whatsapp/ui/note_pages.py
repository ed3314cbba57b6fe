"""The note form beside the composer. Its own form, its own action: it has nothing to do with what is sent."""

from collections.abc import Awaitable, Callable
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.write_note import write_note
from wacloud.modules.whatsapp.domain.note import NoteEmpty, NoteTooLong
from wacloud.modules.whatsapp.ui.presence import Looking
from wacloud.shared.domain.errors import AppError
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.permissions import Permission

Writer = Annotated[Member, Depends(requires(Permission.INBOX_WRITE))]
Key = Annotated[str, Form(min_length=8, max_length=64, pattern=r"^[A-Za-z0-9-]+$")]
# Answers the form: the thread with the note in it, or the form again with what was refused and the text.
Answer = Callable[[Request, Member, UUID, AppError | None, str], Awaitable[Response]]


def add_routes(router: APIRouter, deps: WhatsappDeps, looking: Looking, answer: Answer) -> None:
    """The form of `_note.html`."""

    @router.post("/inbox/{conversation_id}/note")
    async def note(
        request: Request,
        member: Writer,
        conversation_id: UUID,
        key: Key,
        text: Annotated[str, Form(max_length=20_000)] = "",
    ) -> Response:
        refused: AppError | None = None
        try:
            place = (member.business_id, conversation_id)
            await write_note(deps, member.user_id, *place, text, looking=looking(*place), key=key)
        except (NoteEmpty, NoteTooLong) as error:
            refused = error
        return await answer(request, member, conversation_id, refused, text)
