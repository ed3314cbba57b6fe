"""A team's work in its inbox, for programs: open, snoozed, closed, priority, labels, and whose it is."""

from datetime import UTC
from typing import Annotated, Any, Literal
from uuid import UUID

from fastapi import APIRouter, Depends
from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from wacloud.modules.whatsapp.application.assign_conversation import assign_conversation
from wacloud.modules.whatsapp.application.close_conversation import close_conversation
from wacloud.modules.whatsapp.application.desk_stores import Label
from wacloud.modules.whatsapp.application.edit_labels import add_label, change_label, remove_label
from wacloud.modules.whatsapp.application.label_conversation import label_conversation
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.reopen_conversation import reopen_conversation
from wacloud.modules.whatsapp.application.set_priority import set_priority
from wacloud.modules.whatsapp.application.snooze_conversation import snooze_conversation
from wacloud.modules.whatsapp.domain.desk import MOST_ON_ONE, Colour, Priority
from wacloud.shared.domain.ids import UserId
from wacloud.shared.ui.bodies import StrictJsonRoute
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.idempotency import Once, idempotent
from wacloud.shared.ui.openapi import problems
from wacloud.shared.ui.permissions import Permission

Reader = Annotated[Member, Depends(requires(Permission.INBOX_READ))]
Writer = Annotated[Member, Depends(requires(Permission.INBOX_WRITE))]
ONE = "/api/whatsapp/conversations/{conversation_id}"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Close(_Strict):
    """
    Who answers when the customer writes again: the assistant, or still whoever had it.

    Left out, what the assistant's configuration says of conversations a person had.
    """

    then: Literal["bot", "person"] | None = None


class Snooze(_Strict):
    """Until when."""

    until: AwareDatetime


class SetPriority(_Strict):
    """How urgent it is."""

    priority: Literal["none", "low", "high", "urgent"]


class Assign(_Strict):
    """A member of the team who answers customers; `null` is nobody."""

    user_id: UUID | None


class PutLabels(_Strict):
    """Labels by their ids: these and no others."""

    label_ids: Annotated[list[UUID], Field(max_length=MOST_ON_ONE)]


def _one_line(name: str) -> str:
    name = " ".join(name.split())
    if not name or not name.isprintable():
        raise ValueError("a name of one line")
    return name


class LabelBody(_Strict):
    """A label's name and colour."""

    name: Annotated[str, Field(min_length=1, max_length=40), AfterValidator(_one_line)]
    colour: Colour = "grey"


class LabelOut(BaseModel):
    """One of your labels."""

    id: UUID
    name: str
    colour: Colour


class LabelList(BaseModel):
    """By name."""

    labels: list[LabelOut]


def _out(label: Label) -> LabelOut:
    return LabelOut(id=label.id, name=label.name, colour=label.colour)


