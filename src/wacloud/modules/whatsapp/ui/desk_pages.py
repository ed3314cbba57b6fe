"""What a member does with a conversation in its head: forms that work without script."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import Response

from wacloud.modules.whatsapp.application.assign_conversation import assign_conversation
from wacloud.modules.whatsapp.application.close_conversation import close_conversation
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.reopen_conversation import reopen_conversation
from wacloud.modules.whatsapp.application.set_priority import set_priority
from wacloud.modules.whatsapp.application.snooze_conversation import snooze_conversation
from wacloud.modules.whatsapp.domain.desk import Priority
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.permissions import Permission

Writer = Annotated[Member, Depends(requires(Permission.INBOX_WRITE))]
# Answers a form: the head of the thread as it now is, or the way back to the conversation.
Answer = Callable[[Request, Member, UUID], Awaitable[Response]]


def add_routes(router: APIRouter, deps: WhatsappDeps, answer: Answer) -> None:
    """The forms of `_desk.html`."""

    @router.post("/inbox/{conversation_id}/close")
    async def close(request: Request, member: Writer, conversation_id: UUID) -> Response:
        await close_conversation(deps, member.user_id, member.business_id, conversation_id)
        return await answer(request, member, conversation_id)

    @router.post("/inbox/{conversation_id}/reopen")
    async def reopen(request: Request, member: Writer, conversation_id: UUID) -> Response:
        await reopen_conversation(deps, member.business_id, conversation_id)
        return await answer(request, member, conversation_id)

    @router.post("/inbox/{conversation_id}/snooze")
    async def snooze(
        request: Request, member: Writer, conversation_id: UUID, hours: Annotated[int, Form(ge=1, le=8760)]
    ) -> Response:
        until = deps.clock() + timedelta(hours=hours)
        await snooze_conversation(deps, member.business_id, conversation_id, until)
        return await answer(request, member, conversation_id)

    @router.post("/inbox/{conversation_id}/priority")
    async def priority(
        request: Request, member: Writer, conversation_id: UUID, priority: Annotated[int, Form(ge=0, le=3)]
    ) -> Response:
        await set_priority(deps, member.business_id, conversation_id, Priority(priority))
        return await answer(request, member, conversation_id)

    @router.post("/inbox/{conversation_id}/assign")
    async def assign(
        request: Request,
        member: Writer,
        conversation_id: UUID,
        to: Annotated[Literal["me", "balance", "nobody"], Form()],
    ) -> Response:
        await assign_conversation(
            deps,
            member.user_id,
            member.business_id,
            conversation_id,
            member.user_id if to == "me" else None,
            by_balance=to == "balance",
        )
        return await answer(request, member, conversation_id)
