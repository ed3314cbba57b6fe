"""An approved template's blanks: what whoever sends it has to fill in, and how it reads then."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from wacloud.modules.whatsapp.domain.message_template import Component, KeptTemplate, part
from wacloud.modules.whatsapp.domain.template_codes import buttons_of
from wacloud.modules.whatsapp.domain.template_files import cards_of, parts_of
from wacloud.modules.whatsapp.domain.template_offer import KIND as OFFER
from wacloud.modules.whatsapp.domain.template_offer import counts_down
from wacloud.modules.whatsapp.domain.template_products import PRODUCT, has_product_cards, products_in, sections_in
from wacloud.modules.whatsapp.domain.template_text import VARIABLE, in_order, variables_of

_PARTS: Final = ("HEADER", "BODY")
_FILES: Final = ("IMAGE", "VIDEO", "DOCUMENT")
_WITHOUT_VALUE: Final = ("QUICK_REPLY", "PHONE_NUMBER", "SPM", "VOICE_CALL", "REQUEST_CONTACT_INFO")
_KINDS: Final = (*_WITHOUT_VALUE, "URL", "COPY_CODE", "CATALOG", "MPM")
CATALOGUE, CODE, CODES, ENDS = "catalog_id", "product_retailer_id", "products", "ends"
# What Meta calls the value of a button that has one, and its type.
_BUTTONS: Final = {"url": ("text", "text"), "copy_code": ("coupon_code", "coupon_code")}
_NAMES_OF_PEOPLE: Final = frozenset({"name", "first_name", "nombre", "customer_name", "cliente", "nome"})


@dataclass(frozen=True, slots=True)
class Blank:
    """
    One variable: `field` is what a form calls it, `example` what it was reviewed with.

    `part` is header or body for words, file for what stands above them (`name` is its kind), url for the end of a
    button's address and copy_code for the code it copies (`name` is the button's place, `label` what it shows).
    Of a catalogue: product for the one above the text, cards for those on cards (`name` says which of its fields),
    catalog and mpm for a button's product or products. offer is the moment an offer ends, in milliseconds.
    """

    part: str
    name: str
    example: str
    label: str = ""

    @property
    def field(self) -> str:
        """Names come from templates, so they stand behind a word of ours."""
        return f"blank.{self.part}.{self.name}"

    @property
    def is_needed(self) -> bool:
        """The catalogue shows its first product where nobody names another."""
        return self.part != "catalog"

    @property
    def has_lines(self) -> bool:
        """Whether it is several products, one a line."""
        return self.part == "mpm" or (self.part, self.name) == ("cards", CODES)

    @property
    def is_a_persons_name(self) -> bool:
        """Whether the contact's own name belongs here."""
        return self.name in _NAMES_OF_PEOPLE


def blanks_of(template: KeptTemplate) -> Sequence[Blank] | None:
    """In their order; None where it needs what a small form cannot ask for: a place, a form's data, files on cards."""
    components = template.components or ()
    if template.category == "AUTHENTICATION" or not part(components, "BODY"):
        return None
    if any(_needs_more(one) for one in components):
        return None
    found: list[Blank] = []
    shape = _header_format(part(components, "HEADER"))
    if shape in _FILES:
        found.append(Blank("file", shape.lower(), ""))
    elif shape == PRODUCT:
        found += [Blank("product", name, "") for name in (CATALOGUE, CODE)]
    for kind in _PARTS:
        one = part(components, kind)
        examples = _examples(one)
        found += [
            Blank(kind.lower(), name, examples.get(name) or (examples.get(str(place)) or ""))
            for place, name in enumerate(in_order(variables_of(str(one.get("text") or ""))), 1)
        ]
    if counts_down(part(components, OFFER)):
        found.append(Blank("offer", ENDS, ""))
    found += _button_blanks(part(components, "BUTTONS"))
    if part(components, "CAROUSEL"):
        found += [Blank("cards", name, "") for name in (CATALOGUE, CODES)]
    return found


def fill_in(template: KeptTemplate, values: Mapping[str, str]) -> dict[str, Any]:
    """As `POST /api/whatsapp/send` takes it; `values` by the blanks' fields."""
    blanks = blanks_of(template) or ()
    components: list[dict[str, Any]] = []
    for kind in ("header", "body"):
        parameters = _above(blanks, values) if kind == "header" else []
        parameters += [
            {"type": "text", "text": values.get(blank.field, "")}
            | ({"parameter_name": blank.name} if template.parameter_format == "NAMED" else {})
            for blank in blanks
            if blank.part == kind
        ]
        if parameters:
            components.append({"type": kind, "parameters": parameters})
    for blank in blanks:
        given = values.get(blank.field, "")
        if blank.part == "offer":
            end = {"expiration_time_ms": int(given) if given.isascii() and given.isdigit() else 0}
            components.append({"type": "limited_time_offer", "parameters": [_value("limited_time_offer", end)]})
        elif (value := _button_value(blank, given)) is not None:
            components.append({"type": "button", "sub_type": blank.part, "index": blank.name, "parameters": [value]})
    cards = {blank.name: values.get(blank.field, "") for blank in blanks if blank.part == "cards"}
    if cards:
        listed = [
            {"card_index": n, "components": [{"type": "header", "parameters": [_product(cards[CATALOGUE], code)]}]}
            for n, code in enumerate(cards[CODES].split())
        ]
        components.append({"type": "carousel", "cards": listed})
    return {"name": template.name, "language": {"code": template.language}, "components": components}


