"""
The jobs that read sources: get the text, cut it, note its words, make its vectors, and then let it answer.

What was read before answers until the new reading is ready; both are swapped in one transaction. Each job may run
twice: a reading has a number, and only the newest is published.
"""

import asyncio
import hashlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

from wacloud.modules.bot.application.model import EmbedderUnavailable
from wacloud.modules.bot.application.source_ports import (
    Extracted,
    NotExtracted,
    PageNotFetched,
    SourceDeps,
    StoredChunk,
    ToRead,
)
from wacloud.modules.bot.domain.chunking import Chunk, chunks_of
from wacloud.modules.bot.domain.source import EVERY, PASSING, NoRoomForKnowledge, Problem, check_room
from wacloud.modules.bot.domain.spelling import sounding, words_of
from wacloud.modules.whatsapp.api import FileGone
from wacloud.shared.application.db import Tx
from wacloud.shared.application.jobs import Lane, NewJob
from wacloud.shared.domain.ids import BusinessId

READ_SOURCE: Final = "bot.read_source"
EMBED_CHUNKS: Final = "bot.embed_chunks"
# What may be better another time is tried again then.
SOON: Final = timedelta(hours=1)
_STEMS_AT_ONCE: Final = 500
_WORDS_AT_ONCE: Final = 2000
# Small, because a customer's question waits behind a batch.
_VECTORS_AT_ONCE: Final = 8
_MOST_TRIES: Final = 12


@dataclass(frozen=True, slots=True)
class _Reading:
    """What came of reading; `chunks` None: it has not changed."""

    chunks: list[Chunk] | None
    size_bytes: int = 0
    pages: int = 0
    title: str | None = None
    etag: str | None = None
    last_modified: str | None = None


async def read_later(deps: SourceDeps, tx: Tx, business_id: BusinessId, source_id: UUID) -> None:
    """Read it after the commit; asked twice before it begins it is read once."""
    await deps.rows.note_state(tx, business_id, source_id, "waiting")
    queue_reading(tx, business_id, source_id)


def queue_reading(tx: Tx, business_id: BusinessId, source_id: UUID) -> None:
    """The job of reading it, for a source that waits already."""
    tx.queue(
        NewJob(
            kind=READ_SOURCE,
            lane=Lane.MEDIA,
            business_id=business_id,
            payload={"source_id": str(source_id)},
            order_key=f"source:{source_id}",
            unique_key=f"{READ_SOURCE}:{source_id}",
        )
    )


async def read_source(deps: SourceDeps, business_id: BusinessId, source_id: UUID) -> None:
    """The job `bot.read_source`. A source that is gone needs no reading."""
    async with deps.knowledge.db.tenant(business_id) as tx:
        found = await deps.rows.to_read(tx, business_id, source_id)
        if found is None:
            return
        await deps.rows.note_state(tx, business_id, source_id, "reading")
    try:
        reading = await _read(deps, business_id, found)
        await _keep(deps, business_id, found, reading)
    except (NotExtracted, PageNotFetched) as problem:
        await _note_problem(deps, business_id, found, problem.problem)
    except NoRoomForKnowledge:
        await _note_problem(deps, business_id, found, "too_many_pieces")


async def _read(deps: SourceDeps, business_id: BusinessId, found: ToRead) -> _Reading:
    source = found.source
    if source.kind == "product":
        async with deps.knowledge.db.tenant(business_id, read_only=True) as tx:
            products = await deps.rows.products(tx, business_id, source.id)
        told = [Chunk(source.title, one.product.told()) for one in products]
        return _Reading(told, size_bytes=sum(len(chunk.body.encode()) for chunk in told))
    with tempfile.TemporaryDirectory(prefix="wacloud-knowledge-") as folder:
        file = Path(folder) / "document"
        if source.kind == "page":
            return await _read_page(deps, found, file)
        content_type = source.content_type or "text/plain"
        if source.kind == "text":
            await asyncio.to_thread(file.write_text, found.body or "", "utf-8")
        else:
            await _fetch_file(deps, found.file_key or "", file)
        extracted = await deps.extractor.extract(content_type, file)
    return _Reading(await _cut(extracted), source.size_bytes, extracted.pages)


