"""Put what was said in a voice note into words, beside the file and for whoever answers it."""

import tempfile
from pathlib import Path
from uuid import UUID

from wacloud.modules.business.api import BusinessNotFound, business_profile
from wacloud.modules.whatsapp.application.media_ports import FileGone, StoreOfFilesAway, TranscriptFailed
from wacloud.modules.whatsapp.application.media_stored import ToTranscribe
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.domain.file_types import EXTENSIONS
from wacloud.modules.whatsapp.domain.media import MB
from wacloud.modules.whatsapp.events import MessagesReceived
from wacloud.shared.application.jobs import Job

LARGEST_SPEECH = 25 * MB  # what the model takes


async def transcribe_media(deps: WhatsappDeps, job: Job) -> None:
    """
    Store the words and show them. An answer that waited for them waits no longer, also where there are none.

    :raises TranscriptFailed: it may work another time.
    """
    if job.business_id is None or deps.media.transcriber is None:
        return
    business_id, media_id = job.business_id, UUID(job.payload["media_id"])
    async with deps.db.tenant(business_id, read_only=True) as tx:
        what = await deps.media.rows.to_transcribe(tx, business_id, media_id)
        try:
            language = (await business_profile(deps.business, tx, business_id)).language
        except BusinessNotFound:
            return
    if what is None:
        return
    words: str | None = None
    if what.size <= LARGEST_SPEECH:
        try:
            words = await _words(deps, what, language)
        except FileGone:
            words = None
        except (TranscriptFailed, StoreOfFilesAway) as problem:
            if job.tries < job.max_attempts:
                raise TranscriptFailed(str(problem)) from problem
    async with deps.db.tenant(business_id) as tx:
        told = await deps.media.rows.put_words(tx, business_id, media_id, words)
        if told is None:
            return
        conversation_id, is_waiting = told
        if is_waiting:
            tx.publish(MessagesReceived(business_id=business_id, conversation_id=conversation_id, count=0))
        tx.show(business_id, conversation_id)


async def _words(deps: WhatsappDeps, what: ToTranscribe, language: str) -> str | None:
    assert deps.media.transcriber is not None
    with tempfile.TemporaryDirectory(prefix="wacloud-media-") as folder:
        file = Path(folder) / f"speech.{EXTENSIONS.get(what.content_type, 'ogg')}"
        with file.open("wb") as opened:
            async for chunk in deps.media.files.read(what.key, 0, what.size):
                opened.write(chunk)
        said = await deps.media.transcriber.transcribe(file, language)
    return said.replace("\0", "").strip()[:20_000] or None
