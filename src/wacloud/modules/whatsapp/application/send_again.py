"""A person decides that a failed or unconfirmed message goes out once more."""

from uuid import UUID

from wacloud.modules.whatsapp.application.outbox import dispatch_job
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.domain.conversation import ConversationUnknown, ServiceWindow
from wacloud.shared.domain.errors import AppError
from wacloud.shared.domain.ids import BusinessId, UserId


class NothingToSendAgain(AppError):
    """This message was sent, or is on its way."""

    kind = "conflict"


async def send_again(deps: WhatsappDeps, user_id: UserId, business_id: BusinessId, message_id: UUID) -> None:
    """
    Queue the message again. For an unconfirmed one this is the person's risk: it may arrive twice.

    :raises NothingToSendAgain: it neither failed nor is its fate unknown.
    :raises OutsideServiceWindow: only a message template may be sent now.
    """
    async with deps.db.member(user_id) as tx:
        requeued = await deps.deliveries.requeue(tx, business_id, message_id)
        if requeued is None:
            raise NothingToSendAgain
        conversation_id, kind = requeued
        conversation = await deps.conversations.find(tx, business_id, conversation_id)
        if conversation is None:
            raise ConversationUnknown
        if kind != "template":
            ServiceWindow(conversation.last_inbound_at).check(deps.clock())
        tx.queue(dispatch_job(business_id, conversation_id, message_id))
        tx.show(business_id, conversation_id)
