"""Pictures that customers sent, as bytes, for whoever looks at them in the business's name."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from wacloud.modules.whatsapp.application.media_ports import FileGone, StoreOfFilesAway
from wacloud.modules.whatsapp.application.media_stored import MediaFile
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.shared.domain.ids import BusinessId

_SETTLED: Final = frozenset({"stored", "failed", "removed"})


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture and its kind, as what was found in it says."""

    content_type: str
    data: bytes


async def read_pictures(
    deps: WhatsappDeps, business_id: BusinessId, media_ids: Sequence[UUID], types: frozenset[str], largest: int
) -> list[Picture] | None:
    """
    Those of these files that are stored, of one of these types and no larger; None while one is still on its way.

    It opens its own transaction, and reads the files after that.
    """
    async with deps.db.tenant(business_id, read_only=True) as tx:
        rows = await deps.media.rows.of_messages(tx, business_id, media_ids)
        if any(row.state not in _SETTLED for row in rows.values()):
            return None
        found = [await deps.media.rows.find(tx, business_id, media_id) for media_id in media_ids]
    fitting = [file for file in found if file is not None and file.content_type in types and file.size <= largest]
    return [picture for file in fitting if (picture := await _read(deps, file)) is not None]


async def _read(deps: WhatsappDeps, file: MediaFile) -> Picture | None:
    try:
        pieces = [piece async for piece in deps.media.files.read(file.key, 0, file.size)]
    except (FileGone, StoreOfFilesAway):
        return None
    return Picture(file.content_type, b"".join(pieces))
