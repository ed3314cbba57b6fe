"""Somebody of the business says who is one person and who is not."""

from uuid import UUID

from wacloud.modules.business.api import AuditEntry, record_audit
from wacloud.modules.whatsapp.application.identify_contacts import merge_contacts
from wacloud.modules.whatsapp.application.people_ports import PeopleDeps
from wacloud.modules.whatsapp.domain.person import ContactNotFound
from wacloud.shared.application.caller import Caller
from wacloud.shared.domain.errors import AppError
from wacloud.shared.domain.ids import BusinessId, UserId


class SamePerson(AppError):
    """These are the same contact already."""


async def merge_people(
    deps: PeopleDeps, user_id: UserId, business_id: BusinessId, keep: UUID, gone: UUID, caller: Caller
) -> None:
    """
    Two contacts are one person: messages, ids, tags and fields of `gone` are `keep`'s from now on.

    What `keep` has wins where both have something; who said no as one of the two has said no.

    :raises ContactNotFound: one of them is nobody, or nobody any more.
    :raises SamePerson: there is only one.
    """
    async with deps.whatsapp.db.tenant(business_id) as tx:
        await deps.whatsapp.messages.lock(tx, [business_id], wait=True)
        for contact_id in sorted((keep, gone)):
            if not await deps.people.hold(tx, business_id, contact_id):
                raise ContactNotFound
        if keep == gone:
            raise SamePerson
        await merge_contacts(deps.whatsapp, tx, business_id, keep, gone, user_id)
        entry = AuditEntry(
            action="whatsapp.contacts_merged",
            actor_id=user_id,
            business_id=business_id,
            detail={"kept": keep, "gone": gone},
        )
        await record_audit(deps.whatsapp.business, tx, entry, caller=caller)


async def tell_apart(deps: PeopleDeps, business_id: BusinessId, one: UUID, other: UUID) -> None:
    """
    These two are not the same: they are not suggested again.

    :raises ContactNotFound: one of them is nobody.
    :raises SamePerson: there is only one.
    """
    async with deps.whatsapp.db.tenant(business_id) as tx:
        for contact_id in sorted((one, other)):
            if not await deps.people.hold(tx, business_id, contact_id):
                raise ContactNotFound
        if one == other:
            raise SamePerson
        await deps.people.tell_apart(tx, business_id, one, other)
