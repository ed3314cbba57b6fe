"""What each message type must contain, and how long, many and large it may be."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from wacloud.twins.graph.errors import invalid, missing, too_long

Json = dict[str, Any]
# Raises when a media id is unknown to the number, or of the wrong kind for the message type.
MediaCheck = Callable[[str, str], None]

CAPTION = 1024
BODY = 4096
CONTACTS = 257
NAME_PARTS = ("first_name", "last_name", "middle_name", "suffix", "prefix")
MEDIA_KEYS = {
    "image": {"id", "link", "caption"},
    "video": {"id", "link", "caption"},
    "audio": {"id", "link", "voice"},
    "document": {"id", "link", "caption", "filename"},
    "sticker": {"id", "link"},
}


def object_at(parent: Json, key: str, path: str = "") -> Json:
    """The object under a key, which has to be there."""
    name = f"{path}['{key}']" if path else key
    value = parent.get(key)
    if value is None:
        raise missing(name)
    if not isinstance(value, dict):
        raise invalid(f"The parameter {name} must be a JSON object.")
    return value


def list_at(parent: Json, key: str, path: str, *, least: int, most: int) -> list[Json]:
    name = f"{path}['{key}']"
    value = parent.get(key)
    if value is None:
        raise missing(name)
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise invalid(f"The parameter {name} must be a list of JSON objects.")
    if not least <= len(value) <= most:
        raise invalid(f"{name} has {len(value)} elements; it must have {least} to {most}.")
    return value


def text_at(parent: Json, key: str, path: str, *, most: int, needed: bool = True) -> str:
    """A text under a key, never longer than it may be; the empty string only where it may be left out."""
    name = f"{path}['{key}']"
    value = parent.get(key)
    if value is None:
        if needed:
            raise missing(name)
        return ""
    if not isinstance(value, str):
        raise invalid(f"The parameter {name} must be a string.")
    if needed and not value.strip():
        raise missing(name)
    if len(value) > most:
        raise too_long(name, most)
    return value


def bounded(parent: Json, key: str, path: str, *, most: int, least: int = 1) -> str:
    """Like `text_at`, with the error that interactive parts get."""
    name = f"{path}['{key}']"
    value = parent.get(key)
    if value is None:
        raise missing(name)
    if not isinstance(value, str) or not least <= len(value) <= most or (least and not value.strip()):
        raise invalid(f"{name} length invalid. Min length: {least}, Max length: {most}")
    return value


def number_at(parent: Json, key: str, path: str, bound: float) -> None:
    name = f"{path}['{key}']"
    value = parent.get(key)
    if value is None:
        raise missing(name)
    try:
        number = float(value) if not isinstance(value, bool) else float("nan")
    except (TypeError, ValueError):
        number = float("nan")
    if not -bound <= number <= bound:
        raise invalid(f"The parameter {name} must be a number between {-bound:g} and {bound:g}.")


def check_text(content: Json) -> None:
    text_at(content, "body", "text", most=BODY)
    if not isinstance(content.get("preview_url", False), bool):
        raise invalid("The parameter text['preview_url'] must be a boolean.")


def check_media(kind: str, content: Json, media: MediaCheck) -> None:
    """Exactly one of id and link; an id has to be an upload of the same number."""
    unknown = content.keys() - MEDIA_KEYS[kind]
    if unknown:
        raise invalid(f"Unexpected key {sorted(unknown)[0]!r} in {kind}.")
    media_id, link = content.get("id"), content.get("link")
    if (media_id is None) == (link is None):
        raise invalid(f"Exactly one of {kind}['id'] and {kind}['link'] is required.")
    if media_id is not None:
        media(str(media_id), kind)
    elif not isinstance(link, str) or not link.startswith("https://") or len(link) > 2048:
        raise invalid(f"The parameter {kind}['link'] must be a public https address.")
    if "caption" in content:
        text_at(content, "caption", kind, most=CAPTION, needed=False)
    if not isinstance(content.get("voice", False), bool):
        raise invalid("The parameter audio['voice'] must be a boolean.")
    if "filename" in content:
        text_at(content, "filename", kind, most=240, needed=False)


def check_location(content: Json, path: str = "location") -> None:
    number_at(content, "latitude", path, 90)
    number_at(content, "longitude", path, 180)
    text_at(content, "name", path, most=1000, needed=False)
    text_at(content, "address", path, most=1000, needed=False)


def check_contacts(content: Any) -> None:
    for index, card in enumerate(list_at({"contacts": content}, "contacts", "message", least=1, most=CONTACTS)):
        path = f"contacts[{index}]"
        name = object_at(card, "name", path)
        text_at(name, "formatted_name", f"{path}['name']", most=1024)
        if not any(name.get(part) for part in NAME_PARTS):
            raise missing(f"{path}['name'] with one of {', '.join(NAME_PARTS)}")


def check_reaction(content: Json) -> None:
    text_at(content, "message_id", "reaction", most=1024)
    emoji = content.get("emoji", "")
    if not isinstance(emoji, str) or len(emoji) > 16 or (emoji and emoji.isascii()):
        raise invalid("The parameter reaction['emoji'] must be one emoji, or empty to take it back.")
