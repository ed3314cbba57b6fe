"""Keep a file a member is going to send: what WhatsApp would refuse is refused here, with the reason."""

import asyncio
import hashlib
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from wacloud.modules.whatsapp.application.fetch_media import read_head
from wacloud.modules.whatsapp.application.keep_media import keep_media
from wacloud.modules.whatsapp.application.media_ports import StoreOfFilesAway
from wacloud.modules.whatsapp.application.media_stored import Kept, Looked, MediaRow, NewMedia
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.domain.file_types import UNKNOWN, clean_name, file_type, opus_channels
from wacloud.modules.whatsapp.domain.media import (
    LARGEST_UPLOAD,
    MEDIA_KINDS,
    FileEmpty,
    FileNotWhatItSays,
    FileTooLarge,
    FileTypeRefused,
    NoRoomForFiles,
    PictureRefused,
    VoiceNoteRefused,
    check_sendable,
    check_sticker,
    kind_for,
    place_of,
)
from wacloud.shared.domain.errors import Unavailable
from wacloud.shared.domain.ids import BusinessId, UserId, new_id

VOICE = "voice"  # a kind of its own for whoever sends one; an audio to WhatsApp
UPLOAD_KINDS = (*sorted(MEDIA_KINDS), VOICE)


@dataclass(frozen=True, slots=True)
class NewUpload:
    """
    A file as it came, on our disk in a folder of its own; `kind` None: whatever its type goes as.

    `declared` is what the caller says it is.
    """

    file: Path
    name: str | None
    declared: str | None
    kind: str | None


async def upload_media(deps: WhatsappDeps, author: UserId, business_id: BusinessId, new: NewUpload) -> MediaRow:
    """
    Store it, ready to be sent.

    :raises FileEmpty: there is nothing in it.
    :raises FileTooLarge: more than WhatsApp takes as that.
    :raises FileTypeRefused: WhatsApp takes no such thing, or not as that.
    :raises FileNotWhatItSays: it is declared as another type than its bytes are.
    :raises PictureRefused: colours or size.
    :raises StickerRefused: sides, or size.
    :raises VoiceNoteRefused: it is none, and cannot be made one here.
    :raises NoRoomForFiles: the business has no room for it.
    """
    file, size = new.file, new.file.stat().st_size
    if not size:
        raise FileEmpty(field="file")
    if size > LARGEST_UPLOAD:
        raise FileTooLarge(field="file", size=size, limit=LARGEST_UPLOAD)
    content_type = await _type_of(new)
    is_voice = new.kind == VOICE
    if is_voice:
        file, content_type = await _as_voice_note(deps, file, content_type)
        size = file.stat().st_size
    kind = "audio" if is_voice else new.kind or kind_for(content_type)
    check_sendable(kind, content_type, size)
    looked = await deps.media.tools.look(file, content_type)
    _check_picture(kind, size, looked)
    media_id, now = new_id(), deps.clock()
    key = place_of(business_id, now.year, now.month, new_id().hex)
    async with deps.db.tenant(business_id) as tx:
        row = NewMedia(
            business_id=business_id,
            id=media_id,
            kind=kind,
            key=key,
            created_at=now,
            voice=is_voice,
            uploaded_by=author,
        )
        await deps.media.rows.add(tx, [row])
    name = None if is_voice else clean_name(new.name, content_type)
    kept = Kept(content_type, name, size, await asyncio.to_thread(_sha256, file), looked)
    try:
        await keep_media(deps, business_id, media_id, key, file, kept, is_speech=is_voice)
    except StoreOfFilesAway as away:
        await _forget(deps, business_id, media_id)
        raise Unavailable from away
    except NoRoomForFiles:
        await _forget(deps, business_id, media_id)
        raise
    return MediaRow(
        media_id,
        kind,
        "stored",
        content_type=content_type,
        file_name=name,
        voice=is_voice,
        size=size,
        width=looked.width,
        height=looked.height,
        duration_s=looked.duration_s,
        thumb_type=looked.thumb_type,
        play_type=looked.play_type,
    )


async def _type_of(new: NewUpload) -> str:
    head = await asyncio.to_thread(read_head, new.file)
    found = file_type(head, name=new.name, declared=new.declared)
    told = (new.declared or "").partition(";")[0].strip().lower()
    if found.active:
        raise FileNotWhatItSays(field="file", found="markup", declared=told)
    if found.content_type == UNKNOWN:
        raise FileTypeRefused(field="file", found=told or UNKNOWN)
    # Browsers say nothing, or what the ending says; where they speak of another family the file is a disguise.
    families = {told.partition("/")[0], found.family}
    if told and told != UNKNOWN and len(families) > 1 and families != {"audio", "video"}:
        raise FileNotWhatItSays(field="file", found=found.content_type, declared=told)
    return found.content_type


async def _as_voice_note(deps: WhatsappDeps, file: Path, content_type: str) -> tuple[Path, str]:
    if content_type == "audio/ogg" and opus_channels(await asyncio.to_thread(read_head, file)) == 1:
        return file, content_type
    made = None
    if content_type.partition("/")[0] in ("audio", "video"):
        made = await deps.media.tools.to_voice_note(file, content_type)
    if made is None:
        raise VoiceNoteRefused(field="file", found=content_type)
    return made, "audio/ogg"


def _check_picture(kind: str, size: int, looked: Looked) -> None:
    if looked.is_refused_picture:
        raise PictureRefused(field="file")
    if kind == "sticker":
        check_sticker(size, looked.width, looked.height, animated=looked.animated)


async def _forget(deps: WhatsappDeps, business_id: BusinessId, media_id: UUID) -> None:
    async with deps.db.tenant(business_id) as tx:
        await deps.media.rows.give_back(tx, business_id, media_id, "failed", "not_kept")


def _sha256(file: Path) -> bytes:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").digest()
