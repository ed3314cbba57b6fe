"""A person sends what is in the composer: a text, files, or both."""

from collections.abc import Sequence
from uuid import UUID

from wacloud.modules.whatsapp.application.media_stored import MediaRow
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.send_media import send_media
from wacloud.modules.whatsapp.application.write_reply import write_reply
from wacloud.modules.whatsapp.domain.media import MediaUnknown, checked_caption, is_captioned
from wacloud.shared.domain.ids import BusinessId, UserId


async def reply_with(
    deps: WhatsappDeps,
    author: UserId,
    business_id: BusinessId,
    conversation_id: UUID,
    text: str,
    media: Sequence[UUID],
    key: str,
    answers: UUID | None = None,
) -> None:
    """
    Queue the files in their order, and the text under the first that takes one, else as a message of its own.

    The key makes each of them one message, however often the form is sent; see `write_reply` and `send_media`.
    """
    files = await attached_files(deps, author, business_id, media)
    if len(files) != len(media):
        raise MediaUnknown
    under = next((file.id for file in files if text and is_captioned(file.kind)), None)
    if under is not None:
        checked_caption("image", text)
    for place, file in enumerate(files):
        caption = text if file.id == under else ""
        await send_media(
            deps, author, business_id, conversation_id, file.id, caption, f"{key}-file-{place}", answers=answers
        )
        answers = None  # one of them is enough
    if text and under is None:
        await write_reply(deps, author, business_id, conversation_id, text, key)


async def attached_files(
    deps: WhatsappDeps, author: UserId, business_id: BusinessId, media: Sequence[UUID]
) -> Sequence[MediaRow]:
    """The stored ones among these that this person sees, in their order."""
    if not media:
        return ()
    async with deps.db.member(author, read_only=True) as tx:
        found = await deps.media.rows.of_messages(tx, business_id, media)
    return [found[one] for one in dict.fromkeys(media) if one in found and found[one].state == "stored"]
