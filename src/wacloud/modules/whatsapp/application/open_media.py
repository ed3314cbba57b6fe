"""A stored file for somebody who may see it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from wacloud.modules.whatsapp.application.keep_media import PLAY, THUMB
from wacloud.modules.whatsapp.application.media_stored import MediaFile
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.domain.media import MediaUnknown
from wacloud.shared.domain.ids import BusinessId, UserId

Part = Literal["file", "thumb", "play"]


@dataclass(frozen=True, slots=True)
class OpenMedia:
    """What to serve: `size` is None where only the store knows it."""

    file: MediaFile
    content_type: str
    key: str


async def open_media(
    deps: WhatsappDeps, user_id: UserId, business_id: BusinessId, media_id: UUID, part: Part
) -> OpenMedia:
    """:raises MediaUnknown: this person sees no such file, or it has no such part."""
    async with deps.db.member(user_id, read_only=True) as tx:
        file = await deps.media.rows.find(tx, business_id, media_id)
    if file is None:
        raise MediaUnknown
    types = {"file": file.content_type, "thumb": file.thumb_type, "play": file.play_type}
    content_type = types[part]
    if content_type is None:
        raise MediaUnknown
    return OpenMedia(file, content_type, file.key + {"file": "", "thumb": THUMB, "play": PLAY}[part])


async def size_of(deps: WhatsappDeps, opened: OpenMedia) -> int:
    """:raises FileGone: the store has it not."""
    return opened.file.size if opened.key == opened.file.key else await deps.media.files.size(opened.key)


def chunks_of(deps: WhatsappDeps, opened: OpenMedia, start: int, end: int) -> AsyncIterator[bytes]:
    """The bytes from `start` up to `end`."""
    return deps.media.files.read(opened.key, start, end)
