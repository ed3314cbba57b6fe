"""Contacts, tags, fields and segments for programs."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request, Response

from wacloud.modules.whatsapp.application.arrange_people import add_tag, drop_segment, drop_tag, save_segment
from wacloud.modules.whatsapp.application.block_contact import set_blocked
from wacloud.modules.whatsapp.application.change_consent import change_consent
from wacloud.modules.whatsapp.application.edit_contact import Edit, add_contact, update_contact
from wacloud.modules.whatsapp.application.erase_contact import erase_contact
from wacloud.modules.whatsapp.application.export_contacts import filter_of
from wacloud.modules.whatsapp.application.merge_people import merge_people
from wacloud.modules.whatsapp.application.people_ports import PeopleDeps
from wacloud.modules.whatsapp.application.people_stored import Wanted
from wacloud.modules.whatsapp.domain.person import ContactNotFound
from wacloud.modules.whatsapp.domain.segment import NOBODY, SegmentNotFound
from wacloud.modules.whatsapp.ui.people_bodies import (
    ContactBody,
    ContactChanges,
    ContactDetail,
    ContactsBody,
    FieldBody,
    GroupBody,
    MergeWith,
    NewConsent,
    NewContactBody,
    NewSegment,
    NewTag,
    SegmentBody,
    SegmentCount,
    TagBody,
    contact_values,
    detail_of,
)
from wacloud.shared.ui.bodies import LARGEST_JSON, StrictJsonRoute
from wacloud.shared.ui.caller import caller_of
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.idempotency import Once, idempotent
from wacloud.shared.ui.openapi import problems
from wacloud.shared.ui.permissions import Permission

Reader = Annotated[Member, Depends(requires(Permission.CONTACTS_READ))]
Writer = Annotated[Member, Depends(requires(Permission.CONTACTS_WRITE))]
Eraser = Annotated[Member, Depends(requires(Permission.CONTACTS_ERASE))]
MOST_COUNTED = 10_000
UNKNOWN = problems(_404="contact_not_found")


def routes(deps: PeopleDeps) -> APIRouter:
    """`/api/contacts` and what contacts are sorted by."""
    router = APIRouter(route_class=StrictJsonRoute, max_body_size=LARGEST_JSON, tags=["contacts"])
    _add_contacts(router, deps)
    _add_deeds(router, deps)
    _add_sorting(router, deps)
    return router


def _add_contacts(router: APIRouter, deps: PeopleDeps) -> None:
    async def detail(member: Member, contact_id: UUID) -> ContactDetail:
        person = await deps.reader.person(member.user_id, member.business_id, contact_id)
        if person is None:
            raise ContactNotFound
        return detail_of(person)

    @router.get(
        "/api/contacts",
        operation_id="list_contacts",
        summary="Contacts",
        response_model=ContactsBody,
        response_description="A page of contacts.",
    )
    async def listed(
        member: Reader,
        q: Annotated[str, Query(max_length=100, description="Part of a name, username or phone, or a whole id.")] = "",
        tag_id: UUID | None = None,
        segment_id: UUID | None = None,
        cursor: Annotated[str | None, Query(max_length=500)] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> object:
        """The newest first; `next_cursor` is the next page's `cursor`. Who was merged or erased is not among them."""
        try:
            filter_ = await filter_of(deps, member.user_id, member.business_id, segment_id)
        except SegmentNotFound:
            filter_ = NOBODY
        wanted = Wanted(search=q, filter=filter_, tag_id=tag_id, cursor=cursor, limit=limit)
        page = await deps.reader.page(member.user_id, member.business_id, wanted)
        rows = [ContactBody(**contact_values(row)) for row in page.rows]
        return ContactsBody(contacts=rows, next_cursor=page.next_cursor)

    @router.post(
        "/api/contacts",
        operation_id="add_contact",
        summary="Add a contact",
        response_model=ContactDetail,
        response_description="The new contact.",
        responses=problems(_404="tag_not_found", _409="phone_taken"),
        status_code=201,
    )
    async def add(request: Request, body: NewContactBody, member: Writer, _: Annotated[Once, idempotent()]) -> object:
        """Somebody who has not written yet, by the phone number with its country code."""
        edit = Edit(name=body.name, fields=body.fields, tag_ids=body.tag_ids)
        caller = caller_of(request)
        contact_id = await add_contact(deps, member.user_id, member.business_id, body.phone, edit, caller)
        return await detail(member, contact_id)

    @router.get(
        "/api/contacts/{contact_id}",
        operation_id="get_contact",
        summary="A contact",
        response_model=ContactDetail,
        response_description="The contact.",
        responses=UNKNOWN,
    )
    async def get(member: Reader, contact_id: UUID) -> object:
        """All that is known of somebody but what they wrote. Who was merged is found as whom they turned out to be."""
        return await detail(member, contact_id)

    @router.patch(
        "/api/contacts/{contact_id}",
        operation_id="update_contact",
        summary="Change a contact",
        response_model=ContactDetail,
        response_description="The contact as it is now.",
        responses=UNKNOWN,
    )
    async def change(body: ContactChanges, member: Writer, contact_id: UUID) -> object:
        """What the business itself says of them: a name, fields, tags. Ids and profile names are WhatsApp's."""
        edit = Edit(name=body.name, fields=body.fields, tag_ids=body.tag_ids)
        await update_contact(deps, member.business_id, contact_id, edit)
        return await detail(member, contact_id)

    @router.delete(
        "/api/contacts/{contact_id}",
        operation_id="erase_contact",
        summary="Erase a contact",
        response_description="Who they were is erased; what was written follows within minutes.",
        responses=UNKNOWN,
        status_code=204,
    )
    async def erase(request: Request, member: Eraser, contact_id: UUID) -> Response:
        """Erase one person for good: ids, names, fields, and every text and file. Only counts stay."""
        await erase_contact(deps, member.user_id, member.business_id, contact_id, caller_of(request))
        return Response(status_code=204)


