"""
What a message means besides its words: what it quotes, which button was pressed, what a form, an order or a pin holds.

`said` is what can be looked up in the knowledge, in the contact's own words; `tells` is what a model reads, where our
words stand in brackets. One function for each kind; whatever a message does not hold is left out.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from wacloud.modules.bot.domain.language import Language
from wacloud.modules.bot.domain.spelling import plain
from wacloud.modules.bot.domain.topics import topic_id

_LONGEST_QUOTE: Final = 300
_LONGEST_PART: Final = 200
_LONGEST_FORM: Final = 1500
_MOST_ITEMS: Final = 30
_YES: Final = frozenset("👍👌✅✔☑🆗💪🙌👏❤💚💙🧡💛💜🤝🙏😊😍🥰💯🎉")
_NO: Final = frozenset("👎❌✖🙅🚫😡😠⛔")
_SKIN_OR_SHAPE: Final = re.compile("[\U0001f3fb-\U0001f3ff\ufe0f\u200d♀♂]")
_ASKS_WHAT: Final = re.compile(
    r"\b(?:que|cual|cuales|como|cuando|donde|quien|quienes|cuanto|cuanta|cuantos|cuantas|what|which|how|when|where|who|why"
    r"|qual|quais|quando|onde|quem|quanto|quantos)\b[^?]*\?\W*$"
)
_WORD: Final[Mapping[str, Mapping[Language, str]]] = {
    "yes": {"es": "sí", "en": "yes", "pt": "sim"},
    "no": {"es": "no", "en": "no", "pt": "não"},
}


@dataclass(frozen=True, slots=True)
class Came:
    """One message as it came: its kind, its words, its other content, and the message it is about."""

    kind: str
    text: str | None
    content: Mapping[str, Any] = field(default_factory=dict)
    author: str = "contact"
    about: "Came | None" = None


@dataclass(frozen=True, slots=True)
class Meant:
    """What it comes to. `topic` is the item of the knowledge that was chosen from a list of ours."""

    kind: str
    said: str | None = None
    tells: str | None = None
    topic: str | None = None


def meaning_of(came: Came, language: Language = "es") -> Meant:
    """Read one message."""
    meant = _READERS.get(came.kind, _words)(came, language)
    before = [*_origin(came), *(_quoted(came) if came.kind not in ("reaction", "button", "interactive") else ())]
    if before:
        meant = replace(meant, tells=" ".join([*before, meant.tells or _unseen(came)]))
    return meant


def is_yes_no_question(text: str | None) -> bool:
    """Whether a thumb answers it: it ends by asking, and not for a what, a when or a where."""
    said = plain(text or "")
    return said.rstrip(" 🙂😊").endswith("?") and not _ASKS_WHAT.search(said)


def yes_or_no(emoji: str | None) -> str | None:
    """What a reaction answers: "yes", "no" or nothing."""
    bare = _SKIN_OR_SHAPE.sub("", emoji or "")
    if bare and all(sign in _YES for sign in bare):
        return "yes"
    return "no" if bare and all(sign in _NO for sign in bare) else None


def _words(came: Came, _: Language) -> Meant:
    return Meant(came.kind, came.text, came.text)


def _reply(came: Came, language: Language) -> Meant:
    """A button or a row of a list, with the question it answers; a form; the leave to call."""
    if isinstance(came.content.get("flow"), Mapping):
        return _form(came, language)
    reply = _part(came.content, "reply")
    title = _text(reply, "title") or came.text
    if title is None:
        return Meant(came.kind)
    described = _text(reply, "description")
    # A title has room for 24 signs: what it stands for is in its description.
    whole = described if described and title.endswith("…") else title
    under = f" under {_cited(came.about)}" if came.about and came.about.text else ""
    more = f" ({described})" if described and whole != described else ""
    return Meant("text", whole, f"[pressed] {whole}{more}{under}", topic_id(_text(reply, "id")))


def _form(came: Came, _: Language) -> Meant:
    flow = _part(came.content, "flow")
    fields = [
        f"{str(name).replace('_', ' ')}: {_flat(value)}"
        for name, value in _part(flow, "data").items()
        if name != "flow_token" and value not in (None, "", [], {})
    ]
    told = "; ".join(fields) or _flat(flow.get("raw"))
    return Meant("form", None, f"[filled in a form] {told}"[:_LONGEST_FORM] if told else None)


def _order(came: Came, _: Language) -> Meant:
    order = _part(came.content, "order")
    items = [item for item in order.get("items") or () if isinstance(item, Mapping)]
    lines = [
        f"{_text(item, 'quantity') or '1'} × {_text(item, 'retailer_id') or 'a product'}"
        + (f" at {item['price']} {_text(item, 'currency') or ''}".rstrip() if item.get("price") else "")
        for item in items[:_MOST_ITEMS]
    ]
    if len(items) > _MOST_ITEMS:
        lines.append(f"and {len(items) - _MOST_ITEMS} more")
    total = _total(items)
    told = "; ".join([*lines, *([f"total {total}"] if total else [])])
    note = f". Their note: {came.text}" if came.text else ""
    return Meant("order", came.text, f"[sent an order] {told}{note}" if told else came.text)


def _total(items: Sequence[Mapping[str, Any]]) -> str | None:
    """The sum, where every price is there and all are of one currency."""
    currencies = {_text(item, "currency") for item in items}
    if len(currencies) != 1 or None in currencies:
        return None
    try:
        total = sum((Decimal(str(i["price"])) * Decimal(str(i.get("quantity") or 1)) for i in items), Decimal())
    except (InvalidOperation, KeyError):
        return None
    return f"{total:.2f} {currencies.pop()}" if total.is_finite() else None


def _location(came: Came, _: Language) -> Meant:
    place = _part(came.content, "location")
    named = [part for part in (_text(place, "name"), _text(place, "address")) if part]
    latitude, longitude = place.get("latitude"), place.get("longitude")
    if isinstance(latitude, (int, float)) and isinstance(longitude, (int, float)):
        named.append(f"{latitude:.5f}, {longitude:.5f}")
    return Meant("location", came.text, f"[shared a place] {'; '.join(named)}" if named else None)


def _contacts(came: Came, _: Language) -> Meant:
    """Who, not how to reach them: the numbers of somebody who does not know it are nobody else's."""
    cards = [card for card in came.content.get("contacts") or () if isinstance(card, Mapping)]
    named = [(_text(card, "name"), _text(card, "company")) for card in cards[:_MOST_ITEMS]]
    told = "; ".join(" of ".join(filter(None, names)) for names in named if any(names))
    return Meant("contacts", came.text, f"[shared a contact card] {told}" if told else None)