async def _read_page(deps: SourceDeps, found: ToRead, file: Path) -> _Reading:
    source = found.source
    is_kept = _is_published(found)
    page = await deps.web.fetch(
        source.url or "", found.etag if is_kept else None, found.last_modified if is_kept else None
    )
    if page.raw is None:
        return _Reading(None)
    raw = page.raw
    if page.charset and page.content_type != "application/pdf":
        try:
            raw = b"\xef\xbb\xbf" + raw.decode(page.charset, "replace").encode()
        except (LookupError, ValueError):
            raw = page.raw
    await asyncio.to_thread(file.write_bytes, raw)
    extracted = await deps.extractor.extract(page.content_type, file)
    size = sum(len(block.text.encode()) for block in extracted.blocks)
    # A page that nobody has given a name takes its own.
    is_unnamed = bool(source.url) and (source.url or "").partition("://")[2] == source.title
    return _Reading(
        await _cut(extracted),
        size,
        extracted.pages,
        title=extracted.title or None if is_unnamed else None,
        etag=page.etag,
        last_modified=page.last_modified,
    )


def _is_published(found: ToRead) -> bool:
    """Whether the newest reading is the one that answers; a job that died in between left one that does not."""
    return found.source.live_revision is not None and found.source.live_revision == found.source.revision


async def _fetch_file(deps: SourceDeps, key: str, file: Path) -> None:
    """:raises NotExtracted: it is not there any more."""
    try:
        size = await deps.files.size(key)
        with file.open("wb") as opened:
            async for piece in deps.files.read(key, 0, size):
                await asyncio.to_thread(opened.write, piece)
    except FileGone as gone:
        raise NotExtracted("file_gone") from gone


async def _cut(extracted: Extracted) -> list[Chunk]:
    return await asyncio.to_thread(chunks_of, extracted.blocks)


async def _keep(deps: SourceDeps, business_id: BusinessId, found: ToRead, reading: _Reading) -> None:
    source, now = found.source, deps.clock()
    every = EVERY.get(source.refresh)
    checksum = b"" if reading.chunks is None else _checksum(reading.chunks)
    is_same = reading.chunks is None or (checksum == found.checksum and _is_published(found))
    limits = await deps.limits(business_id)
    async with deps.knowledge.db.tenant(business_id) as tx:
        await deps.rows.lock(tx, business_id)
        if await deps.rows.find(tx, business_id, source.id) is None:
            return
        await deps.rows.note_read(
            tx,
            business_id,
            source.id,
            now=now,
            next_refresh_at=now + every if every else None,
            etag=reading.etag,
            last_modified=reading.last_modified,
        )
        if is_same or reading.chunks is None:
            await deps.rows.note_state(tx, business_id, source.id, "ready")
            return
        room = await deps.rows.room(tx, business_id)
        if room.pieces - source.live_chunks + len(reading.chunks) > limits.pieces:
            raise NoRoomForKnowledge(limit="pieces", most=limits.pieces)
        without = replace(room, sources=0, pages=0, size_bytes=room.size_bytes - source.size_bytes)
        check_room(without, limits, kind="text", size_bytes=reading.size_bytes)
        revision = await deps.rows.write_revision(
            tx,
            business_id,
            source.id,
            reading.chunks,
            checksum=checksum,
            size_bytes=reading.size_bytes,
            pages=reading.pages,
            title=reading.title,
        )
    await _note_words(deps, business_id, source.id, revision)
    async with deps.knowledge.db.tenant(business_id) as tx:
        if source.live_revision is None:
            # Nothing of it answers yet: by its words it can from now on.
            await deps.rows.publish(tx, business_id, source.id, revision, None)
        embed_later(tx, business_id, source.id, revision)


