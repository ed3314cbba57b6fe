"""What files of messages need from the world: their rows, the store of bytes, Meta, and what looks into files."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Protocol
from uuid import UUID

from wacloud.modules.whatsapp.application.media_stored import (
    AtMeta,
    Fetched,
    Kept,
    LeftMedia,
    Looked,
    MediaFile,
    MediaRow,
    NewMedia,
    Sender,
    ToFetch,
    ToTranscribe,
    Upload,
)
from wacloud.modules.whatsapp.domain.delivery import SendOutcome
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId


class StoreOfFilesAway(Exception):
    """The store of files cannot be reached, or refused."""


class FileGone(Exception):
    """The store has no such file."""


class FetchFailed(Exception):
    """A file could not be fetched; `again`: it may work another time."""

    def __init__(self, reason: str, *, again: bool = True) -> None:
        super().__init__(reason)
        self.reason = reason
        self.again = again


class UploadFailed(Exception):
    """Meta did not take a file; the outcome says why and what may be tried."""

    def __init__(self, outcome: SendOutcome) -> None:
        super().__init__(outcome.reason)
        self.outcome = outcome


class TranscriptFailed(Exception):
    """The model could not be asked, or did not answer."""


class MediaRows(Protocol):
    """What is known of files, inside the caller's transaction."""

    async def add(self, tx: Tx, media: Sequence[NewMedia]) -> None:
        """Files to fetch, or one that is being uploaded."""
        ...

    async def begin_fetch(self, tx: Tx, business_id: BusinessId, media_id: UUID) -> ToFetch | None:
        """Note one more try; None where there is nothing to fetch any more."""
        ...

    async def take_room(self, tx: Tx, business_id: BusinessId, media_id: UUID, size: int, quota: int) -> bool:
        """Count so many bytes for this file, once however often it is asked; False where there is no room."""
        ...

    async def keep(self, tx: Tx, business_id: BusinessId, media_id: UUID, kept: Kept) -> UUID | None:
        """It is stored; returns the conversation it belongs to."""
        ...

    async def give_back(
        self, tx: Tx, business_id: BusinessId, media_id: UUID, state: str, reason: str | None
    ) -> UUID | None:
        """It is waiting again, failed or removed: room it took is free. Returns its conversation."""
        ...

    async def fetch_again(self, tx: Tx, business_id: BusinessId, media_id: UUID, now: datetime) -> UUID | None:
        """A person asks for a failed one again; returns its conversation, None where that makes no sense."""
        ...

    async def find(self, tx: Tx, business_id: BusinessId, media_id: UUID) -> MediaFile | None:
        """One that is stored."""
        ...

    async def of_messages(self, tx: Tx, business_id: BusinessId, ids: Sequence[UUID]) -> Mapping[UUID, MediaRow]:
        """What the thread shows of them, by id."""
        ...

    async def mark_used(self, tx: Tx, business_id: BusinessId, media_id: UUID) -> None:
        """An upload is in a message now, and stays."""
        ...

    async def at_meta(self, tx: Tx, business_id: BusinessId, media_id: UUID, number_id: UUID) -> AtMeta | None:
        """A file of ours, and its id at Meta for this number if it was uploaded."""
        ...

    async def note_upload(
        self, tx: Tx, business_id: BusinessId, media_id: UUID, number_id: UUID, meta_id: str, expires_at: datetime
    ) -> None:
        """Meta has it under this id."""
        ...

    async def to_transcribe(self, tx: Tx, business_id: BusinessId, media_id: UUID) -> ToTranscribe | None:
        """A stored recording without words."""
        ...

    async def put_words(
        self, tx: Tx, business_id: BusinessId, media_id: UUID, words: str | None
    ) -> tuple[UUID, bool] | None:
        """
        What was said, beside the file and in its message; None: nobody could tell, and nobody waits for it any more.

        Returns the conversation, and whether the message waits for an answer.
        """
        ...

    async def left_behind(self, tx: Tx, older_than: timedelta) -> list[LeftMedia]:
        """To fetch, and no job is under way for it."""
        ...

    async def to_remove(
        self, tx: Tx, unused_since: datetime, older_than: datetime | None, most: int
    ) -> list[tuple[BusinessId, UUID, str]]:
        """Uploads nobody sent, and what was kept long enough, with their keys."""
        ...


class Files(Protocol):
    """The store of bytes. Network or disk: never with a transaction open. Each may raise StoreOfFilesAway."""

    async def put(self, key: str, file: Path) -> None:
        """Whole or not at all; what was there before is replaced."""
        ...

    def read(self, key: str, start: int, end: int) -> AsyncIterator[bytes]:
        """
        The bytes from `start` up to `end`, which is left out, in pieces.

        :raises FileGone: it is not there.
        """
        ...

    async def size(self, key: str) -> int:
        """:raises FileGone: it is not there."""
        ...

    async def delete(self, keys: Sequence[str]) -> None:
        """Those that are there."""
        ...

    async def delete_all(self, business_id: BusinessId) -> int:
        """Everything of a business; returns how many files that were."""
        ...


class MetaMedia(Protocol):
    """Files at Meta. Network: never with a transaction open."""

    async def download(self, what: ToFetch, into: Path) -> Fetched:
        """:raises FetchFailed: with the reason, and whether to try again."""
        ...

    async def upload(self, sender: Sender, upload: Upload, chunks: AsyncIterator[bytes]) -> str:
        """
        Meta's id of it.

        :raises UploadFailed: it was not taken. Uploading twice does no harm.
        """
        ...


class Tools(Protocol):
    """Looks into files and converts them. Takes time and other programs: never with a transaction open."""

    async def look(self, file: Path, content_type: str) -> Looked:
        """Sizes, length, a small picture and what browsers can play; what cannot be found out is left out."""
        ...

    async def to_voice_note(self, file: Path, content_type: str) -> Path | None:
        """As Ogg with Opus in mono; None where that cannot be done here."""
        ...


class Transcriber(Protocol):
    """Puts speech into words. Network."""

    async def transcribe(self, file: Path, language: str) -> str:
        """:raises TranscriptFailed: it may work another time."""
        ...


@dataclass(frozen=True, slots=True)
class MediaDeps:
    """All of it. `quota` holds for businesses without one of their own."""

    rows: MediaRows
    files: Files
    meta: MetaMedia
    tools: Tools
    transcriber: Transcriber | None
    quota: int
    retention: timedelta | None
