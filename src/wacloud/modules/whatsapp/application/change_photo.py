"""The photo customers see beside a number's name."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final
from uuid import UUID

from wacloud.modules.business.api import AuditEntry, record_audit
from wacloud.modules.whatsapp.application.connecting_ports import ConnectingDeps
from wacloud.modules.whatsapp.application.fetch_media import read_head
from wacloud.modules.whatsapp.application.look_after_numbers import about, connected_number
from wacloud.modules.whatsapp.application.media_stored import Upload
from wacloud.modules.whatsapp.application.upload_media import NewUpload
from wacloud.modules.whatsapp.domain.connecting import MetaProblem
from wacloud.modules.whatsapp.domain.delivery import MetaRefused
from wacloud.modules.whatsapp.domain.file_types import clean_name, file_type
from wacloud.modules.whatsapp.domain.media import MB, FileEmpty, FileTooLarge, FileTypeRefused, PictureRefused
from wacloud.modules.whatsapp.domain.message_template import MetaAway, TemplateRefused
from wacloud.shared.application.caller import NOBODY, Caller
from wacloud.shared.domain.ids import BusinessId, UserId

LARGEST: Final = 5 * MB
TYPES: Final = ("image/jpeg", "image/png")
# WhatsApp shows it in a circle; smaller ones it refuses, or they are blurred.
LEAST_SIDE: Final = 192
_PIECE: Final = 128 * 1024


class PhotoTooSmall(PictureRefused):
    """This photo is too small: 192 pixels on each side at least."""


async def change_photo(
    deps: ConnectingDeps, by: UserId, business_id: BusinessId, number_id: UUID, new: NewUpload, caller: Caller = NOBODY
) -> None:
    """
    Uploaded to Meta by its resumable upload, then shown; nothing of it is kept here.

    :raises NumberUnknown: the business has no such number.
    :raises NumberNotConnected: there is no token for it.
    :raises FileEmpty, FileTooLarge, FileTypeRefused, PhotoTooSmall: it is no photo for a profile.
    :raises ExamplesNotTaken: we do not know our app.
    :raises MetaProblem: Meta does not take it, or cannot be reached.
    """
    row, token = await connected_number(deps, business_id, number_id)
    upload = await _looked_at(deps, new)
    try:
        handle = await deps.uploads.upload(token, upload, lambda start: _pieces(new.file, start))
    except (TemplateRefused, MetaRefused) as refused:
        raise MetaProblem(refused.detail) from refused
    except MetaAway as away:
        raise MetaProblem(away=True) from away
    await deps.meta.change_photo(row.phone_number_id, token, handle)
    async with deps.whatsapp.db.tenant(business_id) as tx:
        changed = AuditEntry(
            action="whatsapp.number_photo_changed",
            actor_id=by,
            business_id=business_id,
            detail=about(row),
        )
        await record_audit(deps.whatsapp.business, tx, changed, caller=caller)


async def _looked_at(deps: ConnectingDeps, new: NewUpload) -> Upload:
    size = new.file.stat().st_size
    if not size:
        raise FileEmpty(field="file")
    if size > LARGEST:
        raise FileTooLarge(field="file", size=size, limit=LARGEST)
    head = await asyncio.to_thread(read_head, new.file)
    found = file_type(head, name=new.name, declared=new.declared)
    if found.active or found.content_type not in TYPES:
        raise FileTypeRefused(field="file", found=found.content_type)
    looked = await deps.whatsapp.media.tools.look(new.file, found.content_type)
    if looked.is_refused_picture:
        raise PictureRefused(field="file")
    if looked.width and looked.height and min(looked.width, looked.height) < LEAST_SIDE:
        raise PhotoTooSmall(field="file", limit=LEAST_SIDE)
    return Upload(found.content_type, clean_name(new.name, found.content_type) or "photo.jpg", size)


async def _pieces(file: Path, start: int) -> AsyncIterator[bytes]:
    with file.open("rb") as opened:
        opened.seek(start)
        while piece := await asyncio.to_thread(opened.read, _PIECE):
            yield piece