async def _note_words(deps: SourceDeps, business_id: BusinessId, source_id: UUID, revision: int) -> None:
    words: dict[tuple[str, str], list[int]] = {}
    first = 0
    while True:
        async with deps.knowledge.db.tenant(business_id, read_only=True) as tx:
            rows = await deps.rows.stems(tx, business_id, source_id, revision, first, _STEMS_AT_ONCE)
        for position, stems in rows:
            for stem in stems:
                words.setdefault((sounding(stem), stem), []).append(position)
        if len(rows) < _STEMS_AT_ONCE:
            break
        first = rows[-1][0] + 1
    keys = sorted(words)
    for start in range(0, len(keys), _WORDS_AT_ONCE):
        some = {key: words[key] for key in keys[start : start + _WORDS_AT_ONCE]}
        async with deps.knowledge.db.tenant(business_id) as tx:
            await deps.rows.add_words(tx, business_id, source_id, revision, some)


def embed_later(tx: Tx, business_id: BusinessId, source_id: UUID, revision: int) -> None:
    """Make the vectors of this reading after the commit."""
    tx.queue(
        NewJob(
            kind=EMBED_CHUNKS,
            lane=Lane.HOUSEKEEPING,
            business_id=business_id,
            payload={"source_id": str(source_id), "revision": revision},
            order_key=f"source:{source_id}",
            unique_key=f"{EMBED_CHUNKS}:{source_id}:{revision}",
            max_attempts=_MOST_TRIES,
        )
    )


async def embed_chunks(deps: SourceDeps, business_id: BusinessId, source_id: UUID, revision: int) -> int:
    """
    The job `bot.embed_chunks`: make the vectors that are missing, then let the reading answer. Returns how many.

    :raises EmbedderUnavailable: none can be made now. The reading answers by its words, and the job is tried again.
    """
    model, made = deps.knowledge.embedder.model, 0
    db, rows = deps.knowledge.db, deps.rows
    while True:
        async with db.tenant(business_id, read_only=True) as tx:
            chunks = await rows.without_vector(tx, business_id, source_id, revision, model, _VECTORS_AT_ONCE)
        if not chunks:
            break
        try:
            vectors = await deps.knowledge.embedder.embed([_told(chunk) for chunk in chunks])
        except EmbedderUnavailable:
            async with db.tenant(business_id) as tx:
                await rows.publish(tx, business_id, source_id, revision, None)
            raise
        by_place = {chunk.position: vector for chunk, vector in zip(chunks, vectors, strict=True)}
        async with db.tenant(business_id) as tx:
            kept = await rows.keep_vectors(tx, business_id, source_id, revision, model, by_place)
        if not kept:
            # A newer reading has taken its place.
            return made
        made += kept
    async with db.tenant(business_id) as tx:
        await rows.publish(tx, business_id, source_id, revision, model)
    return made


async def give_up_reading(deps: SourceDeps, business_id: BusinessId, source_id: UUID) -> None:
    """What failed again and again for no reason we know is told as failed; the clock tries it later."""
    async with deps.knowledge.db.tenant(business_id, read_only=True) as tx:
        found = await deps.rows.to_read(tx, business_id, source_id)
    if found is not None:
        await _note_problem(deps, business_id, found, "unreachable")


async def _note_problem(deps: SourceDeps, business_id: BusinessId, found: ToRead, problem: Problem) -> None:
    source, now = found.source, deps.clock()
    every = EVERY.get(source.refresh)
    again = now + SOON if problem in PASSING else now + every if every else None
    async with deps.knowledge.db.tenant(business_id) as tx:
        await deps.rows.note_read(tx, business_id, source.id, now=source.refreshed_at or now, next_refresh_at=again)
        await deps.rows.note_state(tx, business_id, source.id, "failed", problem)
        if problem == "gone":
            # What its owner has taken down is no fact any more.
            await deps.rows.withdraw(tx, business_id, source.id)


def _checksum(chunks: Sequence[Chunk]) -> bytes:
    found = hashlib.sha256()
    for chunk in chunks:
        found.update(f"{chunk.heading}\0{chunk.body}\0".encode("utf-8", "replace"))
    return found.digest()


def _told(chunk: StoredChunk) -> str:
    return " ".join(words_of(f"{chunk.heading} {chunk.body}"))
