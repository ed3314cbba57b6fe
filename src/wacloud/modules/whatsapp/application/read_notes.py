"""The team's notes of one conversation."""

from collections.abc import Sequence
from uuid import UUID

from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.domain.conversation import ConversationUnknown
from wacloud.modules.whatsapp.domain.note import Note
from wacloud.shared.domain.ids import BusinessId


async def read_notes(deps: WhatsappDeps, business_id: BusinessId, conversation_id: UUID) -> Sequence[Note]:
    """
    The newest hundred, oldest first.

    :raises ConversationUnknown: the business has no such conversation.
    """
    async with deps.db.tenant(business_id) as tx:
        if await deps.conversations.find(tx, business_id, conversation_id) is None:
            raise ConversationUnknown
        return await deps.notes.between(tx, business_id, conversation_id, None, None, 100)
