"""A template we sent, as the thread shows it: words, offer, buttons, products and cards, as far as they are known."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from wacloud.modules.whatsapp.application.inbox import MessageRow
from wacloud.modules.whatsapp.domain.message_template import Component, part
from wacloud.modules.whatsapp.domain.template_blanks import read_as_sent
from wacloud.modules.whatsapp.domain.template_codes import buttons_of
from wacloud.modules.whatsapp.domain.template_files import cards_of, parts_of
from wacloud.modules.whatsapp.domain.template_offer import KIND as OFFER
from wacloud.modules.whatsapp.domain.template_offer import offer_of
from wacloud.modules.whatsapp.ui.template_preview import code_told, footer_of, label_of
from wacloud.modules.whatsapp.ui.view_parts import Fields, a_list, a_text, an_object
from wacloud.shared.ui.i18n import N_, Translate

FILES: Final[dict[str, str]] = {"image": N_("Photo"), "video": N_("Video"), "document": N_("Document")}
_NAMED: Final[dict[str, str]] = {**FILES, "product": N_("Product"), "coupon_code": N_("Code to copy")}


def template_parts(row: MessageRow, language: str, say: Translate) -> dict[str, Any]:
    """By the names a view has for them. Where its words are not known, its values are listed."""
    used, components = an_object(row.content.get("template")), row.template or []
    name = a_text(used.get("name")) or say("Template")
    asked = [an_object(one) for one in a_list(used.get("components"))]
    words = _words(row, name, components, asked)
    told: dict[str, Any] = {
        "offer": _offer(components, asked, say),
        "buttons": tuple(_buttons(components, asked, language)),
        "cards": list(_cards(components, asked, language, say)),
    }
    if words is None:
        pairs = [(label or str(n), value) for n, (label, value) in enumerate(_values(asked, say), start=1)]
        its_language = _language(used)
        if its_language:
            pairs.insert(0, (say("Language"), its_language))
        return told | {"cards": [Fields("template", name, tuple(pairs)), *told["cards"]], "is_told": True}
    footer = (footer_of(components, _language(used)), f"{say('Template')}: {name.replace('_', ' ')}")
    return told | {"words": words, "footer": " · ".join(line for line in footer if line)}


def section_of(section: dict[str, Any], say: Translate) -> Fields:
    """Rows or products under their title."""
    rows = [
        (a_text(an_object(row).get("title")) or "", a_text(an_object(row).get("description")) or "")
        for row in a_list(section.get("rows"))
    ]
    products = [
        (say("Product"), a_text(an_object(item).get("product_retailer_id")) or "?")
        for item in a_list(section.get("product_items"))
    ]
    return Fields(
        "list-details",
        a_text(section.get("title")) or (say("Products") if products else say("Options")),
        tuple(rows + products),
    )


def _language(used: Mapping[str, Any]) -> str:
    return a_text(an_object(used.get("language")).get("code")) or ""


def _words(row: MessageRow, name: str, components: Sequence[Component], asked: list[dict[str, Any]]) -> str | None:
    """As they were kept when it was sent, else as the template says now; None where nobody knows them."""
    if row.body and row.body != name and not row.body.startswith(f"{name}:"):
        return row.body
    language = _language(an_object(row.content.get("template")))
    code = next((a_text(value.get("text")) for value in _parameters(asked, "body")), None)
    return read_as_sent(components, {"components": asked}) or code_told(components, language, code or "") or None


def _parameters(asked: list[dict[str, Any]], *kinds: str) -> list[dict[str, Any]]:
    return [an_object(value) for one in asked if one.get("type") in kinds for value in a_list(one.get("parameters"))]


def _offer(
    components: Sequence[Component], asked: list[dict[str, Any]], say: Translate
) -> tuple[str, datetime | None] | None:
    """Its line, and when it ends."""
    ends = [
        an_object(value.get("limited_time_offer")).get("expiration_time_ms")
        for value in _parameters(asked, "limited_time_offer")
    ]
    line = a_text(offer_of(part(components, OFFER)).get("text"))
    if not line and not ends:
        return None
    end = ends[0] if ends else None
    try:
        until = datetime.fromtimestamp(end / 1000, UTC) if isinstance(end, int) else None
    except (ValueError, OverflowError, OSError):
        until = None
    return line or say("Offer"), until


def _buttons(components: Sequence[Component], asked: list[dict[str, Any]], language: str) -> list[str]:
    """What stands on them, in the reader's language where WhatsApp writes it; a code to copy with what it copies."""
    copied = {
        str(one.get("index")): a_text(an_object(value).get("coupon_code"))
        for one in asked
        for value in a_list(one.get("parameters"))
    }
    found = []
    for n, button in enumerate(buttons_of(part(components, "BUTTONS"))):
        label, code = label_of(button, language), copied.get(str(n))
        found.append(f"{label}: {code}" if code else label)
    return found


