"""The studio's form: a configuration as a browser shows it and sends it back."""

import json
from collections.abc import Mapping
from dataclasses import fields
from decimal import Decimal, InvalidOperation
from math import isfinite
from typing import Any, cast

from starlette.datastructures import FormData

from wacloud.modules.bot.domain.settings import BotSettings
from wacloud.shared.domain.errors import Fault, FaultyFields

LISTS = frozenset({"refused_topics", "hand_over_words", "contact_fields"})
TICKS = frozenset({"hand_over_when_upset", "offer_topics", "mask_personal_data", "moderate"})
WHOLE = frozenset(
    {"quiet_ms", "max_wait_ms", "too_old_hours", "replies_per_day", "hand_over_after", "back_after_hours"}
)
NUMBERS = frozenset({"temperature", "knowledge_threshold"})
MONEY = frozenset({"budget_day_usd", "budget_month_usd"})
OR_NONE = MONEY | {"temperature", "model"}
# Longer than any field may be: what is cut off here is refused as too long all the same.
_LONGEST = 20_000
_CENT = Decimal("0.01")
NAMES = tuple(one.name for one in fields(BotSettings))

Given = dict[str, str]


def as_form(settings: BotSettings) -> Given:
    """What stands in each field; a tick is "1" or nothing, a list has a line for each."""
    return {name: _written(name, getattr(settings, name)) for name in NAMES}


def sent_in(form: FormData) -> Given:
    """What was sent, as it was written."""
    # A list is sent as one text, or as its ticks.
    return {name: "\n".join(str(one) for one in form.getlist(name))[:_LONGEST] for name in NAMES}


def read_form(given: Mapping[str, str]) -> BotSettings:
    """
    The configuration that was written into the form.

    :raises FaultyFields: a number is none, or finer than a cent; whether it may be kept is for the use case to say.
    """
    read: dict[str, Any] = {}
    faults: list[Fault] = []
    for name in NAMES:
        try:
            read[name] = _read(name, given.get(name, ""))
            if name in MONEY and read[name] is not None and read[name] != _money(given[name]):
                faults.append(Fault(name, "too_many_decimals", 2))
        except (ValueError, InvalidOperation):
            faults.append(Fault(name, "not_a_number"))
    if faults:
        raise FaultyFields(faults)
    return BotSettings(**read)


def seen_in(form: FormData) -> BotSettings | None:
    """What stood in the form when it was opened; None where a browser does not say so."""
    try:
        told = json.loads(str(form.get("base", ""))[: 4 * _LONGEST])
        return read_form({str(name): str(value) for name, value in cast(dict[str, str], told).items()})
    except (ValueError, AttributeError, FaultyFields, RecursionError):
        return None


def _written(name: str, value: Any) -> str:
    if value is None:
        return ""
    if name in LISTS:
        return "\n".join(value)
    if name in TICKS:
        return "1" if value else ""
    return f"{value:f}" if isinstance(value, Decimal) else str(value)


def _read(name: str, text: str) -> Any:
    if name in LISTS:
        return tuple(line.strip() for line in text.splitlines() if line.strip())
    if name in TICKS:
        return bool(text)
    if name in OR_NONE and not text.strip():
        return None
    if name in WHOLE:
        return int(text)
    if name in NUMBERS:
        number = float(text.replace(",", "."))
        if not isfinite(number):
            raise ValueError
        return number
    if name in MONEY:
        money = _money(text)
        if not money.is_finite():
            raise ValueError
        return money.quantize(_CENT)
    return text.replace("\0", "")


def _money(text: str) -> Decimal:
    return Decimal(text.strip().replace(",", "."))
