"""What a business sorts its contacts by: fields of its own, tags, segments, and the words of consent."""

from collections.abc import Mapping, Sequence
from uuid import UUID

from wacloud.modules.business.api import AuditEntry, record_audit
from wacloud.modules.whatsapp.application.people_ports import PeopleDeps
from wacloud.modules.whatsapp.domain.consent import ConsentSettings
from wacloud.modules.whatsapp.domain.person import (
    COLOURS,
    ContactField,
    FieldNotFound,
    Tag,
    TagNotFound,
    TagNotPossible,
    checked_tag,
)
from wacloud.modules.whatsapp.domain.segment import SegmentNameTaken, SegmentNotFound, read_filter
from wacloud.shared.application.caller import Caller
from wacloud.shared.domain.ids import BusinessId, UserId, new_id

LONGEST_SEGMENT_NAME = 80


async def add_field(
    deps: PeopleDeps, business_id: BusinessId, label: str, kind: str, choices: Sequence[str]
) -> ContactField:
    """
    One more field.

    :raises TooManyFields: there are fifty.
    :raises FieldNotPossible: its label, kind or choices will not do.
    """
    async with deps.whatsapp.db.tenant(business_id) as tx:
        field = ContactField.typed(new_id(), label, kind, choices, await deps.people.fields(tx, business_id))
        await deps.people.add_field(tx, business_id, field)
    return field


async def drop_field(
    deps: PeopleDeps, user_id: UserId, business_id: BusinessId, field_id: UUID, caller: Caller
) -> None:
    """
    Take a field away, with what stood in it.

    :raises FieldNotFound: there is no such field.
    """
    async with deps.whatsapp.db.tenant(business_id) as tx:
        if not await deps.people.drop_field(tx, business_id, field_id):
            raise FieldNotFound
        entry = AuditEntry(
            action="whatsapp.contact_field_removed",
            actor_id=user_id,
            business_id=business_id,
            detail={"field_id": field_id},
        )
        await record_audit(deps.whatsapp.business, tx, entry, caller=caller)


async def add_tag(deps: PeopleDeps, business_id: BusinessId, name: str, colour: str) -> Tag:
    """
    One more tag.

    :raises TagNotPossible: it has no name, the name is taken, or there are too many.
    """
    tag = Tag(new_id(), checked_tag(name), colour if colour in COLOURS else COLOURS[0])
    async with deps.whatsapp.db.tenant(business_id) as tx:
        if not await deps.people.add_tag(tx, business_id, tag):
            raise TagNotPossible
    return tag


async def drop_tag(deps: PeopleDeps, business_id: BusinessId, tag_id: UUID) -> None:
    """
    Take a tag off everybody.

    :raises TagNotFound: there is no such tag.
    """
    async with deps.whatsapp.db.tenant(business_id) as tx:
        if not await deps.people.drop_tag(tx, business_id, tag_id):
            raise TagNotFound


async def save_segment(
    deps: PeopleDeps, business_id: BusinessId, name: str, filter_: Mapping[str, object], segment_id: UUID | None = None
) -> UUID:
    """
    Keep a filter under a name: a new one, or another in the place of one there is.

    :raises SegmentNotReadable: the filter cannot be understood.
    :raises SegmentNameTaken: it has no name, or another's.
    """
    name = " ".join(name.split())
    if not 1 <= len(name) <= LONGEST_SEGMENT_NAME or not name.isprintable():
        raise SegmentNameTaken
    id_ = segment_id or new_id()
    async with deps.whatsapp.db.tenant(business_id) as tx:
        group = read_filter(filter_, await deps.people.fields(tx, business_id))
        if not await deps.people.save_segment(tx, business_id, id_, name, group.told()):
            raise SegmentNameTaken
    return id_


async def drop_segment(deps: PeopleDeps, business_id: BusinessId, segment_id: UUID) -> None:
    """
    Forget a filter; the people stay.

    :raises SegmentNotFound: there is no such segment.
    """
    async with deps.whatsapp.db.tenant(business_id) as tx:
        if not await deps.people.drop_segment(tx, business_id, segment_id):
            raise SegmentNotFound


async def change_consent_settings(
    deps: PeopleDeps, user_id: UserId, business_id: BusinessId, settings: ConsentSettings, caller: Caller
) -> None:
    """The words and answers of the business's own, in the place of those there were."""
    async with deps.whatsapp.db.tenant(business_id) as tx:
        await deps.whatsapp.consents.change_settings(tx, business_id, settings)
        entry = AuditEntry(
            action="whatsapp.consent_words_changed",
            actor_id=user_id,
            business_id=business_id,
            detail={"opt_out": list(settings.opt_out_words), "opt_in": list(settings.opt_in_words)},
        )
        await record_audit(deps.whatsapp.business, tx, entry, caller=caller)
