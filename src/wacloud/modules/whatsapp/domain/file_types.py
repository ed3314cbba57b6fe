"""What a file is by its bytes, whatever anybody says; and how it may be shown. Nothing is guessed from a name alone."""

import unicodedata
from dataclasses import dataclass
from typing import Final

UNKNOWN: Final = "application/octet-stream"
HEAD: Final = 4096  # bytes that are looked at

_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_STARTS: Final[tuple[tuple[bytes, str], ...]] = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"%PDF-", "application/pdf"),
    (b"OggS", "audio/ogg"),
    (b"#!AMR", "audio/amr"),
    (b"ID3", "audio/mpeg"),
    (b"\x1aE\xdf\xa3", "video/webm"),
    (b"PK\x03\x04", "application/zip"),
    (_OLE, "application/x-ole-storage"),
)
_OFFICE: Final = "application/vnd.openxmlformats-officedocument."
# Office files are containers: what a name or a declared type says is believed of these only.
_INSIDE: Final[dict[str, dict[str, str]]] = {
    "application/zip": {
        "docx": f"{_OFFICE}wordprocessingml.document",
        "xlsx": f"{_OFFICE}spreadsheetml.sheet",
        "pptx": f"{_OFFICE}presentationml.presentation",
    },
    "application/x-ole-storage": {
        "doc": "application/msword",
        "xls": "application/vnd.ms-excel",
        "ppt": "application/vnd.ms-powerpoint",
    },
}
_INSIDE_MARKS: Final = {"docx": b"word/", "xlsx": b"xl/", "pptx": b"ppt/"}
# Text that a browser would run or draw. It is kept, and never shown.
_ACTIVE: Final = (b"<!doctype", b"<html", b"<head", b"<body", b"<script", b"<svg", b"<?xml", b"<iframe", b"<object")
EXTENSIONS: Final[dict[str, str]] = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/gif": "gif",
    "image/webp": "webp",
    "audio/ogg": "ogg",
    "audio/mpeg": "mp3",
    "audio/mp4": "m4a",
    "audio/aac": "aac",
    "audio/amr": "amr",
    "video/mp4": "mp4",
    "video/3gpp": "3gp",
    "video/webm": "webm",
    "application/pdf": "pdf",
    "text/plain": "txt",
    **{type_: end for ends in _INSIDE.values() for end, type_ in ends.items()},
}
# Other endings of the same types, which a name may keep.
_SAME: Final = {"jpeg": "jpg", "jfif": "jpg", "oga": "ogg", "opus": "ogg", "mp4": "m4a", "csv": "txt", "3gpp": "3gp"}
_PRESKIP: Final = slice(10, 12)
# Browsers show these and run nothing of them.
SHOWN: Final = frozenset(
    {
        *("image/jpeg", "image/png", "image/gif", "image/webp"),
        *("audio/ogg", "audio/mpeg", "audio/mp4", "audio/aac"),
        *("video/mp4", "video/3gpp", "video/webm"),
    }
)


@dataclass(frozen=True, slots=True)
class FileType:
    """A type found in bytes; `active` is markup, which is never shown as what it is."""

    content_type: str
    active: bool = False

    @property
    def family(self) -> str:
        """image, audio, video, text or application."""
        return self.content_type.partition("/")[0]


def file_type(head: bytes, *, name: str | None = None, declared: str | None = None) -> FileType:
    """
    What the first bytes are.

    Name and declared type choose only where bytes leave it open: an MP4 of sound or film, which Office file a container
    is. Markup in whatever disguise is `active`.
    """
    told = (declared or "").partition(";")[0].strip().lower()
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return FileType("image/webp")
    if head[4:8] == b"ftyp":
        return FileType(_mp4(head[8:12], told))
    for start, found in _STARTS:
        if head.startswith(start):
            if found in _INSIDE:
                return FileType(_inside(found, head, name, told))
            return FileType("audio/webm" if found == "video/webm" and told.startswith("audio/") else found)
    # An MPEG frame. ADTS, which is AAC, has a layer of zero where MP3 has another.
    if len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0:
        return FileType("audio/aac" if head[1] & 0xF6 == 0xF0 else "audio/mpeg")
    if _is_text(head):
        active = any(mark in head.lower() for mark in _ACTIVE)
        return FileType(UNKNOWN if active else "text/plain", active=active)
    return FileType(UNKNOWN)


