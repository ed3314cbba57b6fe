"""Canned replies, for programs."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from wacloud.modules.whatsapp.application.edit_canned import add_canned, change_canned, list_canned, remove_canned
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.domain.canned import CannedReply, ReplyLanguage
from wacloud.shared.domain.ids import new_id
from wacloud.shared.ui.bodies import StrictJsonRoute
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.idempotency import Once, idempotent
from wacloud.shared.ui.openapi import problems
from wacloud.shared.ui.permissions import Permission

Reader = Annotated[Member, Depends(requires(Permission.INBOX_READ))]
Editor = Annotated[Member, Depends(requires(Permission.KNOWLEDGE_WRITE))]


class CannedBody(BaseModel):
    """What one types after `/`, and the text it stands for, with variables such as `{{contact.first_name}}`."""

    model_config = ConfigDict(extra="forbid")
    shortcut: Annotated[str, Field(min_length=1, max_length=32)]
    text: Annotated[str, Field(min_length=1, max_length=4096)]
    language: ReplyLanguage | None = None


class CannedOut(BaseModel):
    """A canned reply."""

    id: UUID
    shortcut: str
    text: str
    language: ReplyLanguage | None


class CannedList(BaseModel):
    """By shortcut."""

    replies: list[CannedOut]


def routes(deps: WhatsappDeps) -> APIRouter:
    """Under `/api/whatsapp/replies`."""
    router = APIRouter(route_class=StrictJsonRoute, tags=["whatsapp"])
    done: dict[str, Any] = {"status_code": 204, "response_description": "Done."}

    @router.get(
        "/api/whatsapp/replies",
        operation_id="list_canned_replies",
        summary="List your canned replies",
        response_model=CannedList,
        response_description="All of them, by shortcut.",
    )
    async def listed(member: Reader) -> CannedList:
        """At most two hundred."""
        return CannedList(replies=[_out(one) for one in await list_canned(deps, member.business_id)])

    @router.post(
        "/api/whatsapp/replies",
        operation_id="add_canned_reply",
        summary="Make a canned reply",
        response_model=CannedOut,
        response_description="It is there.",
        responses=problems(422, _409="canned_exists"),
        status_code=201,
    )
    async def add(body: CannedBody, member: Editor, _: Annotated[Once, idempotent()]) -> object:
        """A variable there is not is refused, `variable_unknown`."""
        reply = CannedReply(new_id(), body.shortcut, body.text, body.language)
        await add_canned(deps, member.business_id, reply)
        return _out(reply)

    @router.put(
        "/api/whatsapp/replies/{reply_id}",
        operation_id="change_canned_reply",
        summary="Change a canned reply",
        responses=problems(422, _404="canned_unknown", _409="canned_exists"),
        **done,
    )
    async def change(reply_id: UUID, body: CannedBody, member: Editor) -> None:
        """In the place of what it was."""
        await change_canned(deps, member.business_id, CannedReply(reply_id, body.shortcut, body.text, body.language))

    @router.delete(
        "/api/whatsapp/replies/{reply_id}",
        operation_id="remove_canned_reply",
        summary="Remove a canned reply",
        responses=problems(_404="canned_unknown"),
        **done,
    )
    async def remove(reply_id: UUID, member: Editor) -> None:
        """What was sent with it stays."""
        await remove_canned(deps, member.business_id, reply_id)

    return router


def _out(reply: CannedReply) -> CannedOut:
    return CannedOut(id=reply.id, shortcut=reply.shortcut, text=reply.text, language=reply.language)
