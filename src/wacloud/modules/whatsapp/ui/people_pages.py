"""The pages of contacts: the list, one person, and who may be one."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Form, Query, Request
from pydantic import BeforeValidator
from starlette.responses import RedirectResponse, Response

from wacloud.modules.whatsapp.application.block_contact import NOT_WITHIN_A_DAY, set_blocked
from wacloud.modules.whatsapp.application.change_consent import change_consent
from wacloud.modules.whatsapp.application.edit_contact import Edit, add_contact, update_contact
from wacloud.modules.whatsapp.application.erase_contact import erase_contact
from wacloud.modules.whatsapp.application.export_contacts import export_contacts, export_person, filter_of
from wacloud.modules.whatsapp.application.merge_people import merge_people, tell_apart
from wacloud.modules.whatsapp.application.people_ports import PeopleDeps
from wacloud.modules.whatsapp.application.people_stored import Person, Said, Wanted
from wacloud.modules.whatsapp.domain.consent import Change
from wacloud.modules.whatsapp.domain.contact_csv import csv_lines
from wacloud.modules.whatsapp.domain.person import ContactNotFound, FieldValueWrong
from wacloud.modules.whatsapp.ui import people_words
from wacloud.modules.whatsapp.ui.downloads import download
from wacloud.modules.whatsapp.ui.people_bodies import detail_of
from wacloud.modules.whatsapp.ui.reasons import reason_in_words
from wacloud.shared.domain.errors import AppError
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.i18n import N_, translate
from wacloud.shared.ui.pages import fragment, look_of, render
from wacloud.shared.ui.permissions import Permission
from wacloud.shared.ui.problems import STATUS_OF

Reader = Annotated[Member, Depends(requires(Permission.CONTACTS_READ))]
Writer = Annotated[Member, Depends(requires(Permission.CONTACTS_WRITE))]
Exporter = Annotated[Member, Depends(requires(Permission.CONTACTS_EXPORT))]
Eraser = Annotated[Member, Depends(requires(Permission.CONTACTS_ERASE))]
Text = Annotated[str, Form(max_length=2000)]
LARGEST_FORM = 64 * 1024
# A list of choices in a form sends an empty text where nothing is chosen.
Chosen = Annotated[UUID | None, BeforeValidator(lambda told: told or None)]
SAID = {
    "saved": N_("Saved."),
    "merged": N_("These two are one contact now."),
    "erased": N_("The contact is erased. What was written goes within minutes."),
}
NOT_BLOCKED_AT_META = N_("WhatsApp blocks only who wrote within the last day. Here nobody answers them anyway.")
CHANGES_BY_HAND: dict[str, Change] = {
    "opted_out": "opted_out",
    "opted_in": "opted_in",
    "marketing_stopped": "marketing_stopped",
    "marketing_resumed": "marketing_resumed",
}


def routes(deps: PeopleDeps) -> APIRouter:
    """The pages."""
    router = APIRouter(include_in_schema=False, max_body_size=LARGEST_FORM)
    _add_list(router, deps)
    _add_person(router, deps)
    _add_deeds(router, deps)
    _add_exports(router, deps)
    return router


def frame(member: Member) -> dict[str, Any]:
    """What every page of contacts knows."""
    return {"member": member, "may": member.may, "Permission": Permission, "words": people_words}


def _add_list(router: APIRouter, deps: PeopleDeps) -> None:
    @router.get("/contacts")
    async def listed(
        request: Request,
        member: Reader,
        search: Annotated[str, Query(alias="q", max_length=100)] = "",
        tag: Chosen = None,
        segment: Chosen = None,
        cursor: Annotated[str | None, Query(max_length=500)] = None,
        said: str = "",
    ) -> Response:
        who = (member.user_id, member.business_id)
        wanted = Wanted(search=search, filter=await filter_of(deps, *who, segment), tag_id=tag, cursor=cursor)
        return render(
            request,
            "whatsapp/people.html",
            page=await deps.reader.page(*who, wanted),
            tags=await deps.reader.tags(*who),
            segments=await deps.reader.segments(*who),
            search=search,
            tag=tag,
            segment=segment,
            said=SAID.get(said),
            **frame(member),
        )

    @router.get("/contacts/new")
    async def new(request: Request, member: Writer) -> Response:
        return render(request, "whatsapp/person_new.html", phone="", name="", refusal=None, **frame(member))

    @router.post("/contacts/new")
    async def add(request: Request, member: Writer, phone: Text = "", name: Text = "") -> Response:
        caller = caller_of(request)
        try:
            made = await add_contact(deps, member.user_id, member.business_id, phone, Edit(name=name), caller)
        except AppError as refusal:
            return render(
                request,
                "whatsapp/person_new.html",
                STATUS_OF[refusal.kind],
                phone=phone,
                name=name,
                refusal=refusal.message,
                **frame(member),
            )
        return RedirectResponse(f"/contacts/{made}?said=saved", 303)

    @router.get("/contacts/duplicates")
    async def duplicates(request: Request, member: Writer, said: str = "") -> Response:
        found = await deps.reader.suggestions(member.user_id, member.business_id)
        return render(request, "whatsapp/duplicates.html", suggestions=found, said=SAID.get(said), **frame(member))


def _add_person(router: APIRouter, deps: PeopleDeps) -> None:
    @router.get("/contacts/{contact_id}")
    async def person(request: Request, member: Reader, contact_id: UUID, said: str = "") -> Response:
        return await _person_page(deps, request, member, contact_id, said=SAID.get(said))

    @router.get("/contacts/{contact_id}/panel")
    async def panel(request: Request, member: Reader, contact_id: UUID) -> Response:
        """What stands beside a conversation."""
        who = (member.user_id, member.business_id)
        person = await deps.reader.person(*who, contact_id)
        if person is None:
            raise ContactNotFound
        fields = await deps.reader.fields(*who)
        return render(
            request, "whatsapp/_person_panel.html", person=person, row=person.row, fields=fields, **frame(member)
        )

    @router.post("/contacts/{contact_id}")
    async def change(request: Request, member: Writer, contact_id: UUID) -> Response:
        form = await request.form()
        typed = {key.removeprefix("f_"): str(value) for key, value in form.items() if key.startswith("f_")}
        tags = [UUID(one) for one in map(str, form.getlist("tag")) if _is_uuid(one)]
        edit = Edit(name=str(form.get("name", "")), fields=typed, tag_ids=tags)

        async def write() -> None:
            await update_contact(deps, member.business_id, contact_id, edit)

        return await _done(deps, request, member, contact_id, write, edit)

    @router.post("/contacts/{contact_id}/consent")
    async def consent(
        request: Request, member: Writer, contact_id: UUID, change: Text = "", proof: Text = ""
    ) -> Response:
        async def note() -> None:
            told = CHANGES_BY_HAND.get(change)
            if told is not None:
                who = (member.user_id, member.business_id, contact_id)
                await change_consent(deps, *who, told, proof, "page", caller_of(request))

        return await _done(deps, request, member, contact_id, note)


def _add_deeds(router: APIRouter, deps: PeopleDeps) -> None:
    @router.post("/contacts/{contact_id}/block")
    async def block(request: Request, member: Writer, contact_id: UUID, blocked: Text = "") -> Response:
        who = (member.user_id, member.business_id, contact_id)
        await set_blocked(deps, *who, caller_of(request), blocked=blocked == "yes")
        return RedirectResponse(f"/contacts/{contact_id}?said=saved", 303)

    @router.post("/contacts/{contact_id}/merge")
    async def merge(
        request: Request, member: Writer, contact_id: UUID, other: Annotated[UUID, Form()], back: Text = ""
    ) -> Response:
        caller = caller_of(request)
        await merge_people(deps, member.user_id, member.business_id, contact_id, other, caller)
        where = "/contacts/duplicates" if back == "duplicates" else f"/contacts/{contact_id}"
        return RedirectResponse(f"{where}?said=merged", 303)

    @router.post("/contacts/{contact_id}/different")
    async def different(
        request: Request, member: Writer, contact_id: UUID, other: Annotated[UUID, Form()], back: Text = ""
    ) -> Response:
        await tell_apart(deps, member.business_id, contact_id, other)
        where = "/contacts/duplicates" if back == "duplicates" else f"/contacts/{contact_id}"
        return RedirectResponse(f"{where}?said=saved", 303)

    @router.post("/contacts/{contact_id}/erase")
    async def erase(request: Request, member: Eraser, contact_id: UUID, sure: Text = "") -> Response:
        if sure != "yes":
            return RedirectResponse(f"/contacts/{contact_id}#erase", 303)
        await erase_contact(deps, member.user_id, member.business_id, contact_id, caller_of(request))
        return RedirectResponse("/contacts?said=erased", 303)


def _add_exports(router: APIRouter, deps: PeopleDeps) -> None:
    @router.get("/contacts/export/contacts.csv")
    async def everybody(
        request: Request, member: Exporter, segment: UUID | None = None, excel: bool = False
    ) -> Response:
        """All of them or a segment. Excel is told the encoding by a mark at the beginning."""
        rows = await export_contacts(deps, member.user_id, member.business_id, segment, caller_of(request))

        async def lines() -> AsyncIterator[bytes]:
            is_first = True
            async for row in rows:
                for line in csv_lines([row], for_excel=excel and is_first):
                    yield line
                is_first = False

        return download(lines(), "text/csv; charset=utf-8", "contacts.csv")

    @router.get("/contacts/{contact_id}/data.json")
    async def data(request: Request, member: Exporter, contact_id: UUID) -> Response:
        """All that is kept of one person, for programs."""
        person, given, said = await export_person(
            deps, member.user_id, member.business_id, contact_id, caller_of(request)
        )
        forms = [{"form": one.title, "at": one.at.isoformat(), "values": dict(one.values)} for one in given]

        async def parts() -> AsyncIterator[bytes]:
            contact = detail_of(person).model_dump(mode="json")
            yield b'{"contact": ' + json.dumps(contact, ensure_ascii=False, indent=1).encode()
            yield b', "forms": ' + json.dumps(forms, ensure_ascii=False).encode() + b', "messages": ['
            comma = b"\n"
            async for one in said:
                yield comma + json.dumps(_message(one), ensure_ascii=False).encode()
                comma = b",\n"
            yield b"\n]}\n"

        return download(parts(), "application/json", f"contact-{person.row.id}.json")

    @router.get("/contacts/{contact_id}/data.html")
    async def readable(request: Request, member: Exporter, contact_id: UUID) -> Response:
        """The same for people."""
        person, given, said = await export_person(
            deps, member.user_id, member.business_id, contact_id, caller_of(request)
        )
        look = look_of(request, member)
        fields = await deps.reader.fields(member.user_id, member.business_id)

        async def parts() -> AsyncIterator[bytes]:
            shown = {
                "person": person,
                "given": given,
                "words": people_words,
                "fields": fields,
                "business": member.business_name,
            }
            head, _, tail = fragment("whatsapp/person_data.html", look, **shown).partition("<!-- messages -->")
            yield head.encode()
            async for one in said:
                yield fragment("whatsapp/_person_said.html", look, one=one).encode()
            yield tail.encode()

        return download(parts(), "text/html; charset=utf-8", f"contact-{person.row.id}.html")


async def _person_page(
    deps: PeopleDeps,
    request: Request,
    member: Member,
    contact_id: UUID,
    *,
    said: str | None = None,
    refusal: AppError | None = None,
    typed: Edit | None = None,
) -> Response:
    """`typed` is what was refused: it stays in the form."""
    who = (member.user_id, member.business_id)
    person = await deps.reader.person(*who, contact_id)
    if person is None:
        raise ContactNotFound
    if person.row.id != contact_id:
        return RedirectResponse(f"/contacts/{person.row.id}", 303)
    suggestions = await deps.reader.suggestions(*who, contact_id) if member.may(Permission.CONTACTS_WRITE) else ()
    fields = await deps.reader.fields(*who)
    wrong = refusal.fields.get("field") if isinstance(refusal, FieldValueWrong) else None
    return render(
        request,
        "whatsapp/person.html",
        200 if refusal is None else STATUS_OF[refusal.kind],
        person=person,
        row=person.row,
        fields=fields,
        typed=typed,
        wrong=next((one for one in fields if one.key == wrong), None),
        tags=await deps.reader.tags(*who),
        suggestions=suggestions,
        said=said,
        refusal=refusal.message if refusal else None,
        why_not_blocked=_why_not_blocked(person, look_of(request, member).language),
        **frame(member),
    )


async def _done(
    deps: PeopleDeps,
    request: Request,
    member: Member,
    contact_id: UUID,
    do: Callable[[], Awaitable[None]],
    typed: Edit | None = None,
) -> Response:
    """Back to the person; what was refused is said above what was typed."""
    try:
        await do()
    except AppError as refusal:
        if refusal.kind != "invalid":
            raise
        return await _person_page(deps, request, member, contact_id, refusal=refusal, typed=typed)
    return RedirectResponse(f"/contacts/{contact_id}?said=saved", 303)


def _why_not_blocked(person: Person, language: str) -> str | None:
    reason = person.row.block_reason
    if reason is None:
        return None
    if reason in (NOT_WITHIN_A_DAY, "meta:131047"):
        return translate(language, NOT_BLOCKED_AT_META)
    return reason_in_words(reason, lambda message: translate(language, message))


def _message(one: Said) -> dict[str, Any]:
    return {
        "conversation_id": str(one.conversation_id),
        "at": one.at.isoformat(),
        "direction": one.direction,
        "author": one.author,
        "kind": one.kind,
        "text": one.body,
        "state": one.state,
    }


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True
