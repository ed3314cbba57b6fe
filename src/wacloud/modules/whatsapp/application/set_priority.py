"""How urgent a conversation is."""

from uuid import UUID

from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.domain.conversation import ConversationUnknown
from wacloud.modules.whatsapp.domain.desk import Priority
from wacloud.shared.domain.ids import BusinessId


async def set_priority(deps: WhatsappDeps, business_id: BusinessId, conversation_id: UUID, priority: Priority) -> None:
    """:raises ConversationUnknown: the business has no such conversation."""
    async with deps.db.tenant(business_id) as tx:
        if await deps.conversations.find(tx, business_id, conversation_id) is None:
            raise ConversationUnknown
        await deps.desk.set_priority(tx, business_id, conversation_id, priority)
        tx.show(business_id, conversation_id)
