"""What Meta's first check, before any person reads it, refuses in a message template."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from wacloud.twins.graph.errors import GraphRefusal
from wacloud.twins.graph.template_kinds import check_kinds, check_own_button, check_product_card, refused
from wacloud.twins.graph.upload_shelf import Uploads

Json = dict[str, Any]

CATEGORIES = ("MARKETING", "UTILITY", "AUTHENTICATION")
FORMATS = ("TEXT", "IMAGE", "VIDEO", "DOCUMENT", "GIF", "LOCATION", "PRODUCT")
BUTTONS = {
    "QUICK_REPLY": 10,
    "URL": 2,
    "PHONE_NUMBER": 1,
    "COPY_CODE": 1,
    "FLOW": 1,
    "OTP": 1,
    "CATALOG": 1,
    "MPM": 1,
    "SPM": 1,
    "VOICE_CALL": 1,
    "REQUEST_CONTACT_INFO": 1,
}
HEADER, BODY, FOOTER, BUTTON, URL, PHONE, COUPON = 60, 1024, 60, 25, 2000, 20, 15
CARDS, CARD_BODY, CARD_BUTTONS = (2, 10), 160, 2

_NAME = re.compile(r"[a-z0-9_]{1,512}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?")
_VARIABLE = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_EMOJI = re.compile("[\u2600-\u27bf\u2b50\u2b55\U0001f000-\U0001faff]")
# The text, what follows where people are to be warned, and how long it is good.
_CODES = {
    "es": ("*{{1}}* es tu código de verificación.", " Por tu seguridad, no lo compartas.", "Caduca en {} minutos."),
    "en": (
        "*{{1}}* is your verification code.",
        " For your security, do not share it.",
        "Expires in {} minutes.",
    ),
}


def check_names(body: Json) -> tuple[str, str, str]:
    """Name, language and category; :raises GraphRefusal: one is missing or none."""
    for key in ("name", "language", "category", "components"):
        if not body.get(key):
            raise GraphRefusal(100, message=f"(#100) The parameter {key} is required.")
    name, language, category = str(body["name"]), str(body["language"]), str(body["category"]).upper()
    if not _NAME.fullmatch(name):
        raise GraphRefusal(
            100, message="(#100) Param name must only contain lowercase alphanumeric characters and underscores."
        )
    if not _LANGUAGE.fullmatch(language):
        raise GraphRefusal(100, message=f"(#100) Param language must be a language code, not {language!r}.")
    if category not in CATEGORIES:
        raise GraphRefusal(100, message=f"(#100) Param category must be one of {{{', '.join(CATEGORIES)}}}.")
    return name, language, category


def check_components(components: object, parameter_format: str, category: str, uploads: Uploads) -> None:
    """:raises GraphRefusal: one of them breaks a rule."""
    if parameter_format not in ("POSITIONAL", "NAMED"):
        raise GraphRefusal(100, message="(#100) Param parameter_format must be one of {POSITIONAL, NAMED}.")
    if not isinstance(components, list) or not all(isinstance(one, dict) for one in components):
        raise GraphRefusal(100, message="(#100) Param components must be an array.")
    kinds = [str(one.get("type", "")).upper() for one in components]
    if kinds.count("BODY") != 1 or len(set(kinds)) != len(kinds):
        raise refused(2388042, "Message template components are wrong", "A template has one BODY and no part twice.")
    if category == "AUTHENTICATION":
        _code_parts(components)
    is_named = parameter_format == "NAMED"
    for kind, one in zip(kinds, components, strict=True):
        if kind == "HEADER":
            _header(one, is_named, uploads)
        elif kind == "CAROUSEL":
            _carousel(one, kinds, is_named, uploads)
        elif kind == "BODY" and category != "AUTHENTICATION":
            _body(one, is_named)
        elif kind == "FOOTER" and category != "AUTHENTICATION":
            _footer(one)
        elif kind == "BUTTONS":
            _buttons(one.get("buttons"))
        elif kind not in ("BODY", "FOOTER", "LIMITED_TIME_OFFER"):
            raise GraphRefusal(100, message=f"(#100) Param components: {kind!r} is no type of component.")
    check_kinds(components, category)


def as_kept(components: list[Json], language: str, category: str) -> list[Json]:
    """What Meta makes of them: it writes the text of a code for signing in by itself."""
    if category != "AUTHENTICATION":
        return components
    body, warning, footer = _CODES["es" if language.startswith("es") else "en"]
    made = []
    for one in components:
        kind, more = str(one.get("type", "")).upper(), {}
        if kind == "BODY" and not one.get("text"):
            more = {"text": body + (warning if one.get("add_security_recommendation") else "")}
        elif kind == "FOOTER" and "code_expiration_minutes" in one:
            more = {"text": footer.format(one["code_expiration_minutes"])}
        made.append({**one, **more})
    return made


def _code_parts(components: list[Json]) -> None:
    for one in components:
        minutes = one.get("code_expiration_minutes")
        if minutes is not None and (not isinstance(minutes, int) or not 1 <= minutes <= 90):
            raise GraphRefusal(100, message="(#100) Param code_expiration_minutes must be between 1 and 90.")
        if one.get("text") and str(one.get("type", "")).upper() in ("BODY", "FOOTER"):
            raise refused(2388042, "Message template components are wrong", "The text of a code is WhatsApp's own.")


def _carousel(one: Json, kinds: Sequence[str], is_named: bool, uploads: Uploads) -> None:
    """Cards of one shape: a picture or video, perhaps a text, and one or two buttons."""
    cards = one.get("cards")
    if set(kinds) - {"BODY", "CAROUSEL"}:
        raise _wrong_card("A carousel stands below a BODY and beside nothing else.")
    if not isinstance(cards, list) or not CARDS[0] <= len(cards) <= CARDS[1]:
        raise _wrong_card(f"A carousel has {CARDS[0]} to {CARDS[1]} cards.")
    shapes = []
    for card in cards:
        parts = card.get("components") if isinstance(card, dict) else None
        if not isinstance(parts, list) or not all(isinstance(part, dict) for part in parts):
            raise _wrong_card("A card has a list of components.")
        shapes.append([_card_part(part, is_named, uploads) for part in parts])
        if ("HEADER", "PRODUCT") in shapes[-1]:
            check_product_card(parts)
    if any(shape != shapes[0] for shape in shapes):
        raise _wrong_card("All cards have the same components, and buttons of the same types.")
    kinds_of_card = [kind for kind, _ in shapes[0]]
    if kinds_of_card.count("HEADER") != 1 or kinds_of_card.count("BUTTONS") != 1:
        raise _wrong_card("A card has one header and its buttons.")


def _card_part(part: Json, is_named: bool, uploads: Uploads) -> tuple[str, object]:
    kind = str(part.get("type", "")).upper()
    if kind == "HEADER":
        form = str(part.get("format", "")).upper()
        if form not in ("IMAGE", "VIDEO", "PRODUCT"):
            raise _wrong_card("The header of a card is an image, a video or a product.")
        if form != "PRODUCT":
            _header(part, is_named, uploads)
        return kind, form
    if kind == "BODY":
        text = _text(part, "card BODY", CARD_BODY)
        _examples(part, _variables(text, is_named, "BODY"), is_named, "body_text")
        return kind, None
    if kind == "BUTTONS":
        buttons = part.get("buttons")
        _buttons(buttons)
        if len(buttons or ()) > CARD_BUTTONS:
            raise _wrong_card(f"A card has at most {CARD_BUTTONS} buttons.")
        return kind, [str(button.get("type", "")).upper() for button in buttons or ()]
    raise _wrong_card(f"A card has no {kind!r}.")


def _wrong_card(told: str) -> GraphRefusal:
    return refused(2388135, "Message template carousel is wrong", told)


def _header(one: Json, is_named: bool, uploads: Uploads) -> None:
    kind = str(one.get("format", "")).upper()
    if kind not in FORMATS:
        raise refused(2388047, "Message header format is incorrect", "The header has no known format.")
    if kind in ("LOCATION", "PRODUCT"):
        return
    if kind != "TEXT":
        handles = _example(one).get("header_handle")
        if not isinstance(handles, list) or not handles or not handles[0]:
            raise _no_example("HEADER", "header_handle")
        uploads.check(handles[0], "VIDEO" if kind == "GIF" else kind)
        return
    text = _text(one, "HEADER", HEADER)
    if "\n" in text or "*" in text or _EMOJI.search(text):
        raise refused(
            2388047,
            "Message header format is incorrect",
            "The message header can't have any new lines, formatting characters, emojis or asterisks.",
        )
    names = _variables(text, is_named, "HEADER")
    if len(names) > 1:
        raise refused(2388047, "Message header format is incorrect", "The header can have one variable.")
    _examples(one, names, is_named, "header_text")


def _body(one: Json, is_named: bool) -> None:
    text = _text(one, "BODY", BODY)
    if "\t" in text or "     " in text or "\n\n\n" in text:
        raise refused(
            2388072,
            "Message body format is incorrect",
            "The body can't have tabs, more than four spaces or more than two new lines in a row.",
        )
    names = _variables(text, is_named, "BODY")
    bare = text.strip()
    if names and (bare.startswith("{{") or bare.endswith("}}")):
        raise refused(
            2388299,
            "The message template can't have leading or trailing params",
            "Variables can't be at the start or end of the template.",
        )
    if re.search(r"\}\}\s*\{\{", text):
        raise refused(2388072, "Message body format is incorrect", "Two variables can't stand next to each other.")
    if len(_VARIABLE.sub(" ", text).split()) < 2 * len(names) + 1:
        raise refused(
            2388293,
            "Parameters words ratio exceeds limit",
            "This template has too many variables for its length. Reduce the number of variables or write more.",
        )
    _examples(one, names, is_named, "body_text")


def _footer(one: Json) -> None:
    text = _text(one, "FOOTER", FOOTER)
    if "\n" in text or _VARIABLE.search(text) or _EMOJI.search(text):
        raise refused(
            2388073, "Message footer format is incorrect", "The footer can't have variables, new lines or emojis."
        )


def _buttons(buttons: object) -> None:
    if not isinstance(buttons, list) or not buttons or not all(isinstance(one, dict) for one in buttons):
        raise _wrong_button("There is no list of buttons.")
    kinds = [str(one.get("type", "")).upper() for one in buttons]
    for kind in set(kinds):
        if kind not in BUTTONS or kinds.count(kind) > BUTTONS[kind]:
            raise _wrong_button(f"There may not be {kinds.count(kind)} buttons of type {kind}.")
    if len(kinds) > 10:
        raise _wrong_button("There may be ten buttons.")
    changes = sum((a == "QUICK_REPLY") != (b == "QUICK_REPLY") for a, b in pairwise(kinds))
    if changes > 1:
        raise _wrong_button("Quick replies stand together: first or last.")
    texts = [one.get("text") for one in buttons if one.get("text")]
    if len(set(texts)) != len(texts):
        raise _wrong_button("Two buttons have the same text.")
    for kind, one in zip(kinds, buttons, strict=True):
        _button(kind, one)


def _button(kind: str, one: Json) -> None:
    check_own_button(kind, one)
    if kind in ("QUICK_REPLY", "URL", "PHONE_NUMBER"):
        text = _text(one, f"button {kind}", BUTTON)
        if "\n" in text or "{{" in text or _EMOJI.search(text):
            raise _wrong_button("The text of a button can't have variables, new lines or emojis.")
    if kind == "URL":
        url = _text(one, "button url", URL, key="url")
        if not url.startswith(("http://", "https://")):
            raise _wrong_button("The url has to begin with https://.")
        found = _VARIABLE.findall(url)
        if len(found) > 1 or (found and not url.endswith("}}")):
            raise _wrong_button("A url can have one variable, at its end.")
        if found and not one.get("example"):
            raise _no_example("BUTTONS", "example")
    elif kind == "PHONE_NUMBER":
        _text(one, "button phone_number", PHONE, key="phone_number")
    elif kind == "COPY_CODE":
        example = one.get("example")
        example = example[0] if isinstance(example, list) and example else example
        if not isinstance(example, str) or not 1 <= len(example) <= COUPON:
            raise _no_example("BUTTONS", "example")


def _text(one: Json, where: str, most: int, *, key: str = "text") -> str:
    text = one.get(key)
    if not isinstance(text, str) or not text.strip():
        raise refused(2388043, "Message template is missing a field", f"component of type {where} is missing {key}")
    if len(text) > most:
        raise refused(
            2388040, "Character limit exceeded", f"{where}: {len(text)} characters, {most} are the most there may be."
        )
    return text


def _variables(text: str, is_named: bool, where: str) -> list[str]:
    names = list(dict.fromkeys(_VARIABLE.findall(text)))
    if is_named:
        if not all(re.fullmatch(r"[a-z][a-z0-9_]*", name) for name in names):
            raise refused(
                2388072, f"Message {where.lower()} format is incorrect", "Variables have names like order_id."
            )
    elif sorted(names, key=lambda name: (len(name), name)) != [str(n + 1) for n in range(len(names))]:
        raise refused(2388072, f"Message {where.lower()} format is incorrect", "Variables are numbered from {{1}} on.")
    return names


def _examples(one: Json, names: Sequence[str], is_named: bool, key: str) -> None:
    if not names:
        return
    example = _example(one)
    if is_named:
        given = example.get(f"{key}_named_params") or []
        told = {str(p.get("param_name")) for p in given if isinstance(p, dict) and p.get("example")}
    else:
        values = example.get(key) or []
        values = values[0] if key == "body_text" and values and isinstance(values[0], list) else values
        told = {str(n + 1) for n, value in enumerate(values) if value}
    if told != set(names):
        raise _no_example(str(one.get("type", "")), key)


def _example(one: Json) -> Json:
    example = one.get("example")
    return example if isinstance(example, dict) else {}


def _no_example(where: str, key: str) -> GraphRefusal:
    return refused(
        2388043,
        "Message template is missing a field",
        f"component of type {where} is missing expected field(s) (example: {key})",
    )


def _wrong_button(told: str) -> GraphRefusal:
    return refused(2388060, "Message template buttons are wrong", told)
