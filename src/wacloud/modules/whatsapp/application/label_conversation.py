"""Which labels a conversation has."""

from collections.abc import Sequence
from uuid import UUID

from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.domain.conversation import ConversationUnknown
from wacloud.modules.whatsapp.domain.desk import LabelUnknown
from wacloud.shared.domain.ids import BusinessId


async def label_conversation(
    deps: WhatsappDeps, business_id: BusinessId, conversation_id: UUID, label_ids: Sequence[UUID]
) -> None:
    """
    It has these labels and no others.

    :raises ConversationUnknown: the business has no such conversation.
    :raises LabelUnknown: the business has no such label.
    """
    async with deps.db.tenant(business_id) as tx:
        if await deps.conversations.find(tx, business_id, conversation_id) is None:
            raise ConversationUnknown
        if not await deps.labels.put_on(tx, business_id, conversation_id, label_ids):
            raise LabelUnknown
        tx.show(business_id, conversation_id)
