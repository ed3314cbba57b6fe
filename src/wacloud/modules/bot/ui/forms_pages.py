"""`/bot/forms`: what the bot collects from customers, and what it has collected. The pages work without script."""

from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from typing import Annotated, Any, Final, get_args
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response, StreamingResponse

from wacloud.modules.bot.application.edit_forms import (
    add_form,
    change_form,
    list_forms,
    offered_starter,
    remove_form,
    removed_forms,
)
from wacloud.modules.bot.application.form_ports import FormDeps
from wacloud.modules.bot.application.keep_entries import entries_of_conversation, export_entries, list_entries
from wacloud.modules.bot.domain import form as limits
from wacloud.modules.bot.domain.form import FieldKind, Form, FormField
from wacloud.modules.bot.ui.form_words import value_in_words
from wacloud.modules.bot.ui.forms_api import Editor, InboxReader, Reader
from wacloud.modules.whatsapp.api import csv_lines
from wacloud.shared.domain.errors import AppError, Fault, FaultyFields
from wacloud.shared.domain.ids import new_id
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.i18n import N_, translate
from wacloud.shared.ui.pages import look_of, render
from wacloud.shared.ui.permissions import Permission
from wacloud.shared.ui.problems import STATUS_OF, rule_in_words

LARGEST_FORM: Final = 64 * 1024
PATH: Final = "/bot/forms"
Exporter = Annotated[Member, Depends(requires(Permission.CONTACTS_EXPORT))]
SAID: Final = {
    "added": N_("The form was added."),
    "changed": N_("Saved."),
    "removed": N_("The form was removed. What was filled in is kept."),
}
KINDS: Final[Mapping[FieldKind, str]] = {
    "text": N_("Text"),
    "number": N_("Number"),
    "date": N_("Date"),
    "time": N_("Time"),
    "phone": N_("Phone"),
    "email": N_("E-mail"),
    "choice": N_("Choice"),
}
_PARTS: Final = {
    "title": N_("Title"),
    "used_when": N_("When to use it"),
    "fields": N_("Fields"),
}


