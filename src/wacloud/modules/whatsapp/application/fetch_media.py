"""Fetch what customers sent: from Meta to our own store, until it is here or Meta has it no more."""

import asyncio
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, cast
from uuid import UUID

import structlog

from wacloud.modules.whatsapp.application.keep_media import keep_media
from wacloud.modules.whatsapp.application.media_ports import FetchFailed, StoreOfFilesAway
from wacloud.modules.whatsapp.application.media_stored import Fetched, Kept, Looked, NewMedia, ToFetch
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.application.stored import NewMessage
from wacloud.modules.whatsapp.domain.file_types import HEAD, clean_name, file_type
from wacloud.modules.whatsapp.domain.media import (
    FETCH_WITHIN,
    MEDIA_KINDS,
    TRIES_OF_DAMAGED,
    NoRoomForFiles,
    judge_inbound,
    pause_before_fetch,
    place_of,
    told_hash,
)
from wacloud.shared.application.db import StoreAway
from wacloud.shared.application.jobs import Again, Done, Failed, Finish, Job, Lane, NewJob, Outcome
from wacloud.shared.domain.ids import BusinessId, new_id

log = structlog.get_logger()

FETCH = "whatsapp.fetch_media"
SPEECH_WITHIN = timedelta(seconds=20)


class FetchMedia:
    """
    The job `whatsapp.fetch_media`.

    Its place in the store is decided before: a try after a crash writes the same file again, and nothing is left over.
    """

    def __init__(self, deps: WhatsappDeps) -> None:
        self._deps = deps

    async def __call__(self, jobs: Sequence[Job], finish: Finish) -> None:
        async with asyncio.TaskGroup() as group:
            for job in jobs:
                group.create_task(self._try(job, finish))

    async def _try(self, job: Job, finish: Finish) -> None:
        """One that fails, fails alone."""
        try:
            finish(job, await self._run(job))
        except Exception as error:
            if not isinstance(error, StoreAway):
                log.exception("media.fetch_failed", job=job.id)
            finish(job, Failed(f"{type(error).__name__}: {error}"[:2000]))

    async def _run(self, job: Job) -> Outcome:
        if job.business_id is None:
            return Done()
        business_id, media_id = job.business_id, UUID(job.payload["media_id"])
        async with self._deps.db.tenant(business_id) as tx:
            what = await self._deps.media.rows.begin_fetch(tx, business_id, media_id)
        if what is None:
            return Done()
        try:
            if self._deps.clock() >= what.fetch_until:
                raise FetchFailed("expired", again=False)
            with tempfile.TemporaryDirectory(prefix="wacloud-media-") as folder:
                await self._fetch(business_id, what, Path(folder) / "file")
        except FetchFailed as problem:
            return await self._end(business_id, what, problem)
        except NoRoomForFiles:
            return await self._end(business_id, what, FetchFailed("no_room", again=False))
        except StoreOfFilesAway as away:
            log.warning("media.store_away", error=str(away)[:300])
            return await self._end(business_id, what, FetchFailed("store_away"))
        return Done()

    async def _fetch(self, business_id: BusinessId, what: ToFetch, file: Path) -> None:
        fetched = await self._deps.media.meta.download(what, file)
        content_type = await self._judge(what, fetched, file)
        looked = await self._deps.media.tools.look(file, content_type)
        if looked.is_refused_picture:
            # Too many pixels, or none: it can be downloaded, and nothing here draws it.
            content_type, looked = "application/octet-stream", Looked()
        name = clean_name(what.file_name, content_type if what.kind != "document" else None)
        kept = Kept(content_type, name, fetched.size, fetched.sha256, looked)
        is_speech = what.kind == "audio" and what.voice
        await keep_media(self._deps, business_id, what.id, what.key, file, kept, is_speech=is_speech)

    async def _judge(self, what: ToFetch, fetched: Fetched, file: Path) -> str:
        head = await asyncio.to_thread(read_head, file)
        found = file_type(head, name=what.file_name, declared=what.declared_type)
        told = what.sha256 or fetched.told_sha256
        judged = judge_inbound(what.kind, found, fetched.sha256, told)
        if judged.content_type is None:
            raise FetchFailed(judged.reason or "damaged", again=what.attempts < TRIES_OF_DAMAGED)
        return judged.content_type

    async def _end(self, business_id: BusinessId, what: ToFetch, problem: FetchFailed) -> Outcome:
        pause = pause_before_fetch(what.attempts)
        again = problem.again and self._deps.clock() < what.fetch_until
        # The last try is made before the link dies, not after.
        pause = max(timedelta(seconds=1), min(pause, what.fetch_until - self._deps.clock() - timedelta(minutes=1)))
        async with self._deps.db.tenant(business_id) as tx:
            conversation_id = await self._deps.media.rows.give_back(
                tx, business_id, what.id, "waiting" if again else "failed", problem.reason
            )
            if conversation_id is not None:
                tx.show(business_id, conversation_id)
        return Again(pause, problem.reason) if again else Done()


