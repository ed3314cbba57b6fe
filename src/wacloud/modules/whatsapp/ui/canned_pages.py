"""The page of canned replies: `/replies`. It works without script."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Request
from starlette.responses import RedirectResponse, Response

from wacloud.modules.whatsapp.application.edit_canned import add_canned, change_canned, list_canned, remove_canned
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.domain.canned import VARIABLES, CannedReply, CannedUnknown
from wacloud.shared.domain.errors import AppError
from wacloud.shared.domain.ids import new_id
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.pages import render
from wacloud.shared.ui.permissions import Permission
from wacloud.shared.ui.problems import STATUS_OF

Reader = Annotated[Member, Depends(requires(Permission.INBOX_READ))]
Editor = Annotated[Member, Depends(requires(Permission.KNOWLEDGE_WRITE))]
Text = Annotated[str, Form(max_length=20_000)]
Language = Annotated[Literal["es", "en", ""], Form()]


def routes(deps: WhatsappDeps) -> APIRouter:
    """The list and its forms."""
    router = APIRouter(include_in_schema=False)

    async def page(
        request: Request, member: Member, refused: AppError | None = None, given: CannedReply | None = None
    ) -> Response:
        return render(
            request,
            "whatsapp/replies.html",
            STATUS_OF[refused.kind] if refused else 200,
            member=member,
            replies=await list_canned(deps, member.business_id),
            variables=VARIABLES,
            may_change=member.may(Permission.KNOWLEDGE_WRITE),
            refusal=refused.message if refused else None,
            given=given,
            saved="saved" in request.query_params,
        )

    async def kept(request: Request, member: Member, reply: CannedReply, *, is_new: bool) -> Response:
        try:
            await (add_canned if is_new else change_canned)(deps, member.business_id, reply)
        except CannedUnknown:
            raise
        except AppError as refused:
            return await page(request, member, refused, reply)
        return RedirectResponse("/replies?saved", 303)

    @router.get("/replies")
    async def listed(request: Request, member: Reader) -> Response:
        return await page(request, member)

    @router.post("/replies")
    async def add(
        request: Request, member: Editor, shortcut: Text = "", text: Text = "", language: Language = ""
    ) -> Response:
        reply = CannedReply(new_id(), shortcut.strip().removeprefix("/"), text.strip(), language or None)
        return await kept(request, member, reply, is_new=True)

    @router.post("/replies/{reply_id}")
    async def change(
        request: Request,
        member: Editor,
        reply_id: UUID,
        shortcut: Text = "",
        text: Text = "",
        language: Language = "",
    ) -> Response:
        reply = CannedReply(reply_id, shortcut.strip().removeprefix("/"), text.strip(), language or None)
        return await kept(request, member, reply, is_new=False)

    @router.post("/replies/{reply_id}/remove")
    async def remove(member: Editor, reply_id: UUID) -> Response:
        await remove_canned(deps, member.business_id, reply_id)
        return RedirectResponse("/replies?saved", 303)

    return router
