"""A file as the thread shows it: itself, or what stands in its place and what can be done about it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from wacloud.modules.whatsapp.application.inbox import MessageRow
from wacloud.modules.whatsapp.application.media_stored import MediaRow
from wacloud.modules.whatsapp.domain.file_types import SHOWN
from wacloud.modules.whatsapp.ui.reasons import reason_in_words
from wacloud.shared.ui.i18n import N_, Translate

KINDS: Final[dict[str, tuple[str, str]]] = {
    "image": ("photo", N_("Photo")),
    "video": ("video", N_("Video")),
    "audio": ("volume", N_("Audio")),
    "voice": ("microphone", N_("Voice note")),
    "document": ("file-text", N_("Document")),
    "sticker": ("sticker", N_("Sticker")),
    "media_placeholder": ("photo", N_("File from before the connection")),
}
MEDIA: Final = frozenset({"image", "video", "audio", "document", "sticker", "media_placeholder"})
# An answer of Meta in the place of a file: the customer's was too large, or is gone.
NOT_DOWNLOADABLE: Final = 131052
_LARGEST_BOX: Final = 300
_TALLEST_BOX: Final = 360


@dataclass(frozen=True, slots=True)
class Media:
    """
    A file in a bubble. `shape` is how it is shown: image, sticker, video, audio, document, or absent.

    Its box has its size before the picture is there, so nothing jumps.
    """

    shape: str
    icon: str
    label: str
    detail: str | None = None
    said: str | None = None
    is_coming: bool = False
    href: str | None = None
    thumb: str | None = None
    width: int = _LARGEST_BOX
    height: int = 225
    content_type: str | None = None
    play: str | None = None
    play_type: str | None = None
    transcript: str | None = None
    fetch_again: str | None = None


def media_view(row: MessageRow, say: Translate, now: datetime) -> Media:
    """Nothing in the message's content is trusted; what is stored has been looked at."""
    told = row.content.get("media")
    content: dict[str, Any] = told if isinstance(told, dict) else {}
    media = row.media
    is_voice = bool(media.voice if media is not None else content.get("voice"))
    icon, label = KINDS["voice" if row.kind == "audio" and is_voice else row.kind]
    name = media.file_name if media is not None else content.get("filename")
    length = length_in_words(media.duration_s) if media is not None else None
    size = size_in_words(media.size if media is not None else content.get("size"))
    detail = " · ".join(part for part in (name if isinstance(name, str) else None, length, size) if part) or None
    if media is None:
        return Media("absent", icon, say(label), detail, say("is not kept here"))
    if media.state != "stored":
        return _absent(row, media, icon, say(label), detail, say, now)
    href = f"/media/{media.id}"
    width, height = _box(media)
    return Media(
        _shape(row.kind, media),
        icon,
        say(label),
        detail,
        href=href,
        thumb=f"{href}/thumb" if media.thumb_type else None,
        width=width,
        height=height,
        content_type=media.content_type,
        play=f"{href}/play" if media.play_type else None,
        play_type=media.play_type,
        transcript=media.transcript,
    )


def _absent(
    row: MessageRow, media: MediaRow, icon: str, label: str, detail: str | None, say: Translate, now: datetime
) -> Media:
    if media.state == "removed":
        return Media("absent", icon, label, detail, say("is no longer kept"))
    if media.state == "failed":
        reason = reason_in_words(media.reason, say) or ""
        could_not = say("could not be fetched")
        may_come = media.fetch_until is not None and now < media.fetch_until
        again = f"/inbox/{row.conversation_id}/media/{media.id}/fetch-again" if may_come else None
        return Media(
            "absent", icon, label, detail, f"{could_not}: {reason}" if reason else could_not, fetch_again=again
        )
    said = say("could not be fetched yet; we keep trying") if media.reason else say("is on its way")
    return Media("absent", icon, label, detail, said, is_coming=True)


def needs_asking(row: MessageRow) -> bool:
    """Whether only the customer can help: they have to send the file once more."""
    if row.direction != "in" or row.revoked_at is not None:
        return False
    if row.media is not None:
        return row.media.state == "failed"
    errors = row.content.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else None
    return isinstance(first, dict) and first.get("code") == NOT_DOWNLOADABLE


def _shape(kind: str, media: MediaRow) -> str:
    """What a browser cannot show is a document, whatever it was sent as."""
    if kind in ("image", "sticker"):
        return kind if media.thumb_type else "document"
    if kind in ("audio", "video"):
        return kind if media.content_type in SHOWN or media.play_type else "document"
    return "document"


def _box(media: MediaRow) -> tuple[int, int]:
    if not media.width or not media.height:
        return _LARGEST_BOX, 225
    largest = 160 if media.kind == "sticker" else _LARGEST_BOX
    scale = min(1.0, largest / media.width, _TALLEST_BOX / media.height)
    return max(1, round(media.width * scale)), max(1, round(media.height * scale))


def size_in_words(value: object) -> str | None:
    """As people read it."""
    if not isinstance(value, int) or value <= 0:
        return None
    return f"{value / 1_000_000:.1f} MB" if value >= 1_000_000 else f"{max(1, value // 1000)} kB"


def length_in_words(seconds: float | None) -> str | None:
    """1:05."""
    if seconds is None:
        return None
    whole = max(1, round(seconds))
    return f"{whole // 60}:{whole % 60:02}"
