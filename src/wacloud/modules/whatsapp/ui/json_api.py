"""Sending by program, and the ledger's form for programs."""

from dataclasses import replace
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Body, Depends
from pydantic import BaseModel, Tag
from pydantic import Discriminator as TellApart

from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.send_message import Recipient, send_message
from wacloud.modules.whatsapp.domain.outgoing import Rules, check_recipient
from wacloud.modules.whatsapp.ui.send_bodies import (
    SendAudio,
    SendContacts,
    SendDocument,
    SendImage,
    SendInteractive,
    SendLocation,
    SendReaction,
    SendSticker,
    SendTemplate,
    SendText,
    SendVideo,
    type_of,
)
from wacloud.modules.whatsapp.ui.send_examples import openapi_examples
from wacloud.shared.ui.bodies import StrictJsonRoute
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.idempotency import Once, idempotent
from wacloud.shared.ui.limits import limited
from wacloud.shared.ui.openapi import problems
from wacloud.shared.ui.permissions import Permission

LARGEST_JSON = 64 * 1024


AnySend = Annotated[
    Annotated[SendText, Tag("text")]
    | Annotated[SendImage, Tag("image")]
    | Annotated[SendVideo, Tag("video")]
    | Annotated[SendAudio, Tag("audio")]
    | Annotated[SendDocument, Tag("document")]
    | Annotated[SendSticker, Tag("sticker")]
    | Annotated[SendLocation, Tag("location")]
    | Annotated[SendContacts, Tag("contacts")]
    | Annotated[SendReaction, Tag("reaction")]
    | Annotated[SendInteractive, Tag("interactive")]
    | Annotated[SendTemplate, Tag("template")],
    TellApart(type_of),
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
    """
    Why messages ended so: a reason's code and how many there are of it. Each sum is the count of that state.

    `waiting` are those of the queued ones that are held.
    """

    ignored: dict[str, int]
    handed_over: dict[str, int]
    failed: dict[str, int]
    waiting: dict[str, int]


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
        body: Annotated[AnySend, Body(openapi_examples=openapi_examples())],
        member: Annotated[Member, Depends(requires(Permission.MESSAGES_SEND))],
        _: Annotated[None, limited("send")],
        once: Annotated[Once, idempotent()],
    ) -> object:
        """
        Queue a message of any kind WhatsApp has. The same `Idempotency-Key` again sends nothing more, even where the
        first answer was lost in a crash.

        What breaks one of WhatsApp's rules is refused with `message_refused` before anything is queued: `errors` names
        each field, the rule and its limit. When the person last wrote more than 24 hours ago only a template may be
        sent, else `outside_service_window`. A template of category marketing is refused with `marketing_stopped` for
        somebody who wants no promotions. Where your list of templates was read from Meta, one that is unknown, not
        approved, paused or disabled, and values it has no blanks for, are refused as `message_refused`, too; its
        category is then Meta's, whatever the request says.

        A text in which a variable such as `{{name}}` was not filled in is refused (`variable_not_filled`), unless you
        say with `literal_braces` that it is meant as it stands.

        Without a `phone_number_id` a person hears from the number they know, somebody new from any of yours. What is
        sent with `bulk`, as marketing templates are unless you say otherwise, leaves after the answers somebody waits
        for, as fast as Meta's limits allow.
        """
        rules = Rules(literal_braces=body.literal_braces)
        check_recipient(rules, body.conversation_id, body.to)
        wanted = body.read(rules)
        rules.check()
        message_id = await send_message(
            deps,
            member.user_id,
            member.business_id,
            Recipient(body.conversation_id, body.to, body.phone_number_id),
            replace(wanted, answers=body.reply_to or wanted.answers, bulk=body.bulk),
            str(once.id) if once else None,
        )
        return Queued(message_id=message_id)

    return router
