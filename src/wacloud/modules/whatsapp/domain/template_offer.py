"""
The rules for a limited-time offer: a line that says what it is, a countdown, and a code to copy.

As Meta's page “Limited-time offer templates” (17 June 2026) has them; the end of the offer is said when it is sent.
"""

from collections.abc import Mapping
from typing import Any, Final

from wacloud.modules.whatsapp.domain.message_template import Component
from wacloud.modules.whatsapp.domain.template_codes import buttons_of
from wacloud.modules.whatsapp.domain.template_products import sells_products
from wacloud.modules.whatsapp.domain.template_text import Findings
from wacloud.modules.whatsapp.domain.template_words import EMOJI

KIND: Final = "LIMITED_TIME_OFFER"
TEXT: Final = 16
BODY: Final = 600
_FIELD: Final = "limited_time_offer.text"
_HEADERS: Final = ("IMAGE", "VIDEO")


def offer_of(component: Component) -> Mapping[str, Any]:
    """What it says of the offer; empty where that cannot be read."""
    offer = component.get("limited_time_offer")
    return offer if isinstance(offer, Mapping) else {}


def counts_down(component: Component) -> bool:
    """Whether whoever sends it has to say when it ends."""
    return bool(offer_of(component).get("has_expiration"))


def lint_offer(found: Findings, category: str, parts: Mapping[str, Component]) -> None:
    """Marketing, a short body, no footer; with a countdown a code, which comes first, and a link."""
    one = parts[KIND]
    text = found.text(_FIELD, offer_of(one).get("text"), TEXT)
    if "{{" in text:
        found.error(_FIELD, "variable_not_allowed")
    if "\n" in text:
        found.error(_FIELD, "too_many_line_breaks", 0)
    if EMOJI.search(text):
        found.error(_FIELD, "emoji_not_allowed")
    if category != "MARKETING":
        found.error("category", "only_marketing")
    if "FOOTER" in parts:
        found.error("footer", "not_beside_offer")
    kinds = [str(button.get("type", "")).upper() for button in buttons_of(parts.get("BUTTONS", {}))]
    if len(str(parts.get("BODY", {}).get("text") or "")) > BODY:
        found.error("body.text", "text_too_long", BODY)
    if sells_products(parts):
        found.error("buttons", "offer_beside_products")
        return
    if "HEADER" in parts and str(parts["HEADER"].get("format") or "TEXT").upper() not in _HEADERS:
        found.error("header.format", "picture_or_video")
    if counts_down(one) and "COPY_CODE" not in kinds:
        found.error("buttons", "offer_needs_code")
    if "COPY_CODE" in kinds and kinds[0] != "COPY_CODE":
        found.error("buttons", "code_first")
    if "URL" not in kinds:
        found.error("buttons", "offer_needs_link")
