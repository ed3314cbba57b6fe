"""Whether a template we know may be sent now, and whether the values somebody gives are those it has blanks for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from wacloud.modules.whatsapp.domain.message_template import Component, part
from wacloud.modules.whatsapp.domain.outgoing import Json, Rules
from wacloud.modules.whatsapp.domain.template_codes import CATEGORY, CODE, way_of
from wacloud.modules.whatsapp.domain.template_files import cards_of, parts_of
from wacloud.modules.whatsapp.domain.template_offer import KIND as OFFER
from wacloud.modules.whatsapp.domain.template_offer import counts_down
from wacloud.modules.whatsapp.domain.template_products import CARDS, has_product_cards
from wacloud.modules.whatsapp.domain.template_text import VARIABLE, variables_of

RENDERED: Final = 1024
# What Meta says of a template -> why it is not sent, where that passes by itself or by a decision ...
WAITS: Final[Mapping[str, str]] = {
    "PAUSED": "template_paused",
    "PENDING": "template_in_review",
    "IN_APPEAL": "template_in_review",
}
# ... and where it does not. A word that is in neither list is Meta's news: Meta decides.
ENDS: Final[Mapping[str, str]] = {
    "DISABLED": "template_disabled",
    "REJECTED": "template_rejected",
    "LIMIT_EXCEEDED": "template_rejected",
    "ARCHIVED": "template_gone",
    "PENDING_DELETION": "template_gone",
    "DELETED": "template_gone",
}
_AT: Final = "template.components"
_FILES: Final = ("IMAGE", "VIDEO", "DOCUMENT", "LOCATION", "PRODUCT")
# Buttons that take no value at all.
_NO_VALUE: Final = ("PHONE_NUMBER", "SPM", "REQUEST_CONTACT_INFO")
# Buttons that need a value, and what sends it. Codes for signing in are links to Meta.
_SENT_BY: Final[Mapping[str, str]] = {
    "QUICK_REPLY": "quick_reply",
    "URL": "url",
    "OTP": "url",
    "COPY_CODE": "copy_code",
    "FLOW": "flow",
    "CATALOG": "catalog",
    "MPM": "mpm",
    "VOICE_CALL": "voice_call",
    "ORDER_DETAILS": "order_details",
}


@dataclass(frozen=True, slots=True)
class KnownTemplate:
    """A template as it stands with us. Without components, or with stale ones, its values are Meta's to look at."""

    status: str | None
    category: str | None
    parameter_format: str | None
    components: Sequence[Component] | None
    is_gone: bool = False


def check_sendable(rules: Rules, known: KnownTemplate) -> None:
    """Meta lets it be sent now, as far as we know."""
    status = "DELETED" if known.is_gone else (known.status or "")
    if (why := ENDS.get(status) or WAITS.get(status)) is not None:
        rules.broken("template.name", why)


def check_values(rules: Rules, known: KnownTemplate, asked: Json) -> None:
    """As many values as blanks, of the right kinds and names, at buttons it has."""
    if known.category == CATEGORY:
        check_code(rules, asked)
    if known.components is not None:
        _parts(rules, known.components, asked.get("components") or [], _AT, known.parameter_format == "NAMED")


def check_code(rules: Rules, asked: Json) -> None:
    """A code for signing in is short, and what is copied is what is read."""
    read: str | None = None
    for n, one in enumerate(asked.get("components") or ()):
        if one["type"] != "body" and (one["type"], one.get("sub_type")) != ("button", "url"):
            continue
        for place, parameter in enumerate((one.get("parameters") or ())[:1]):
            code, at = parameter.get("text") or "", f"{_AT}.{n}.parameters.{place}.text"
            if len(code) > CODE:
                rules.broken(at, "text_too_long", CODE)
            elif read is not None and code != read:
                rules.broken(at, "code_differs")
            read = code if read is None else read


def _parts(rules: Rules, components: Sequence[Component], asked: list[Json], at: str, is_named: bool) -> None:
    header, body = part(components, "HEADER"), part(components, "BODY")
    given = {one["type"]: (f"{at}.{n}", one) for n, one in enumerate(asked) if one["type"] != "button"}
    _header(rules, header, *given.get("header", (at, {})), is_named)
    # The body of a code for signing in is Meta's own, and not always listed.
    if isinstance(body.get("text"), str):
        _texts(rules, "body", body["text"], *given.get("body", (at, {})), is_named)
    elif not body and "body" in given:
        rules.broken(given["body"][0], "not_in_template")
    _buttons(rules, part(components, "BUTTONS"), asked, at)
    _offer(rules, part(components, OFFER), *given.get("limited_time_offer", (at, {})))
    carousel = part(components, "CAROUSEL")
    if carousel:
        _cards(rules, carousel, *given.get("carousel", (at, {})), is_named)
    elif "carousel" in given:
        rules.broken(given["carousel"][0], "not_in_template")


