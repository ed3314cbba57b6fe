"""What a message holds besides its text: files, places, cards, orders, forms. Nothing of it is trusted."""

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from babel.numbers import format_currency

from wacloud.modules.whatsapp.application.inbox import MessageRow
from wacloud.modules.whatsapp.ui import media_view
from wacloud.modules.whatsapp.ui.sent_view import header_kind, sent_parts
from wacloud.modules.whatsapp.ui.view_parts import Fields, a_list, a_text, an_object
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
# What WhatsApp names without passing it on. Its other words are shown as they came.
UNSUPPORTED: Final[dict[str, str]] = {
    "edit": N_("a correction"),
    "event": N_("an event"),
    "poll": N_("a poll"),
    "view_once": N_("something to be seen once"),
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


def parts_of(row: MessageRow, language: str, say: Translate, now: datetime) -> dict[str, Any]:
    """The boxes of a message, by the names a view has for them."""
    content = row.content
    parts: dict[str, Any] = {}
    sent = sent_parts(row, language, say) if row.direction == "out" else {}
    parts |= {name: told for name, told in sent.items() if name not in ("cards", "buttons", "link")}
    if row.kind in media_view.MEDIA:
        parts["media"] = media_view.media_view(row, say, now)
    elif row.media is not None and (shown_as := header_kind(row)):
        parts["media"] = media_view.media_view(replace(row, kind=shown_as), say, now)
    if link := sent.get("link"):
        parts["link"] = formatted(link)
    if place := an_object(content.get("location")):
        parts["place"] = _place(place)
    cards = [_card(an_object(card), say) for card in a_list(content.get("contacts"))] + sent.get("cards", [])
    if content.get("origin") == "contact_request":
        parts["note"] = say("Shared their phone")
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
    parts["buttons"] = sent.get("buttons", ()) + tuple(
        title for title in (_title(one) for one in a_list(content.get("buttons"))) if title
    )
    if referral := an_object(content.get("referral")):
        source = a_text(referral.get("source_url"))
        headline = a_text(referral.get("headline")) or a_text(referral.get("body")) or say("an ad")
        came_from = say("Came from")
        told = a_text(referral.get("body")) if a_text(referral.get("headline")) else None
        parts["origin"] = (f"{came_from}: {headline}", formatted(source) if source else None)
        parts["ad"] = told
    elif product := an_object(content.get("referred_product")):
        asks_about, name = say("Asks about the product"), a_text(product.get("retailer_id")) or "?"
        parts["origin"] = (f"{asks_about}: {name}", None)
    if row.kind == "unsupported":
        kind = a_text(content.get("unsupported_kind")) or ""
        parts["unsupported"] = say(UNSUPPORTED[kind]) if kind in UNSUPPORTED else kind
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
    for address in map(an_object, a_list(card.get("addresses"))):
        lines = [a_text(address.get(key)) for key in ("street", "postcode", "zip", "city", "state", "country")]
        pairs.append((say("Address"), ", ".join(part for part in lines if part)))
    # What came in was read into words of ours; what we send is as Meta wants it.
    if company := a_text(card.get("company")) or a_text(an_object(card.get("org")).get("company")):
        pairs.append((say("Company"), company))
    name = a_text(card.get("name")) or a_text(an_object(card.get("name")).get("formatted_name"))
    return Fields("id", name or say("Contact"), tuple(pair for pair in pairs if pair[1]))


def _order(order: dict[str, Any], language: str, say: Translate) -> Fields:
    pairs = []
    items = [an_object(item) for item in a_list(order.get("items"))]
    for product in items:
        price = _price(product.get("price"), product.get("currency"), language)
        name = a_text(product.get("retailer_id")) or "?"
        pairs.append((f"{a_text(product.get('quantity')) or '1'} × {name}", price))
    if total := _total(items, language):
        pairs.append((say("Total"), total))
    return Fields("receipt", say("Order"), tuple(pairs))


def _total(items: list[dict[str, Any]], language: str) -> str | None:
    """The sum of it, where every price is there and all are of one currency."""
    currencies = {a_text(item.get("currency")) for item in items}
    if len(currencies) != 1 or None in currencies:
        return None
    try:
        amounts = [Decimal(str(item["price"])) * Decimal(str(item.get("quantity") or 1)) for item in items]
        total = sum(amounts, Decimal())
    except (ArithmeticError, KeyError):
        return None
    return _price(str(total), currencies.pop(), language) if total.is_finite() else None


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
    places = {str(key): place for place, key in enumerate(a_list(flow.get("fields")))}
    pairs = [
        (str(key).replace("_", " "), _answer(data[key], say))
        for key in sorted(data, key=lambda key: places.get(key, len(places)))
        if key != "flow_token"
    ]
    if not pairs and flow.get("raw") is not None:
        pairs = [(say("Answer"), str(flow["raw"]))]
    return Fields("list-details", say("Form"), tuple(pairs))


def _answer(value: object, say: Translate) -> str:
    if isinstance(value, bool):
        return say("Yes") if value else say("No")
    if isinstance(value, list):
        return ", ".join(_answer(one, say) for one in value)
    return "" if value is None else str(value)


def _title(button: object) -> str | None:
    if isinstance(button, str):
        return button
    found = an_object(button)
    return a_text(found.get("title")) or a_text(an_object(found.get("reply")).get("title"))
