"""A person is done with a conversation."""

from uuid import UUID

from wacloud.modules.business.api import AuditEntry, record_audit
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.domain.conversation import ConversationUnknown
from wacloud.shared.domain.ids import BusinessId, UserId


async def close_conversation(
    deps: WhatsappDeps,
    user_id: UserId,
    business_id: BusinessId,
    conversation_id: UUID,
    *,
    keeps_person: bool = False,
) -> None:
    """
    Out of the list until the customer writes again; who then answers is the bot, unless the person keeps it.

    What waited for an answer has had one: the person says it is done.

    :raises ConversationUnknown: this person sees no such conversation.
    """
    async with deps.db.tenant(business_id) as tx:
        if await deps.conversations.find(tx, business_id, conversation_id) is None:
            raise ConversationUnknown
        if not await deps.desk.close(tx, business_id, conversation_id, user_id, deps.clock()):
            return
        here = [(business_id, conversation_id)]
        await deps.messages.settle_pending(tx, here, "handed_over", "taken_over")
        if not keeps_person:
            await deps.conversations.hand_to(tx, here, "bot")
        closed = AuditEntry(
            action="whatsapp.conversation_closed",
            actor_id=user_id,
            business_id=business_id,
            detail={"conversation_id": str(conversation_id)},
        )
        await record_audit(deps.business, tx, closed)
        tx.show(business_id, conversation_id)
