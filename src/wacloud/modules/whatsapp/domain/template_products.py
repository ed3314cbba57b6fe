"""
The rules for templates that sell from a catalogue: the whole of it, several products, one product, or a card for each.

As Meta's pages on catalog, multi-product, single-product and product card carousel templates (2026) have them: all are
marketing, WhatsApp words their button, and which products they show is said when they are sent.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from wacloud.modules.whatsapp.domain.message_template import Component
from wacloud.modules.whatsapp.domain.template_codes import buttons_of
from wacloud.modules.whatsapp.domain.template_files import cards_of, parts_of
from wacloud.modules.whatsapp.domain.template_text import Findings

# The label Meta wants when one is made; phones show it in their own language.
LABELS: Final[Mapping[str, str]] = {"CATALOG": "View catalog", "MPM": "View items", "SPM": "View"}
PRODUCT: Final = "PRODUCT"
SECTIONS: Final = 10
PRODUCTS: Final = 30
SECTION_TITLE: Final = 24
CARDS: Final = (2, 10)  # as sent: two of them are enough to have it reviewed
CARD_BUTTONS: Final = ("SPM", "URL")


def header_format(parts: Mapping[str, Component]) -> str | None:
    """The kind of its header; None without one."""
    return str(parts["HEADER"].get("format") or "TEXT").upper() if "HEADER" in parts else None


def has_product_cards(carousel: Component) -> bool:
    """Whether its cards show products in place of files."""
    return any(
        str(part.get("type", "")).upper() == "HEADER" and str(part.get("format", "")).upper() == PRODUCT
        for card in cards_of(carousel)
        for part in parts_of(card)
    )


def sells_products(parts: Mapping[str, Component]) -> bool:
    """Whether a button or what stands above the text is of the catalogue."""
    kinds = {str(button.get("type", "")).upper() for button in buttons_of(parts.get("BUTTONS", {}))}
    return bool(kinds & LABELS.keys()) or header_format(parts) == PRODUCT


def lint_products(found: Findings, category: str, parts: Mapping[str, Component]) -> None:
    """One of these buttons, with the header it goes with."""
    kinds = [str(button.get("type", "")).upper() for button in buttons_of(parts.get("BUTTONS", {}))]
    ours = [kind for kind in kinds if kind in LABELS]
    header = header_format(parts)
    if len(ours) > 1:
        found.error("buttons", "one_way_to_products")
    if category != "MARKETING" and (ours or header == PRODUCT or has_product_cards(parts.get("CAROUSEL", {}))):
        found.error("category", "only_marketing")
    if "CATALOG" in ours and header is not None:
        found.error("header", "header_of_catalog")
    if "MPM" in ours and header != "TEXT":
        found.error("header.text", "header_of_products")
    if "SPM" in ours and header != PRODUCT:
        found.error("header.format", "header_of_product")
    if header == PRODUCT and "SPM" not in ours:
        found.error("buttons", "product_needs_button")


def lint_product_card(found: Findings, field: str, parts: Mapping[str, Component]) -> None:
    """A product and its one button: its text, picture and price are the catalogue's."""
    if "BODY" in parts:
        found.error(f"{field}.body", "not_on_product_card")
    kinds = [str(button.get("type", "")).upper() for button in buttons_of(parts.get("BUTTONS", {}))]
    if len(kinds) != 1 or kinds[0] not in CARD_BUTTONS:
        found.error(f"{field}.buttons", "product_card_button")


def sections_in(written: str) -> list[dict[str, Any]]:
    """
    Products as a person lists them, a code a line; a line that ends with a colon begins a section of this name.

    Lines before the first such make a section without a name.
    """
    sections: list[dict[str, Any]] = []
    for line in (one.strip() for one in written.splitlines()):
        if line.endswith(":"):
            sections.append({"title": line[:-1].strip(), "product_items": []})
        elif line:
            if not sections:
                sections.append({"product_items": []})
            sections[-1]["product_items"].append({"product_retailer_id": line})
    return sections


def products_in(sections: Sequence[Mapping[str, Any]]) -> list[str]:
    """The codes of all products, in their order."""
    listed = [item for section in sections for item in section.get("product_items") or ()]
    return [str(item.get("product_retailer_id") or "") for item in listed if isinstance(item, Mapping)]


def lines_in(written: str) -> list[tuple[int, list[int]]]:
    """Where the sections of such a list begin, counted from 1, and the lines of their products."""
    found: list[tuple[int, list[int]]] = []
    for number, line in enumerate(written.splitlines(), 1):
        if line.strip().endswith(":"):
            found.append((number, []))
        elif line.strip():
            if not found:
                found.append((number, []))
            found[-1][1].append(number)
    return found
