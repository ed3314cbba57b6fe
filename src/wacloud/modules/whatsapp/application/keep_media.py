"""Put a file that lies on our disk into the store: counted first, then stored, then told. Twice does no harm."""

from pathlib import Path
from uuid import UUID

from wacloud.modules.whatsapp.application.media_stored import Kept
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.domain.media import NoRoomForFiles
from wacloud.shared.application.jobs import Lane, NewJob
from wacloud.shared.domain.ids import BusinessId

TRANSCRIBE = "whatsapp.transcribe_media"
THUMB, PLAY = ".thumb", ".play"


async def keep_media(
    deps: WhatsappDeps, business_id: BusinessId, media_id: UUID, key: str, file: Path, kept: Kept, *, is_speech: bool
) -> None:
    """
    Store the file and what was made of it.

    :raises NoRoomForFiles: the business has no room for it.
    :raises StoreOfFilesAway: it may work another time.
    """
    media, looked = deps.media, kept.looked
    made = {THUMB: looked.thumb, PLAY: looked.play}
    size = kept.size + sum(path.stat().st_size for path in made.values() if path is not None)
    async with deps.db.tenant(business_id) as tx:
        if not await media.rows.take_room(tx, business_id, media_id, size, media.quota):
            raise NoRoomForFiles
    await media.files.put(key, file)
    for end, path in made.items():
        if path is not None:
            await media.files.put(key + end, path)
    async with deps.db.tenant(business_id) as tx:
        conversation_id = await media.rows.keep(tx, business_id, media_id, kept)
        if conversation_id is not None:
            tx.show(business_id, conversation_id)
        if is_speech and media.transcriber is not None:
            tx.queue(transcribe_job(business_id, media_id))


def transcribe_job(business_id: BusinessId, media_id: UUID) -> NewJob:
    """The job that puts one recording into words."""
    return NewJob(
        kind=TRANSCRIBE,
        lane=Lane.MEDIA,
        business_id=business_id,
        payload={"media_id": str(media_id)},
        unique_key=f"words:{media_id}",
    )