def _add_deeds(router: APIRouter, deps: PeopleDeps) -> None:
    @router.post(
        "/api/contacts/{contact_id}/merge",
        operation_id="merge_contact",
        summary="Merge two contacts",
        response_description="They are one.",
        responses=UNKNOWN,
        status_code=204,
    )
    async def merge(request: Request, body: MergeWith, member: Writer, contact_id: UUID) -> Response:
        """The contact of the path takes over all of `other_id`. It cannot be taken apart again."""
        caller = caller_of(request)
        await merge_people(deps, member.user_id, member.business_id, contact_id, body.other_id, caller)
        return Response(status_code=204)

    @router.post(
        "/api/contacts/{contact_id}/consent",
        operation_id="note_consent",
        summary="Note what a contact allows",
        response_description="It is noted, with its proof.",
        responses=UNKNOWN,
        status_code=204,
    )
    async def consent(request: Request, body: NewConsent, member: Writer, contact_id: UUID) -> Response:
        """They said so elsewhere. What they say in WhatsApp, by a word or in its settings, is noted anyway."""
        caller = caller_of(request)
        await change_consent(
            deps, member.user_id, member.business_id, contact_id, body.change, body.proof, "api", caller
        )
        return Response(status_code=204)

    @router.put(
        "/api/contacts/{contact_id}/block",
        operation_id="block_contact",
        summary="Block a contact",
        response_description="They are blocked here; what Meta makes of it shows in `block_state`.",
        responses=UNKNOWN,
        status_code=204,
    )
    async def block(request: Request, member: Writer, contact_id: UUID) -> Response:
        """Nobody answers them any more. Meta blocks only who wrote within the last day."""
        await set_blocked(deps, member.user_id, member.business_id, contact_id, caller_of(request), blocked=True)
        return Response(status_code=204)

    @router.delete(
        "/api/contacts/{contact_id}/block",
        operation_id="unblock_contact",
        summary="Unblock a contact",
        response_description="They are answered again.",
        responses=UNKNOWN,
        status_code=204,
    )
    async def unblock(request: Request, member: Writer, contact_id: UUID) -> Response:
        """Take them off the list, here at once and at Meta soon."""
        await set_blocked(deps, member.user_id, member.business_id, contact_id, caller_of(request), blocked=False)
        return Response(status_code=204)


