"""What reading sources needs from the world: their rows, files and what opens them, and pages of the web."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol
from uuid import UUID

from wacloud.modules.bot.application.model import KnowledgeDeps, Vector
from wacloud.modules.bot.domain.chunking import Block, Chunk
from wacloud.modules.bot.domain.product import Product
from wacloud.modules.bot.domain.source import KnowledgeLimits, Problem, Refresh, Room, Source, SourceKind
from wacloud.shared.application.clock import Clock
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId


@dataclass(frozen=True, slots=True)
class Extracted:
    """The text of a file or page; `pages` of a PDF."""

    title: str
    blocks: tuple[Block, ...]
    pages: int = 0


class NotExtracted(Exception):
    """There are no words to be had from it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem: Problem = problem


class Extractor(Protocol):
    """Opens strangers' files without being harmed by them. Never call it with a transaction open."""

    async def extract(self, content_type: str, file: Path) -> Extracted:
        """:raises NotExtracted: no text came of it."""
        ...

    async def table(self, file: Path) -> list[list[str]]:
        """
        The rows of a CSV file.

        :raises NotExtracted: it is none.
        """
        ...


@dataclass(frozen=True, slots=True)
class FetchedPage:
    """A page as it came; `raw` None: it has not changed since."""

    raw: bytes | None
    content_type: str
    charset: str | None
    url: str
    etag: str | None = None
    last_modified: str | None = None


