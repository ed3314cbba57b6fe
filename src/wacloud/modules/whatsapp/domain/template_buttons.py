"""
The rules for the buttons of a message template.

The button that calls on WhatsApp (`ttl_minutes` from a day to 30) is as Meta's page on call buttons has it; the one
that asks for the phone number (no label but Meta's own) as its page on business-scoped user ids.
"""

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
MOST: Final[Mapping[str, int]] = {
    "QUICK_REPLY": 10,
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
_WORDED: Final = ("QUICK_REPLY", "URL", "PHONE_NUMBER", "COPY_CODE", "FLOW")  # with a sentence for too many of each
CALL_MINUTES: Final = (1440, 43_200)
ASKS_CONTACT: Final = "Share Contact Info"
_PHONE: Final = re.compile(r"\+?[0-9][0-9 ()-]{4,18}")
_NO_LABEL: Final = ("COPY_CODE", "REQUEST_CONTACT_INFO")  # Meta writes it


def lint_buttons(found: Findings, component: Component, at: str = "buttons", most_in_all: int = BUTTONS) -> None:
    """Not too many of any, quick replies together, each with what it needs."""
    given = component.get("buttons")
    buttons = [one for one in given if isinstance(one, Mapping)] if isinstance(given, list) else []
    if not buttons:
        found.error(at, "not_enough", 1)
        return
    if len(buttons) > most_in_all:
        found.error(at, "too_many", most_in_all)
    kinds = [str(one.get("type", "")).upper() for one in buttons]
    for kind, most in MOST.items():
        if kinds.count(kind) > most and len(buttons) <= most_in_all:
            found.error(at, f"too_many_{kind.lower()}" if kind in _WORDED else "button_twice", most)
    if sum((a == "QUICK_REPLY") != (b == "QUICK_REPLY") for a, b in pairwise(kinds)) > 1:
        found.error(at, "replies_apart")
    seen: set[str] = set()
    for place, (kind, one) in enumerate(zip(kinds, buttons, strict=True)):
        _button(found, f"{at}.{place}", kind, one, seen)


def _button(found: Findings, field: str, kind: str, one: Mapping[str, Any], seen: set[str]) -> None:
    if kind not in MOST:
        found.error(f"{field}.type", "not_allowed")
        return
    if kind not in _NO_LABEL:
        _label(found, field, one, seen)
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
    elif kind == "REQUEST_CONTACT_INFO" and one.get("text") not in (None, "", ASKS_CONTACT):
        found.error(f"{field}.text", "label_is_metas")
    elif kind == "VOICE_CALL" and (minutes := one.get("ttl_minutes")) is not None:
        _minutes(found, f"{field}.ttl_minutes", minutes)


def _label(found: Findings, field: str, one: Mapping[str, Any], seen: set[str]) -> None:
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


def _minutes(found: Findings, field: str, minutes: object) -> None:
    least, most = CALL_MINUTES
    if not isinstance(minutes, int) or isinstance(minutes, bool) or minutes < least:
        found.error(field, "not_enough", least)
    elif minutes > most:
        found.error(field, "out_of_range", most)


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
