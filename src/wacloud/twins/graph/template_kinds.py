"""What Meta refuses of templates with rules of their own: offers, products, calls, codes that an app fills in."""

from __future__ import annotations

import re
from typing import Any

from wacloud.twins.graph.errors import GraphRefusal

Json = dict[str, Any]

OFFER, OFFER_BODY, LABEL, APPS, PACKAGE, SIGNATURE = 16, 600, 25, 5, 224, 11
CALL_MINUTES = (1440, 43_200)
WAYS = ("COPY_CODE", "ONE_TAP", "ZERO_TAP")
PRODUCT_BUTTONS = ("CATALOG", "MPM", "SPM")
SHARE_CONTACT = "Share Contact Info"


def refused(subcode: int, title: str, told: str) -> GraphRefusal:
    """A refusal of a template: code 100, its subcode says which, and a person can read why."""
    return GraphRefusal(100, message="Invalid parameter", subcode=subcode, user=(title, told))


def check_kinds(components: list[Json], category: str) -> None:
    """:raises GraphRefusal: a part is not for this category, or not beside the others."""
    parts = {str(one.get("type", "")).upper(): one for one in components}
    kinds = [str(one.get("type", "")).upper() for one in _buttons_of(parts.get("BUTTONS", {}))]
    header = str(parts["HEADER"].get("format") or "").upper() if "HEADER" in parts else None
    if "LIMITED_TIME_OFFER" in parts:
        _offer(parts, kinds, header, category)
    ours = [kind for kind in kinds if kind in PRODUCT_BUTTONS]
    if (ours or header == "PRODUCT" or _sells_on_cards(parts.get("CAROUSEL", {}))) and category != "MARKETING":
        raise _wrong("Templates of a catalogue are of category MARKETING.")
    if len(ours) > 1:
        raise _wrong("A template has one button to products.")
    if "CATALOG" in ours and header is not None:
        raise _wrong("A catalog template has no header.")
    if "MPM" in ours and header != "TEXT":
        raise _wrong("A multi-product template has a header of text.")
    if ("SPM" in ours) != (header == "PRODUCT"):
        raise _wrong("A single-product template has a product header and an SPM button.")
    otp = [one for one in _buttons_of(parts.get("BUTTONS", {})) if str(one.get("type", "")).upper() == "OTP"]
    if otp and category != "AUTHENTICATION":
        raise _wrong("An OTP button is for templates of category AUTHENTICATION.")


def check_product_card(parts: list[Json]) -> None:
    """:raises GraphRefusal: more than a product and its button is on it."""
    kinds = [str(one.get("type", "")).upper() for one in parts]
    buttons = [str(b.get("type", "")).upper() for one in parts for b in _buttons_of(one)]
    if "BODY" in kinds or len(buttons) != 1 or buttons[0] not in ("SPM", "URL"):
        raise _wrong("A product card has a product and one button: View or a url.")


def check_own_button(kind: str, one: Json) -> None:
    """:raises GraphRefusal: a button with rules of its own breaks them."""
    text = one.get("text")
    if kind == "REQUEST_CONTACT_INFO" and text not in (None, SHARE_CONTACT):
        raise _wrong(f"The text of this button is {SHARE_CONTACT!r} or left out.")
    if kind in (*PRODUCT_BUTTONS, "VOICE_CALL") and (not isinstance(text, str) or not 1 <= len(text) <= LABEL):
        raise _wrong(f"A {kind} button has a text of at most {LABEL} characters.")
    if kind == "VOICE_CALL" and "ttl_minutes" in one:
        minutes = one["ttl_minutes"]
        if not isinstance(minutes, int) or not CALL_MINUTES[0] <= minutes <= CALL_MINUTES[1]:
            raise GraphRefusal(100, message="(#100) Param ttl_minutes must be between 1440 and 43200.")
    if kind == "OTP":
        _otp(one)


def _otp(one: Json) -> None:
    way = one.get("otp_type")
    if way not in WAYS:
        raise GraphRefusal(100, message=f"(#100) Param otp_type must be one of {{{', '.join(WAYS)}}}.")
    for key in ("text", "autofill_text"):
        if len(str(one.get(key) or "")) > LABEL:
            raise _wrong(f"{key} has at most {LABEL} characters.")
    if way == "COPY_CODE":
        return
    apps = one.get("supported_apps")
    if not isinstance(apps, list) or not 1 <= len(apps) <= APPS:
        raise _wrong(f"supported_apps names 1 to {APPS} apps.")
    for app in apps:
        package, signature = str(app.get("package_name") or ""), str(app.get("signature_hash") or "")
        if not re.fullmatch(r"[A-Za-z]\w*(\.[A-Za-z]\w*)+", package) or len(package) > PACKAGE:
            raise _wrong("package_name has two segments at least, each beginning with a letter.")
        if not re.fullmatch(r"[A-Za-z0-9+/=]{11}", signature):
            raise _wrong(f"signature_hash has exactly {SIGNATURE} characters.")
    if way == "ZERO_TAP" and one.get("zero_tap_terms_accepted") is not True:
        raise _wrong("The terms of zero-tap have to be accepted.")


def _offer(parts: dict[str, Json], kinds: list[str], header: str | None, category: str) -> None:
    offer = parts["LIMITED_TIME_OFFER"].get("limited_time_offer")
    text = offer.get("text") if isinstance(offer, dict) else None
    if not isinstance(offer, dict) or not isinstance(text, str) or not 1 <= len(text) <= OFFER:
        raise _wrong(f"A limited-time offer has a text of at most {OFFER} characters.")
    if category != "MARKETING":
        raise _wrong("A limited-time offer is of category MARKETING.")
    if "FOOTER" in parts or header not in (None, "IMAGE", "VIDEO"):
        raise _wrong("Beside a limited-time offer there is no footer, and a header is an image or a video.")
    if len(str(parts.get("BODY", {}).get("text") or "")) > OFFER_BODY:
        raise refused(2388040, "Character limit exceeded", f"BODY: {OFFER_BODY} are the most beside an offer.")
    if offer.get("has_expiration") and "COPY_CODE" not in kinds:
        raise _wrong("An offer that expires has a copy code button.")
    if "URL" not in kinds or ("COPY_CODE" in kinds and kinds[0] != "COPY_CODE"):
        raise _wrong("The copy code button comes first, and there is a url button.")


def _sells_on_cards(carousel: Json) -> bool:
    cards = carousel.get("cards")
    return any(
        str(part.get("format", "")).upper() == "PRODUCT"
        for card in (cards if isinstance(cards, list) else ())
        for part in card.get("components", ())
    )


def _buttons_of(one: Json) -> list[Json]:
    listed = one.get("buttons")
    return [button for button in listed if isinstance(button, dict)] if isinstance(listed, list) else []


def _wrong(told: str) -> GraphRefusal:
    return refused(2388042, "Message template components are wrong", told)
