"""Whose a conversation is."""

from uuid import UUID

from wacloud.modules.business.api import AuditEntry, record_audit
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.domain.conversation import ConversationUnknown
from wacloud.modules.whatsapp.domain.desk import AssigneeUnknown
from wacloud.shared.domain.ids import BusinessId, UserId


async def assign_conversation(
    deps: WhatsappDeps,
    user_id: UserId,
    business_id: BusinessId,
    conversation_id: UUID,
    to: UserId | None,
    *,
    by_balance: bool = False,
) -> None:
    """
    It is this person's; nobody's with None; with `by_balance` it is whoever has the fewest open ones.

    Whoever gets it, the bot stays silent in it.

    :raises ConversationUnknown: the business has no such conversation.
    :raises AssigneeUnknown: this is nobody of the team who answers customers.
    """
    async with deps.db.tenant(business_id) as tx:
        if by_balance:
            # Before the conversation is locked: everyone asks in the same order.
            to = await deps.desk.least_busy(tx, business_id)
        if await deps.conversations.find(tx, business_id, conversation_id) is None:
            raise ConversationUnknown
        if (by_balance and to is None) or not await deps.desk.assign(tx, business_id, conversation_id, to):
            raise AssigneeUnknown
        here = [(business_id, conversation_id)]
        if to is not None:
            await deps.conversations.hand_to(tx, here, "person", user_id=to)
            await deps.messages.settle_pending(tx, here, "handed_over", "taken_over")
        assigned = AuditEntry(
            action="whatsapp.conversation_assigned",
            actor_id=user_id,
            business_id=business_id,
            user_id=to,
            detail={"conversation_id": str(conversation_id), "by_balance": by_balance},
        )
        await record_audit(deps.business, tx, assigned)
        tx.show(business_id, conversation_id)
