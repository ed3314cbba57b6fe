"""The form of a message template: what stands in its fields, and the template that makes."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Final

from starlette.datastructures import FormData

from wacloud.modules.whatsapp.domain.message_template import Component, Draft
from wacloud.modules.whatsapp.domain.template_carousel import CARDS
from wacloud.modules.whatsapp.domain.template_codes import CATEGORY as CODES
from wacloud.modules.whatsapp.domain.template_codes import WAYS, code_components
from wacloud.modules.whatsapp.domain.template_files import FILES
from wacloud.modules.whatsapp.domain.template_offer import KIND as OFFER
from wacloud.modules.whatsapp.domain.template_products import LABELS
from wacloud.modules.whatsapp.domain.template_starters import Starter
from wacloud.modules.whatsapp.domain.template_text import in_order, variables_of

REPLIES: Final = 3
LONGEST: Final = 5000
MOST_CARDS: Final = CARDS[1]
# What may stand above the text, or on a card; a product brings its button.
HEADERS: Final = ("text", "image", "video", "document", "location", "product")
CARD_FILES: Final = ("image", "video", "product")
# What a button may show of the catalogue.
PRODUCTS: Final = ("CATALOG", "MPM")
DAY: Final = 1440  # minutes
# How many buttons of each type it has fields for.
BUTTONS: Final[Mapping[str, int]] = {
    "QUICK_REPLY": REPLIES,
    "URL": 2,
    "PHONE_NUMBER": 1,
    "COPY_CODE": 1,
    "FLOW": 1,
    "CATALOG": 1,
    "MPM": 1,
    "SPM": 1,
    "VOICE_CALL": 1,
    "REQUEST_CONTACT_INFO": 1,
}
_WHOLE: Final = re.compile(r"[0-9]{1,4}")


@dataclass(frozen=True, slots=True)
class FilledCard:
    """The fields of one card; `file` is the id of one of our files."""

    file: str = ""
    body: str = ""
    body_examples: str = ""
    reply: str = ""
    link_text: str = ""
    link_url: str = ""
    link_example: str = ""

    def parts(self, form: str, *, is_named: bool) -> list[Component]:
        """The card as Meta has it."""
        if form == "product":
            shown = _buttons((), self.link_text, self.link_url, self.link_example) or [_product_button("SPM")]
            return [{"type": "HEADER", "format": "PRODUCT"}, {"type": "BUTTONS", "buttons": shown}]
        made: list[Component] = [_with_file(form, self.file)]
        if self.body:
            text: dict[str, Any] = {"type": "BODY", "text": self.body}
            made.append(text | _example("body_text", self.body, self.body_examples, is_named))
        buttons = _buttons((self.reply,), self.link_text, self.link_url, self.link_example)
        return [*made, {"type": "BUTTONS", "buttons": buttons}] if buttons else made


@dataclass(frozen=True, slots=True)
class Filled:
    """
    The fields as they were filled in; examples are one a line, in the order of the variables.

    `header_kind` says what stands above the text, `header_file` is the id of one of our files. With `cards` it is a
    carousel, which has a text and nothing else beside them.
    """

    name: str = ""
    language: str = "es"
    category: str = "UTILITY"
    waba_id: str = ""
    header_kind: str = "text"
    header: str = ""
    header_example: str = ""
    header_file: str = ""
    body: str = ""
    body_examples: str = ""
    footer: str = ""
    replies: tuple[str, ...] = ("",) * REPLIES
    link_text: str = ""
    link_url: str = ""
    link_example: str = ""
    call_text: str = ""
    call_phone: str = ""
    link2_text: str = ""
    link2_url: str = ""
    link2_example: str = ""
    coupon: str = ""
    flow_text: str = ""
    flow_id: str = ""
    products: str = ""
    wa_call: str = ""
    wa_call_days: str = ""
    asks_contact: str = ""
    offer_text: str = ""
    offer_ends: str = "yes"
    code_way: str = "COPY_CODE"
    code_autofill: str = ""
    code_apps: str = ""
    code_terms: str = "no"
    code_label: str = ""
    code_minutes: str = "10"
    code_warns: str = "yes"
    card_file: str = "image"
    cards: tuple[FilledCard, ...] = ()
    # What is wrong with a file that was chosen, by its field.
    troubles: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_named(self) -> bool:
        """Variables with names and those with numbers are two kinds; one with a name makes it the first."""
        texts = [self.header, self.body, *(card.body for card in self.cards)]
        return any(not name.isdigit() for text in texts for name in variables_of(text))

    @property
    def is_code(self) -> bool:
        """A code for signing in, whose text WhatsApp writes."""
        return self.category == CODES

    @property
    def has_buttons(self) -> bool:
        """Whether anything stands in the fields of buttons."""
        given = (self.link_text, self.link_url, self.link2_text, self.link2_url, self.call_text, self.call_phone)
        others = (self.flow_text, self.flow_id, self.products, self.wa_call, self.asks_contact)
        return any((*self.replies, *given, self.coupon, *others))

    def draft(self) -> Draft:
        """The template it makes."""
        if self.is_code:
            return Draft(self.name, self.language, self.category, self._code())
        body: dict[str, Any] = {"type": "BODY", "text": self.body}
        components: list[Component] = [body | _example("body_text", self.body, self.body_examples, self.is_named)]
        if self.cards:
            cards = [{"components": one.parts(self.card_file, is_named=self.is_named)} for one in self.cards]
            components.append({"type": "CAROUSEL", "cards": cards})
        else:
            components = [*self._header(), *self._offer(), *components]
            if self.footer:
                components.append({"type": "FOOTER", "text": self.footer})
            if buttons := self.buttons():
                components.append({"type": "BUTTONS", "buttons": [one for one, _ in buttons]})
        kind = "NAMED" if self.is_named else "POSITIONAL"
        return Draft(self.name, self.language, self.category, components, kind)

    def _code(self) -> list[Component]:
        minutes = int(self.code_minutes) if _WHOLE.fullmatch(self.code_minutes) else -1
        return code_components(
            self.code_label,
            minutes if self.code_minutes else None,
            warns=self.code_warns == "yes",
            way=self.code_way,
            autofill=self.code_autofill,
            apps=[_app(line) for line in self.code_apps.splitlines() if line.strip()],
            accepts_terms=self.code_terms == "yes",
        )

    def buttons(self) -> list[tuple[dict[str, Any], Mapping[str, str]]]:
        """Each in its order, and the fields that make it by what Meta calls them."""
        replies: list[tuple[dict[str, Any], Mapping[str, str]]] = [
            ({"type": "QUICK_REPLY", "text": reply}, {"text": f"reply_{place}"})
            for place, reply in enumerate(self.replies)
            if reply
        ]
        others = [
            (button, {key: f"{name}_{key}" for key in ("text", "url", "example")})
            for name in ("link", "link2")
            for button in _buttons((), *(getattr(self, f"{name}_{key}") for key in ("text", "url", "example")))
        ]
        if self.call_text or self.call_phone:
            call = {"type": "PHONE_NUMBER", "text": self.call_text, "phone_number": self.call_phone}
            others.append((call, {"text": "call_text", "phone_number": "call_phone"}))
        if self.wa_call:
            days = self.wa_call_days
            kept = {"ttl_minutes": int(days) * DAY if _WHOLE.fullmatch(days) else -1} if days else {}
            named = {"text": "wa_call", "ttl_minutes": "wa_call_days"}
            others.append(({"type": "VOICE_CALL", "text": self.wa_call} | kept, named))
        if self.coupon:
            others.append(({"type": "COPY_CODE", "example": self.coupon}, {"example": "coupon"}))
        if self.flow_text or self.flow_id:
            form = {"type": "FLOW", "text": self.flow_text, "flow_id": self.flow_id}
            others.append((form, {"text": "flow_text", "flow_id": "flow_id"}))
        if self.products:
            others.append((_product_button(self.products), {"type": "products"}))
        if self.header_kind == "product":
            others.append((_product_button("SPM"), {"type": "header_kind"}))
        if self.asks_contact:
            others.append(({"type": "REQUEST_CONTACT_INFO"}, {"type": "asks_contact"}))
        if not self.offer_text:
            return [*replies, *others]
        # Meta wants the code of an offer before all else, and quick replies together.
        return [*sorted(others, key=lambda one: one[0]["type"] != "COPY_CODE"), *replies]

    def _offer(self) -> list[Component]:
        if not self.offer_text:
            return []
        offer = {"text": self.offer_text, "has_expiration": self.offer_ends == "yes"}
        return [{"type": OFFER, "limited_time_offer": offer}]

    def _header(self) -> list[Component]:
        if self.header_kind in ("location", "product"):
            return [{"type": "HEADER", "format": self.header_kind.upper()}]
        if self.header_kind != "text":
            return [_with_file(self.header_kind, self.header_file)]
        if not self.header:
            return []
        header: dict[str, Any] = {"type": "HEADER", "format": "TEXT", "text": self.header}
        return [header | _example("header_text", self.header, self.header_example, self.is_named)]


_SINGLE: Final = tuple(one.name for one in fields(Filled) if one.name not in ("replies", "cards", "troubles"))
# The fields of one message, which stay in the form while it is another kind; quick replies come beside them.
CODE_FIELDS: Final = tuple(name for name in _SINGLE if name.startswith("code_"))
_OTHERS: Final = ("name", "language", "category", "waba_id", "card_file", *CODE_FIELDS)
KEPT: Final = tuple(name for name in _SINGLE if name not in _OTHERS)
_OF_CARD: Final = tuple(one.name for one in fields(FilledCard))


def filled_in(form: FormData) -> Filled:
    """What a browser sent; line ends are Meta's."""

    def said(name: str) -> str:
        value = form.get(name)
        return value.replace("\r\n", "\n").strip()[:LONGEST] if isinstance(value, str) else ""

    given: dict[str, Any] = {name: said(name) for name in _SINGLE if name in form}
    number = min(int(said("cards")), MOST_CARDS) if said("cards").isascii() and said("cards").isdigit() else 0
    cards = [FilledCard(**{name: said(f"card_{place}_{name}") for name in _OF_CARD}) for place in range(number)]
    filled = Filled(**given, replies=tuple(said(f"reply_{place}") for place in range(REPLIES)), cards=tuple(cards))
    return replace(
        filled,
        header_kind=filled.header_kind if filled.header_kind in HEADERS else "text",
        card_file=filled.card_file if filled.card_file in CARD_FILES else "image",
        products=filled.products if filled.products in PRODUCTS else "",
        code_way=filled.code_way if filled.code_way in WAYS else WAYS[0],
    )


