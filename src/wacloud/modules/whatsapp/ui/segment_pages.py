"""Segments: filters in plain words, put together on a page that shows at once whom they find."""

import json
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from wacloud.modules.whatsapp.application.arrange_people import drop_segment, save_segment
from wacloud.modules.whatsapp.application.people_ports import PeopleDeps
from wacloud.modules.whatsapp.application.people_stored import Segment, Wanted
from wacloud.modules.whatsapp.domain.segment import (
    MOST_RULES,
    OPS,
    Group,
    SegmentNotFound,
    SegmentNotReadable,
    kind_of,
    read_filter,
    without_unknown,
)
from wacloud.modules.whatsapp.ui.people_pages import frame
from wacloud.shared.domain.errors import AppError
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.pages import render, wants_fragment
from wacloud.shared.ui.permissions import Permission
from wacloud.shared.ui.problems import STATUS_OF

Reader = Annotated[Member, Depends(requires(Permission.CONTACTS_READ))]
Writer = Annotated[Member, Depends(requires(Permission.CONTACTS_WRITE))]
LARGEST_FORM = 32 * 1024
COUNTED = 10_000
SHOWN = 8
NEW: dict[str, Any] = {"match": "all", "rules": [{"field": "tag", "op": "has", "value": ""}]}


def routes(deps: PeopleDeps) -> APIRouter:
    """The pages."""
    router = APIRouter(include_in_schema=False, max_body_size=LARGEST_FORM)

    async def builder(
        request: Request,
        member: Member,
        told: dict[str, Any],
        *,
        segment_id: UUID | None = None,
        name: str = "",
        refusal: AppError | None = None,
    ) -> Response:
        who = (member.user_id, member.business_id)
        fields = await deps.reader.fields(*who)
        try:
            filter_: Group | None = read_filter(told, fields)
        except SegmentNotReadable:
            # A condition is not finished yet.
            filter_ = None
        found = await deps.reader.page(*who, Wanted(filter=filter_, limit=SHOWN)) if filter_ else None
        return render(
            request,
            "whatsapp/_segment.html" if wants_fragment(request) else "whatsapp/segment.html",
            200 if refusal is None else STATUS_OF[refusal.kind],
            told=told,
            kinds=[kind_of(str(rule.get("field", "")), fields) for rule in told["rules"]],
            ops=OPS,
            fields=fields,
            tags=await deps.reader.tags(*who),
            segment_id=segment_id,
            name=name,
            count=await deps.reader.count(*who, filter_, COUNTED + 1) if filter_ else None,
            most=COUNTED,
            people=found.rows if found else (),
            refusal=refusal.message if refusal else None,
            **frame(member),
        )

    @router.get("/contacts/segments")
    async def segments(request: Request, member: Reader) -> Response:
        who = (member.user_id, member.business_id)
        fields = await deps.reader.fields(*who)
        found = [
            (one, await deps.reader.count(*who, without_unknown(one.filter, fields), COUNTED + 1))
            for one in await deps.reader.segments(*who)
        ]
        return render(request, "whatsapp/segments.html", segments=found, most=COUNTED, **frame(member))

    @router.get("/contacts/segments/new")
    async def new(request: Request, member: Writer) -> Response:
        return await builder(request, member, NEW)

    @router.get("/contacts/segments/{segment_id}")
    async def one(request: Request, member: Writer, segment_id: UUID) -> Response:
        found = await _find(deps, member, segment_id)
        return await builder(request, member, dict(found.filter), segment_id=segment_id, name=found.name)

    @router.post("/contacts/segments/new")
    async def save_new(request: Request, member: Writer) -> Response:
        return await save(request, member, None)

    @router.post("/contacts/segments/{segment_id}")
    async def save_one(request: Request, member: Writer, segment_id: UUID) -> Response:
        await _find(deps, member, segment_id)
        return await save(request, member, segment_id)

    async def save(request: Request, member: Member, segment_id: UUID | None) -> Response:
        form = await request.form()
        told, name = _told(form), str(form.get("name", ""))[:200]
        if form.get("does") != "save":
            return await builder(request, member, told, segment_id=segment_id, name=name)
        try:
            made = await save_segment(deps, member.business_id, name, told, segment_id)
        except AppError as refusal:
            return await builder(request, member, told, segment_id=segment_id, name=name, refusal=refusal)
        return RedirectResponse(f"/contacts?segment={made}", 303)

    @router.post("/contacts/segments/{segment_id}/remove")
    async def remove(member: Writer, segment_id: UUID) -> Response:
        await drop_segment(deps, member.business_id, segment_id)
        return RedirectResponse("/contacts/segments", 303)

    return router


async def _find(deps: PeopleDeps, member: Member, segment_id: UUID) -> Segment:
    segments = await deps.reader.segments(member.user_id, member.business_id)
    found = next((one for one in segments if one.id == segment_id), None)
    if found is None:
        raise SegmentNotFound
    return found


def _told(form: FormData) -> dict[str, Any]:
    """The filter as the form has it: conditions with holes in them stay as they are, for the page to show."""
    rules: list[dict[str, Any]] = []
    removed = str(form.get("without", ""))
    for n in range(MOST_RULES):
        if group := _group(str(form.get(f"group_{n}", ""))):
            rules.append(group)
            continue
        field = str(form.get(f"field_{n}", ""))
        if not field or str(n) == removed:
            continue
        kept = str(form.get(f"kind_{n}", "")) == field
        # Another field is compared otherwise: what stood there for the one before means nothing.
        op, value = (str(form.get(f"op_{n}", "")), str(form.get(f"value_{n}", ""))) if kept else ("", "")
        rules.append({"field": field, "op": op, "value": value})
    if form.get("add") and len(rules) < MOST_RULES:
        rules.append({"field": "tag", "op": "has", "value": ""})
    return {"match": "any" if form.get("match") == "any" else "all", "rules": rules}


def _group(told: str) -> dict[str, Any] | None:
    """A group inside, which this page passes on as it came."""
    try:
        group = json.loads(told) if told else None
    except (ValueError, RecursionError):
        return None
    return group if isinstance(group, dict) and "rules" in group else None
