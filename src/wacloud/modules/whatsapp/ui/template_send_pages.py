"""A template is chosen in a conversation, filled in and sent: the only way to write when the 24 hours are over."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from wacloud.modules.whatsapp.application.check_template import check_filled
from wacloud.modules.whatsapp.application.inbox import ConversationRow
from wacloud.modules.whatsapp.application.read_templates import sendable_templates
from wacloud.modules.whatsapp.application.send_message import Recipient, send_message
from wacloud.modules.whatsapp.application.template_ports import MessageTemplateDeps
from wacloud.modules.whatsapp.domain.canned import values_of
from wacloud.modules.whatsapp.domain.message_template import KeptTemplate, TemplateUnknown
from wacloud.modules.whatsapp.domain.outgoing import Rules
from wacloud.modules.whatsapp.domain.outgoing_template import template as template_message
from wacloud.modules.whatsapp.domain.template_blank_faults import blank_at
from wacloud.modules.whatsapp.domain.template_blanks import Blank, blanks_of, fill_in, read_with
from wacloud.modules.whatsapp.domain.template_fit import KnownTemplate
from wacloud.modules.whatsapp.ui import template_words
from wacloud.modules.whatsapp.ui.template_preview import preview_of
from wacloud.modules.whatsapp.ui.template_uploads import ACCEPTS, LARGEST_FORM, keep_chosen
from wacloud.shared.domain.errors import AppError, Fault, FaultyFields, NotFound
from wacloud.shared.domain.ids import new_id
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.i18n import N_, translate
from wacloud.shared.ui.pages import look_of, render, wants_fragment
from wacloud.shared.ui.permissions import Permission
from wacloud.shared.ui.problems import refusal_in_words, rule_in_words
from wacloud.shared.ui.times import zone_named

Sender = Annotated[Member, Depends(requires(Permission.MESSAGES_SEND))]
_KEY: Final = re.compile(r"[A-Za-z0-9-]{8,64}")
_LONGEST: Final = 1024
LONGEST_LIST: Final = 8000
_THUMBNAIL: Final = "thumbnail_product_retailer_id"
_MOMENT: Final = "%Y-%m-%dT%H:%M"
_TOLD: Final = ("invalid", "conflict", "limit")


def routes(deps: MessageTemplateDeps) -> APIRouter:
    """The list of templates of a conversation's number, and the form of one. They work without script."""
    router = APIRouter(include_in_schema=False, max_body_size=LARGEST_FORM)

    @router.get("/inbox/{conversation_id}/template")
    async def choose(request: Request, member: Sender, conversation_id: UUID) -> Response:
        row = await _row(deps, member, conversation_id)
        found = await sendable_templates(deps, member.business_id, conversation_id)
        usable = [one for one in found if blanks_of(one) is not None]
        return _shown(
            request,
            "choose",
            200,
            member=member,
            row=row,
            templates=[(one, preview_of(one.components, one.language)) for one in usable],
            others=len(found) - len(usable),
        )

    @router.get("/inbox/{conversation_id}/template/{template_id}")
    async def fill(request: Request, member: Sender, conversation_id: UUID, template_id: UUID) -> Response:
        row = await _row(deps, member, conversation_id)
        chosen, blanks = await _chosen(deps, member, conversation_id, template_id)
        values = values_of(row.contact_name, member.name, member.business_name)
        given = {one.field: values["contact.first_name"] for one in blanks if one.is_a_persons_name}
        return _form(request, member, row, chosen, blanks, given)

    @router.post("/inbox/{conversation_id}/template/{template_id}")
    async def send(request: Request, member: Sender, conversation_id: UUID, template_id: UUID) -> Response:
        row = await _row(deps, member, conversation_id)
        chosen, blanks = await _chosen(deps, member, conversation_id, template_id)
        language = look_of(request, member).language
        # Read here and not by the framework, which would read a stranger's file before it asks who that is.
        try:
            async with request.form(max_files=1, max_fields=60) as told:
                key = str(told.get("key") or "")
                given, wrong = await _given(deps, told, member, blanks, language)
        except AppError as refused:
            if refused.kind not in _TOLD and refused.kind != "too_large":
                raise
            said = refusal_in_words(refused, language)
            return _form(request, member, row, chosen, blanks, {}, error=said, key=key)
        if not _KEY.fullmatch(key):
            raise FaultyFields([Fault("key", "text_missing")])
        rules = Rules()
        sent = {one.field: given[one.field] for one in blanks} | _ends(blanks, given, look_of(request, member).zone)
        required = rule_in_words(Fault("", "required"), language)
        wrong = {one.field: [required] for one in blanks if one.is_needed and not sent[one.field]} | wrong
        # A file that is missing is told beside its field: the rules look at the rest.
        asked = fill_in(chosen, {one.field: str(new_id()) for one in blanks if one.part == "file"} | _full(sent))
        wanted = template_message(rules, asked, (chosen.category or "").lower() or None)
        known = KnownTemplate(chosen.status, chosen.category, chosen.parameter_format, chosen.components)
        check_filled(rules, known, asked, deps.whatsapp.clock())
        faults, error = rules.faults, ""
        if not faults and not wrong:
            try:
                await send_message(
                    deps.whatsapp,
                    member.user_id,
                    member.business_id,
                    Recipient(conversation_id),
                    replace(wanted, body=read_with(chosen, given)),
                    f"{key}-template",
                )
            except FaultyFields as refused:
                faults = list(refused.faults)
            except AppError as refused:
                if refused.kind not in _TOLD:
                    raise
                error = refusal_in_words(refused, language)
        if faults or wrong or error:
            at_fields, others = _placed(faults, asked, blanks, given, language)
            said = error or " ".join(others)
            return _form(request, member, row, chosen, blanks, given, wrong=at_fields | wrong, error=said, key=key)
        if wants_fragment(request):
            return Response(status_code=204, headers={"HX-Trigger": "extra-sent"})
        return RedirectResponse(f"/inbox/{conversation_id}", status_code=303)

    return router