def _mp4(brand: bytes, told: str) -> str:
    if brand.startswith((b"3gp", b"3g2")):
        return "audio/mp4" if told.startswith("audio/") else "video/3gpp"
    if brand in (b"M4A ", b"M4B ") or told.startswith("audio/"):
        return "audio/mp4"
    # Pictures in this container (HEIC, AVIF) are none that browsers or WhatsApp take.
    return UNKNOWN if brand in (b"heic", b"heix", b"mif1", b"msf1", b"avif") else "video/mp4"


def _inside(container: str, head: bytes, name: str | None, told: str) -> str:
    kinds = _INSIDE[container]
    marked = next((kinds[end] for end, mark in _INSIDE_MARKS.items() if end in kinds and mark in head), None)
    if marked is not None:
        return marked
    ending = _ending(name or "")
    if ending in kinds and (container != "application/zip" or b"[Content_Types].xml" in head):
        return kinds[ending]
    if told in kinds.values() and (container != "application/zip" or b"[Content_Types].xml" in head):
        return told
    return UNKNOWN


def _is_text(head: bytes) -> bool:
    if not head or b"\0" in head:
        return False
    # The last sign may be cut in the middle.
    for cut in range(min(4, len(head))):
        try:
            words = head[: len(head) - cut].decode()
        except UnicodeDecodeError:
            continue
        return all(sign in "\t\n\r\f" or unicodedata.category(sign) != "Cc" for sign in words)
    return False


def opus_channels(head: bytes) -> int | None:
    """How many channels of Opus an Ogg file has; None where it is no Opus in Ogg."""
    at = head.find(b"OpusHead", 0, 200)
    return head[at + 9] if head.startswith(b"OggS") and at > 0 and len(head) > at + 9 else None


def opus_seconds(head: bytes, tail: bytes) -> float | None:
    """How long it plays: the position of its last page, at 48 kHz as always in Opus."""
    at, last = head.find(b"OpusHead", 0, 200), tail.rfind(b"OggS")
    if at < 0 or last < 0 or len(tail) < last + 14:
        return None
    skipped = int.from_bytes(head[at:][_PRESKIP], "little")
    end = int.from_bytes(tail[last + 6 : last + 14], "little")
    return max(0.0, (end - skipped) / 48_000) if end < 1 << 62 else None


def clean_name(name: str | None, content_type: str | None = None, *, longest: int = 120) -> str | None:
    """
    A file's name as people read it: one line, no folders, nothing that turns the reading direction.

    With a type it ends as files of that type do, so that a name never says something else than the bytes.
    """
    told = unicodedata.normalize("NFC", (name or "").replace("\\", "/").rpartition("/")[2])
    # Controls, surrogates, and what turns the reading direction or cannot be seen.
    kept = "".join(sign for sign in told if unicodedata.category(sign) not in ("Cc", "Cf", "Cs", "Co", "Zl", "Zp"))
    kept = "".join(" " if sign in '<>:"|?*%' else sign for sign in kept)
    kept = " ".join(kept.split()).strip(". ")
    end = EXTENSIONS.get(content_type or "")
    if end is not None:
        own = _ending(kept)
        if end not in (own, _SAME.get(own)):
            kept = f"{kept}.{end}" if kept else ""
    if not kept:
        return None
    stem, dot, ending = kept.rpartition(".")
    if not dot or len(ending) > 12:
        return _not_reserved(kept[:longest].rstrip(". "))
    return _not_reserved(f"{stem[: longest - len(ending) - 1].rstrip('. ')}.{ending}")


_RESERVED: Final = frozenset(
    {"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))}
)


def _not_reserved(name: str) -> str:
    """Names Windows keeps for its devices are none of a file."""
    return f"_{name}" if name.partition(".")[0].lower() in _RESERVED else name


def _ending(name: str) -> str:
    return name.rpartition(".")[2].lower() if "." in name else ""
