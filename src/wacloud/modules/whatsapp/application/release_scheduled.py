"""What waited for its time goes into the outbox, in the order in which it was meant to go."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from wacloud.modules.notification.api import Notice, tell_business
from wacloud.modules.whatsapp.application.outbox import Draft, put_in_outbox
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.stored import ConversationState
from wacloud.modules.whatsapp.domain.conversation import ServiceWindow
from wacloud.modules.whatsapp.domain.scheduled import Scheduled
from wacloud.shared.application.db import Tx
from wacloud.shared.application.jobs import Job, Lane, NewJob
from wacloud.shared.domain.ids import BusinessId

RELEASE = "whatsapp.release_scheduled"
_CLOCKS_DIFFER = timedelta(seconds=1)


def release_job(business_id: BusinessId, conversation_id: UUID, delay: timedelta) -> NewJob:
    """Sends what is due in a conversation then. Any number of them does no more than one."""
    return NewJob(
        kind=RELEASE,
        lane=Lane.SENDING,
        business_id=business_id,
        payload={"conversation_id": str(conversation_id)},
        delay=max(delay, timedelta()),
        max_attempts=8,
    )


async def release_due(deps: WhatsappDeps, job: Job) -> None:
    """Whatever is due in the job's conversation goes out, is cancelled because they wrote, or is told as not sent."""
    if job.business_id is None:
        return
    business_id, conversation_id = job.business_id, UUID(job.payload["conversation_id"])
    async with deps.db.tenant(business_id) as tx:
        conversation = await deps.conversations.find(tx, business_id, conversation_id)
        if conversation is None:
            return
        due = await deps.scheduled.due(tx, business_id, conversation_id, deps.clock() + _CLOCKS_DIFFER)
        await send_due(deps, tx, business_id, conversation, due)
        if due:
            tx.show(business_id, conversation_id)


async def release_held(deps: WhatsappDeps, business_id: BusinessId, conversation_id: UUID) -> None:
    """Whatever is held goes out, so that what is written next does not overtake it."""
    if not deps.undo_send:
        return
    async with deps.db.tenant(business_id) as tx:
        if not await deps.scheduled.held(tx, business_id, conversation_id):
            return
        conversation = await deps.conversations.find(tx, business_id, conversation_id)
        if conversation is not None:
            held = await deps.scheduled.held(tx, business_id, conversation_id)
            await send_due(deps, tx, business_id, conversation, held)
            tx.show(business_id, conversation_id)


async def send_due(
    deps: WhatsappDeps,
    tx: Tx,
    business_id: BusinessId,
    conversation: ConversationState,
    due: Sequence[Scheduled],
    *,
    must: bool = False,
) -> None:
    """
    Send these, of a conversation the transaction has locked. `must`: somebody asks for it now.

    :raises OutsideServiceWindow: only with `must`.
    """
    window = ServiceWindow(conversation.last_inbound_at)
    if must:
        window.check(deps.clock())
    is_open = window.is_open(deps.clock())
    for one in due:
        fate = "send" if must else one.fate(conversation.last_inbound_at, is_window_open=is_open)
        if fate == "they_wrote":
            await deps.scheduled.cancel(tx, business_id, one.id, fate)
        elif fate == "send":
            await _send(deps, tx, business_id, one)
        elif await deps.scheduled.fail(tx, business_id, one.id, fate):
            await _tell(deps, tx, business_id, one)


async def _send(deps: WhatsappDeps, tx: Tx, business_id: BusinessId, one: Scheduled) -> None:
    cause = await deps.scheduled.take(tx, business_id, one.id)
    if cause is None:
        return
    quoted = one.answers and await deps.messages.find_here(tx, business_id, one.conversation_id, one.answers)
    is_quoting = bool(quoted and quoted.wamid)
    draft = Draft(
        id=one.id,
        business_id=business_id,
        conversation_id=one.conversation_id,
        cause=cause,
        author="member",
        author_id=one.author_id,
        body=one.text,
        content={"quoted": True} if is_quoting else {},
        refers_to=quoted.wamid if quoted else None,
    )
    await put_in_outbox(deps, tx, [draft])
    if not one.is_held:
        here = [(business_id, one.conversation_id)]
        author = one.author_id if await _is_here(deps, tx, business_id, one) else None
        await deps.conversations.hand_to(tx, here, "person", user_id=author)
        await deps.messages.settle_pending(tx, here, "handed_over", "person_wrote")


async def _tell(deps: WhatsappDeps, tx: Tx, business_id: BusinessId, one: Scheduled) -> None:
    """Its author, or everybody where they have left the team."""
    notice = Notice(
        business_id=business_id,
        key=f"scheduled:{one.id}:{one.send_at.isoformat()}",
        code="scheduled_not_sent",
        subject=f"scheduled:{one.id}",
        at=deps.clock(),
        details={"name": " ".join(one.text.split())[:60], "conversation": str(one.conversation_id)},
        user_id=one.author_id if await _is_here(deps, tx, business_id, one) else None,
    )
    await tell_business(deps.notification, tx, notice)


async def _is_here(deps: WhatsappDeps, tx: Tx, business_id: BusinessId, one: Scheduled) -> bool:
    return any(mate.id == one.author_id for mate in await deps.notes.team(tx, business_id))
