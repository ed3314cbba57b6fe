"""Files of messages: what WhatsApp takes, how long Meta keeps them, and what may become of one that came in."""

from binascii import a2b_base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal
from uuid import UUID

from wacloud.modules.whatsapp.domain.file_types import FileType
from wacloud.shared.domain.errors import AppError, NotFound

MediaKind = Literal["image", "video", "audio", "document", "sticker"]
MEDIA_KINDS: Final[frozenset[str]] = frozenset({"image", "video", "audio", "document", "sticker"})

KB: Final = 1024
MB: Final = 1024 * 1024
LARGEST_INBOUND: Final = 100 * MB
LARGEST_UPLOAD: Final = 100 * MB
CAPTION_LIMIT: Final = 1024
FETCH_WITHIN: Final = timedelta(days=7)
# Meta keeps an upload for 30 days; one about to end is uploaded anew.
UPLOAD_LIVES: Final = timedelta(days=29)
# What is damaged on the way is fetched so often before we believe that it is so.
TRIES_OF_DAMAGED: Final = 3

_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
# Meta's table: what may be sent as what (reference section 5).
SENDABLE: Final[Mapping[str, Mapping[str, int]]] = {
    "image": {"image/jpeg": 5 * MB, "image/png": 5 * MB},
    "video": {"video/mp4": 16 * MB, "video/3gpp": 16 * MB},
    "audio": {
        "audio/ogg": 16 * MB,
        "audio/mpeg": 16 * MB,
        "audio/mp4": 16 * MB,
        "audio/aac": 16 * MB,
        "audio/amr": 16 * MB,
    },
    "sticker": {"image/webp": 500 * KB},
    "document": dict.fromkeys(
        (
            "application/pdf",
            "text/plain",
            "application/msword",
            "application/vnd.ms-excel",
            "application/vnd.ms-powerpoint",
            f"{_OFFICE}wordprocessingml.document",
            f"{_OFFICE}spreadsheetml.sheet",
            f"{_OFFICE}presentationml.presentation",
        ),
        100 * MB,
    ),
}
STICKER_SIDE: Final = 512
STICKER_STILL: Final = 100 * KB
# Whatever else it is goes as a document, where the type is one of a document's.
_CAPTIONED: Final = frozenset({"image", "video", "document"})


class MediaUnknown(NotFound):
    """There is no such file, or it is not here yet."""


class FileMissing(AppError):
    """Choose a file first: the form's field is called file, and one file is sent at a time."""


class FileEmpty(AppError):
    """This file is empty."""


class FileTooLarge(AppError):
    """This file is larger than WhatsApp takes."""

    kind = "too_large"


class FileTypeRefused(AppError):
    """WhatsApp does not take files of this type."""


class FileNotWhatItSays(AppError):
    """This file is not what its name or type says it is."""


class PictureRefused(AppError):
    """WhatsApp cannot show this picture: it takes JPEG and PNG in RGB, with 8 bits, of a reasonable size."""


class StickerRefused(AppError):
    """A sticker is a WebP of 512 by 512 pixels with 100 kB at most, or 500 kB where it moves."""


class VoiceNoteRefused(AppError):
    """A voice note must be Ogg with Opus in mono, and it cannot be converted here. Send it as an audio file."""


class NoRoomForFiles(AppError):
    """There is no room left for more files of this business."""

    kind = "conflict"


class CaptionNotAllowed(AppError):
    """An audio or a sticker goes without words: send them as a message of their own."""


class CaptionTooLong(AppError):
    """The words under a file may have 1024 characters."""


class NotFetchedAgain(AppError):
    """This file is here, or WhatsApp has it no more."""

    kind = "conflict"


def kind_for(content_type: str) -> str:
    """
    As what a file of this type is sent, where nobody says it.

    :raises FileTypeRefused: WhatsApp takes it as nothing.
    """
    for kind, types in SENDABLE.items():
        if content_type in types:
            return kind
    raise FileTypeRefused(field="file", found=content_type)


def check_sendable(kind: str, content_type: str, size: int) -> None:
    """
    Whether WhatsApp takes this as that.

    :raises FileTypeRefused: not this type as this kind.
    :raises FileTooLarge: not this size.
    """
    types = SENDABLE[kind]
    if content_type not in types:
        raise FileTypeRefused(field="file", as_kind=kind, found=content_type, takes=", ".join(types))
    if size > types[content_type]:
        raise FileTooLarge(field="file", as_kind=kind, size=size, limit=types[content_type])


def check_sticker(size: int, width: int | None, height: int | None, *, animated: bool) -> None:
    """:raises StickerRefused: its sides or its size."""
    limit = SENDABLE["sticker"]["image/webp"] if animated else STICKER_STILL
    if (width, height) != (STICKER_SIDE, STICKER_SIDE) or size > limit:
        raise StickerRefused(field="file", limit=limit, size=size, width=width, height=height)


def checked_caption(kind: str, caption: str) -> str:
    """
    The words under a file of this kind.

    :raises CaptionNotAllowed: it has none.
    :raises CaptionTooLong: Meta takes 1024 characters.
    """
    clean = "".join(c for c in caption.replace("\r\n", "\n") if c >= " " or c in "\n\t")
    clean = clean.encode("utf-16", "surrogatepass").decode("utf-16", "ignore").strip()
    if clean and kind not in _CAPTIONED:
        raise CaptionNotAllowed(field="caption", as_kind=kind)
    if len(clean) > CAPTION_LIMIT:
        raise CaptionTooLong(field="caption", length=len(clean), limit=CAPTION_LIMIT)
    return clean


def is_captioned(kind: str) -> bool:
    """Whether words may go with it."""
    return kind in _CAPTIONED


def media_id_in(content: object) -> UUID | None:
    """The file of ours a message's content names. Nothing of content is trusted."""
    told = content.get("media") if isinstance(content, Mapping) else None
    name = told.get("id") if isinstance(told, Mapping) else None
    try:
        return UUID(name) if isinstance(name, str) else None
    except ValueError:
        return None


def place_of(business_id: UUID, year: int, month: int, name: str) -> str:
    """Where a file is kept: nothing in it comes from outside."""
    return f"b/{business_id}/{year:04}/{month:02}/{name}"


def pause_before_fetch(attempts: int) -> timedelta:
    """1, 2, 4 seconds and so on, up to an hour: Meta has what came in for seven days."""
    return timedelta(seconds=min(2.0 ** max(attempts - 1, 0), 3600))


def told_hash(told: object) -> bytes | None:
    """The SHA-256 Meta told: in hex from the Graph API, in base64 in webhooks. None where it is neither."""
    if not isinstance(told, str):
        return None
    try:
        found = bytes.fromhex(told) if len(told) == 64 else a2b_base64(told)
    except ValueError:
        return None
    return found if len(found) == 32 else None


@dataclass(frozen=True, slots=True)
class Judged:
    """What is done with bytes that came in: kept as `content_type`, or not kept for `reason`."""

    content_type: str | None
    reason: str | None = None


def judge_inbound(kind: str, found: FileType, sha256: bytes, told: bytes | None) -> Judged:
    """
    Keep what is as it was sent; what is not of its kind is kept too, but only as something to download.

    An error page in the place of a photo does not have the photo's hash. Without a hash the kind has to agree.
    """
    if told is not None and told != sha256:
        return Judged(None, "damaged")
    fits = kind == "document" or found.family == ("image" if kind == "sticker" else kind)
    if told is None and not fits:
        return Judged(None, "not_what_it_says")
    return Judged(found.content_type if fits else "application/octet-stream")
