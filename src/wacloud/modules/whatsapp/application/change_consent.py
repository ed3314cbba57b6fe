"""Somebody of the business notes what a person allows: they said so at the counter, by mail, on paper."""

from uuid import UUID

from wacloud.modules.business.api import AuditEntry, record_audit
from wacloud.modules.whatsapp.application.people_ports import PeopleDeps
from wacloud.modules.whatsapp.domain.consent import Change, Choice, Source
from wacloud.modules.whatsapp.domain.contact_csv import ProofMissing
from wacloud.modules.whatsapp.domain.person import ContactNotFound
from wacloud.shared.application.caller import Caller
from wacloud.shared.domain.ids import BusinessId, UserId

LONGEST_PROOF = 500


async def change_consent(
    deps: PeopleDeps,
    user_id: UserId,
    business_id: BusinessId,
    contact_id: UUID,
    change: Change,
    proof: str,
    source: Source,
    caller: Caller,
) -> bool:
    """
    Note a choice with its proof; False where it was so already.

    :raises ContactNotFound: there is nobody, or nobody any more.
    :raises ProofMissing: it allows something, and nothing proves that they said so.
    """
    proof = " ".join(proof.split())[:LONGEST_PROOF]
    if change in ("opted_in", "marketing_resumed") and not proof:
        raise ProofMissing(field="proof")
    whatsapp = deps.whatsapp
    async with whatsapp.db.tenant(business_id) as tx:
        if not await deps.people.hold(tx, business_id, contact_id):
            raise ContactNotFound
        choice = Choice(contact_id, change, source, whatsapp.clock(), words=proof or None, actor_id=user_id)
        changed = await whatsapp.consents.apply(tx, [(business_id, choice)])
        if changed:
            entry = AuditEntry(
                action="whatsapp.consent_noted",
                actor_id=user_id,
                business_id=business_id,
                detail={"contact_id": contact_id, "change": change},
            )
            await record_audit(whatsapp.business, tx, entry, caller=caller)
    return bool(changed)
