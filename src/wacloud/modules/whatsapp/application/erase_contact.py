"""Erase one person: who they were at once, what they and we wrote by a job, in pieces; counts stay."""

from datetime import timedelta
from uuid import UUID

from wacloud.modules.business.api import AuditEntry, record_audit
from wacloud.modules.whatsapp.application.keep_media import PLAY, THUMB
from wacloud.modules.whatsapp.application.people_ports import PeopleDeps
from wacloud.modules.whatsapp.domain.person import ContactNotFound
from wacloud.modules.whatsapp.events import ContactErased, ConversationsErased
from wacloud.shared.application.caller import Caller
from wacloud.shared.application.jobs import Again, Job, Lane, NewJob
from wacloud.shared.domain.ids import BusinessId, UserId

SWEEP_CONTACT = "whatsapp.sweep_erased_contact"
AT_ONCE = 500
FILES_AT_ONCE = 100


async def erase_contact(
    deps: PeopleDeps, user_id: UserId, business_id: BusinessId, contact_id: UUID, caller: Caller
) -> None:
    """
    Nobody can find them from now on; what they write next is a new person's.

    :raises ContactNotFound: there is nobody, or nobody any more.
    """
    whatsapp = deps.whatsapp
    async with whatsapp.db.tenant(business_id) as tx:
        # A batch that has found them already stores its messages first, and they are swept too.
        await whatsapp.messages.lock(tx, [business_id], wait=True)
        if not await deps.people.hold(tx, business_id, contact_id):
            raise ContactNotFound
        await deps.erasing.begin(tx, business_id, contact_id)
        entry = AuditEntry(
            action="whatsapp.contact_erasure_begun",
            actor_id=user_id,
            business_id=business_id,
            detail={"contact_id": contact_id},
        )
        await record_audit(whatsapp.business, tx, entry, caller=caller)
        tx.queue(
            NewJob(
                kind=SWEEP_CONTACT,
                lane=Lane.HOUSEKEEPING,
                business_id=business_id,
                payload={"contact_id": str(contact_id)},
                order_key=f"erase:{contact_id}",
                max_attempts=20,
            )
        )
        tx.publish(ContactErased(business_id=business_id, contact_id=contact_id))
        for conversation_id in await deps.erasing.conversations(tx, business_id, contact_id):
            tx.show(business_id, conversation_id)


async def sweep_contact(deps: PeopleDeps, job: Job) -> Again | None:
    """The job: files, then messages, some hundred at a time and each batch for good; the last one notes it is done."""
    if job.business_id is None:
        return None
    contact_id = UUID(job.payload["contact_id"])
    if await _remove_files(deps, job.business_id, contact_id):
        return Again(timedelta(), "there are more files")
    async with deps.whatsapp.db.tenant(job.business_id) as tx:
        swept = await deps.erasing.sweep(tx, job.business_id, contact_id, AT_ONCE)
        if swept < AT_ONCE:
            messages = await deps.erasing.messages(tx, job.business_id, contact_id)
            entry = AuditEntry(
                action="whatsapp.contact_erased",
                actor_kind="system",
                business_id=job.business_id,
                detail={"contact_id": contact_id, "messages": messages},
            )
            await record_audit(deps.whatsapp.business, tx, entry)
            conversations = await deps.erasing.conversations(tx, job.business_id, contact_id)
            tx.publish(ConversationsErased(business_id=job.business_id, conversation_ids=tuple(conversations)))
            return None
    return Again(timedelta(), "there are more messages")


async def _remove_files(deps: PeopleDeps, business_id: BusinessId, contact_id: UUID) -> bool:
    """Returns whether there were any. First from the store: a crash between leaves rows that are removed next time."""
    whatsapp = deps.whatsapp
    async with whatsapp.db.tenant(business_id, read_only=True) as tx:
        files = await deps.erasing.kept_files(tx, business_id, contact_id, FILES_AT_ONCE)
    if not files:
        return False
    await whatsapp.media.files.delete([key + end for _, key in files for end in ("", THUMB, PLAY)])
    async with whatsapp.db.tenant(business_id) as tx:
        for media_id, _ in files:
            await whatsapp.media.rows.give_back(tx, business_id, media_id, "removed", None)
        await deps.erasing.forget_files(tx, business_id, [media_id for media_id, _ in files])
    return True
