"""A reply is held for some seconds, in which whoever wrote it may take it back."""

from uuid import UUID

from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.release_scheduled import release_job
from wacloud.modules.whatsapp.application.write_reply import (
    AnsweredMeanwhile,
    FormReused,
    sent_before,
    wamid_of,
    write_reply,
)
from wacloud.modules.whatsapp.domain.conversation import ConversationUnknown, ServiceWindow
from wacloud.modules.whatsapp.domain.message import checked_text
from wacloud.modules.whatsapp.domain.outgoing import Wanted
from wacloud.modules.whatsapp.domain.scheduled import Scheduled
from wacloud.shared.domain.ids import BusinessId, UserId, new_id


async def hold_reply(
    deps: WhatsappDeps,
    author: UserId,
    business_id: BusinessId,
    conversation_id: UUID,
    text: str,
    key: str,
    answers: UUID | None = None,
    read_until: UUID | None = None,
) -> None:
    """
    As `write_reply`, and refused for the same reasons; the text goes into the outbox when its seconds are over.

    The bot is silent at once: whoever takes the text back writes another, or gives the conversation back.
    """
    if not deps.undo_send:
        await write_reply(deps, author, business_id, conversation_id, text, key, answers, read_until)
        return
    wanted, cause, now = Wanted(body=checked_text(text), answers=answers), f"reply:{author}:{key}", deps.clock()
    here = [(business_id, conversation_id)]
    async with deps.db.tenant(business_id) as tx:
        conversation = await deps.conversations.find(tx, business_id, conversation_id)
        if conversation is None:
            raise ConversationUnknown
        if await sent_before(deps, tx, business_id, cause, conversation_id, wanted):
            return
        held = await deps.scheduled.held(tx, business_id, conversation_id)
        if read_until and (
            (held and held[-1].author_id != author and held[-1].id != read_until)
            or await deps.messages.is_answered_since(tx, business_id, conversation_id, read_until, author)
        ):
            raise AnsweredMeanwhile
        if answers is not None:
            await wamid_of(deps, tx, business_id, conversation_id, wanted, answers)
        ServiceWindow(conversation.last_inbound_at).check(now)
        reply = Scheduled(
            new_id(), conversation_id, author, wanted.body, answers, now + deps.undo_send, now, is_held=True
        )
        if not await deps.scheduled.add_once(tx, business_id, reply, cause):
            same = next((one for one in held if one.author_id == author and one.text == wanted.body), None)
            if same is None:
                raise FormReused
            return
        tx.queue(release_job(business_id, conversation_id, deps.undo_send))
        await deps.conversations.hand_to(tx, here, "person", user_id=author)
        newest = await deps.conversations.mark_seen(tx, business_id, conversation_id)
        await deps.messages.settle_pending(tx, here, "handed_over", "person_wrote")
        tx.show(business_id, conversation_id)
    deps.read_marks.read(newest)
