"""Which blank of a template a fault of the message made of it is about, for whoever filled in the form."""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from wacloud.modules.whatsapp.domain.template_blanks import CATALOGUE, CODE, CODES, Blank
from wacloud.modules.whatsapp.domain.template_products import lines_in

_COMPONENT: Final = re.compile(r"template\.components\.([0-9]+)(.*)")
_PARAMETER: Final = re.compile(r"\.parameters\.([0-9]+)")
_CARD: Final = re.compile(r"\.cards\.([0-9]+)")
_SECTION: Final = re.compile(r"\.sections\.([0-9]+)(?:\.product_items\.([0-9]+))?")


def blank_at(
    path: str, asked: Mapping[str, Any], blanks: Sequence[Blank], values: Mapping[str, str]
) -> tuple[Blank, int | None] | None:
    """
    The blank that a path in the message is about, and its line where it has several.

    `asked` is what `fill_in` made of the values. None: it is about none of them.
    """
    found = _COMPONENT.match(path)
    if found is None or int(found[1]) >= len(asked["components"]):
        return None
    part, rest = asked["components"][int(found[1])], found[2]
    kind = part["type"]
    if kind == "header":
        return _one_of([one for one in blanks if one.part in ("file", "product", "header")], rest)
    if kind == "body":
        return _one_of([one for one in blanks if one.part == "body"], rest)
    if kind == "limited_time_offer":
        return _one_of([one for one in blanks if one.part == "offer"], rest)
    if kind == "carousel":
        mine = [one for one in blanks if one.part == "cards"]
        blank = next(one for one in mine if one.name == (CATALOGUE if CATALOGUE in rest else CODES))
        return blank, _line_of_card(rest, values.get(blank.field, "")) if blank.name == CODES else None
    mine = [one for one in blanks if (one.part, one.name) == (part.get("sub_type"), part.get("index"))]
    return (mine[0], _line_of_section(rest, values.get(mine[0].field, ""))) if mine else None


def _one_of(mine: Sequence[Blank], rest: str) -> tuple[Blank, None] | None:
    """One of those of a part; of a product, each of its fields is a blank."""
    if not mine:
        return None
    if mine[0].part == "product":
        return next(one for one in mine if one.name == (CATALOGUE if CATALOGUE in rest else CODE)), None
    number = _PARAMETER.match(rest)
    place = int(number[1]) if number else 0
    return mine[min(place, len(mine) - 1)], None


def _line_of_card(rest: str, written: str) -> int | None:
    card = _CARD.match(rest)
    lines = [number for number, line in enumerate(written.splitlines(), 1) for _ in line.split()]
    return lines[int(card[1])] if card and int(card[1]) < len(lines) else None


def _line_of_section(rest: str, written: str) -> int | None:
    section = _SECTION.search(rest)
    lines = lines_in(written)
    if section is None or int(section[1]) >= len(lines):
        return None
    begins, products = lines[int(section[1])]
    return products[int(section[2])] if section[2] and int(section[2]) < len(products) else begins
