"""A person is done with a conversation."""

from uuid import UUID

from wacloud.modules.business.api import AuditEntry, record_audit
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.domain.conversation import BackToBot, ConversationUnknown
from wacloud.shared.domain.ids import BusinessId, UserId


async def close_conversation(
    deps: WhatsappDeps,
    user_id: UserId,
    business_id: BusinessId,
    conversation_id: UUID,
    *,
    keeps_person: bool | None = None,
) -> None:
    """
    Out of the list until the customer writes again; who then answers is the bot, unless the person keeps it.

    None: by the business's rule. Nobody keeps by it what nobody had taken over.

    What waited for an answer has had one: the person says it is done.

    :raises ConversationUnknown: this person sees no such conversation.
    """
    rule = (await deps.back_rules.back_to_bot([business_id])).get(business_id, BackToBot())
    async with deps.db.tenant(business_id) as tx:
        conversation = await deps.conversations.find(tx, business_id, conversation_id)
        if conversation is None:
            raise ConversationUnknown
        if not await deps.desk.close(tx, business_id, conversation_id, user_id, deps.clock()):
            return
        here = [(business_id, conversation_id)]
        await deps.messages.settle_pending(tx, here, "handed_over", "taken_over")
        if keeps_person is None:
            keeps_person = conversation.handler == "person" and rule.returns != "after_close"
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