async def _given(
    deps: MessageTemplateDeps, told: FormData, member: Member, blanks: list[Blank], language: str
) -> tuple[dict[str, str], dict[str, list[str]]]:
    """What was written, and our ids of the files chosen now or in an earlier try; what is wrong with a file."""
    given = {
        one.field: str(told.get(one.field) or "").strip()[: LONGEST_LIST if one.has_lines else _LONGEST]
        for one in blanks
    }
    wrong: dict[str, list[str]] = {}
    for one in blanks:
        if one.part == "file":
            new = None
            try:
                new = await keep_chosen(deps.whatsapp, member, told.get(f"{one.field}.new"), one.name)
            except AppError as refused:
                if refused.kind not in _TOLD and refused.kind != "too_large":
                    raise
                wrong[one.field] = [refusal_in_words(refused, language)]
            given[one.field] = new or (given[one.field] if _is_id(given[one.field]) else "")
    return given, wrong


def _placed(
    faults: Sequence[Fault], asked: dict[str, Any], blanks: list[Blank], given: dict[str, str], language: str
) -> tuple[dict[str, list[str]], list[str]]:
    """The sentences at each field, one a rule with all its lines; and those about none of them."""
    told: dict[tuple[str, str], list[int]] = {}
    others: list[str] = []
    for fault in faults:
        words, found = rule_in_words(fault, language), blank_at(fault.field, asked, blanks, given)
        if found is None:
            others.append(words)
        # What is wrong with the first product is told at its line.
        elif found[0].part != "mpm" or not fault.field.endswith(_THUMBNAIL):
            lines = told.setdefault((found[0].field, words), [])
            if found[1] and found[1] not in lines:
                lines.append(found[1])
    at_fields: dict[str, list[str]] = {}
    for (field, words), lines in told.items():
        at_fields.setdefault(field, []).append(f"{_lines(lines, language)}{words}")
    return at_fields, list(dict.fromkeys(others))


def _lines(lines: list[int], language: str) -> str:
    if not lines:
        return ""
    if len(lines) == 1:
        return translate(language, N_("Line %(number)s"), number=lines[0]) + ": "
    return translate(language, N_("Lines %(numbers)s"), numbers=", ".join(map(str, sorted(lines)))) + ": "


def _ends(blanks: list[Blank], given: dict[str, str], zone: str) -> dict[str, str]:
    """When an offer ends, as Meta counts; what a browser sent is the time of whoever looks at it."""
    found: dict[str, str] = {}
    for one in blanks:
        if one.part == "offer":
            try:
                at = datetime.strptime(given[one.field], _MOMENT).replace(tzinfo=zone_named(zone))
            except ValueError:
                found[one.field] = ""
            else:
                found[one.field] = str(int(at.timestamp() * 1000))
    return found


def _full(values: Mapping[str, str]) -> dict[str, str]:
    return {field: value for field, value in values.items() if value}


def _is_id(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


async def _row(deps: MessageTemplateDeps, member: Member, conversation_id: UUID) -> ConversationRow:
    thread = await deps.whatsapp.inbox.thread(member.user_id, member.business_id, conversation_id, limit=1)
    if thread is None:
        raise NotFound
    return thread.conversation


async def _chosen(
    deps: MessageTemplateDeps, member: Member, conversation_id: UUID, template_id: UUID
) -> tuple[KeptTemplate, list[Blank]]:
    """:raises TemplateUnknown: it cannot be sent here."""
    found = await sendable_templates(deps, member.business_id, conversation_id)
    chosen = next((one for one in found if one.id == template_id), None)
    blanks = blanks_of(chosen) if chosen else None
    if chosen is None or blanks is None:
        raise TemplateUnknown
    return chosen, list(blanks)


def _form(
    request: Request,
    member: Member,
    row: ConversationRow,
    chosen: KeptTemplate,
    blanks: list[Blank],
    given: dict[str, str],
    *,
    wrong: Mapping[str, list[str]] | None = None,
    error: str | None = None,
    key: str = "",
) -> Response:
    return _shown(
        request,
        "fill",
        422 if wrong or error else 200,
        member=member,
        row=row,
        chosen=chosen,
        accepts=ACCEPTS,
        longest_list=LONGEST_LIST,
        preview=preview_of(chosen.components, chosen.language),
        blanks=blanks,
        given=given,
        wrong=wrong or {},
        error=error,
        key=key or str(new_id()),
    )


def _shown(request: Request, step: str, status: int, *, member: Member, **context: Any) -> Response:
    template = "whatsapp/_send_template.html" if wants_fragment(request) else "whatsapp/send_template.html"
    return render(request, template, status, member=member, step=step, told=template_words, **context)
