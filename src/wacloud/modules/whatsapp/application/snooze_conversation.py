"""A conversation is out of the way until a time, or until the customer writes."""

from datetime import datetime
from uuid import UUID

from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.domain.conversation import ConversationUnknown
from wacloud.modules.whatsapp.domain.desk import check_snooze
from wacloud.shared.application.jobs import Job, Lane, NewJob
from wacloud.shared.domain.ids import BusinessId

WAKE = "whatsapp.wake_conversation"


async def snooze_conversation(
    deps: WhatsappDeps, business_id: BusinessId, conversation_id: UUID, until: datetime
) -> None:
    """
    Put it away until then; a job brings it back.

    :raises ConversationUnknown: the business has no such conversation.
    :raises SnoozeTooShort: the time has passed, or is more than a year away.
    """
    now = deps.clock()
    async with deps.db.tenant(business_id) as tx:
        if await deps.conversations.find(tx, business_id, conversation_id) is None:
            raise ConversationUnknown
        check_snooze(until, now)
        await deps.desk.snooze(tx, business_id, conversation_id, until)
        tx.queue(
            NewJob(
                kind=WAKE,
                lane=Lane.HOUSEKEEPING,
                business_id=business_id,
                payload={"conversation_id": str(conversation_id)},
                delay=until - now,
            )
        )
        tx.show(business_id, conversation_id)


async def wake_conversation(deps: WhatsappDeps, job: Job) -> None:
    """
    Bring it back, unread. Where it was opened, closed or snoozed for longer in between, nothing happens.

    So of any number of jobs for it only one finds something to do.
    """
    if job.business_id is None:
        return
    conversation_id = UUID(job.payload["conversation_id"])
    async with deps.db.tenant(job.business_id) as tx:
        if await deps.desk.wake(tx, job.business_id, conversation_id, deps.clock()):
            tx.show(job.business_id, conversation_id)