def _header(rules: Rules, header: Component, at: str, asked: Json, is_named: bool) -> None:
    form = str(header.get("format") or "TEXT").upper()
    if not header:
        if asked:
            rules.broken(at, "not_in_template")
    elif form in _FILES:
        parameters = asked.get("parameters") or []
        if len(parameters) != 1 or parameters[0].get("type") != form.lower():
            rules.broken(f"{at}.parameters" if asked else at, f"header_needs_{form.lower()}")
    elif form == "TEXT":
        _texts(rules, "header", str(header.get("text") or ""), at, asked, is_named)


def _texts(rules: Rules, where: str, text: str, at: str, asked: Json, is_named: bool) -> None:
    names = variables_of(text)
    parameters = asked.get("parameters") or []
    if len(parameters) != len(names):
        rules.broken(f"{at}.parameters" if asked else at, f"{where}_values", len(names))
        return
    if is_named:
        for n, parameter in enumerate(parameters):
            if parameter.get("parameter_name") not in names:
                rules.broken(f"{at}.parameters.{n}.parameter_name", "name_not_in_template")
    elif any(parameter.get("parameter_name") for parameter in parameters):
        rules.broken(f"{at}.parameters", "values_have_no_names")
    filled = len(VARIABLE.sub("", text)) + sum(len(parameter.get("text") or "") for parameter in parameters)
    if where == "body" and filled > RENDERED:
        rules.broken(f"{at}.parameters" if asked else at, "text_too_long", RENDERED)


def _buttons(rules: Rules, component: Component, asked: list[Json], at: str) -> None:
    listed = component.get("buttons")
    buttons: list[Mapping[str, Any]] = [one for one in listed or () if isinstance(one, Mapping)]
    given: set[int] = set()
    for n, one in enumerate(asked):
        if one["type"] != "button" or one.get("index") is None:
            continue
        index = int(one["index"])
        given.add(index)
        if index >= len(buttons):
            rules.broken(f"{at}.{n}.index", "button_not_in_template")
            continue
        kind = str(buttons[index].get("type", "")).upper()
        if kind not in _SENT_BY:
            # What calls or asks takes none; what Meta adds to its list is Meta's to look at.
            if kind in _NO_VALUE:
                rules.broken(f"{at}.{n}.index", "button_takes_no_value")
        elif one.get("sub_type") != _SENT_BY[kind]:
            rules.broken(f"{at}.{n}.sub_type", "button_of_other_kind")
        elif kind == "URL" and not _has_blank(buttons[index]) and way_of(buttons[index]) is None:
            rules.broken(f"{at}.{n}.index", "button_takes_no_value")
    for index, button in enumerate(buttons):
        kind = str(button.get("type", "")).upper()
        needs = kind in ("OTP", "COPY_CODE", "MPM") or (kind == "URL" and (_has_blank(button) or way_of(button)))
        if index not in given and needs:
            rules.broken(at, "button_needs_value", index)


def _offer(rules: Rules, offer: Component, at: str, asked: Json) -> None:
    if asked and not offer:
        rules.broken(at, "not_in_template")
    elif counts_down(offer) and not asked:
        rules.broken(at, "offer_needs_end")


def _has_blank(button: Mapping[str, Any]) -> bool:
    return bool(VARIABLE.search(str(button.get("url") or "")))


def _cards(rules: Rules, carousel: Component, at: str, asked: Json, is_named: bool) -> None:
    approved, cards = cards_of(carousel), asked.get("cards") or []
    if has_product_cards(carousel):
        # Reviewed with two, sent with up to ten: all look the same, and the catalogue fills them.
        rules.count(f"{at}.cards" if asked else at, len(cards), *CARDS)
        approved = approved[:1] * len(cards)
    elif len(cards) != len(approved):
        rules.broken(f"{at}.cards" if asked else at, "cards_of_template", len(approved))
        return
    for n, (one, card) in enumerate(zip(approved, cards, strict=True)):
        if card.get("card_index") != n:
            rules.broken(f"{at}.cards.{n}.card_index", "out_of_order", n)
        _parts(rules, parts_of(one), card.get("components") or [], f"{at}.cards.{n}.components", is_named)