def started_from(starter: Starter, language: str) -> Filled:
    """The form of a starter, in one of its languages."""
    wording = starter.wordings.get(language) or starter.wordings["es"]
    return Filled(
        name=starter.name,
        language=language if language in starter.wordings else "es",
        category=starter.category,
        body=wording.body,
        body_examples="\n".join(wording.examples),
        replies=(*wording.replies, *[""] * (REPLIES - len(wording.replies))),
    )


def is_written(filled: Filled, starters: Sequence[Starter]) -> bool:
    """Whether somebody typed in it: it is neither empty nor a starter as it was."""
    untouched = [Filled(), *(started_from(one, language) for one in starters for language in one.wordings)]
    given = replace(filled, waba_id="", troubles={})
    return bool(filled.troubles) or all(replace(given, language=one.language) != one for one in untouched)


def _with_file(form: str, file: str) -> Component:
    assert form.upper() in FILES
    header: dict[str, Any] = {"type": "HEADER", "format": form.upper()}
    return header | ({"example": {"media_id": file}} if file else {})


def _product_button(kind: str) -> dict[str, Any]:
    return {"type": kind, "text": LABELS[kind]}


def _app(line: str) -> dict[str, str]:
    """Its package and its signature, with a space between."""
    package, _, signature = line.strip().partition(" ")
    return {"package_name": package, "signature_hash": signature.strip()}


def _buttons(replies: Sequence[str], text: str, url: str, example: str) -> list[dict[str, Any]]:
    buttons: list[dict[str, Any]] = [{"type": "QUICK_REPLY", "text": reply} for reply in replies if reply]
    if text or url:
        link: dict[str, Any] = {"type": "URL", "text": text, "url": url}
        buttons.append(link | ({"example": [example]} if example else {}))
    return buttons


def _example(key: str, text: str, given: str, is_named: bool) -> dict[str, Any]:
    names, values = in_order(variables_of(text)), [line.strip() for line in given.split("\n") if line.strip()]
    if not names or not values:
        return {}
    if is_named:
        pairs = zip(names, values, strict=False)
        return {"example": {f"{key}_named_params": [{"param_name": n, "example": v} for n, v in pairs]}}
    return {"example": {key: [values] if key == "body_text" else values}}
