"""The forms a business gives its bot and what customers gave in them, for programs: `/api/bot/forms`."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, ConfigDict, Field

from wacloud.modules.bot.application.edit_forms import add_form, change_form, find_form, list_forms, remove_form
from wacloud.modules.bot.application.form_ports import Entry, FormDeps
from wacloud.modules.bot.application.keep_entries import PAGE, list_entries
from wacloud.modules.bot.domain.form import (
    LONGEST_CHOICE,
    LONGEST_HINT,
    LONGEST_KEY,
    LONGEST_LABEL,
    LONGEST_TITLE,
    LONGEST_WHEN,
    MOST_CHOICES,
    MOST_FIELDS,
    FieldKind,
    Form,
    FormField,
)
from wacloud.shared.domain.ids import new_id
from wacloud.shared.ui.bodies import LARGEST_JSON, StrictJsonRoute
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.idempotency import Once, idempotent
from wacloud.shared.ui.openapi import problems
from wacloud.shared.ui.permissions import Permission

Reader = Annotated[Member, Depends(requires(Permission.KNOWLEDGE_READ))]
Editor = Annotated[Member, Depends(requires(Permission.ACTIONS_MANAGE))]
# What customers gave is part of their conversations.
InboxReader = Annotated[Member, Depends(requires(Permission.INBOX_READ))]
PATH = "/api/bot/forms"


class FieldBody(BaseModel):
    """One thing to ask for. Without a key one is made of the label. `choices` are of choices, `in_past` of dates."""

    model_config = ConfigDict(extra="forbid")
    key: Annotated[str, Field(max_length=LONGEST_KEY, pattern="^([a-z][a-z0-9_]*)?$", examples=["people"])] = ""
    label: Annotated[str, Field(min_length=1, max_length=LONGEST_LABEL, examples=["People"])]
    kind: FieldKind = "text"
    choices: Annotated[list[Annotated[str, Field(max_length=LONGEST_CHOICE)]], Field(max_length=MOST_CHOICES)] = []
    required: bool = True
    hint: Annotated[str, Field(max_length=LONGEST_HINT)] = ""
    in_past: bool = False


class FormBody(BaseModel):
    """
    What the bot collects, and when. With `hands_over` a person takes the conversation once all is there.

    At least one field is required.
    """

    model_config = ConfigDict(extra="forbid")
    title: Annotated[str, Field(min_length=1, max_length=LONGEST_TITLE, examples=["Table booking"])]
    used_when: Annotated[
        str, Field(min_length=1, max_length=LONGEST_WHEN, examples=["When somebody wants to book a table."])
    ]
    fields: Annotated[list[FieldBody], Field(min_length=1, max_length=MOST_FIELDS)]
    hands_over: bool = False
    enabled: bool = True

    def form(self, form_id: UUID) -> Form:
        fields = tuple(FormField.read(field.model_dump()) for field in self.fields)
        return Form(id=form_id, name="", **self.model_dump(exclude={"fields"}), fields=fields)


class FieldOut(BaseModel):
    """One thing that is asked for."""

    key: str
    label: str
    kind: FieldKind
    choices: list[str]
    required: bool
    hint: str
    in_past: bool


class FormOut(BaseModel):
    """A form. `name` is made of its first title and stays."""

    id: UUID
    name: str
    title: str
    used_when: str
    fields: list[FieldOut]
    hands_over: bool
    enabled: bool


class FormList(BaseModel):
    """In the order they were made."""

    forms: list[FormOut]


class EntryOut(BaseModel):
    """
    A form that was filled in, with its fields as they were then.

    Dates read 2026-12-24, times 17:30, phones +34600000000; what was not given is not there. `changes` is how often the
    customer changed it.
    """

    id: UUID
    conversation_id: UUID
    contact_id: UUID
    contact_name: str
    title: str
    fields: list[FieldOut]
    values: dict[str, str | int | float]
    changes: int
    created_at: datetime
    changed_at: datetime | None


class EntryList(BaseModel):
    """The newest first. `next_cursor` leads to the next page; null: this is the last."""

    items: list[EntryOut]
    next_cursor: str | None


def routes(deps: FormDeps) -> APIRouter:
    """List, make, change, remove, and what was filled in."""
    router = APIRouter(route_class=StrictJsonRoute, max_body_size=LARGEST_JSON, tags=["bot"])

    @router.get(
        PATH,
        operation_id="list_bot_forms",
        summary="List the forms of your bot",
        response_model=FormList,
        response_description="Ten at most.",
    )
    async def listed(member: Reader) -> object:
        """In the order they were made."""
        return FormList(forms=[_out(one) for one in await list_forms(deps, member.business_id)])

    @router.post(
        PATH,
        operation_id="add_bot_form",
        summary="Give your bot a form",
        response_model=FormOut,
        response_description="As it is kept.",
        responses=problems(422, _429="too_many_forms"),
        status_code=201,
    )
    async def add(request: Request, body: FormBody, member: Editor, _: Annotated[Once, idempotent()]) -> object:
        """The bot may collect it from the next message on, where it is enabled."""
        made = await add_form(deps, member.user_id, member.business_id, body.form(new_id()), caller_of(request))
        return _out(made)

    @router.get(
        f"{PATH}/{{form_id}}",
        operation_id="get_bot_form",
        summary="See one form",
        response_model=FormOut,
        response_description="As it is.",
        responses=problems(_404="not_found"),
    )
    async def one(form_id: UUID, member: Reader) -> object:
        """Enabled or not."""
        return _out(await find_form(deps, member.business_id, form_id))

    @router.put(
        f"{PATH}/{{form_id}}",
        operation_id="change_bot_form",
        summary="Change a form",
        response_model=FormOut,
        response_description="As it is now.",
        responses=problems(422, _404="not_found"),
    )
    async def change(request: Request, form_id: UUID, body: FormBody, member: Editor) -> object:
        """In the place of what it was. What was filled in before stays as it was asked then."""
        form = body.form(form_id)
        return _out(await change_form(deps, member.user_id, member.business_id, form, caller_of(request)))

    @router.delete(
        f"{PATH}/{{form_id}}",
        operation_id="remove_bot_form",
        summary="Take a form away",
        status_code=204,
        response_description="Done.",
        responses=problems(_404="not_found"),
    )
    async def remove(request: Request, form_id: UUID, member: Editor) -> None:
        """What was filled in stays."""
        await remove_form(deps, member.user_id, member.business_id, form_id, caller_of(request))

    @router.get(
        f"{PATH}/{{form_id}}/entries",
        operation_id="list_bot_form_entries",
        summary="List what was filled in",
        response_model=EntryList,
        response_description="A page of it.",
        responses=problems(422, _404="not_found"),
    )
    async def entries(
        form_id: UUID,
        member: InboxReader,
        cursor: Annotated[str | None, Query(max_length=200)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = PAGE,
    ) -> object:
        """The newest first; also of a form that was taken away."""
        _, found, following = await list_entries(deps, member.business_id, form_id, cursor, limit)
        return EntryList(items=[_entry(one) for one in found], next_cursor=following)

    return router


def _out(form: Form) -> FormOut:
    return FormOut(
        id=form.id,
        name=form.name,
        title=form.title,
        used_when=form.used_when,
        fields=_fields(form.fields),
        hands_over=form.hands_over,
        enabled=form.enabled,
    )


def _entry(entry: Entry) -> EntryOut:
    return EntryOut(
        id=entry.id,
        conversation_id=entry.conversation_id,
        contact_id=entry.contact_id,
        contact_name=entry.contact_name,
        title=entry.title,
        fields=_fields(entry.fields),
        values=dict(entry.values),
        changes=len(entry.revisions),
        created_at=entry.created_at,
        changed_at=entry.changed_at,
    )


def _fields(fields: tuple[FormField, ...]) -> list[FieldOut]:
    kept: list[dict[str, Any]] = [field.stored() for field in fields]
    return [FieldOut(**field) for field in kept]