class PageNotFetched(Exception):
    """A page could not be had."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem)
        self.problem: Problem = problem


class Web(Protocol):
    """Pages of the public internet, politely. Network: never call it with a transaction open."""

    async def fetch(self, url: str, etag: str | None = None, last_modified: str | None = None) -> FetchedPage:
        """:raises PageNotFetched: it may not be read, is not there, or is none."""
        ...


@dataclass(frozen=True, slots=True)
class FetchedText:
    """A page or a sitemap as text, and where it was in the end."""

    url: str
    text: str


class Sites(Protocol):
    """Whole sites, as politely as single pages. Network: never call it with a transaction open."""

    async def fetch_text(self, url: str) -> FetchedText:
        """
        A sitemap (packed or not) or a page.

        :raises PageNotFetched: it may not be read, is not there, or is neither.
        """
        ...

    async def maps_of(self, url: str) -> Sequence[str]:
        """Where the sitemaps of a page's site may be: named by its robots.txt, or the usual place."""
        ...

    async def may_read(self, url: str) -> bool:
        """
        Whether robots.txt lets us read it.

        :raises PageNotFetched: nobody can say.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSource:
    """A source to be read."""

    kind: SourceKind
    title: str
    body: str | None = None
    url: str | None = None
    file_key: str | None = None
    file_name: str | None = None
    content_type: str | None = None
    size_bytes: int = 0
    refresh: Refresh = "never"


@dataclass(frozen=True, slots=True)
class ToRead:
    """What the job needs to read a source again."""

    source: Source
    body: str | None
    file_key: str | None
    checksum: bytes | None
    etag: str | None
    last_modified: str | None


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """A piece as it is kept."""

    position: int
    heading: str
    body: str


@dataclass(frozen=True, slots=True)
class StoredProduct:
    """A product as it is kept."""

    id: UUID
    product: Product


class SourceRows(Protocol):
    """The rows of sources, their pieces and products."""

    async def lock(self, tx: Tx, business_id: BusinessId) -> None:
        """Until the transaction ends nobody else adds to this business's knowledge: room is counted exactly."""
        ...

    async def room(self, tx: Tx, business_id: BusinessId) -> Room:
        """What is taken."""
        ...

    async def listed(self, tx: Tx, business_id: BusinessId) -> list[Source]:
        """All of them, newest first."""
        ...

    async def find(self, tx: Tx, business_id: BusinessId, source_id: UUID) -> Source | None:
        """One of them."""
        ...

    async def to_read(self, tx: Tx, business_id: BusinessId, source_id: UUID) -> ToRead | None:
        """One of them, with what it is read from."""
        ...

    async def add(self, tx: Tx, business_id: BusinessId, new: NewSource) -> UUID | None:
        """Returns its id; None where this page is there already."""
        ...

    async def change(
        self,
        tx: Tx,
        business_id: BusinessId,
        source_id: UUID,
        *,
        title: str | None = None,
        is_enabled: bool | None = None,
        refresh: Refresh | None = None,
        body: str | None = None,
        size_bytes: int | None = None,
        next_refresh_at: datetime | None = None,
    ) -> None:
        """What is not None."""
        ...

    async def remove(self, tx: Tx, business_id: BusinessId, source_id: UUID) -> str | None:
        """With all its pieces; returns the key of its file."""
        ...

    async def note_state(
        self, tx: Tx, business_id: BusinessId, source_id: UUID, state: str, reason: Problem | None = None
    ) -> None:
        """Where its reading stands."""
        ...

    async def note_read(
        self,
        tx: Tx,
        business_id: BusinessId,
        source_id: UUID,
        *,
        now: datetime,
        next_refresh_at: datetime | None,
        etag: str | None = None,
        last_modified: str | None = None,
    ) -> None:
        """It was looked at, whether or not it had changed."""
        ...

    async def write_revision(
        self,
        tx: Tx,
        business_id: BusinessId,
        source_id: UUID,
        chunks: Sequence[Chunk],
        *,
        checksum: bytes,
        size_bytes: int,
        pages: int,
        title: str | None,
    ) -> int:
        """Keep a new reading beside the one that is searched; returns its number."""
        ...

    async def stems(
        self, tx: Tx, business_id: BusinessId, source_id: UUID, revision: int, first: int, most: int
    ) -> list[tuple[int, list[str]]]:
        """The stems of some pieces, in order."""
        ...

    async def add_words(
        self,
        tx: Tx,
        business_id: BusinessId,
        source_id: UUID,
        revision: int,
        words: Mapping[tuple[str, str], Sequence[int]],
    ) -> None:
        """Which pieces each (sound, stem) stands in."""
        ...

    async def without_vector(
        self, tx: Tx, business_id: BusinessId, source_id: UUID, revision: int, model: str, limit: int
    ) -> list[StoredChunk]:
        """Pieces that have no vector of this model."""
        ...

    async def keep_vectors(
        self,
        tx: Tx,
        business_id: BusinessId,
        source_id: UUID,
        revision: int,
        model: str,
        vectors: Mapping[int, Vector],
    ) -> int:
        """Returns how many of the pieces were still there."""
        ...

    async def publish(self, tx: Tx, business_id: BusinessId, source_id: UUID, revision: int, model: str | None) -> bool:
        """From now on this reading is searched, and older ones are gone; False where there is a newer one already."""
        ...

    async def withdraw(self, tx: Tx, business_id: BusinessId, source_id: UUID) -> None:
        """Nothing is answered from it any more; the next reading begins anew."""
        ...

    async def chunks(
        self, tx: Tx, business_id: BusinessId, source_id: UUID, first: int, most: int
    ) -> list[StoredChunk]:
        """Pieces of the reading that is searched."""
        ...

    async def products(self, tx: Tx, business_id: BusinessId, source_id: UUID) -> list[StoredProduct]:
        """In their order."""
        ...

    async def replace_products(
        self, tx: Tx, business_id: BusinessId, source_id: UUID, products: Sequence[Product]
    ) -> None:
        """All of them by these."""
        ...

    async def add_product(self, tx: Tx, business_id: BusinessId, source_id: UUID, product: Product) -> UUID:
        """At the end."""
        ...

    async def change_product(self, tx: Tx, business_id: BusinessId, product_id: UUID, product: Product) -> UUID | None:
        """Returns its source."""
        ...

    async def remove_product(self, tx: Tx, business_id: BusinessId, product_id: UUID) -> UUID | None:
        """Returns its source."""
        ...

    async def due(self, tx: Tx, now: datetime) -> list[tuple[BusinessId, UUID]]:
        """Of all businesses: pages whose time has come."""
        ...

    async def of_other_models(self, tx: Tx, model: str) -> list[tuple[BusinessId, UUID]]:
        """Of all businesses: sources searched with the vectors of another model, or with none."""
        ...

    async def version(self, tx: Tx, business_id: BusinessId) -> int:
        """Grows with every change of what may be answered from."""
        ...


class FileStore(Protocol):
    """Where files are kept; as of the whatsapp module."""

    async def put(self, key: str, file: Path) -> None:
        """Whole or not at all."""
        ...

    def read(self, key: str, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes from `start` up to `end`, which is left out."""
        ...

    async def size(self, key: str) -> int:
        """How many there are."""
        ...

    async def delete(self, keys: Sequence[str]) -> None:
        """What is not there is no problem."""
        ...


@dataclass(frozen=True, slots=True)
class SourceDeps:
    """What teaching the bot by sources needs. `limits` is what the plan of a business allows."""

    knowledge: KnowledgeDeps
    rows: SourceRows
    files: FileStore
    extractor: Extractor
    web: Web
    sites: Sites
    limits: Callable[[BusinessId], Awaitable[KnowledgeLimits]]
    clock: Clock
