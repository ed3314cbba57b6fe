"""Safety nets: what a lost wake-up or an unlucky moment left behind is found and moved on."""

from datetime import timedelta

import structlog

from wacloud.modules.whatsapp.application.outbox import dispatch_job
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.release_scheduled import release_job
from wacloud.modules.whatsapp.events import MessagesReceived

log = structlog.get_logger()

STALE_AFTER = timedelta(seconds=60)
# Meta repeats what it has to tell for up to seven days.
KEEP_UNMATCHED = timedelta(days=8)
STATUSES_OF_ONE = 1000
BUSINESSES_AT_ONCE = 20


async def settle_unmatched_statuses(deps: WhatsappDeps) -> int:
    """
    Statuses that came before we knew their message find it now; returns how many did.

    Those that never find one are dropped once Meta itself would no longer repeat anything about their message.
    """
    async with deps.db.system("find unmatched statuses") as tx:
        businesses = await deps.deliveries.businesses_with_unmatched(tx)
    number = 0
    for start in range(0, len(businesses), BUSINESSES_AT_ONCE):
        some = businesses[start : start + BUSINESSES_AT_ONCE]
        async with deps.db.tenant(*some) as tx:
            applied, dropped = await deps.deliveries.apply_unmatched(
                tx, some, most=STATUSES_OF_ONE, keep=KEEP_UNMATCHED
            )
            for change in applied:
                tx.show(change.business_id, change.conversation_id)
        number += len(applied)
        for business_id, count in dropped.items():
            log.info("statuses.dropped", business=str(business_id), number=count, reason="their message never came")
    return number


async def wake_stale_mailboxes(deps: WhatsappDeps) -> int:
    """
    Messages that wait with nobody on them are announced again; returns how many conversations that were.

    Where the turn itself failed at every try, a person gets them: the job stays parked, the customer is not forgotten.
    """
    async with deps.db.system("list businesses with numbers") as tx:
        businesses = await deps.numbers.businesses(tx)
    if not businesses:
        return 0
    async with deps.db.tenant(*businesses) as tx:
        stale = await deps.mailboxes.stale(tx, STALE_AFTER)
        tx.publish(
            *(
                MessagesReceived(business_id=one.business_id, conversation_id=one.conversation_id, count=0)
                for one in stale
                if not one.gave_up
            )
        )
        failed = [(one.business_id, one.conversation_id) for one in stale if one.gave_up]
        if failed:
            await deps.messages.settle_pending(tx, failed, "handed_over", "turn_failed")
            await deps.conversations.hand_to(tx, failed, "waiting", because="turn_failed")
        for business_id, conversation_id in failed:
            tx.show(business_id, conversation_id)
    return len(stale)


async def wake_queued_messages(deps: WhatsappDeps) -> int:
    """
    Queued messages with no job are given one; where the job failed at every try, the message ends as failed.

    Returns how many there were. A person may send a failed one again.
    """
    async with deps.db.system("list businesses with numbers") as tx:
        businesses = await deps.numbers.businesses(tx)
    if not businesses:
        return 0
    async with deps.db.tenant(*businesses) as tx:
        left = await deps.deliveries.left_behind(tx, STALE_AFTER)
        tx.queue(
            *(
                dispatch_job(one.business_id, one.conversation_id, one.id, bulk=one.bulk)
                for one in left
                if not one.gave_up
            )
        )
        failed = [one for one in left if one.gave_up]
        if failed:
            await deps.deliveries.fail(tx, failed, "gave_up")
        for one in failed:
            tx.show(one.business_id, one.conversation_id)
    return len(left)


async def wake_overdue_messages(deps: WhatsappDeps) -> int:
    """Texts whose time has passed although no job came for them are given one; returns in how many conversations."""
    async with deps.db.system("list businesses with numbers") as tx:
        businesses = await deps.numbers.businesses(tx)
    if not businesses:
        return 0
    async with deps.db.tenant(*businesses) as tx:
        overdue = await deps.scheduled.overdue(tx, STALE_AFTER)
        tx.queue(*(release_job(business_id, conversation_id, timedelta()) for business_id, conversation_id in overdue))
    return len(overdue)
