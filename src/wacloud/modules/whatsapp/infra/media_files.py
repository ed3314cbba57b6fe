"""The store of bytes: a folder, or any store that speaks S3. One path through the code for both."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import LocalStore, ObjectStore, S3Store

from wacloud.modules.whatsapp.application.media_ports import FileGone, StoreOfFilesAway
from wacloud.shared.domain.ids import BusinessId

# Pieces of a large file that are in memory at once, and their size.
PIECES, PIECE = 2, 5 * 1024 * 1024
READ = 256 * 1024


class ObjectFiles:
    """See `media_ports.Files`."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    async def put(self, key: str, file: Path) -> None:
        with _away():
            await obstore.put_async(self._store, key, file, chunk_size=PIECE, max_concurrency=PIECES)
            if isinstance(self._store, LocalStore) and self._store.prefix is not None:
                # Told as stored it has to be there after a power failure too.
                await asyncio.to_thread(_sync, self._store.prefix / key)

    async def read(self, key: str, start: int, end: int) -> AsyncIterator[bytes]:
        if start >= end:
            return
        with _away():
            found = await obstore.get_async(self._store, key, options={"range": (start, end)})
            async for chunk in found.stream(min_chunk_size=READ):
                yield bytes(chunk)

    async def size(self, key: str) -> int:
        with _away():
            return (await obstore.head_async(self._store, key))["size"]

    async def delete(self, keys: Sequence[str]) -> None:
        # A folder complains of what is not there, S3 takes many in one request.
        with _away():
            if not isinstance(self._store, LocalStore):
                await obstore.delete_async(self._store, list(keys))
                return
            for key in keys:
                with suppress(NotFoundError, FileNotFoundError):
                    await obstore.delete_async(self._store, key)

    async def delete_all(self, business_id: BusinessId) -> int:
        deleted = 0
        with _away():
            async for found in obstore.list(self._store, prefix=f"b/{business_id}", chunk_size=500):
                await self.delete([one["path"] for one in found])
                deleted += len(found)
        return deleted


def open_files(url: str, s3: Mapping[str, str]) -> ObjectFiles:
    """
    `file:///folder` or `s3://bucket/prefix`; `s3` is what AWS_* and the endpoint say.

    :raises ValueError: the address is neither.
    """
    parts = urlsplit(url)
    if parts.scheme == "file" and not parts.netloc and len(parts.path) > 1:
        return ObjectFiles(LocalStore(Path(unquote(parts.path)), mkdir=True))
    if parts.scheme == "s3" and parts.netloc:
        endpoint = s3.get("endpoint", "")
        return ObjectFiles(
            S3Store(
                parts.netloc,
                prefix=parts.path.strip("/") or None,
                client_options={"allow_http": endpoint.startswith("http://"), "timeout": "60s"},
                retry_config={"max_retries": 2},
                **s3,  # type: ignore[arg-type]
            )
        )
    raise ValueError("it reads file:///folder or s3://bucket/prefix")


@contextmanager
def _away() -> Iterator[None]:
    try:
        yield
    except (NotFoundError, FileNotFoundError) as gone:
        raise FileGone(str(gone)[:200]) from gone
    except (BaseError, OSError) as error:
        raise StoreOfFilesAway(f"{type(error).__name__}: {error}"[:300]) from error


def _sync(path: Path) -> None:
    for one in (path, path.parent):
        handle = os.open(one, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
