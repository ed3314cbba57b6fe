"""What the business does in the address book of its phone, where a number is in the WhatsApp Business app as well."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from wacloud.modules.whatsapp.application.identify_contacts import Found, Person, identify_contacts
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.domain.identity import IdentityKey
from wacloud.modules.whatsapp.domain.inbound import ContactChange
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId

Changes = Sequence[tuple[BusinessId, ContactChange]]


async def note_address_book(deps: WhatsappDeps, tx: Tx, changes: Changes) -> None:
    """
    Who is saved or edited there is called so here, unless somebody here gave them a name; who is removed there stays.

    Everything may come twice and in any order: of all that is said of one person the newest counts. Whoever is removed
    before anybody here knew them is not made a contact by that.
    """
    saved = [(b, c) for b, c in changes if c.action == "add" and c.contact.is_known and c.contact.name]
    if saved:
        await _save(deps, tx, saved)
    removed = [(b, c) for b, c in changes if c.action == "remove" and c.contact.is_known]
    if removed:
        await _remove(deps, tx, removed)


async def _save(deps: WhatsappDeps, tx: Tx, saved: Changes) -> None:
    in_order = sorted(saved, key=lambda entry: entry[1].at)
    contacts = await identify_contacts(deps, tx, [_person(*entry) for entry in in_order])
    newest = {(b, contacts[_person(b, change)]): change for b, change in in_order}
    for conversation in await deps.contacts.save_from_app(tx, [(*who, change) for who, change in newest.items()]):
        tx.show(*conversation)


async def _remove(deps: WhatsappDeps, tx: Tx, removed: Changes) -> None:
    told = [(b, change.contact.keys(), change.at) for b, change in removed]
    found = await deps.contacts.find(tx, [(b, key) for b, keys, _ in told for key in keys])
    newest: dict[tuple[BusinessId, UUID], datetime] = {}
    for business_id, keys, at in told:
        for contact_id in _who(found, business_id, keys):
            who = business_id, contact_id
            newest[who] = max(newest.get(who, at), at)
    if newest:
        await deps.contacts.remove_from_app(tx, [(*who, at) for who, at in newest.items()])


def _person(business_id: BusinessId, change: ContactChange) -> Person:
    """By their ids alone: what the business calls somebody is not what they call themselves."""
    return business_id, replace(change.contact, name=None, username=None)


def _who(found: Found, business_id: BusinessId, keys: Sequence[IdentityKey]) -> set[UUID]:
    """Their own ids say who it is; a number may have passed to somebody else."""
    own: set[UUID] = set()
    by_number: set[UUID] = set()
    for key in keys:
        contact_id = found.get((business_id, key))
        if contact_id is not None:
            (by_number if key.is_address else own).add(contact_id)
    return own or by_number
