"""Who handles a conversation: a person takes it over, gives it back to the bot, or has seen it."""

from uuid import UUID

from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.domain.conversation import ConversationUnknown
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId, UserId


async def take_over(deps: WhatsappDeps, user_id: UserId, business_id: BusinessId, conversation_id: UUID) -> None:
    """
    The bot is silent from now on; what waited for it is this person's.

    :raises ConversationUnknown: this person sees no such conversation.
    """
    async with deps.db.member(user_id) as tx:
        here = await _here(deps, tx, business_id, conversation_id)
        await deps.conversations.hand_to(tx, here, "person", user_id=user_id)
        await deps.messages.settle_pending(tx, here, "handed_over", "taken_over")
        tx.show(business_id, conversation_id)


async def give_back(deps: WhatsappDeps, user_id: UserId, business_id: BusinessId, conversation_id: UUID) -> None:
    """
    The bot answers what comes from now on; what people were handed stays theirs.

    :raises ConversationUnknown: this person sees no such conversation.
    """
    async with deps.db.member(user_id) as tx:
        here = await _here(deps, tx, business_id, conversation_id)
        await deps.conversations.hand_to(tx, here, "bot")
        tx.show(business_id, conversation_id)


async def mark_seen(deps: WhatsappDeps, user_id: UserId, business_id: BusinessId, conversation_id: UUID) -> None:
    """
    Nothing in this conversation is unread.

    :raises ConversationUnknown: this person sees no such conversation.
    """
    async with deps.db.member(user_id) as tx:
        await _here(deps, tx, business_id, conversation_id)
        await deps.conversations.mark_seen(tx, business_id, conversation_id)
        tx.show(business_id, conversation_id)


async def _here(
    deps: WhatsappDeps, tx: Tx, business_id: BusinessId, conversation_id: UUID
) -> list[tuple[BusinessId, UUID]]:
    if await deps.conversations.find(tx, business_id, conversation_id) is None:
        raise ConversationUnknown
    return [(business_id, conversation_id)]
