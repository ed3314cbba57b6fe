"""Who handles a conversation: a person takes it over, gives it back to the bot, or has seen it."""

from datetime import datetime
from uuid import UUID

from wacloud.modules.notification.api import settle_told
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.stored import ConversationState
from wacloud.modules.whatsapp.application.write_note import mention_of
from wacloud.modules.whatsapp.domain.conversation import SERVICE_WINDOW, ConversationUnknown, ServiceWindow
from wacloud.modules.whatsapp.events import MessagesReceived
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId, UserId

# What a bot handed over for a reason of its own it would hand over again.
WHILE_PERSON_HAD_IT = ("taken_over", "person_has_it", "person_wrote")


async def take_over(deps: WhatsappDeps, user_id: UserId, business_id: BusinessId, conversation_id: UUID) -> None:
    """
    The bot is silent from now on; what waited for it is this person's.

    :raises ConversationUnknown: this person sees no such conversation.
    """
    async with deps.db.member(user_id) as tx:
        await _find(deps, tx, business_id, conversation_id)
        here = [(business_id, conversation_id)]
        await deps.conversations.hand_to(tx, here, "person", user_id=user_id)
        await deps.messages.settle_pending(tx, here, "handed_over", "taken_over")
        tx.show(business_id, conversation_id)


async def give_back(deps: WhatsappDeps, user_id: UserId, business_id: BusinessId, conversation_id: UUID) -> None:
    """
    The bot answers from now on, and what came while a person had it and nobody has answered yet.

    :raises ConversationUnknown: this person sees no such conversation.
    """
    async with deps.db.member(user_id) as tx:
        # First, as those who store messages do: whoever edits some of them just now would wait for us, and we for them.
        await deps.messages.lock(tx, [business_id], wait=True)
        conversation = await _find(deps, tx, business_id, conversation_id)
        await to_bot(deps, tx, business_id, conversation_id, conversation.last_inbound_at)


async def to_bot(
    deps: WhatsappDeps, tx: Tx, business_id: BusinessId, conversation_id: UUID, last_inbound_at: datetime | None
) -> None:
    """Give it to the bot, with what came while a person had it and nobody has answered yet."""
    await deps.conversations.hand_to(tx, [(business_id, conversation_id)], "bot")
    now = deps.clock()
    if ServiceWindow(last_inbound_at).is_open(now):
        since = now - SERVICE_WINDOW
        count = await deps.messages.reopen(tx, business_id, conversation_id, WHILE_PERSON_HAD_IT, since)
        if count:
            tx.publish(MessagesReceived(business_id=business_id, conversation_id=conversation_id, count=count))
    tx.show(business_id, conversation_id)


async def mark_seen(deps: WhatsappDeps, user_id: UserId, business_id: BusinessId, conversation_id: UUID) -> None:
    """
    Nothing in this conversation is unread, the customer sees that it was read, and who was mentioned has seen it.

    :raises ConversationUnknown: this person sees no such conversation.
    """
    async with deps.db.member(user_id) as tx:
        await _find(deps, tx, business_id, conversation_id)
        newest = await deps.conversations.mark_seen(tx, business_id, conversation_id)
        await settle_told(deps.notification, tx, business_id, mention_of(conversation_id, user_id), user_id)
        tx.show(business_id, conversation_id)
    deps.read_marks.read(newest)


async def _find(deps: WhatsappDeps, tx: Tx, business_id: BusinessId, conversation_id: UUID) -> ConversationState:
    conversation = await deps.conversations.find(tx, business_id, conversation_id)
    if conversation is None:
        raise ConversationUnknown
    return conversation
