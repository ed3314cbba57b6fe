"""What a message holds besides its text: files, places, cards, orders, forms. Nothing of it is trusted."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from babel.numbers import format_currency

from wacloud.modules.whatsapp.application.inbox import MessageRow
from wacloud.modules.whatsapp.ui import media_view
from wacloud.modules.whatsapp.ui.whatsapp_text import formatted
from wacloud.shared.ui.i18n import N_, Translate

KINDS: Final[dict[str, tuple[str, str]]] = {
    **media_view.KINDS,
    "location": ("map-pin", N_("Location")),
    "contacts": ("id", N_("Contact")),
    "order": ("receipt", N_("Order")),
    "interactive": ("list-check", N_("Answer")),
    "button": ("list-check", N_("Answer")),
    "template": ("template", N_("Template")),
    "call": ("phone", N_("Call")),
    "reaction": ("mood-smile", N_("Reaction")),
    "unsupported": ("alert-triangle", N_("Message we cannot show")),
}
REPLIES: Final[dict[str, str]] = {
    "button": N_("Chose a button"),
    "list": N_("Chose from the list"),
    "template_button": N_("Chose a button"),
}


@dataclass(frozen=True, slots=True)
class Place:
    """A pin on the map."""

    name: str | None
    address: str | None
    coordinates: str
    href: str


@dataclass(frozen=True, slots=True)
class Fields:
    """A titled list of named values: a contact card, an order, a form."""

    icon: str
    title: str
    pairs: tuple[tuple[str, str], ...] = ()


def parts_of(row: MessageRow, language: str, say: Translate, now: datetime) -> dict[str, Any]:
    """The boxes of a message, by the names a view has for them."""
    content = row.content
    parts: dict[str, Any] = {}
    if row.kind in media_view.MEDIA:
        parts["media"] = media_view.media_view(row, say, now)
    if place := an_object(content.get("location")):
        parts["place"] = _place(place)
    cards = [_card(an_object(card), say) for card in a_list(content.get("contacts"))]
    if order := an_object(content.get("order")):
        cards.append(_order(order, language, say))
    if flow := an_object(content.get("flow")):
        cards.append(_flow(flow, say))
    if call := an_object(content.get("call_permission")):
        answer = N_("May be called") if call.get("response") == "accept" else N_("Does not want calls")
        cards.append(Fields("phone", say(answer)))
    parts["cards"] = tuple(cards)
    if reply := an_object(content.get("reply")):
        parts["reply"] = (
            say(REPLIES.get(str(reply.get("kind")), REPLIES["button"])),
            a_text(reply.get("description")),
        )
    parts["buttons"] = tuple(title for title in (_title(one) for one in a_list(content.get("buttons"))) if title)
    if referral := an_object(content.get("referral")):
        source = a_text(referral.get("source_url"))
        headline = a_text(referral.get("headline")) or a_text(referral.get("body")) or say("an ad")
        came_from = say("Came from")
        parts["origin"] = (f"{came_from}: {headline}", formatted(source) if source else None)
    elif product := an_object(content.get("referred_product")):
        asks_about, name = say("Asks about the product"), a_text(product.get("retailer_id")) or "?"
        parts["origin"] = (f"{asks_about}: {name}", None)
    if row.kind == "unsupported":
        told = a_text(content.get("unsupported_kind"))
        parts["unsupported"] = told or ""
    return parts


def _place(place: dict[str, Any]) -> Place | None:
    latitude, longitude = place.get("latitude"), place.get("longitude")
    if not isinstance(latitude, (int, float)) or not isinstance(longitude, (int, float)):
        return None
    spot = f"{latitude:.6f}".rstrip("0").rstrip("."), f"{longitude:.6f}".rstrip("0").rstrip(".")
    href = f"https://www.openstreetmap.org/?mlat={spot[0]}&mlon={spot[1]}#map=17/{spot[0]}/{spot[1]}"
    return Place(a_text(place.get("name")), a_text(place.get("address")), f"{spot[0]}, {spot[1]}", href)


def _card(card: dict[str, Any], say: Translate) -> Fields:
    pairs: list[tuple[str, str]] = []
    for key, inner, label in (
        ("phones", "phone", N_("Phone")),
        ("emails", "email", N_("E-mail")),
        ("urls", "url", N_("Web")),
    ):
        for entry in a_list(card.get(key)):
            told = a_text(an_object(entry).get(inner)) or a_text(an_object(entry).get("wa_id"))
            if told:
                pairs.append((say(label), told))
    if company := a_text(card.get("company")):
        pairs.append((say("Company"), company))
    return Fields("id", a_text(card.get("name")) or say("Contact"), tuple(pairs))


def _order(order: dict[str, Any], language: str, say: Translate) -> Fields:
    pairs = []
    for item in a_list(order.get("items")):
        product = an_object(item)
        price = _price(product.get("price"), product.get("currency"), language)
        name = a_text(product.get("retailer_id")) or "?"
        pairs.append((f"{a_text(product.get('quantity')) or '1'} × {name}", price))
    return Fields("receipt", say("Order"), tuple(pairs))


def _price(amount: object, currency: object, language: str) -> str:
    """12,50 € where that is how it is written; otherwise as it came."""
    told, unit = a_text(amount) or "", a_text(currency) or ""
    try:
        if len(unit) == 3 and unit.isascii() and unit.isupper():
            return str(format_currency(Decimal(told), unit, locale=language))
    except (ArithmeticError, ValueError):
        pass
    return f"{told} {unit}".strip()


def _flow(flow: dict[str, Any], say: Translate) -> Fields:
    data = an_object(flow.get("data"))
    pairs = [
        (str(key).replace("_", " "), ", ".join(map(str, value)) if isinstance(value, list) else str(value))
        for key, value in data.items()
        if key != "flow_token"
    ]
    if not pairs and flow.get("raw") is not None:
        pairs = [(say("Answer"), str(flow["raw"]))]
    return Fields("list-details", say("Form"), tuple(pairs))


def _title(button: object) -> str | None:
    if isinstance(button, str):
        return button
    found = an_object(button)
    return a_text(found.get("title")) or a_text(an_object(found.get("reply")).get("title"))


def a_text(value: object) -> str | None:
    """The text, if it is one and not empty."""
    return value if isinstance(value, str) and value else None


def an_object(value: object) -> dict[str, Any]:
    """The object, or an empty one."""
    return value if isinstance(value, dict) else {}


def a_list(value: object) -> Sequence[Any]:
    """The list, or an empty one."""
    return value if isinstance(value, list) else ()
