"""A person writes in the inbox."""

from typing import Final
from uuid import UUID

from wacloud.modules.whatsapp.application.check_template import check_phone, checked_template
from wacloud.modules.whatsapp.application.outbox import Draft, put_in_outbox
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.release_scheduled import release_held
from wacloud.modules.whatsapp.domain.conversation import ConversationUnknown, ServiceWindow
from wacloud.modules.whatsapp.domain.ids import MessageId
from wacloud.modules.whatsapp.domain.message import checked_text
from wacloud.modules.whatsapp.domain.outgoing import REACTION_AGE, MarketingStopped, MessageUnknown, Rules, Wanted
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.errors import AppError
from wacloud.shared.domain.ids import BusinessId, UserId, new_id

# Parts of a content that are not what the caller asked for, or are compared by themselves.
_TOLD_LATER: Final = frozenset({"media", "quoted"})


class AnsweredMeanwhile(AppError):
    """Somebody of your team has answered meanwhile. Read it, and send once more if yours has to go as well."""

    kind = "conflict"


class FormReused(AppError):
    """This request already sent something else. Send it once more if it is a new message."""


async def write_reply(
    deps: WhatsappDeps,
    author: UserId,
    business_id: BusinessId,
    conversation_id: UUID,
    text: str,
    key: str | None = None,
    answers: UUID | None = None,
    read_until: UUID | None = None,
) -> MessageId:
    """
    Queue a text and take the conversation over: the bot is silent in it until it is given back.

    `answers` is the message it quotes. `key` names the request: the same one again sends nothing and returns the first
    message's id. `read_until` is the newest message its author has seen.

    :raises AnsweredMeanwhile: another member has written since that one.
    :raises FormReused: the key was used for another conversation or another text.
    :raises ConversationUnknown: this person sees no such conversation.
    :raises OutsideServiceWindow: only a message template may be sent now.
    :raises TextMissing: there is nothing to send.
    :raises TextTooLong: Meta takes 4096 characters.
    """
    wanted = Wanted(body=checked_text(text), answers=answers)
    return await queue_reply(deps, author, business_id, conversation_id, wanted, key, read_until=read_until)


async def queue_reply(
    deps: WhatsappDeps,
    author: UserId,
    business_id: BusinessId,
    conversation_id: UUID,
    wanted: Wanted,
    key: str | None,
    number_id: UUID | None = None,
    read_until: UUID | None = None,
) -> MessageId:
    """
    The same for a message of any kind, which the caller has checked; a template or a reaction leaves the bot in charge.

    `number_id` is the number the caller expects the conversation to be with.

    :raises MessageUnknown: what it answers is not here.
    :raises MessageRefused: what it answers is not known to WhatsApp yet, or too old; or it is a template that may not
        be sent now, or not with these values.
    :raises MarketingStopped: a marketing template for somebody who wants none.
    """
    cause = f"reply:{author}:{key or new_id()}"
    await release_held(deps, business_id, conversation_id)
    async with deps.db.member(author) as tx:
        conversation = await deps.conversations.find(tx, business_id, conversation_id)
        if conversation is None or number_id not in (None, conversation.number_id):
            raise ConversationUnknown
        if key and (earlier := await sent_before(deps, tx, business_id, cause, conversation_id, wanted)):
            return earlier
        if read_until and await deps.messages.is_answered_since(tx, business_id, conversation_id, read_until, author):
            raise AnsweredMeanwhile
        wanted = await checked_template(deps, tx, business_id, conversation.number_id, wanted)
        await check_phone(deps, tx, business_id, wanted, conversation.contact_id)
        refers_to, content = None, wanted.content
        if wanted.answers is not None:
            refers_to = await wamid_of(deps, tx, business_id, conversation_id, wanted, wanted.answers)
            content = content if wanted.is_reaction else {**content, "quoted": True}
        if wanted.needs_window:
            ServiceWindow(conversation.last_inbound_at).check(deps.clock())
        elif wanted.category == "marketing" and await deps.contacts.refuses_marketing(
            tx, business_id, conversation.contact_id
        ):
            raise MarketingStopped
        draft = Draft(
            business_id=business_id,
            conversation_id=conversation_id,
            cause=cause,
            author="member",
            author_id=author,
            body=wanted.body,
            kind=wanted.kind,
            content=content,
            refers_to=refers_to,
            category=wanted.category,
            bulk=wanted.is_bulk,
        )
        written = await put_in_outbox(deps, tx, [draft])
        if wanted.uses is not None:
            await deps.media.rows.mark_used(tx, business_id, wanted.uses)
        if draft.id not in written:
            # The same key came in at the same time, into another conversation: else the lock would have kept us apart.
            raise FormReused
        newest = None
        if wanted.takes_over:
            here = [(business_id, conversation_id)]
            await deps.conversations.hand_to(tx, here, "person", user_id=author)
            newest = await deps.conversations.mark_seen(tx, business_id, conversation_id)
            await deps.messages.settle_pending(tx, here, "handed_over", "person_wrote")
    deps.read_marks.read(newest)
    return MessageId(draft.id)


async def wamid_of(
    deps: WhatsappDeps, tx: Tx, business_id: BusinessId, conversation_id: UUID, wanted: Wanted, message_id: UUID
) -> str:
    """
    Of the message that is answered.

    :raises MessageUnknown: it is not here.
    :raises MessageRefused: WhatsApp does not know it yet, or it is too old.
    """
    rules = Rules()
    path = "reaction.message_id" if wanted.is_reaction else "reply_to"
    answered = await deps.messages.find_here(tx, business_id, conversation_id, message_id)
    if answered is None or answered.kind in ("reaction", "edit", "revoke"):
        raise MessageUnknown(field=path)
    if answered.wamid is None:
        rules.broken(path, "not_sent_yet")
    elif wanted.is_reaction and deps.clock() - answered.sent_at > REACTION_AGE:
        rules.broken(path, "too_old", REACTION_AGE.days)
    rules.check()
    return answered.wamid or ""


async def sent_before(
    deps: WhatsappDeps, tx: Tx, business_id: BusinessId, cause: str, conversation_id: UUID, wanted: Wanted
) -> MessageId | None:
    """
    What the same request has sent.

    :raises FormReused: it was something else.
    """
    sent = await deps.messages.find_by_cause(tx, business_id, cause)
    if sent is None:
        return None
    asked = {key: value for key, value in wanted.content.items() if key not in _TOLD_LATER}
    found = {key: value for key, value in sent.content.items() if key not in _TOLD_LATER}
    if (sent.conversation_id, sent.kind, sent.body, sent.media_id) != (
        conversation_id,
        wanted.kind,
        wanted.body,
        wanted.uses,
    ) or asked != found:
        raise FormReused
    return MessageId(sent.id)