def routes(deps: FormDeps) -> APIRouter:
    """The forms, their entries, a file of them, and the part of a conversation's page."""
    router = APIRouter(include_in_schema=False, max_body_size=LARGEST_FORM)

    async def page(
        request: Request, member: Member, refused: AppError | None = None, typed: Form | None = None
    ) -> Response:
        forms = await list_forms(deps, member.business_id)
        removed, counts = await removed_forms(deps, member.business_id)
        language = look_of(request, member).language
        faults = refused.faults if isinstance(refused, FaultyFields) else ()
        return render(
            request,
            "bot/forms.html",
            STATUS_OF[refused.kind] if refused else 200,
            member=member,
            forms=forms,
            removed=removed,
            counts=counts,
            starter=await offered_starter(deps, member.business_id) if not forms else None,
            may_change=member.may(Permission.ACTIONS_MANAGE),
            may_read=member.may(Permission.INBOX_READ),
            limits=limits,
            kinds=KINDS,
            said=SAID.get(request.query_params.get("said", "")),
            refusal=translate(language, refused.message) if refused else None,
            faults=[_fault_in_words(fault, language) for fault in faults],
            typed=typed,
        )

    @router.get(PATH)
    async def look(request: Request, member: Reader) -> Response:
        return await page(request, member)

    @router.post(PATH)
    async def add(request: Request, member: Editor) -> Response:
        typed = _typed(new_id(), await request.form())
        try:
            await add_form(deps, member.user_id, member.business_id, typed, caller_of(request))
        except AppError as refused:
            return await page(request, member, refused, typed)
        return RedirectResponse(f"{PATH}?said=added", 303)

    @router.post(f"{PATH}/starter")
    async def begin(request: Request, member: Editor) -> Response:
        """Pressed twice, it is there once."""
        if not await list_forms(deps, member.business_id):
            starter = await offered_starter(deps, member.business_id)
            await add_form(deps, member.user_id, member.business_id, starter, caller_of(request))
        return RedirectResponse(f"{PATH}?said=added", 303)

    @router.post(f"{PATH}/{{form_id}}")
    async def change(request: Request, form_id: UUID, member: Editor) -> Response:
        typed = _typed(form_id, await request.form())
        try:
            await change_form(deps, member.user_id, member.business_id, typed, caller_of(request))
        except AppError as refused:
            if not isinstance(refused, FaultyFields):
                raise
            return await page(request, member, refused, typed)
        return RedirectResponse(f"{PATH}?said=changed", 303)

    @router.post(f"{PATH}/{{form_id}}/remove")
    async def remove(request: Request, form_id: UUID, member: Editor) -> Response:
        await remove_form(deps, member.user_id, member.business_id, form_id, caller_of(request))
        return RedirectResponse(f"{PATH}?said=removed", 303)

    @router.get(f"{PATH}/{{form_id}}/entries")
    async def entries(
        request: Request,
        form_id: UUID,
        member: InboxReader,
        cursor: Annotated[str | None, Query(max_length=200)] = None,
    ) -> Response:
        form, found, following = await list_entries(deps, member.business_id, form_id, cursor)
        return render(
            request,
            "bot/form_entries.html",
            member=member,
            form=form,
            entries=found,
            cursor=cursor,
            following=following,
            may_export=member.may(Permission.CONTACTS_EXPORT),
            in_words=_in_words(request, member),
        )

    @router.get(f"{PATH}/{{form_id}}/entries.csv")
    async def table(request: Request, form_id: UUID, member: Exporter) -> Response:
        """A row each, the times in UTC; fields the form has no more are at the end."""
        form, found = await export_entries(deps, member.user_id, member.business_id, form_id, caller_of(request))
        keys = [field.key for field in form.fields]

        async def parts() -> AsyncIterator[bytes]:
            for part in csv_lines([("id", "created_at", "changed_at", "name", "phone", *keys, "more")]):
                yield part
            async for one in found:
                more = "; ".join(f"{field.label}: {value}" for field, value in one.told if field.key not in keys)
                changed = one.changed_at.isoformat() if one.changed_at else ""
                own = (str(one.id), one.created_at.isoformat(), changed, one.contact_name, one.phone or "")
                for part in csv_lines([(*own, *(one.values.get(key, "") for key in keys), more)]):
                    yield part

        headers = {"content-disposition": f'attachment; filename="{form.name}.csv"', "cache-control": "no-store"}
        return StreamingResponse(parts(), media_type="text/csv; charset=utf-8", headers=headers)

    @router.get("/inbox/{conversation_id}/entries")
    async def beside(request: Request, conversation_id: UUID, member: InboxReader) -> Response:
        """What was collected in a conversation, beside it."""
        return render(
            request,
            "bot/_entries.html",
            member=member,
            entries=await entries_of_conversation(deps, member.business_id, conversation_id),
            in_words=_in_words(request, member),
        )

    return router


def _in_words(request: Request, member: Member) -> Any:
    language = look_of(request, member).language
    return lambda field, value: value_in_words(field, value, language)


def _typed(form_id: UUID, told: FormData) -> Form:
    """As somebody typed it; rows without a label are none."""
    required, in_past = told.getlist("required"), told.getlist("in_past")
    lists = (told.getlist(name) for name in ("key", "label", "kind", "choices", "hint"))
    fields = []
    for at, (key, label, kind, choices, hint) in enumerate(zip(*lists, strict=False)):
        if str(label).strip():
            fields.append(
                FormField(
                    key=str(key),
                    label=str(label),
                    kind=_kind(str(kind)),
                    choices=tuple(part.strip() for part in str(choices).split(",") if part.strip()),
                    required=str(at) in required,
                    hint=str(hint),
                    in_past=str(at) in in_past,
                )
            )
    return Form(
        id=form_id,
        name="",
        title=str(told.get("title", "")),
        used_when=str(told.get("used_when", "")),
        fields=tuple(fields),
        hands_over="hands_over" in told,
        enabled="enabled" in told,
    )


def _kind(told: str) -> FieldKind:
    return next((kind for kind in get_args(FieldKind) if kind == told), "text")


def _fault_in_words(fault: Fault, language: str) -> str:
    first, _, rest = fault.field.partition(".")
    where = translate(language, _PARTS.get(first, first))
    if rest:
        number = int(rest.partition(".")[0]) + 1
        where = translate(language, N_("Field %(number)s"), number=number)
    return f"{where}: {rule_in_words(replace(fault, field=first), language)}"
