"""The rules for a carousel: cards of one shape below the text, each with a picture, a video or a product."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from wacloud.modules.whatsapp.domain.message_template import Component
from wacloud.modules.whatsapp.domain.template_buttons import lint_buttons
from wacloud.modules.whatsapp.domain.template_files import cards_of, handle_of, media_id_of, parts_of
from wacloud.modules.whatsapp.domain.template_products import PRODUCT, lint_product_card
from wacloud.modules.whatsapp.domain.template_text import Findings, check_variables

CARDS: Final = (2, 10)
CARD_BODY: Final = 160
CARD_BUTTONS: Final = 2
CARD_LINE_BREAKS: Final = 2
_PARTS: Final = ("HEADER", "BODY", "BUTTONS")
_FORMATS: Final = ("IMAGE", "VIDEO")


def lint_carousel(found: Findings, component: Component, is_named: bool) -> None:
    """So many cards, all alike, none with too much in it."""
    cards = cards_of(component)
    if len(cards) < CARDS[0]:
        found.error("carousel.cards", "not_enough", CARDS[0])
    elif len(cards) > CARDS[1]:
        found.error("carousel.cards", "too_many", CARDS[1])
    shapes = [_card(found, f"carousel.cards.{number}", card, is_named) for number, card in enumerate(cards)]
    for number, shape in enumerate(shapes):
        if shape != shapes[0]:
            found.error(f"carousel.cards.{number}.components", "cards_differ")


def _card(found: Findings, field: str, card: Mapping[str, Any], is_named: bool) -> Sequence[object]:
    """What the others have to look like."""
    parts: dict[str, Component] = {}
    for one in parts_of(card):
        kind = str(one.get("type", "")).upper()
        if kind not in _PARTS:
            found.error(f"{field}.components", "part_not_of_card")
        elif kind in parts:
            found.error(f"{field}.{kind.lower()}", "not_unique")
        else:
            parts[kind] = one
    header = parts.get("HEADER", {})
    form = str(header.get("format") or "").upper()
    if form == PRODUCT:
        lint_product_card(found, field, parts)
    elif form not in _FORMATS:
        found.error(f"{field}.header.format", "picture_or_video")
    elif media_id_of(header) is None and handle_of(header) is None:
        found.error(f"{field}.header.example", "file_example_missing")
    if "BODY" in parts:
        _body(found, field, parts["BODY"], is_named)
    lint_buttons(found, parts.get("BUTTONS", {}), f"{field}.buttons", CARD_BUTTONS)
    buttons = parts.get("BUTTONS", {}).get("buttons")
    kinds = [str(one.get("type", "")).upper() for one in buttons or () if isinstance(one, Mapping)]
    return form, "BODY" in parts, kinds


def _body(found: Findings, field: str, one: Component, is_named: bool) -> None:
    text = found.text(f"{field}.body.text", one.get("text"), CARD_BODY)
    if text.count("\n") > CARD_LINE_BREAKS:
        found.error(f"{field}.body.text", "too_many_line_breaks", CARD_LINE_BREAKS)
    example = one.get("example")
    check_variables(
        found, f"{field}.body", text, is_named, example if isinstance(example, Mapping) else {}, "body_text"
    )
