"""A text goes out at a time somebody chose; until then it can be sent at once or cancelled."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.release_scheduled import release_job, send_due
from wacloud.modules.whatsapp.domain.conversation import ConversationUnknown
from wacloud.modules.whatsapp.domain.message import checked_text
from wacloud.modules.whatsapp.domain.scheduled import (
    MOST_SCHEDULED,
    Scheduled,
    ScheduledUnknown,
    TooManyScheduled,
    check_send_at,
)
from wacloud.shared.domain.ids import BusinessId, UserId, new_id


async def schedule_message(
    deps: WhatsappDeps,
    author: UserId,
    business_id: BusinessId,
    conversation_id: UUID,
    text: str,
    send_at: datetime,
    *,
    unless_they_write: bool = False,
    key: str | None = None,
) -> Scheduled:
    """
    Keep it for then. `key` names the request: the same one again keeps nothing.

    The service window is looked at when its time comes: the contact may write until then.

    :raises TextMissing: there is nothing to send.
    :raises TextTooLong: Meta takes 4096 characters.
    :raises ScheduleTimeWrong: the time has passed, or is more than a year away.
    :raises ConversationUnknown: the business has no such conversation.
    :raises TooManyScheduled: so many wait in this conversation already.
    """
    text, now = checked_text(text), deps.clock()
    check_send_at(send_at, now)
    made = Scheduled(new_id(), conversation_id, author, text, None, send_at, now, unless_they_write=unless_they_write)
    async with deps.db.tenant(business_id) as tx:
        if await deps.conversations.find(tx, business_id, conversation_id) is None:
            raise ConversationUnknown
        if len(await deps.scheduled.shown(tx, business_id, conversation_id)) >= MOST_SCHEDULED:
            raise TooManyScheduled
        if await deps.scheduled.add_once(tx, business_id, made, f"scheduled:{author}:{key or made.id}"):
            tx.queue(release_job(business_id, conversation_id, send_at - now))
            tx.show(business_id, conversation_id)
    return made


async def list_scheduled(deps: WhatsappDeps, business_id: BusinessId, conversation_id: UUID) -> Sequence[Scheduled]:
    """
    What waits in a conversation or could not be sent, the next one first.

    :raises ConversationUnknown: the business has no such conversation.
    """
    async with deps.db.tenant(business_id) as tx:
        if await deps.conversations.find(tx, business_id, conversation_id) is None:
            raise ConversationUnknown
        return await deps.scheduled.shown(tx, business_id, conversation_id)


async def cancel_scheduled(deps: WhatsappDeps, business_id: BusinessId, scheduled_id: UUID) -> Scheduled:
    """
    It is not sent. Returns it, so that what was written can be written on.

    :raises ScheduledUnknown: there is none such, or it went out before.
    """
    async with deps.db.tenant(business_id) as tx:
        cancelled = await deps.scheduled.cancel(tx, business_id, scheduled_id, "taken_back")
        if cancelled is None:
            raise ScheduledUnknown
        tx.show(business_id, cancelled.conversation_id)
    return cancelled


async def send_scheduled_now(deps: WhatsappDeps, business_id: BusinessId, scheduled_id: UUID) -> Scheduled:
    """
    It goes out at once, and so does one that failed before.

    :raises ScheduledUnknown: there is none such, or it went out before.
    :raises OutsideServiceWindow: only a message template may be sent now; it stays where it is.
    """
    async with deps.db.tenant(business_id) as tx:
        asked = await deps.scheduled.find(tx, business_id, scheduled_id)
        if asked is None:
            raise ScheduledUnknown
        conversation = await deps.conversations.find(tx, business_id, asked.conversation_id)
        # Once the conversation is ours nobody else sends it any more.
        found = await deps.scheduled.find(tx, business_id, scheduled_id)
        if found is None or conversation is None:
            raise ScheduledUnknown
        await send_due(deps, tx, business_id, conversation, [found], must=True)
        tx.show(business_id, found.conversation_id)
    return found
