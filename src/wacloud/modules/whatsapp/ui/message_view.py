"""A message as the thread shows it: everything that is worked out before a template puts it into boxes."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from babel.numbers import format_currency
from markupsafe import Markup, escape

from wacloud.modules.whatsapp.application.inbox import MessageRow, TurnRow
from wacloud.modules.whatsapp.ui.reasons import failure_in_words, reason_in_words
from wacloud.shared.ui.i18n import N_, Translate, translator
from wacloud.shared.ui.times import sortable, zone_named

# What may stand in an address is what stays in it; closing brackets and full stops belong to the sentence.
_ADDRESS = re.compile(r"https?://[^\s<>\"'\u0000-\u0020\u200b-\u200f\u202a-\u202e\u2066-\u2069]+", re.IGNORECASE)
_SENTENCE_END = ".,;:!?)]}»”’…"
_LONG_AGO: Final = timedelta(minutes=2)

KINDS: Final[dict[str, tuple[str, str]]] = {
    "image": ("photo", N_("Photo")),
    "video": ("video", N_("Video")),
    "audio": ("volume", N_("Audio")),
    "voice": ("microphone", N_("Voice note")),
    "document": ("file-text", N_("Document")),
    "sticker": ("sticker", N_("Sticker")),
    "location": ("map-pin", N_("Location")),
    "contacts": ("id", N_("Contact")),
    "order": ("receipt", N_("Order")),
    "interactive": ("list-check", N_("Answer")),
    "button": ("list-check", N_("Answer")),
    "template": ("template", N_("Template")),
    "call": ("phone", N_("Call")),
    "media_placeholder": ("photo", N_("File from before the connection")),
    "reaction": ("mood-smile", N_("Reaction")),
    "unsupported": ("alert-triangle", N_("Message we cannot show")),
}
MEDIA: Final = frozenset({"image", "video", "audio", "document", "sticker", "media_placeholder"})
SYSTEM_LINES: Final[dict[str, str]] = {
    "system": N_("Notice of WhatsApp"),
    "request_welcome": N_("Opened the chat for the first time"),
    "edit": N_("Corrected a message that is not here"),
    "revoke": N_("Deleted a message that is not here"),
    "call": N_("Call"),
    "reaction": N_("Reacted to a message that is not here"),
}

STATES: Final[dict[str, tuple[str, str]]] = {
    "queued": ("clock", N_("Waiting to be sent")),
    "dispatching": ("clock", N_("Being sent")),
    "sent": ("check", N_("Sent")),
    "delivered": ("checks", N_("Delivered")),
    "read": ("checks", N_("Read")),
    "failed": ("alert-circle", N_("Not sent")),
    "unconfirmed": ("help", N_("Unconfirmed")),
}
SOURCES: Final[dict[str, str]] = {
    "model": N_("Language model"),
    "knowledge": N_("Your frequent questions"),
    "fallback": N_("Fallback text"),
    "none": N_("No answer"),
}
REPLIES: Final[dict[str, str]] = {
    "button": N_("Chose a button"),
    "list": N_("Chose from the list"),
    "template_button": N_("Chose a button"),
}


@dataclass(frozen=True, slots=True)
class Media:
    """A file we do not show yet: what it is."""

    icon: str
    label: str
    detail: str | None


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


@dataclass(frozen=True, slots=True)
class Why:
    """How the bot came to an answer."""

    source: str
    title: str
    why: str | None
    facts: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class MessageView:
    """One bubble, or one line between bubbles."""

    row: MessageRow
    order: str
    side: str  # in | out | line
    is_line: bool
    text: Markup | None
    line: str | None
    media: Media | None = None
    place: Place | None = None
    cards: tuple[Fields, ...] = ()
    reply: tuple[str, str | None] | None = None  # what was tapped: label, description
    buttons: tuple[str, ...] = ()
    origin: tuple[str, Markup | None] | None = None  # the ad or product that brought them
    unsupported: str | None = None
    quote: tuple[str, str] | None = None
    earlier: tuple[str, ...] = ()
    reactions: tuple[tuple[str, str], ...] = ()
    is_forwarded: bool = False
    state: tuple[str, str] | None = None
    problem: str | None = None
    can_send_again: bool = False
    settled: str | None = None
    why: Why | None = None


@dataclass(frozen=True, slots=True)
class Day:
    """The messages of one day, under one heading."""

    id: str
    at: datetime
    order: str
    messages: list[MessageView] = field(default_factory=list)


def days_of(messages: Iterable[MessageRow], *, language: str, zone: str, now: datetime) -> list[Day]:
    """Messages as views, grouped by the day on which they were sent where the business is."""
    here = zone_named(zone)
    days: list[Day] = []
    for row in messages:
        there = row.sent_at.astimezone(here)
        name = there.strftime("d-%Y-%m-%d")
        if not days or days[-1].id != name:
            midnight = there.replace(hour=0, minute=0, second=0, microsecond=0)
            days.append(Day(name, row.sent_at, sortable(midnight)))
        days[-1].messages.append(view(row, language, now))
    return days


def view(row: MessageRow, language: str, now: datetime) -> MessageView:
    """Work out one message. Nothing of its content is trusted: it may be of any shape."""
    say = translator(language)
    content = row.content
    is_line = row.kind in SYSTEM_LINES
    gone = row.revoked_at is not None
    shown: dict[str, Any] = {} if gone or is_line else _parts(row, language, say)
    return MessageView(
        row=row,
        order=sortable(row.sent_at, row.arrival),
        side="line" if is_line else row.direction,
        is_line=is_line,
        line=_line(row, say) if is_line else None,
        text=None if gone or is_line else _text(row, shown),
        quote=_quote(row, say),
        earlier=() if gone else tuple(text for text in (_text_of_edit(one) for one in row.edits) if text),
        reactions=tuple((emoji, _reactor(who, say)) for who, emoji in sorted(row.reactions.items()) if emoji),
        is_forwarded=bool(content.get("forwarded") or content.get("frequently_forwarded")),
        state=_state(row, say),
        problem=_problem(row, say, now),
        can_send_again=row.direction == "out" and row.state in ("failed", "unconfirmed"),
        settled=_settled(row, say),
        why=why_of(row.turn, say),
        **shown,
    )


def linkify(text: str) -> Markup:
    """The text, escaped, with its http and https addresses as links that tell the other site nothing."""
    parts: list[Markup] = []
    position = 0
    for found in _ADDRESS.finditer(text):
        address = found[0].rstrip(_SENTENCE_END)
        # A bracket that was opened inside the address is part of it.
        if address.count("(") > address.count(")") and found[0][len(address) : len(address) + 1] == ")":
            address += ")"
        parts.append(escape(text[position : found.start()]))
        parts.append(Markup('<a href="{0}" target="_blank" rel="noopener noreferrer nofollow">{0}</a>').format(address))
        position = found.start() + len(address)
    parts.append(escape(text[position:]))
    return Markup("").join(parts)


def why_of(turn: TurnRow | None, say: Translate) -> Why | None:
    """Which source the answer came from, how sure it was, and what it cost."""
    if turn is None:
        return None
    facts: list[tuple[str, str]] = []
    detail = turn.detail
    score = _best_score(detail.get("hits"))
    if score is not None:
        facts.append((say("Similarity"), f"{score:.0%}"))
    threshold = detail.get("threshold")
    if isinstance(threshold, (int, float)):
        facts.append((say("Enough from"), f"{threshold:.0%}"))
    if turn.model:
        facts.append((say("Model"), turn.model))
    if turn.input_tokens is not None or turn.output_tokens is not None:
        facts.append((say("Tokens"), f"{turn.input_tokens or 0} + {turn.output_tokens or 0}"))
    if turn.cost_usd is not None:
        facts.append((say("Cost"), f"{turn.cost_usd:.5f} USD"))
    if isinstance(detail.get("model_ms"), (int, float)):
        facts.append((say("Time to think"), f"{detail['model_ms'] / 1000:.1f} s"))
    return Why(turn.source, say(SOURCES[turn.source]), reason_in_words(turn.why, say), tuple(facts))


def _best_score(hits: object) -> float | None:
    """The highest score of all searches, wherever in the record it stands."""
    scores = [
        float(hit["score"])
        for found in _list(hits)
        for hit in (found if isinstance(found, list) else [found])
        if isinstance(hit, dict) and isinstance(hit.get("score"), (int, float))
    ]
    return max(scores, default=None)


def _parts(row: MessageRow, language: str, say: Translate) -> dict[str, Any]:
    content = row.content
    parts: dict[str, Any] = {}
    if row.kind in MEDIA:
        parts["media"] = _media(row.kind, _dict(content.get("media")), say)
    if place := _dict(content.get("location")):
        parts["place"] = _place(place)
    cards = [_card(_dict(card), say) for card in _list(content.get("contacts"))]
    if order := _dict(content.get("order")):
        cards.append(_order(order, language, say))
    if flow := _dict(content.get("flow")):
        cards.append(_flow(flow, say))
    if call := _dict(content.get("call_permission")):
        answer = N_("May be called") if call.get("response") == "accept" else N_("Does not want calls")
        cards.append(Fields("phone", say(answer)))
    parts["cards"] = tuple(cards)
    if reply := _dict(content.get("reply")):
        parts["reply"] = (
            say(REPLIES.get(str(reply.get("kind")), REPLIES["button"])),
            _str(reply.get("description")),
        )
    parts["buttons"] = tuple(title for title in (_title(one) for one in _list(content.get("buttons"))) if title)
    if referral := _dict(content.get("referral")):
        source = _str(referral.get("source_url"))
        headline = _str(referral.get("headline")) or _str(referral.get("body")) or say("an ad")
        came_from = say("Came from")
        parts["origin"] = (f"{came_from}: {headline}", linkify(source) if source else None)
    elif product := _dict(content.get("referred_product")):
        asks_about, name = say("Asks about the product"), _str(product.get("retailer_id")) or "?"
        parts["origin"] = (f"{asks_about}: {name}", None)
    if row.kind == "unsupported":
        told = _str(content.get("unsupported_kind"))
        parts["unsupported"] = told or ""
    return parts


def _text(row: MessageRow, shown: dict[str, Any]) -> Markup | None:
    # What a box of its own says already is not said twice.
    told = ", ".join(card.title for card in shown.get("cards", ()))
    if not row.body or shown.get("place") or (row.kind == "contacts" and row.body == told):
        return None
    return linkify(row.body)


def _media(kind: str, media: dict[str, Any], say: Translate) -> Media:
    icon, label = KINDS["voice" if kind == "audio" and media.get("voice") else kind]
    mime = (_str(media.get("mime_type")) or "").partition(";")[0]
    detail = " · ".join(part for part in (_str(media.get("filename")), mime, _size(media.get("size"))) if part)
    return Media(icon, say(label), detail or None)


def _size(value: object) -> str | None:
    if not isinstance(value, int) or value <= 0:
        return None
    return f"{value / 1_000_000:.1f} MB" if value >= 1_000_000 else f"{max(1, value // 1000)} kB"


def _place(place: dict[str, Any]) -> Place | None:
    latitude, longitude = place.get("latitude"), place.get("longitude")
    if not isinstance(latitude, (int, float)) or not isinstance(longitude, (int, float)):
        return None
    spot = f"{latitude:.6f}".rstrip("0").rstrip("."), f"{longitude:.6f}".rstrip("0").rstrip(".")
    href = f"https://www.openstreetmap.org/?mlat={spot[0]}&mlon={spot[1]}#map=17/{spot[0]}/{spot[1]}"
    return Place(_str(place.get("name")), _str(place.get("address")), f"{spot[0]}, {spot[1]}", href)


def _card(card: dict[str, Any], say: Translate) -> Fields:
    pairs: list[tuple[str, str]] = []
    for key, inner, label in (
        ("phones", "phone", N_("Phone")),
        ("emails", "email", N_("E-mail")),
        ("urls", "url", N_("Web")),
    ):
        for entry in _list(card.get(key)):
            told = _str(_dict(entry).get(inner)) or _str(_dict(entry).get("wa_id"))
            if told:
                pairs.append((say(label), told))
    if company := _str(card.get("company")):
        pairs.append((say("Company"), company))
    return Fields("id", _str(card.get("name")) or say("Contact"), tuple(pairs))


def _order(order: dict[str, Any], language: str, say: Translate) -> Fields:
    pairs = []
    for item in _list(order.get("items")):
        product = _dict(item)
        price = _price(product.get("price"), product.get("currency"), language)
        name = _str(product.get("retailer_id")) or "?"
        pairs.append((f"{_str(product.get('quantity')) or '1'} × {name}", price))
    return Fields("receipt", say("Order"), tuple(pairs))


def _price(amount: object, currency: object, language: str) -> str:
    """12,50 € where that is how it is written; otherwise as it came."""
    told, unit = _str(amount) or "", _str(currency) or ""
    try:
        if len(unit) == 3 and unit.isascii() and unit.isupper():
            return str(format_currency(Decimal(told), unit, locale=language))
    except (ArithmeticError, ValueError):
        pass
    return f"{told} {unit}".strip()


def _flow(flow: dict[str, Any], say: Translate) -> Fields:
    data = _dict(flow.get("data"))
    pairs = [
        (str(key).replace("_", " "), ", ".join(map(str, value)) if isinstance(value, list) else str(value))
        for key, value in data.items()
        if key != "flow_token"
    ]
    if not pairs and flow.get("raw") is not None:
        pairs = [(say("Answer"), str(flow["raw"]))]
    return Fields("list-details", say("Form"), tuple(pairs))


def _quote(row: MessageRow, say: Translate) -> tuple[str, str] | None:
    quoted = row.quoted
    if quoted is None:
        return None
    kind = KINDS.get(quoted.kind)
    return author_in_words(quoted.author, None, say), quoted.body or (say(kind[1]) if kind else quoted.kind)


def author_in_words(author: str | None, name: str | None, say: Translate) -> str:
    """Who wrote it."""
    if name:
        return name
    return {
        "contact": say("Customer"),
        "bot": say("Assistant"),
        "member": say("Team"),
        "phone_app": say("Phone app"),
        "history": say("Earlier chat"),
    }.get(author or "", "")


def _line(row: MessageRow, say: Translate) -> str:
    if row.kind == "system" and row.body:
        return row.body
    return say(SYSTEM_LINES[row.kind])


def _state(row: MessageRow, say: Translate) -> tuple[str, str] | None:
    if row.direction != "out" or row.author == "history":
        return None
    known = STATES.get(row.state)
    return (known[0], say(known[1])) if known else None


def _problem(row: MessageRow, say: Translate, now: datetime) -> str | None:
    if row.direction == "in":
        errors = _list(row.content.get("errors"))
        return failure_in_words(_dict(errors[0]), say) if errors and row.kind != "unsupported" else None
    if row.state == "failed":
        if row.error and row.error.get("code") is not None:
            return failure_in_words(row.error, say)
        reason = reason_in_words(row.reason, say)
        not_sent = say("Not sent")
        return f"{not_sent}: {reason}" if reason else failure_in_words(row.error, say)
    if row.state == "unconfirmed":
        return say(
            "WhatsApp did not answer in time, so we do not know yet whether it arrived. We wait for its receipt."
        )
    if row.state in ("queued", "dispatching") and row.reason and now - row.sent_at > _LONG_AGO:
        return reason_in_words(row.reason, say)
    return None


def _settled(row: MessageRow, say: Translate) -> str | None:
    """How an inbound message ended, where that is not plain from the answer below it."""
    if row.direction != "in" or row.state not in ("handed_over", "ignored"):
        return None
    title = say("For a person") if row.state == "handed_over" else say("Not answered")
    reason = reason_in_words(row.reason, say)
    return f"{title}: {reason}" if reason else title


def _reactor(who: str, say: Translate) -> str:
    return say("Customer") if who == "contact" else say("You")


def _text_of_edit(edit: object) -> str | None:
    found = _dict(edit)
    return _str(found.get("body")) or _str(found.get("text"))


def _title(button: object) -> str | None:
    if isinstance(button, str):
        return button
    found = _dict(button)
    return _str(found.get("title")) or _str(_dict(found.get("reply")).get("title"))


def _str(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: object) -> Sequence[Any]:
    return value if isinstance(value, list) else ()
