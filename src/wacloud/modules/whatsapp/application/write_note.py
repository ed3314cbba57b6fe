"""A member notes something in a conversation for the team. Nothing of it goes through the outbox."""

from collections.abc import Collection, Sequence
from uuid import UUID, uuid5

from wacloud.modules.notification.api import Notice, tell_business
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.domain.conversation import ConversationUnknown
from wacloud.modules.whatsapp.domain.note import MentionUnknown, Note, checked_note, mentioned_in
from wacloud.shared.domain.ids import BusinessId, UserId, new_id


def mention_of(conversation_id: UUID, user_id: UserId) -> str:
    """What a notice about a mention is about."""
    return f"mention:{conversation_id}:{user_id}"


async def write_note(
    deps: WhatsappDeps,
    author: UserId,
    business_id: BusinessId,
    conversation_id: UUID,
    text: str,
    *,
    mentions: Sequence[UUID] | None = None,
    looking: Collection[UserId] = (),
    key: str | None = None,
) -> Note:
    """
    Keep it, and tell those it mentions; without `mentions` they are read out of the text.

    Who is `looking` at the conversation gets no mail of it.
    `key` names the request: the same one again keeps nothing.

    :raises NoteEmpty: there is no text.
    :raises NoteTooLong: there is too much.
    :raises ConversationUnknown: the business has no such conversation.
    :raises MentionUnknown: somebody mentioned does not work in the inbox.
    """
    text = checked_note(text)
    async with deps.db.tenant(business_id) as tx:
        if await deps.conversations.find(tx, business_id, conversation_id) is None:
            raise ConversationUnknown
        team = await deps.notes.team(tx, business_id)
        names = {mate.id: mate.name for mate in team}
        told = mentioned_in(text, team) if mentions is None else tuple(UserId(one) for one in dict.fromkeys(mentions))
        if not names.keys() >= set(told):
            raise MentionUnknown
        note_id = uuid5(conversation_id, f"note:{author}:{key}") if key else new_id()
        note = Note(note_id, conversation_id, author, text, told, deps.clock(), names.get(author))
        if await deps.notes.add_once(tx, business_id, note):
            for user_id in set(told) - {author}:
                notice = Notice(
                    business_id=business_id,
                    key=f"mention:{note.id}:{user_id}",
                    code="mentioned",
                    subject=mention_of(conversation_id, user_id),
                    at=note.created_at,
                    details={"name": note.author_name or "", "conversation": str(conversation_id)},
                    user_id=user_id,
                    is_seen=user_id in looking,
                )
                await tell_business(deps.notification, tx, notice)
            tx.show(business_id, conversation_id)
    return note