def read_head(file: Path) -> bytes:
    """As much of it as tells its type."""
    with file.open("rb") as opened:
        return opened.read(HEAD)


def media_of(message: NewMessage, number_id: UUID, now: datetime) -> NewMedia | None:
    """The file in a message that came in; its id is in the message's content. None where there is none to fetch."""
    told = _media_in(message.content)
    if told is None or "id" not in told:
        return None
    kind = message.kind if message.kind in MEDIA_KINDS else _kind_by_type(str(told.get("mime_type") or ""))
    return NewMedia(
        business_id=message.business_id,
        id=UUID(told["id"]),
        kind=kind,
        key=place_of(message.business_id, now.year, now.month, new_id().hex),
        created_at=now,
        number_id=number_id,
        meta_id=told["media_id"],
        url=told.get("url"),
        sha256=told_hash(told.get("sha256")),
        declared_type=told.get("mime_type"),
        file_name=told.get("filename"),
        voice=bool(told.get("voice")),
        # What an imported history holds is older than the links to it.
        fetch_until=(now if message.author == "history" else message.sent_at) + FETCH_WITHIN,
        message_id=message.id,
        message_created_at=message.created_at,
    )


def with_media_id(content: Mapping[str, object], words_by: datetime | None) -> dict[str, object]:
    """
    Give the file a message holds an id of ours. `words_by` is until when an answer waits for a voice note's words.
    """
    told = _media_in(content)
    if told is None:
        return dict(content)
    ours: dict[str, object] = {**told, "id": str(new_id())}
    if words_by is not None and told.get("voice"):
        ours["words_by"] = words_by.isoformat()
    if "media" in content:
        return {**content, "media": ours}
    edit = cast(Mapping[str, Mapping[str, object]], content["edit"])
    return {**content, "edit": {**edit, "content": {**edit["content"], "media": ours}}}


def _media_in(content: Mapping[str, object]) -> Mapping[str, Any] | None:
    """The file at Meta a message tells of, itself or in the correction it is."""
    edit = content.get("edit")
    inner = edit.get("content") if isinstance(edit, Mapping) else None
    told = content.get("media") or (inner.get("media") if isinstance(inner, Mapping) else None)
    return told if isinstance(told, Mapping) and told.get("media_id") else None


def fetch_job(business_id: BusinessId, media_id: UUID) -> NewJob:
    """The job that fetches one file."""
    key = f"fetch:{media_id}"
    return NewJob(
        kind=FETCH,
        lane=Lane.MEDIA,
        business_id=business_id,
        payload={"media_id": str(media_id)},
        order_key=key,
        unique_key=key,
        max_attempts=12,
    )


def _kind_by_type(mime_type: str) -> str:
    family = mime_type.partition("/")[0]
    return family if family in ("image", "video", "audio") else "document"
