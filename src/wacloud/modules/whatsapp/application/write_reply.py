"""A person writes in the inbox."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from wacloud.modules.whatsapp.application.outbox import Draft, put_in_outbox
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.domain.conversation import ConversationUnknown, ServiceWindow
from wacloud.modules.whatsapp.domain.ids import MessageId
from wacloud.modules.whatsapp.domain.message import checked_text
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.errors import AppError
from wacloud.shared.domain.ids import BusinessId, UserId, new_id


class IdempotencyKeyReused(AppError):
    """This request already sent something else. Send it once more if it is a new message."""


async def write_reply(
    deps: WhatsappDeps,
    author: UserId,
    business_id: BusinessId,
    conversation_id: UUID,
    text: str,
    key: str | None = None,
) -> MessageId:
    """
    Queue a text and take the conversation over: the bot is silent in it until it is given back.

    `key` is the caller's idempotency key: the same request again sends nothing and returns the first message's id.

    :raises IdempotencyKeyReused: the key was used for another conversation or another text.
    :raises ConversationUnknown: this person sees no such conversation.
    :raises OutsideServiceWindow: only a message template may be sent now.
    :raises TextMissing: there is nothing to send.
    :raises TextTooLong: Meta takes 4096 characters.
    """
    return await queue_reply(deps, author, business_id, conversation_id, checked_text(text), key)


async def queue_reply(
    deps: WhatsappDeps,
    author: UserId,
    business_id: BusinessId,
    conversation_id: UUID,
    body: str,
    key: str | None,
    *,
    kind: str = "text",
    content: Mapping[str, Any] | None = None,
    uses: UUID | None = None,
) -> MessageId:
    """The same for a message of any kind, which the caller has checked; `uses` is the file in it."""
    cause = f"reply:{author}:{key or new_id()}"
    async with deps.db.member(author) as tx:
        conversation = await deps.conversations.find(tx, business_id, conversation_id)
        if conversation is None:
            raise ConversationUnknown
        if key and (earlier := await _sent_before(deps, tx, business_id, cause, (conversation_id, kind, body, uses))):
            return earlier
        ServiceWindow(conversation.last_inbound_at).check(deps.clock())
        draft = Draft(
            business_id=business_id,
            conversation_id=conversation_id,
            cause=cause,
            author="member",
            author_id=author,
            body=body,
            kind=kind,
            content=content or {},
        )
        written = await put_in_outbox(deps, tx, [draft])
        if uses is not None:
            await deps.media.rows.mark_used(tx, business_id, uses)
        if draft.id not in written:
            # The same key came in at the same time, into another conversation: else the lock would have kept us apart.
            raise IdempotencyKeyReused
        here = [(business_id, conversation_id)]
        await deps.conversations.hand_to(tx, here, "person", user_id=author)
        newest = await deps.conversations.mark_seen(tx, business_id, conversation_id)
        await deps.messages.settle_pending(tx, here, "handed_over", "person_wrote")
    deps.read_marks.read(newest)
    return MessageId(draft.id)


async def _sent_before(
    deps: WhatsappDeps, tx: Tx, business_id: BusinessId, cause: str, asked: tuple[UUID, str, str, UUID | None]
) -> MessageId | None:
    sent = await deps.messages.find_by_cause(tx, business_id, cause)
    if sent is None:
        return None
    if (sent.conversation_id, sent.kind, sent.body, sent.media_id) != asked:
        raise IdempotencyKeyReused
    return MessageId(sent.id)
