"""Messages that are sent later, for programs."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.schedule_message import (
    cancel_scheduled,
    list_scheduled,
    schedule_message,
    send_scheduled_now,
)
from wacloud.modules.whatsapp.domain.canned import check_filled
from wacloud.modules.whatsapp.domain.message import TEXT_LIMIT
from wacloud.modules.whatsapp.domain.scheduled import Scheduled
from wacloud.shared.ui.bodies import StrictJsonRoute
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.idempotency import Once, idempotent
from wacloud.shared.ui.openapi import problems
from wacloud.shared.ui.permissions import Permission

Reader = Annotated[Member, Depends(requires(Permission.INBOX_READ))]
Sender = Annotated[Member, Depends(requires(Permission.MESSAGES_SEND))]


class ScheduleMessage(BaseModel):
    """
    A text, and when it goes out. `unless_they_write`: it is cancelled where the contact writes before.

    `literal_braces`: `{{name}}` in it is meant as it stands; else it is taken for a variable nobody filled in.
    """

    model_config = ConfigDict(extra="forbid")
    text: Annotated[str, Field(min_length=1, max_length=TEXT_LIMIT)]
    send_at: AwareDatetime
    unless_they_write: bool = False
    literal_braces: bool = False


class ScheduledOut(BaseModel):
    """A message that waits, or could not be sent: then `reason` says why. `is_held`: it goes out within seconds."""

    id: UUID
    author_id: UUID
    author_name: str | None
    text: str
    send_at: datetime
    unless_they_write: bool
    is_held: bool
    state: Literal["waiting", "failed"]
    reason: str | None
    created_at: datetime


class ScheduledList(BaseModel):
    """The next one first."""

    scheduled: list[ScheduledOut]


def routes(deps: WhatsappDeps) -> APIRouter:
    """Under `/api/whatsapp/conversations/{id}/scheduled` and `/api/whatsapp/scheduled`."""
    router = APIRouter(route_class=StrictJsonRoute, tags=["whatsapp"])
    path = "/api/whatsapp/conversations/{conversation_id}/scheduled"
    done: dict[str, Any] = {"status_code": 204, "response_description": "Done."}

    @router.get(
        path,
        operation_id="list_scheduled_messages",
        summary="What waits to be sent in a conversation",
        response_model=ScheduledList,
        response_description="The next one first, with those that could not be sent.",
        responses=problems(_404="conversation_unknown"),
    )
    async def listed(conversation_id: UUID, member: Reader) -> ScheduledList:
        """What was sent is a message, what was cancelled is gone."""
        found = await list_scheduled(deps, member.business_id, conversation_id)
        return ScheduledList(scheduled=[_out(one) for one in found])

    @router.post(
        path,
        operation_id="schedule_message",
        summary="Send a text later",
        status_code=201,
        response_model=ScheduledOut,
        response_description="It waits.",
        responses=problems(422, _404="conversation_unknown", _409="too_many_scheduled"),
    )
    async def scheduled(
        conversation_id: UUID, body: ScheduleMessage, member: Sender, _: Annotated[Once, idempotent()]
    ) -> object:
        """
        The 24 hours are looked at when its time comes. Where they are over by then, it stays with its reason, and its
        author gets a notice.
        """
        if not body.literal_braces:
            check_filled(body.text)
        return _out(
            await schedule_message(
                deps,
                member.user_id,
                member.business_id,
                conversation_id,
                body.text,
                body.send_at,
                unless_they_write=body.unless_they_write,
            )
        )

    @router.delete(
        "/api/whatsapp/scheduled/{scheduled_id}",
        operation_id="cancel_scheduled_message",
        summary="Cancel a message that waits",
        responses=problems(_404="scheduled_unknown"),
        **done,
    )
    async def cancelled(scheduled_id: UUID, member: Sender) -> None:
        """Whoever of the team wrote it."""
        await cancel_scheduled(deps, member.business_id, scheduled_id)

    @router.post(
        "/api/whatsapp/scheduled/{scheduled_id}/send",
        operation_id="send_scheduled_message",
        summary="Send a message that waits at once",
        responses=problems(_404="scheduled_unknown", _409="outside_service_window"),
        **done,
    )
    async def sent(scheduled_id: UUID, member: Sender) -> None:
        """Also one that could not be sent before. `outside_service_window`: it still cannot, and stays."""
        await send_scheduled_now(deps, member.business_id, scheduled_id)

    return router


def _out(one: Scheduled) -> ScheduledOut:
    return ScheduledOut(
        id=one.id,
        author_id=one.author_id,
        author_name=one.author_name,
        text=one.text,
        send_at=one.send_at,
        unless_they_write=one.unless_they_write,
        is_held=one.is_held,
        state=one.state,
        reason=one.reason,
        created_at=one.created_at,
    )
