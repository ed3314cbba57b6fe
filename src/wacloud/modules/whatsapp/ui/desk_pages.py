"""What a member does with a conversation in its head: forms that work without script."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from wacloud.modules.whatsapp.application.assign_conversation import assign_conversation
from wacloud.modules.whatsapp.application.close_conversation import close_conversation
from wacloud.modules.whatsapp.application.edit_labels import add_label
from wacloud.modules.whatsapp.application.label_conversation import label_conversation
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.reopen_conversation import reopen_conversation
from wacloud.modules.whatsapp.application.set_priority import set_priority
from wacloud.modules.whatsapp.application.snooze_conversation import snooze_conversation
from wacloud.modules.whatsapp.domain.desk import COLOURS, MOST_ON_ONE, Colour, LabelUnknown, Priority
from wacloud.modules.whatsapp.ui.thread_view import words
from wacloud.shared.domain.errors import AppError, NotFound
from wacloud.shared.domain.ids import UserId
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.i18n import translate
from wacloud.shared.ui.pages import look_of, render, wants_fragment
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

    @router.get("/inbox/{conversation_id}/assign")
    async def mates(request: Request, member: Writer, conversation_id: UUID) -> Response:
        return await _mates(deps, request, member, conversation_id)

    @router.post("/inbox/{conversation_id}/assign")
    async def assign(
        request: Request,
        member: Writer,
        conversation_id: UUID,
        to: Annotated[Literal["me", "balance", "nobody"] | UUID, Form()],
    ) -> Response:
        whom = UserId(to) if isinstance(to, UUID) else member.user_id if to == "me" else None
        await assign_conversation(
            deps, member.user_id, member.business_id, conversation_id, whom, by_balance=to == "balance"
        )
        if isinstance(to, UUID) and wants_fragment(request):
            # From the form of `_assign.html`; the head shows it live, as everywhere.
            return Response(status_code=204, headers={"HX-Trigger": "extra-sent"})
        return await answer(request, member, conversation_id)

    @router.get("/inbox/{conversation_id}/labels")
    async def labels(request: Request, member: Writer, conversation_id: UUID) -> Response:
        return await _labels(deps, request, member, conversation_id)

    @router.post("/inbox/{conversation_id}/labels")
    async def label(
        request: Request,
        member: Writer,
        conversation_id: UUID,
        label_ids: Annotated[tuple[UUID, ...], Form(max_length=MOST_ON_ONE)] = (),
        name: Annotated[str, Form(max_length=40)] = "",
        colour: Annotated[Colour, Form()] = "grey",
    ) -> Response:
        """Those that are ticked, and a new one where it has a name."""
        name = " ".join("".join(filter(str.isprintable, name)).split())
        try:
            if name:
                label_ids = (*label_ids, (await add_label(deps, member.business_id, name, colour)).id)
            await label_conversation(deps, member.business_id, conversation_id, label_ids)
        except AppError as refused:
            if refused.kind != "conflict" and not isinstance(refused, LabelUnknown):
                raise
            said = translate(look_of(request, member).language, refused.message)
            return await _labels(
                deps, request, member, conversation_id, error=said, name=name, wanted=colour, chosen=label_ids
            )
        if wants_fragment(request):
            return Response(status_code=204, headers={"HX-Trigger": "extra-sent"})
        return RedirectResponse(f"/inbox/{conversation_id}", status_code=303)


async def _mates(deps: WhatsappDeps, request: Request, member: Member, conversation_id: UUID) -> Response:
    """Everybody who answers customers, and who of them has it."""
    thread = await deps.inbox.thread(member.user_id, member.business_id, conversation_id, limit=1)
    if thread is None:
        raise NotFound
    template = "whatsapp/_assign.html" if wants_fragment(request) else "whatsapp/assign.html"
    return render(
        request,
        template,
        member=member,
        conversation_id=conversation_id,
        team=thread.team,
        assigned_id=thread.conversation.assigned_id,
    )


async def _labels(
    deps: WhatsappDeps,
    request: Request,
    member: Member,
    conversation_id: UUID,
    *,
    error: str | None = None,
    name: str = "",
    wanted: Colour = "grey",
    chosen: Sequence[UUID] | None = None,
) -> Response:
    """The form: every label of the business, those of this conversation ticked, and room for a new one."""
    thread = await deps.inbox.thread(member.user_id, member.business_id, conversation_id, limit=1)
    if thread is None:
        raise NotFound
    async with deps.db.tenant(member.business_id, read_only=True) as tx:
        known = await deps.labels.all(tx, member.business_id)
    template = "whatsapp/_labels.html" if wants_fragment(request) else "whatsapp/labels.html"
    return render(
        request,
        template,
        422 if error else 200,
        member=member,
        conversation_id=conversation_id,
        labels=known,
        chosen=[label.id for label in thread.conversation.labels] if chosen is None else chosen,
        colours=COLOURS,
        wanted=wanted,
        name=name,
        error=error,
        words=words(look_of(request, member).language),
    )
