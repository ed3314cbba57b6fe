"""Sending by program, and the ledger's form for programs."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Header
from pydantic import BaseModel, ConfigDict, Field, Tag
from pydantic import Discriminator as TellApart

from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.send_media import send_media
from wacloud.modules.whatsapp.application.write_reply import write_reply
from wacloud.modules.whatsapp.domain.message import TEXT_LIMIT
from wacloud.modules.whatsapp.ui.media_bodies import SendAudio, SendDocument, SendImage, SendSticker, SendVideo
from wacloud.shared.ui.bodies import StrictJsonRoute
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.limits import limited
from wacloud.shared.ui.openapi import problems
from wacloud.shared.ui.permissions import Permission

LARGEST_JSON = 64 * 1024


class TextBody(BaseModel):
    """The text itself."""

    model_config = ConfigDict(extra="forbid")
    body: Annotated[str, Field(min_length=1, max_length=TEXT_LIMIT)]


class Send(BaseModel):
    """A text into a conversation whose service window is open."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "conversation_id": "019ab000-0000-7000-8000-000000000001",
                    "type": "text",
                    "text": {"body": "Hola, su pedido está listo."},
                }
            ]
        },
    )
    conversation_id: UUID
    type: Literal["text"] = "text"
    text: TextBody


def _type_of(body: object) -> object:
    """What has no type is a text, as it always was."""
    return body.get("type", "text") if isinstance(body, dict) else getattr(body, "type", None)


AnySend = Annotated[
    Annotated[Send, Tag("text")]
    | Annotated[SendImage, Tag("image")]
    | Annotated[SendVideo, Tag("video")]
    | Annotated[SendAudio, Tag("audio")]
    | Annotated[SendDocument, Tag("document")]
    | Annotated[SendSticker, Tag("sticker")],
    TellApart(_type_of),
]


class Queued(BaseModel):
    """It will be sent; the message's state in the inbox and the ledger tells how far it has come."""

    message_id: UUID
    state: Literal["queued"] = "queued"


class WebhookCounts(BaseModel):
    """`received` = `processed` + `pending` + `failed`."""

    received: int
    processed: int
    pending: int
    failed: int


class InboundCounts(BaseModel):
    """Messages of contacts: `stored` = `answered` + `handed_over` + `ignored` + `pending`."""

    stored: int
    answered: int
    handed_over: int
    ignored: int
    pending: int


class OutboundCounts(BaseModel):
    """Messages of ours, each counted once, at the state it has reached."""

    queued: int
    dispatching: int
    sent: int
    delivered: int
    read: int
    unconfirmed: int
    failed: int


class Reasons(BaseModel):
    """Why messages ended so: a reason's code and how many there are of it. Each sum is the count of that state."""

    ignored: dict[str, int]
    handed_over: dict[str, int]
    failed: dict[str, int]


class LedgerCounts(BaseModel):
    """Everything of the business by where it stands, counted at one moment."""

    webhooks: WebhookCounts
    inbound: InboundCounts
    outbound: OutboundCounts
    reasons: Reasons


def routes(deps: WhatsappDeps) -> APIRouter:
    """`POST /api/whatsapp/send`."""
    router = APIRouter(route_class=StrictJsonRoute, max_body_size=LARGEST_JSON, tags=["whatsapp"])

    @router.post(
        "/api/whatsapp/send",
        operation_id="send_message",
        summary="Send a message",
        response_model=Queued,
        response_description="It is queued.",
        responses=problems(429, _404="conversation_unknown", _409="outside_service_window"),
        status_code=202,
    )
    async def send(
        body: AnySend,
        member: Annotated[Member, Depends(requires(Permission.MESSAGES_SEND))],
        _: Annotated[None, limited("send")],
        idempotency_key: Annotated[str | None, Header(min_length=8, max_length=128)] = None,
    ) -> object:
        """
        Queue a message. The same `Idempotency-Key` again sends nothing more and answers with the first message; with
        another conversation or text it is refused with `idempotency_key_reused`.

        It is refused with `outside_service_window` when the person last wrote more than 24 hours ago.
        """
        place = (deps, member.user_id, member.business_id, body.conversation_id)
        if isinstance(body, Send):
            message_id = await write_reply(*place, body.text.body, idempotency_key)
        else:
            file, caption = body.file
            message_id = await send_media(*place, file, caption, idempotency_key, kind=body.type)
        return Queued(message_id=message_id)

    return router
