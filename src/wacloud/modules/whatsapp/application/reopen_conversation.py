"""A person takes a snoozed or closed conversation back into the list."""

from uuid import UUID

from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.domain.conversation import ConversationUnknown
from wacloud.shared.domain.ids import BusinessId


async def reopen_conversation(deps: WhatsappDeps, business_id: BusinessId, conversation_id: UUID) -> None:
    """:raises ConversationUnknown: the business has no such conversation."""
    async with deps.db.tenant(business_id) as tx:
        if await deps.conversations.find(tx, business_id, conversation_id) is None:
            raise ConversationUnknown
        if await deps.desk.reopen(tx, business_id, conversation_id):
            tx.show(business_id, conversation_id)