def _add_sorting(router: APIRouter, deps: PeopleDeps) -> None:
    @router.get(
        "/api/contact-fields",
        operation_id="list_contact_fields",
        summary="Fields of contacts",
        response_model=list[FieldBody],
        response_description="The fields in the order they were made.",
    )
    async def fields(member: Reader) -> object:
        """The fields the business made for its contacts; a contact's values stand under their keys."""
        found = await deps.reader.fields(member.user_id, member.business_id)
        return [
            FieldBody(id=one.id, key=one.key, label=one.label, kind=one.kind, choices=list(one.choices))
            for one in found
        ]

    @router.get(
        "/api/contact-tags",
        operation_id="list_contact_tags",
        summary="Tags of contacts",
        response_model=list[TagBody],
        response_description="The tags by name.",
    )
    async def tags(member: Reader) -> object:
        """Every tag of the business."""
        found = await deps.reader.tags(member.user_id, member.business_id)
        return [TagBody(id=tag.id, name=tag.name, colour=tag.colour) for tag in found]

    @router.post(
        "/api/contact-tags",
        operation_id="add_contact_tag",
        summary="Make a tag",
        response_model=TagBody,
        response_description="The new tag.",
        status_code=201,
    )
    async def new_tag(body: NewTag, member: Writer, _: Annotated[Once, idempotent()]) -> object:
        """A name that no other tag has."""
        tag = await add_tag(deps, member.business_id, body.name, body.colour)
        return TagBody(id=tag.id, name=tag.name, colour=tag.colour)

    @router.delete(
        "/api/contact-tags/{tag_id}",
        operation_id="remove_contact_tag",
        summary="Remove a tag",
        response_description="It is off everybody.",
        responses=problems(_404="tag_not_found"),
        status_code=204,
    )
    async def no_tag(member: Writer, tag_id: UUID) -> Response:
        """Take it off everybody."""
        await drop_tag(deps, member.business_id, tag_id)
        return Response(status_code=204)

    @router.get(
        "/api/segments",
        operation_id="list_segments",
        summary="Segments",
        response_model=list[SegmentBody],
        response_description="The segments by name.",
    )
    async def segments(member: Reader) -> object:
        """The filters the business kept."""
        found = await deps.reader.segments(member.user_id, member.business_id)
        return [SegmentBody(id=one.id, name=one.name, filter=GroupBody.model_validate(one.filter)) for one in found]

    @router.post(
        "/api/segments",
        operation_id="add_segment",
        summary="Make a segment",
        response_model=SegmentBody,
        response_description="The new segment.",
        status_code=201,
    )
    async def new_segment(body: NewSegment, member: Writer, _: Annotated[Once, idempotent()]) -> object:
        """Keep a filter under a name that no other has."""
        segment_id = await save_segment(deps, member.business_id, body.name, body.filter.model_dump(exclude_none=True))
        return SegmentBody(id=segment_id, name=" ".join(body.name.split()), filter=body.filter)

    @router.get(
        "/api/segments/{segment_id}/count",
        operation_id="count_segment",
        summary="How many a segment holds",
        response_model=SegmentCount,
        response_description="The count, to 10 000.",
        responses=problems(_404="segment_not_found"),
    )
    async def counted(member: Reader, segment_id: UUID) -> object:
        """Counted now, and no further than 10 000."""
        filter_ = await filter_of(deps, member.user_id, member.business_id, segment_id)
        count = await deps.reader.count(member.user_id, member.business_id, filter_, MOST_COUNTED + 1)
        return SegmentCount(count=min(count, MOST_COUNTED), is_more=count > MOST_COUNTED)

    @router.delete(
        "/api/segments/{segment_id}",
        operation_id="remove_segment",
        summary="Remove a segment",
        response_description="The filter is gone, the people stay.",
        responses=problems(_404="segment_not_found"),
        status_code=204,
    )
    async def no_segment(member: Writer, segment_id: UUID) -> Response:
        """Forget the filter; the people stay."""
        await drop_segment(deps, member.business_id, segment_id)
        return Response(status_code=204)
