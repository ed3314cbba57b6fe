"""What a business lets its bot read: texts, files, web pages and products; and how much of it there may be."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Final, Literal
from urllib.parse import urlsplit
from uuid import UUID

from wacloud.modules.bot.domain.knowledge import MOST_ITEMS
from wacloud.shared.domain.addresses import is_number, is_public
from wacloud.shared.domain.errors import AppError, Kind

SourceKind = Literal["text", "file", "page", "product"]
SourceState = Literal["waiting", "reading", "ready", "failed"]
Refresh = Literal["never", "daily", "weekly"]

# Every reason a source could not be read. They are stored and translated by the pages: never change one, add another.
Problem = Literal[
    "encrypted",
    "damaged",
    "too_large",
    "too_many_pages",
    "too_much_text",
    "too_many_pieces",
    "too_slow",
    "no_text",
    "type_refused",
    "not_a_table",
    "address_refused",
    "robots",
    "unreachable",
    "gone",
    "needs_login",
    "site_error",
    "too_many_redirects",
    "not_a_page",
    "file_gone",
]
# What may be better another time, and is tried again by itself.
PASSING: Final[frozenset[Problem]] = frozenset({"unreachable", "site_error"})

LONGEST_TITLE: Final = 200
LONGEST_TEXT: Final = 500_000
LONGEST_URL: Final = 2000
LARGEST_FILE: Final = 20 * 1024 * 1024
MB: Final = 1024 * 1024

EVERY: Final[dict[Refresh, timedelta]] = {"daily": timedelta(days=1), "weekly": timedelta(days=7)}


@dataclass(frozen=True, slots=True)
class KnowledgeLimits:
    """How much one business may teach its bot; its plan says so."""

    items: int = MOST_ITEMS
    sources: int = 200
    pages: int = 100
    products: int = 5000
    size_bytes: int = 100 * MB
    pieces: int = 20_000


@dataclass(frozen=True, slots=True)
class Room:
    """What a business has taken of its limits."""

    items: int
    sources: int
    pages: int
    products: int
    size_bytes: int
    pieces: int


@dataclass(frozen=True, slots=True)
class Source:
    """One of them, as it stands."""

    id: UUID
    kind: SourceKind
    title: str
    is_enabled: bool
    state: SourceState
    reason: Problem | None
    url: str | None
    file_name: str | None
    content_type: str | None
    size_bytes: int
    pages: int
    refresh: Refresh
    revision: int
    live_revision: int | None
    live_chunks: int
    created_at: datetime
    refreshed_at: datetime | None
    next_refresh_at: datetime | None
    embedding_model: str | None = None

    @property
    def is_under_way(self) -> bool:
        """Whether somebody who looks now should look again soon."""
        return self.state in ("waiting", "reading")


class SourceUnknown(AppError):
    """There is no such source."""

    kind: ClassVar[Kind] = "not_found"


class TitleLength(AppError):
    """A title needs 1 to 200 characters."""


class TextLength(AppError):
    """A text needs 1 to 500,000 characters."""


class AddressRefused(AppError):
    """The address has to begin with http:// or https:// and be one that everybody can open."""


class PageKnown(AppError):
    """This page is there already."""

    kind: ClassVar[Kind] = "conflict"


class FileRefused(AppError):
    """Send a PDF, Word (DOCX), text, CSV or HTML file."""


class FileTooLarge(AppError):
    """A file may have up to 20 MB."""

    kind: ClassVar[Kind] = "too_large"


class NoRoomForKnowledge(AppError):
    """Your plan has no room for this; remove something first."""

    kind: ClassVar[Kind] = "limit"


class NotOfThisKind(AppError):
    """That cannot be done with a source of this kind."""

    kind: ClassVar[Kind] = "conflict"


def checked_title(title: str, otherwise: str = "") -> str:
    """:raises TitleLength: nothing, or too much."""
    tidy = " ".join(title.replace("\0", " ").split()) or " ".join(otherwise.split())[:LONGEST_TITLE]
    if not 1 <= len(tidy) <= LONGEST_TITLE:
        raise TitleLength(field="title")
    return tidy


def checked_text(text: str) -> str:
    """:raises TextLength: nothing, or too much."""
    tidy = text.replace("\0", " ").replace("\r\n", "\n").strip()
    if not 1 <= len(tidy) <= LONGEST_TEXT:
        raise TextLength(field="text")
    return tidy


def checked_url(url: str) -> str:
    """
    The address of a page, without what is after `#`.

    Whether a name leads to the public internet shows when it is looked up: the way out of the house sees to that. A
    number shows it at once.

    :raises AddressRefused: it is none that may be asked for.
    """
    text = url.strip()
    try:
        parts = urlsplit(text)
        scheme, host, port = parts.scheme.lower(), (parts.hostname or "").rstrip("."), parts.port
        host = host.encode("idna").decode() if not host.isascii() else host
    except ValueError as unreadable:
        raise AddressRefused(field="url") from unreadable
    # Signs that are blank or invisible would make two addresses look the same.
    is_plain = len(text) <= LONGEST_URL and all(sign.isprintable() and not sign.isspace() for sign in text)
    leads_out = is_public(host) if is_number(host) else "." in host.strip(".")
    is_usual = port in (None, {"http": 80, "https": 443}.get(scheme))
    if (
        not is_plain
        or not leads_out
        or not is_usual
        or scheme not in ("http", "https")
        or parts.username
        or parts.password
    ):
        raise AddressRefused(field="url")
    query = f"?{parts.query}" if parts.query else ""
    host = f"[{host}]" if ":" in host else host
    return f"{scheme}://{host}{parts.path or '/'}{query}"


def check_room(
    room: Room, limits: KnowledgeLimits, *, kind: SourceKind, size_bytes: int = 0, products: int = 0
) -> None:
    """
    Whether one more of these fits.

    :raises NoRoomForKnowledge: it does not; the fields say which limit it is and how far it goes.
    """
    wanted = {
        "sources": (room.sources + 1, limits.sources),
        "pages": (room.pages + (kind == "page"), limits.pages),
        "products": (room.products + products, limits.products),
        "size_bytes": (room.size_bytes + size_bytes, limits.size_bytes),
    }
    for name, (needed, most) in wanted.items():
        if needed > most:
            raise NoRoomForKnowledge(limit=name, most=most)
