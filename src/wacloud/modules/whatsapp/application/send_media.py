"""A person sends a file that was uploaded before; and its way to Meta, once for each number."""

from dataclasses import replace
from uuid import UUID

from wacloud.modules.whatsapp.application.media_ports import FileGone, StoreOfFilesAway, UploadFailed
from wacloud.modules.whatsapp.application.media_stored import MediaFile, Sender, Upload
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.stored import Outgoing
from wacloud.modules.whatsapp.application.write_reply import queue_reply
from wacloud.modules.whatsapp.domain.delivery import SendOutcome
from wacloud.modules.whatsapp.domain.file_types import EXTENSIONS, clean_name
from wacloud.modules.whatsapp.domain.ids import MessageId
from wacloud.modules.whatsapp.domain.media import (
    UPLOAD_LIVES,
    FileTypeRefused,
    MediaUnknown,
    check_sendable,
    checked_caption,
)
from wacloud.modules.whatsapp.domain.outgoing import Wanted
from wacloud.shared.domain.ids import BusinessId, UserId


async def send_media(
    deps: WhatsappDeps,
    author: UserId,
    business_id: BusinessId,
    conversation_id: UUID,
    media_id: UUID,
    caption: str = "",
    key: str | None = None,
    *,
    answers: UUID | None = None,
) -> MessageId:
    """
    Queue a file of ours, with words under it.

    :raises MediaUnknown: this person sees no such file, or it is not stored.
    :raises CaptionNotAllowed: an audio or a sticker has no words.
    :raises FileTypeRefused: WhatsApp does not take it.
    For the rest see `queue_reply`.
    """
    file = await usable_file(deps, author, business_id, media_id)
    wanted = Wanted(
        kind=file.kind,
        body=checked_caption(file.kind, caption),
        content={"media": media_content(file)},
        uses=media_id,
        answers=answers,
    )
    return await queue_reply(deps, author, business_id, conversation_id, wanted, key)


def media_content(file: MediaFile) -> dict[str, object]:
    """The file as a message's content names it."""
    media: dict[str, object] = {"id": str(file.id), "mime_type": file.content_type}
    if file.file_name:
        media["filename"] = file.file_name
    if file.voice:
        media["voice"] = True
    return media


async def usable_file(
    deps: WhatsappDeps, author: UserId, business_id: BusinessId, media_id: UUID, kind: str | None = None
) -> MediaFile:
    """
    A file of this business that WhatsApp takes; what came in may be sent on.

    :raises MediaUnknown: this person sees no such file, or it is not stored.
    :raises FileTypeRefused: it is not of this kind, or cannot be sent as it.
    """
    async with deps.db.member(author, read_only=True) as tx:
        file = await deps.media.rows.find(tx, business_id, media_id)
    if file is None:
        raise MediaUnknown
    if kind not in (None, file.kind):
        raise FileTypeRefused(field="type", as_kind=kind, found=file.content_type)
    check_sendable(file.kind, file.content_type, file.size)
    return file


async def with_media_at_meta(deps: WhatsappDeps, message: Outgoing, media_id: UUID) -> Outgoing | SendOutcome:
    """
    The message with Meta's id of its file for its number: uploaded now where Meta has it not, or not for long.

    Otherwise what is to become of the message. Two uploads at once do no harm: either id is good.
    """
    async with deps.db.tenant(message.business_id, read_only=True) as tx:
        found = await deps.media.rows.at_meta(tx, message.business_id, media_id, message.number_id)
    if found is None:
        return SendOutcome("stop", own_reason="media_gone")
    meta_id = found.meta_id
    if meta_id is None or found.expires_at is None or found.expires_at <= deps.clock():
        sender = Sender(message.phone_number_id, message.access_token)
        try:
            meta_id = await _upload(deps, sender, found.file)
        except UploadFailed as failed:
            return failed.outcome
        except FileGone:
            return SendOutcome("stop", own_reason="media_gone")
        except StoreOfFilesAway:
            return SendOutcome("retry", own_reason="store_away")
        until = deps.clock() + UPLOAD_LIVES
        async with deps.db.tenant(message.business_id) as tx:
            await deps.media.rows.note_upload(tx, message.business_id, media_id, message.number_id, meta_id, until)
    media = {**message.content["media"], "meta_id": meta_id}
    return replace(message, content={**message.content, "media": media})


async def _upload(deps: WhatsappDeps, sender: Sender, file: MediaFile) -> str:
    name = clean_name(file.file_name, file.content_type) or f"{file.kind}.{EXTENSIONS.get(file.content_type, 'bin')}"
    upload = Upload(file.content_type, name, file.size)
    return await deps.media.meta.upload(sender, upload, deps.media.files.read(file.key, 0, file.size))