def _file(came: Came, _: Language) -> Meant:
    """A picture, a film, a document: its caption, and a document's name."""
    name = _text(_part(came.content, "media"), "filename") if came.kind == "document" else None
    sent = f'[sent a document, "{name}", that you cannot read]' if name else _unseen(came)
    told = " ".join(part for part in (sent, came.text) if part)
    return Meant(came.kind, came.text, told if came.text or name else None)


def _reaction(came: Came, language: Language) -> Meant:
    """A thumb up to a question that can be answered with yes is a yes; any other reaction says nothing."""
    emoji = _text(_part(came.content, "reaction"), "emoji")
    answer = yes_or_no(emoji)
    asked = came.about
    if answer is None or asked is None or asked.author == "contact" or not is_yes_no_question(asked.text):
        return Meant("reaction")
    word = _WORD[answer][language]
    return Meant("text", word, f"[reacted {emoji}, which means {answer}, to {_cited(asked)}]")


def _sticker(_: Came, __: Language) -> Meant:
    return Meant("sticker")


_READERS: Final[Mapping[str, Callable[[Came, Language], Meant]]] = {
    "button": _reply,
    "interactive": _reply,
    "order": _order,
    "location": _location,
    "contacts": _contacts,
    "image": _file,
    "video": _file,
    "document": _file,
    "reaction": _reaction,
    "sticker": _sticker,
}


def _quoted(came: Came) -> Sequence[str]:
    if came.about is None or not came.content.get("quoted"):
        return ()
    about = meaning_of(replace(came.about, about=None)).tells or came.about.text
    return (f"[replying to {_cited(replace(came.about, text=about))}]",) if about else ()


def _origin(came: Came) -> Sequence[str]:
    """The ad or the product that brought them."""
    referral, product = _part(came.content, "referral"), _part(came.content, "referred_product")
    told = [part for part in (_text(referral, "headline"), _text(referral, "body")) if part]
    if told:
        return (f"[came from the ad {_short(' – '.join(told))}]",)
    asked = _text(product, "retailer_id")
    return (f"[asks about the product {_short(asked)}]",) if asked else ()


def _unseen(came: Came) -> str:
    return f"[sent {'an' if came.kind[0] in 'aeiou' else 'a'} {came.kind} you cannot see]"


def _cited(came: Came) -> str:
    whose = "their own message" if came.author == "contact" else "the business's message"
    return f"{whose} {_short(came.text or came.kind, _LONGEST_QUOTE)}"


def _short(text: str, longest: int = _LONGEST_PART) -> str:
    line = " ".join(text.split())
    return f'"{line[:longest]}…"' if len(line) > longest else f'"{line}"'


def _flat(value: object) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_flat(part)}" for name, part in value.items())
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_flat, value))
    return "" if value is None else str(value)


def _part(content: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    found = content.get(name)
    return found if isinstance(found, Mapping) else {}


def _text(part: Mapping[str, Any], name: str) -> str | None:
    found = part.get(name)
    return found if isinstance(found, str) and found.strip() else None
