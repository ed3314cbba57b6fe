"""The rules for the buttons of a message template."""

import re
from collections.abc import Mapping
from itertools import pairwise
from typing import Any, Final

from wacloud.modules.whatsapp.domain.message_template import Component
from wacloud.modules.whatsapp.domain.template_text import VARIABLE, Findings
from wacloud.modules.whatsapp.domain.template_words import EMOJI

BUTTONS: Final = 10
LABEL: Final = 25
URL: Final = 2000
PHONE: Final = 20
COUPON: Final = 15
# How many of each type there may be; types that are not here are made in WhatsApp Manager.
MOST: Final[Mapping[str, int]] = {"QUICK_REPLY": 10, "URL": 2, "PHONE_NUMBER": 1, "COPY_CODE": 1, "FLOW": 1}
_PHONE: Final = re.compile(r"\+?[0-9][0-9 ()-]{4,18}")
_NO_LABEL: Final = ("COPY_CODE",)  # Meta writes it


def lint_buttons(found: Findings, component: Component) -> None:
    """Not too many of any, quick replies together, each with what it needs."""
    given = component.get("buttons")
    buttons = [one for one in given if isinstance(one, Mapping)] if isinstance(given, list) else []
    if not buttons:
        found.error("buttons", "not_enough", 1)
        return
    if len(buttons) > BUTTONS:
        found.error("buttons", "too_many", BUTTONS)
    kinds = [str(one.get("type", "")).upper() for one in buttons]
    for kind, most in MOST.items():
        if kinds.count(kind) > most and len(buttons) <= BUTTONS:
            found.error("buttons", f"too_many_{kind.lower()}", most)
    if sum((a == "QUICK_REPLY") != (b == "QUICK_REPLY") for a, b in pairwise(kinds)) > 1:
        found.error("buttons", "replies_apart")
    seen: set[str] = set()
    for place, (kind, one) in enumerate(zip(kinds, buttons, strict=True)):
        _button(found, f"buttons.{place}", kind, one, seen)


def _button(found: Findings, field: str, kind: str, one: Mapping[str, Any], seen: set[str]) -> None:
    if kind not in MOST:
        found.error(f"{field}.type", "not_allowed")
        return
    if kind not in _NO_LABEL:
        label = found.text(f"{field}.text", one.get("text"), LABEL)
        if label and label in seen:
            found.error(f"{field}.text", "not_unique")
        seen.add(label)
        if "{{" in label:
            found.error(f"{field}.text", "variable_not_allowed")
        if "\n" in label:
            found.error(f"{field}.text", "too_many_line_breaks", 0)
        if EMOJI.search(label):
            found.error(f"{field}.text", "emoji_not_allowed")
    if kind == "URL":
        _url(found, field, one)
    elif kind == "PHONE_NUMBER":
        phone = found.text(f"{field}.phone_number", one.get("phone_number"), PHONE)
        if phone and not _PHONE.fullmatch(phone):
            found.error(f"{field}.phone_number", "not_a_phone")
    elif kind == "COPY_CODE":
        found.text(f"{field}.example", _first(one.get("example")), COUPON)
    elif kind == "FLOW" and not (one.get("flow_id") or one.get("flow_name") or one.get("flow_json")):
        found.error(f"{field}.flow_id", "text_missing")


def _url(found: Findings, field: str, one: Mapping[str, Any]) -> None:
    url = found.text(f"{field}.url", one.get("url"), URL)
    if not url:
        return
    if not url.startswith(("https://", "http://")) or " " in VARIABLE.sub("", url):
        found.error(f"{field}.url", "not_a_link")
    names = VARIABLE.findall(url)
    if names and (len(names) > 1 or not url.endswith("}}")):
        found.error(f"{field}.url", "variable_in_link")
    elif names and not _first(one.get("example")):
        found.error(f"{field}.example", "example_missing")


def _first(example: object) -> object:
    return example[0] if isinstance(example, list) and example else example
