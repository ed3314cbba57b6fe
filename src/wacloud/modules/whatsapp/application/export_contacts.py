"""Contacts as a file: all of them or a segment, a page at a time; and all that is kept of one person."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from uuid import UUID

from wacloud.modules.business.api import AuditEntry, record_audit
from wacloud.modules.whatsapp.application.people_ports import PeopleDeps
from wacloud.modules.whatsapp.application.people_stored import Given, Person, PersonRow, Said, Wanted
from wacloud.modules.whatsapp.domain.person import ContactField, ContactNotFound
from wacloud.modules.whatsapp.domain.segment import EVERYBODY, Group, SegmentNotFound, without_unknown
from wacloud.shared.application.caller import Caller
from wacloud.shared.domain.ids import BusinessId, UserId

AT_ONCE = 500
COLUMNS = (
    "id", "name", "profile_name", "username", "phone", "country", "tags", "opted_in_at", "opted_out_at",
    "marketing_stopped_at", "blocked_at", "created_at", "last_inbound_at",
)  # fmt: skip


async def filter_of(deps: PeopleDeps, user_id: UserId, business_id: BusinessId, segment_id: UUID | None) -> Group:
    """
    Whom a segment holds; everybody without one.

    :raises SegmentNotFound: there is no such segment.
    """
    if segment_id is None:
        return EVERYBODY
    segments = await deps.reader.segments(user_id, business_id)
    found = next((one for one in segments if one.id == segment_id), None)
    if found is None:
        raise SegmentNotFound
    return without_unknown(found.filter, await deps.reader.fields(user_id, business_id))


async def export_contacts(
    deps: PeopleDeps, user_id: UserId, business_id: BusinessId, segment_id: UUID | None, caller: Caller
) -> AsyncIterator[list[object]]:
    """
    The rows of the file, the header first, once it is written down that they were asked for.

    :raises SegmentNotFound: there is no such segment.
    """
    wanted = await filter_of(deps, user_id, business_id, segment_id)
    fields = await deps.reader.fields(user_id, business_id)
    entry = AuditEntry(
        action="whatsapp.contacts_exported",
        actor_id=user_id,
        business_id=business_id,
        detail={"segment_id": segment_id},
    )
    await _audit(deps, business_id, entry, caller)
    return _rows(deps, user_id, business_id, wanted, fields)


async def export_person(
    deps: PeopleDeps, user_id: UserId, business_id: BusinessId, contact_id: UUID, caller: Caller
) -> tuple[Person, Sequence[Given], AsyncIterator[Said]]:
    """
    All that is kept of one person, what they gave to forms of the bot, and what was written, oldest first.

    :raises ContactNotFound: there is nobody, or nobody any more.
    """
    person = await deps.reader.person(user_id, business_id, contact_id)
    if person is None:
        raise ContactNotFound
    entry = AuditEntry(
        action="whatsapp.contact_exported",
        actor_id=user_id,
        business_id=business_id,
        detail={"contact_id": person.row.id},
    )
    await _audit(deps, business_id, entry, caller)
    given = await deps.reader.given(user_id, business_id, person.row.id)
    return person, given, _said(deps, user_id, business_id, person.row.id)


async def _rows(
    deps: PeopleDeps, user_id: UserId, business_id: BusinessId, wanted: Group, fields: Sequence[ContactField]
) -> AsyncIterator[list[object]]:
    yield [*COLUMNS, *(field.label for field in fields)]
    cursor: str | None = None
    while True:
        page = await deps.reader.page(user_id, business_id, Wanted(filter=wanted, cursor=cursor, limit=AT_ONCE))
        for row in page.rows:
            yield [*_cells(row), *(row.fields.get(field.key) for field in fields)]
        cursor = page.next_cursor
        if cursor is None:
            return


def _cells(row: PersonRow) -> list[object]:
    return [
        row.id,
        row.name,
        row.profile_name,
        row.username,
        f"+{row.phone}" if row.phone else None,
        row.country,
        ", ".join(tag.name for tag in row.tags),
        *(
            at.isoformat() if at else None
            for at in (
                row.opted_in_at,
                row.opted_out_at,
                row.marketing_stopped_at,
                row.blocked_at,
                row.created_at,
                row.last_inbound_at,
            )
        ),
    ]


async def _said(deps: PeopleDeps, user_id: UserId, business_id: BusinessId, contact_id: UUID) -> AsyncIterator[Said]:
    after: tuple[datetime, int] | None = None
    while messages := await deps.reader.said(user_id, business_id, contact_id, after):
        for message in messages:
            yield message
        after = messages[-1].at, messages[-1].arrival


async def _audit(deps: PeopleDeps, business_id: BusinessId, entry: AuditEntry, caller: Caller) -> None:
    async with deps.whatsapp.db.tenant(business_id) as tx:
        await record_audit(deps.whatsapp.business, tx, entry, caller=caller)
