"""
Example files of a message template: its reviewer sees one where a customer gets another.

Here a header names a file of ours (`example.media_id`). Meta wants a handle of its own (`header_handle`), and later
lists an address that changes from day to day, so neither is kept: components are kept without, the files beside them.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from wacloud.modules.whatsapp.domain.media import MB
from wacloud.modules.whatsapp.domain.message_template import Component

FILES: Final = ("IMAGE", "VIDEO", "DOCUMENT")
# What Meta's upload for examples takes, which is less than what may be sent.
EXAMPLES: Final[Mapping[str, Mapping[str, int]]] = {
    "IMAGE": {"image/jpeg": 5 * MB, "image/png": 5 * MB},
    "VIDEO": {"video/mp4": 16 * MB},
    "DOCUMENT": {"application/pdf": 100 * MB},
}
HEADER: Final = "header"


def file_headers(components: Sequence[Component]) -> Iterator[tuple[str, Component]]:
    """Every header that has a file, with its place: `header`, or `carousel.cards.0.header` of a card."""
    for one in components:
        kind = str(one.get("type", "")).upper()
        if kind == "HEADER" and str(one.get("format", "")).upper() in FILES:
            yield HEADER, one
        elif kind == "CAROUSEL":
            for number, card in enumerate(cards_of(one)):
                for place, header in file_headers(parts_of(card)):
                    yield f"carousel.cards.{number}.{place}", header


def files_of(components: Sequence[Component]) -> dict[str, UUID]:
    """Files of ours by the place of their header."""
    return {place: found for place, one in file_headers(components) if (found := media_id_of(one)) is not None}


def with_files(components: Sequence[Component], files: Mapping[str, UUID]) -> list[Component]:
    """With the files of ours that are kept beside them."""
    return _with(components, {place: {"media_id": str(media_id)} for place, media_id in files.items()})


def with_handles(components: Sequence[Component], handles: Mapping[str, str]) -> list[Component]:
    """As Meta takes them: what has a handle names it in place of our file."""
    return _with(components, {place: {"header_handle": [handle]} for place, handle in handles.items()})


def without_files(components: Sequence[Component]) -> list[Component]:
    """As they are kept."""
    return _with(components, {place: {} for place, _ in file_headers(components)})


def media_id_of(header: Component) -> UUID | None:
    """The file of ours a header names as its example."""
    example = header.get("example")
    told = example.get("media_id") if isinstance(example, Mapping) else None
    try:
        return UUID(str(told)) if told else None
    except ValueError:
        return None


def handle_of(header: Component) -> str | None:
    """A handle of Meta's upload that somebody got by themselves."""
    example = header.get("example")
    told = example.get("header_handle") if isinstance(example, Mapping) else None
    first = told[0] if isinstance(told, list) and told else None
    return first if isinstance(first, str) and first.strip() else None


def cards_of(carousel: Component) -> list[Mapping[str, Any]]:
    """Its cards, as far as they are any."""
    cards = carousel.get("cards")
    return [card for card in cards if isinstance(card, Mapping)] if isinstance(cards, list) else []


def parts_of(card: Mapping[str, Any]) -> list[Component]:
    """The components of a card."""
    parts = card.get("components")
    return [part for part in parts if isinstance(part, Mapping)] if isinstance(parts, list) else []


def _with(components: Sequence[Component], examples: Mapping[str, Mapping[str, Any]], at: str = "") -> list[Component]:
    made: list[Component] = []
    for one in components:
        kind = str(one.get("type", "")).upper()
        if kind == "HEADER" and (example := examples.get(f"{at}{HEADER}")) is not None:
            rest = {key: value for key, value in one.items() if key != "example"}
            made.append(rest | ({"example": dict(example)} if example else {}))
        elif kind == "CAROUSEL":
            cards = [
                {**card, "components": _with(parts_of(card), examples, f"{at}carousel.cards.{number}.")}
                for number, card in enumerate(cards_of(one))
            ]
            made.append({**one, "cards": cards})
        else:
            made.append(one)
    return made
