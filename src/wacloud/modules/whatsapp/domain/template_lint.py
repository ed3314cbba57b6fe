"""
What Meta would say of a message template, before it is asked.

`lint` is a pure function. An error is what Meta refuses at once; a warning, what its review often rejects or files
elsewhere; a hint, what makes people block a sender.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from wacloud.modules.whatsapp.domain.message_template import Component, Draft
from wacloud.modules.whatsapp.domain.template_buttons import lint_buttons
from wacloud.modules.whatsapp.domain.template_carousel import lint_carousel
from wacloud.modules.whatsapp.domain.template_codes import CATEGORY as CODES
from wacloud.modules.whatsapp.domain.template_codes import lint_code
from wacloud.modules.whatsapp.domain.template_files import FILES, cards_of, handle_of, media_id_of, parts_of
from wacloud.modules.whatsapp.domain.template_offer import KIND as OFFER
from wacloud.modules.whatsapp.domain.template_offer import lint_offer, offer_of
from wacloud.modules.whatsapp.domain.template_products import PRODUCT, lint_products, sells_products
from wacloud.modules.whatsapp.domain.template_text import (
    BODY,
    FOOTER,
    HEADER,
    Finding,
    Findings,
    check_edges,
    check_language,
    check_name,
    check_variables,
    words_of,
)
from wacloud.modules.whatsapp.domain.template_words import (
    EMOJI,
    asks_for_secrets,
    has_short_link,
    offers_way_out,
    promotion_in,
)

__all__ = ["Finding", "lint"]

_CATEGORIES: Final = ("MARKETING", "UTILITY")
_PARTS: Final = ("HEADER", OFFER, "BODY", "FOOTER", "BUTTONS", "CAROUSEL")
_WITHOUT_FILE: Final = ("LOCATION", PRODUCT)
_BESIDE_CAROUSEL: Final = frozenset({"BODY", "CAROUSEL"})
_FORMATTING: Final = ("*", "~", "```")
_MOST_CAPITALS: Final = 0.6


def lint(draft: Draft) -> Sequence[Finding]:
    """All there is to say, the worst first and then in the order in which a person reads the template."""
    found = Findings()
    check_name(found, draft.name)
    check_language(found, draft.language)
    parts = _parts(found, draft.components)
    if draft.category == CODES:
        lint_code(found, parts)
        return found.sorted()
    if draft.category not in _CATEGORIES:
        found.error("category", "not_a_category")
    is_named = draft.parameter_format == "NAMED"
    if "HEADER" in parts:
        _header(found, parts["HEADER"], is_named)
    if "BODY" in parts:
        _body(found, parts["BODY"], is_named)
    else:
        found.error("body.text", "text_missing")
    if "FOOTER" in parts:
        _footer(found, parts["FOOTER"])
    if "BUTTONS" in parts:
        lint_buttons(found, parts["BUTTONS"])
    if "CAROUSEL" in parts:
        lint_carousel(found, parts["CAROUSEL"], is_named)
        for kind in parts.keys() - _BESIDE_CAROUSEL:
            found.error(kind.lower(), "not_beside_cards")
    if OFFER in parts:
        lint_offer(found, draft.category, parts)
    if OFFER not in parts or not sells_products(parts):
        lint_products(found, draft.category, parts)
    _whole(found, draft, parts)
    return found.sorted()


def _parts(found: Findings, components: Sequence[Component]) -> Mapping[str, Component]:
    parts: dict[str, Component] = {}
    for one in components:
        kind = str(one.get("type", "")).upper()
        if kind not in _PARTS:
            found.error("components", "part_unknown")
        elif kind in parts:
            found.error(kind.lower(), "not_unique")
        else:
            parts[kind] = one
    return parts


def _header(found: Findings, one: Component, is_named: bool) -> None:
    kind = str(one.get("format") or "TEXT").upper()
    example = _example(one)
    if kind in FILES:
        if media_id_of(one) is None and handle_of(one) is None:
            found.error("header.example", "file_example_missing")
        return
    if kind in _WITHOUT_FILE:
        return
    if kind != "TEXT":
        found.error("header.format", "not_allowed")
        return
    text = found.text("header.text", one.get("text"), HEADER)
    if not text:
        return
    if "\n" in text:
        found.error("header.text", "too_many_line_breaks", 0)
    if EMOJI.search(text):
        found.error("header.text", "emoji_not_allowed")
    if any(mark in text for mark in _FORMATTING):
        found.error("header.text", "formatting_not_allowed")
    names = check_variables(found, "header", text, is_named, example, "header_text")
    if len(names) > 1:
        found.error("header.text", "too_many_variables_here", 1)


def _body(found: Findings, one: Component, is_named: bool) -> None:
    text = found.text("body.text", one.get("text"), BODY)
    if not text:
        return
    if "\n\n\n" in text:
        found.error("body.text", "too_many_line_breaks", 2)
    if "\t" in text or "     " in text:
        found.error("body.text", "bad_white_space")
    names = check_variables(found, "body", text, is_named, _example(one), "body_text")
    check_edges(found, text)
    if names and words_of(text) < 2 * len(names) + 1:
        found.warning("body.text", "too_many_variables")


def _footer(found: Findings, one: Component) -> None:
    text = found.text("footer.text", one.get("text"), FOOTER)
    if "{{" in text:
        found.error("footer.text", "variable_not_allowed")
    if "\n" in text:
        found.error("footer.text", "too_many_line_breaks", 0)
    if EMOJI.search(text):
        found.error("footer.text", "emoji_not_allowed")


def _whole(found: Findings, draft: Draft, parts: Mapping[str, Component]) -> None:
    """What the review looks at: what it is for, what it asks, how it sounds."""
    texts = [str(parts[kind].get("text") or "") for kind in ("HEADER", "BODY", "FOOTER") if kind in parts]
    texts.append(str(offer_of(parts.get(OFFER, {})).get("text") or ""))
    buttons = list(parts.get("BUTTONS", {}).get("buttons") or ())
    for card in cards_of(parts.get("CAROUSEL", {})):
        for part in parts_of(card):
            texts.append(str(part.get("text") or ""))
            buttons += part.get("buttons") or ()
    labels = [str(one.get("text") or "") for one in buttons if isinstance(one, Mapping)]
    links = [str(one.get("url") or "") for one in buttons if isinstance(one, Mapping)]
    everything = "\n".join([*texts, *labels])
    body = str(parts.get("BODY", {}).get("text") or "")
    if draft.category == "UTILITY" and promotion_in(everything):
        found.warning("category", "likely_marketing")
    if draft.category == "MARKETING" and not offers_way_out(everything):
        found.hint("buttons", "way_out_missing")
    if asks_for_secrets(everything):
        found.warning("body.text", "asks_for_secrets")
    if has_short_link("\n".join([*texts, *links])):
        found.warning("body.text" if has_short_link(body) else "buttons", "short_link")
    letters = [c for c in body if c.isalpha()]
    if len(letters) > 20 and sum(c.isupper() for c in letters) / len(letters) > _MOST_CAPITALS:
        found.hint("body.text", "shouting")


def _example(one: Component) -> Mapping[str, Any]:
    example = one.get("example")
    return example if isinstance(example, Mapping) else {}
