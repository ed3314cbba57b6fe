"""
The times of day that a text names: "9:30", "a las 6 y media", "hasta las ocho", "at 6 pm", "às 18h".

Each is the set of moments it may be, in minutes from midnight: "8:30" is one in the morning or in the evening, "8:30 de
la mañana", "08:30" and "20:30" are one.
"""

import re
from collections.abc import Iterator
from typing import Final

_HOURS: Final = {
    name: hour
    for hour, names in enumerate(
        (
            "una one uma", "dos two duas", "tres three", "cuatro four quatro", "cinco five", "seis six",
            "siete seven sete", "ocho eight oito", "nueve nine nove", "diez ten dez", "once eleven onze",
            "doce twelve doze",
        ),
        1,
    )
    for name in names.split()
}  # fmt: skip
_HOUR: Final = rf"[01]?\d|2[0-4]|{'|'.join(_HOURS)}"
_PART: Final = (
    r"(?:\s?(?:h|hs|hrs|horas|en punto|o'clock)\b)?"
    r"(?:\s?(?P<am>am\b|a\.\s?m\.|de la (?:manana|madrugada)\b|da manha\b|in the morning\b)"
    r"|\s?(?P<pm>pm\b|p\.\s?m\.|de la (?:tarde|noche)\b|da (?:tarde|noite)\b|in the (?:afternoon|evening)\b"
    r"|at night\b))?"
)
_MINUTES: Final = (
    r"(?:[:.h](?P<minute>[0-5]\d)(?!\d|[.,]\d|\s?(?:€|eur))"
    r"|\s(?P<words>y media|e meia|y cuarto|y pico|menos cuarto|y (?P<some>\d{1,2}))\b)?"
)
# With its minutes it is known for one anywhere.
_WRITTEN: Final = re.compile(rf"(?<![\d.,:])(?P<hour>[01]?\d|2[0-4])[:h](?P<minute>[0-5]\d)(?!\d|[.,]\d){_PART}")
# Whoever is told something in writing may have a point there: an hour, or an amount.
_POINTED: Final = re.compile(
    rf"(?<![\d.,:€$])(?P<hour>[01]?\d|2[0-4])\.(?P<minute>[0-5]\d)(?!\d|[.,]\d|\s?(?:€|eur|%)){_PART}"
)
# Without, only behind such words.
_LED: Final = re.compile(
    rf"\b(?:(?:a|hasta|desde|sobre|para|entre|de|y|tras) las?|las|pelas|ate as|as|das) (?P<hour>{_HOUR})(?:\b|(?=h\b))"
    rf"(?!\s?(?:€|eur|%|/|semana|persona|raciones|unidades|piezas|mesas|veces|primer|(?!menos\b|horas\b)[a-z]+s\b))"
    rf"{_MINUTES}{_PART}"
)
_MERIDIAN: Final = re.compile(
    rf"(?<![\d.,:])(?P<hour>1[0-2]|0?\d|{'|'.join(_HOURS)})(?=\s?(?:[ap]m\b|[ap]\.\s?m\.|o'clock)){_PART}"
)
_RANGE: Final = re.compile(
    r"\b(?:abr\w+|abiert\w+|horario\w*|atend\w+|opens?|aberto\w*|atendemos)\b[^.!?\n]{0,30}?\b(?:de|from|das) "
    r"(?P<first>\d{1,2}) (?:a|to|as) (?P<last>\d{1,2})(?![\d:.,h]|\s?(?:dias|personas))"
)
_DAY: Final = 24 * 60


def times_in(text: str, *, told: bool = False) -> list[frozenset[int]]:
    """The times of a text without accents and capitals; `told`: by somebody who may write "9.30"."""
    patterns = (_WRITTEN, _LED, _MERIDIAN, *((_POINTED,) if told else ()))
    found = [_moments(match) for pattern in patterns for match in pattern.finditer(text)]
    return found + [moments for match in _RANGE.finditer(text) for moments in _ends(match)]


def without_times(text: str) -> str:
    """The text without the times that are written with their minutes."""
    return _WRITTEN.sub(" ", text)


def _moments(match: re.Match[str]) -> frozenset[int]:
    written = match.groupdict()
    hour = (
        _HOURS.get(written["hour"]) or int(written["hour"]) if not written["hour"].isdigit() else int(written["hour"])
    )
    minute = int(written.get("minute") or written.get("some") or 0)
    match written.get("words"):
        case "y media" | "e meia":
            minute = 30
        case "y cuarto":
            minute = 15
        case "menos cuarto":
            minute = -15
    if written["am"]:
        hours = {hour % 12}
    elif written["pm"]:
        hours = {hour % 12 if hour == 12 and "noche" in match[0] else hour % 12 + 12}
    elif hour > 12 or (written["hour"].startswith("0") and hour):
        hours = {hour}
    else:
        hours = {hour % 12, hour % 12 + 12}
    return frozenset((one * 60 + minute) % _DAY for one in hours)


def _ends(match: re.Match[str]) -> Iterator[frozenset[int]]:
    for hour in (int(match["first"]), int(match["last"])):
        if hour <= 24:
            yield frozenset({hour * 60 % _DAY} if hour > 12 else {hour % 12 * 60, (hour % 12 + 12) * 60})