def _above(blanks: Sequence[Blank], values: Mapping[str, str]) -> list[dict[str, Any]]:
    """What stands above the text where it is no text."""
    product = {blank.name: values.get(blank.field, "") for blank in blanks if blank.part == "product"}
    found = [_value(blank.name, {"media_id": values.get(blank.field, "")}) for blank in blanks if blank.part == "file"]
    return found + ([_product(product[CATALOGUE], product[CODE])] if product else [])


def _button_value(blank: Blank, given: str) -> dict[str, Any] | None:
    if blank.part in _BUTTONS:
        key, shape = _BUTTONS[blank.part]
        return {"type": shape, key: given}
    if blank.part == "catalog" and given:
        return _value("action", {"thumbnail_product_retailer_id": given})
    if blank.part == "mpm":
        sections = sections_in(given)
        first = next(iter(products_in(sections)), "")
        return _value("action", {"thumbnail_product_retailer_id": first, "sections": sections})
    return None


def _product(catalogue: str, code: str) -> dict[str, Any]:
    return _value("product", {CATALOGUE: catalogue, CODE: code})


def _value(shape: str, value: object) -> dict[str, Any]:
    return {"type": shape, shape: value}


def read_with(template: KeptTemplate, values: Mapping[str, str]) -> str:
    """Its text as the customer will read it; `values` by the blanks' fields."""
    return read_as_sent(template.components or (), fill_in(template, values)) or ""


def read_as_sent(components: Sequence[Component], asked: Mapping[str, Any]) -> str | None:
    """A line above it and its text as the customer will read them; None where the text is Meta's own."""
    sent = {str(one.get("type")): one.get("parameters") or () for one in asked.get("components") or ()}
    told = [_told(part(components, kind), sent.get(kind.lower(), ())) for kind in _PARTS]
    return "\n".join(text for text in told if text) if told[-1] else None


def _told(one: Component, parameters: Sequence[Mapping[str, Any]]) -> str:
    text = str(one.get("text") or "")
    values = {
        str(value.get("parameter_name") or name): _said_by(value)
        for name, value in zip(in_order(variables_of(text)), parameters, strict=False)
    }
    return VARIABLE.sub(lambda mark: values.get(mark[1]) or mark[0], text)


def _said_by(value: Mapping[str, Any]) -> str:
    """A text, or how an amount or a day reads where a phone cannot write it by itself."""
    formed = value.get(str(value.get("type")))
    return str((formed.get("fallback_value") if isinstance(formed, Mapping) else formed) or "")


def _needs_more(component: Component) -> bool:
    kind = str(component.get("type", "")).upper()
    if kind == "HEADER":
        return _header_format(component) not in ("TEXT", PRODUCT, *_FILES)
    if kind == "CAROUSEL":
        return not has_product_cards(component) or any(
            _button_blanks(part(parts_of(card), "BUTTONS")) for card in cards_of(component)
        )
    if kind == "BUTTONS":
        return any(str(button.get("type", "")).upper() not in _KINDS for button in buttons_of(component))
    return kind not in ("BODY", "FOOTER", OFFER)


def _header_format(component: Component) -> str:
    return str(component.get("format", "TEXT")).upper()


def _button_blanks(component: Component) -> list[Blank]:
    found = []
    for place, button in enumerate(buttons_of(component)):
        kind, address = str(button.get("type", "")).upper(), str(button.get("url") or "")
        if kind == "COPY_CODE":
            example = button.get("example")
            found.append(Blank("copy_code", str(place), example if isinstance(example, str) else ""))
        elif kind in ("CATALOG", "MPM"):
            found.append(Blank(kind.lower(), str(place), "", str(button.get("text") or "")))
        elif kind == "URL" and "{{" in address:
            found.append(Blank("url", str(place), VARIABLE.sub("", address), str(button.get("text") or "")))
    return found


def _examples(component: Component) -> Mapping[str, str]:
    example = component.get("example")
    if not isinstance(example, Mapping):
        return {}
    found: dict[str, str] = {}
    for key in ("header_text", "body_text"):
        given = example.get(key)
        listed = given if isinstance(given, list) else []
        listed = listed[0] if listed and isinstance(listed[0], list) else listed
        found |= {str(place): str(value) for place, value in enumerate(listed, 1)}
        named = example.get(f"{key}_named_params")
        for one in named if isinstance(named, list) else []:
            if isinstance(one, Mapping):
                found[str(one.get("param_name"))] = str(one.get("example") or "")
    return found