def _cards(
    components: Sequence[Component], asked: list[dict[str, Any]], language: str, say: Translate
) -> Sequence[Fields]:
    """What it shows beside its text: a place, a product, products in sections, cards."""
    found: list[Fields] = []
    for value in _parameters(asked, "header"):
        if value.get("type") == "location":
            place = an_object(value.get("location"))
            address = a_text(place.get("address"))
            title = a_text(place.get("name")) or say("Location")
            found.append(Fields("map-pin", title, ((say("Address"), address),) if address else ()))
        elif value.get("type") == "product":
            found.append(Fields("tag", say("Product"), tuple(_product(an_object(value.get("product")), say))))
    for value in _parameters(asked, "button"):
        sections = a_list(an_object(value.get("action")).get("sections"))
        found += [section_of(an_object(section), say) for section in sections]
    given = [an_object(card) for one in asked for card in a_list(one.get("cards"))]
    approved = cards_of(part(components, "CAROUSEL"))
    for n, card in enumerate(given):
        # Cards of products are reviewed with two and sent with up to ten: all look the same.
        looks = parts_of(approved[min(n, len(approved) - 1)]) if approved else []
        found.append(_card(n, looks, [an_object(one) for one in a_list(card.get("components"))], language, say))
    return found


def _card(n: int, looks: Sequence[Component], asked: list[dict[str, Any]], language: str, say: Translate) -> Fields:
    products = [an_object(value.get("product")) for value in _parameters(asked, "header")]
    pairs = [pair for product in products for pair in _product(product, say)]
    text = read_as_sent(looks, {"components": asked})
    if text:
        pairs.append((say("Text"), text))
    elif not products:
        pairs += [(label or str(place), value) for place, (label, value) in enumerate(_values(asked, say), start=1)]
    pairs += [(say("Button"), label) for label in _buttons(looks, asked, language)]
    return Fields("tag" if any(products) else "photo", f"{say('Card')} {n + 1}", tuple(pairs))


def _product(product: Mapping[str, Any], say: Translate) -> list[tuple[str, str]]:
    told = ((say("Code"), product.get("product_retailer_id")), (say("Catalogue"), product.get("catalog_id")))
    return [(label, value) for label, value in told if isinstance(value, str) and value]


def _values(asked: list[dict[str, Any]], say: Translate) -> list[tuple[str | None, str]]:
    """Texts, codes and files; what has a box of its own is not among them. A code for signing in is told once."""
    found: list[tuple[str | None, str]] = []
    texts = [a_text(value.get("text")) for value in _parameters(asked, "body")]
    for one in asked:
        for value in map(an_object, a_list(one.get("parameters"))):
            kind = a_text(value.get("type")) or ""
            told = a_text(value.get("text")) or a_text(value.get("coupon_code")) or _formed(value, kind)
            if not told or kind in ("product", "location"):
                continue
            is_code = [told] == texts and one.get("sub_type") == "url"
            if is_code:
                found = [(say("Code"), text) if text == told else (label, text) for label, text in found]
            else:
                found.append((say(_NAMED[kind]) if kind in _NAMED else a_text(value.get("parameter_name")), told))
    return found


def _formed(value: dict[str, Any], kind: str) -> str | None:
    formed = an_object(value.get(kind))
    return a_text(formed.get("fallback_value")) or a_text(formed.get("name")) or a_text(formed.get("link"))
