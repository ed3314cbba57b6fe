"""A person of the business writes down a contact, or what they know of one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from wacloud.modules.business.api import AuditEntry, record_audit
from wacloud.modules.whatsapp.application.identify_contacts import identify_contacts
from wacloud.modules.whatsapp.application.people_ports import PeopleDeps
from wacloud.modules.whatsapp.domain.identity import Sender
from wacloud.modules.whatsapp.domain.person import (
    ContactNotFound,
    PhoneOrNameMissing,
    PhoneTaken,
    TagNotFound,
    checked_name,
    read_fields,
)
from wacloud.shared.application.caller import Caller
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId, UserId
from wacloud.shared.domain.phone import e164


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What is to be changed; None leaves it as it is. An empty name takes the name away."""

    name: str | None = None
    fields: Mapping[str, object] | None = None
    tag_ids: Sequence[UUID] | None = None


async def add_contact(
    deps: PeopleDeps, user_id: UserId, business_id: BusinessId, phone: str, edit: Edit, caller: Caller
) -> UUID:
    """
    Write down somebody who has not written yet.

    :raises PhoneOrNameMissing: the number cannot be one.
    :raises PhoneTaken: there is a contact with it.
    :raises AppError: a name, field or tag will not do; which, says its class.
    """
    number = e164(phone) if phone.strip() else None
    if number is None:
        raise PhoneOrNameMissing(field="phone")
    sender = Sender(wa_id=number.removeprefix("+"))
    whatsapp = deps.whatsapp
    async with whatsapp.db.tenant(business_id) as tx:
        # Nobody makes the same person another contact meanwhile.
        await whatsapp.messages.lock(tx, [business_id], wait=True)
        ids = sender.keys()
        if await whatsapp.contacts.find(tx, [(business_id, key) for key in ids]):
            raise PhoneTaken(field="phone")
        contact_id = (await identify_contacts(whatsapp, tx, [(business_id, sender)]))[business_id, sender]
        await _write(deps, tx, business_id, contact_id, edit)
        entry = AuditEntry(
            action="whatsapp.contact_added",
            actor_id=user_id,
            business_id=business_id,
            detail={"contact_id": contact_id},
        )
        await record_audit(whatsapp.business, tx, entry, caller=caller)
    return contact_id


async def update_contact(deps: PeopleDeps, business_id: BusinessId, contact_id: UUID, edit: Edit) -> None:
    """
    Change what the business itself says of somebody.

    :raises ContactNotFound: there is nobody, or nobody any more.
    :raises AppError: a name, field or tag will not do; which, says its class.
    """
    async with deps.whatsapp.db.tenant(business_id) as tx:
        if not await deps.people.hold(tx, business_id, contact_id):
            raise ContactNotFound
        await _write(deps, tx, business_id, contact_id, edit)
        for conversation_id in await deps.erasing.conversations(tx, business_id, contact_id):
            tx.show(business_id, conversation_id)


async def _write(deps: PeopleDeps, tx: Tx, business_id: BusinessId, contact_id: UUID, edit: Edit) -> None:
    fields = read_fields(edit.fields, await deps.people.fields(tx, business_id)) if edit.fields else None
    name = checked_name(edit.name)
    if fields is not None or edit.name is not None:
        await deps.people.write(tx, business_id, contact_id, name=name, rename=edit.name is not None, fields=fields)
    if edit.tag_ids is not None:
        if not {tag.id for tag in await deps.people.tags(tx, business_id)}.issuperset(edit.tag_ids):
            raise TagNotFound
        await deps.people.set_tags(tx, business_id, contact_id, edit.tag_ids)