def routes(deps: WhatsappDeps) -> APIRouter:
    """Under `/api/whatsapp/conversations/{id}` and `/api/whatsapp/labels`."""
    router = APIRouter(route_class=StrictJsonRoute, tags=["whatsapp"])
    done: dict[str, Any] = {"status_code": 204, "response_description": "Done."}

    @router.post(
        f"{ONE}/close",
        operation_id="close_conversation",
        summary="Close a conversation",
        responses=problems(_404="conversation_unknown"),
        **done,
    )
    async def close(conversation_id: UUID, body: Close, member: Writer) -> None:
        """Out of the list until the customer writes again."""
        keeps_person = None if body.then is None else body.then == "person"
        await close_conversation(deps, member.user_id, member.business_id, conversation_id, keeps_person=keeps_person)

    @router.post(
        f"{ONE}/reopen",
        operation_id="reopen_conversation",
        summary="Open a closed or snoozed conversation",
        responses=problems(_404="conversation_unknown"),
        **done,
    )
    async def reopen(conversation_id: UUID, member: Writer) -> None:
        """Back in the list, before its time."""
        await reopen_conversation(deps, member.business_id, conversation_id)

    @router.post(
        f"{ONE}/snooze",
        operation_id="snooze_conversation",
        summary="Put a conversation away until a time",
        responses=problems(422, _404="conversation_unknown"),
        **done,
    )
    async def snooze(conversation_id: UUID, body: Snooze, member: Writer) -> None:
        """It comes back, unread, at its time or when the customer writes."""
        await snooze_conversation(deps, member.business_id, conversation_id, body.until.astimezone(UTC))

    @router.put(
        f"{ONE}/priority",
        operation_id="set_conversation_priority",
        summary="Set how urgent a conversation is",
        responses=problems(_404="conversation_unknown"),
        **done,
    )
    async def priority(conversation_id: UUID, body: SetPriority, member: Writer) -> None:
        """For everybody of the team."""
        await set_priority(deps, member.business_id, conversation_id, Priority[body.priority.upper()])

    @router.put(
        f"{ONE}/assignee",
        operation_id="assign_conversation",
        summary="Say whose a conversation is",
        responses=problems(_404="conversation_unknown"),
        **done,
    )
    async def assign(conversation_id: UUID, body: Assign, member: Writer) -> None:
        """The assistant is silent in it from then on. Somebody who does not answer is refused, `assignee_unknown`."""
        to = UserId(body.user_id) if body.user_id else None
        await assign_conversation(deps, member.user_id, member.business_id, conversation_id, to)

    @router.post(
        f"{ONE}/balance",
        operation_id="balance_conversation",
        summary="Give a conversation to whoever has the fewest open",
        responses=problems(_404="conversation_unknown"),
        **done,
    )
    async def balance(conversation_id: UUID, member: Writer) -> None:
        """The assistant is silent in it from then on."""
        await assign_conversation(deps, member.user_id, member.business_id, conversation_id, None, by_balance=True)

    @router.put(
        f"{ONE}/labels",
        operation_id="label_conversation",
        summary="Set the labels of a conversation",
        responses=problems(_404="conversation_unknown"),
        **done,
    )
    async def put_labels(conversation_id: UUID, body: PutLabels, member: Writer) -> None:
        """An unknown label is refused with `label_unknown` and nothing changes."""
        await label_conversation(deps, member.business_id, conversation_id, body.label_ids)

    @router.get(
        "/api/whatsapp/labels",
        operation_id="list_labels",
        summary="List your labels",
        response_model=LabelList,
        response_description="All of them, by name.",
    )
    async def labels(member: Reader) -> object:
        """At most a hundred."""
        async with deps.db.tenant(member.business_id, read_only=True) as tx:
            return LabelList(labels=[_out(label) for label in await deps.labels.all(tx, member.business_id)])

    @router.post(
        "/api/whatsapp/labels",
        operation_id="add_label",
        summary="Make a label",
        response_model=LabelOut,
        response_description="It is there.",
        responses=problems(_409="label_exists"),
        status_code=201,
    )
    async def add(body: LabelBody, member: Writer, _: Annotated[Once, idempotent()]) -> object:
        """Also refused with `too_many_labels`."""
        return _out(await add_label(deps, member.business_id, body.name, body.colour))

    @router.put(
        "/api/whatsapp/labels/{label_id}",
        operation_id="change_label",
        summary="Change a label's name and colour",
        responses=problems(_404="label_unknown", _409="label_exists"),
        **done,
    )
    async def change(label_id: UUID, body: LabelBody, member: Writer) -> None:
        """On every conversation that has it."""
        await change_label(deps, member.business_id, Label(label_id, body.name, body.colour))

    @router.delete(
        "/api/whatsapp/labels/{label_id}",
        operation_id="remove_label",
        summary="Remove a label",
        responses=problems(_404="label_unknown"),
        **done,
    )
    async def remove(label_id: UUID, member: Writer) -> None:
        """Also from every conversation."""
        await remove_label(deps, member.business_id, label_id)

    return router
