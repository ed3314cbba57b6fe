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
# Without, only behind such words; "para las dos" and "una de las tres" are no hours.
_LED: Final = re.compile(
    r"\b(?:(?:a|hasta|desde|sobre|entre|y|tras|partir de|antes de|despues de) las?|pelas|ate as|as|das) "
    rf"(?P<hour>{_HOUR})"
    r"(?:\b|(?=h\b))(?!\s?(?:€|eur|%|/|semana|persona|raciones|unidades|piezas|mesas|veces|primer"
    r"|(?!menos\b|horas\b)[a-z]+s\b))(?<!24)"
    rf"{_MINUTES}{_PART}"
)
_FOR: Final = re.compile(
    rf"\b(?:para|de) las? (?P<hour>{_HOUR})"
    r"(?=[:.h]\d|\s(?:y (?:media|cuarto)|menos|en punto|de la (?:manana|tarde|noche)))"
    rf"{_MINUTES}{_PART}"
)
_MERIDIAN: Final = re.compile(
    rf"(?<![\d.,:])(?P<hour>1[0-2]|0?\d|{'|'.join(_HOURS)})(?=\s?(?:[ap]m\b|[ap]\.\s?m\.|o'clock)){_PART}"
)
# "Hasta 22h", "we close at ten".
_SHORT: Final = re.compile(
    rf"\b(?:hasta|a|desde|ate|until|till) (?P<hour>[01]?\d|2[0-3])\s?h\b(?!\s?despues){_PART}"
    rf"|\b(?:open|close)s?\b[^.!?\n]{{0,20}} at (?P<at>{_HOUR})\b(?![:.]\d|\s?(?:[ap]m|[ap]\.))"
)
_RANGE: Final = re.compile(
    r"\b(?:abr\w+|abiert\w+|horario\w*|atend\w+|opens?|aberto\w*|estamos|servimos|cocina|cenas|comidas|closes?)\b"
    r"[^.!?\n]{0,30}?(?<![\d:.,])(?P<first>\d{1,2})\s?h? ?(?:a|to|as|-|y) ?(?P<last>\d{1,2})\s?h?\b"
    r"(?![\d:.,]\d|\s?(?:dias|personas|€|eur|%|minutos|min\b|platos|mesas|horas (?:antes|despues)))"
)
_NOON: Final = re.compile(
    r"\b(?:a|al|hasta|hasta el|at|until) (?:(?P<noon>mediodia|noon)|(?:la )?(?P<night>medianoche|midnight))\b"
)
_DAY: Final = 24 * 60


def times_in(text: str, *, told: bool = False) -> list[frozenset[int]]:
    """The times of a text without accents and capitals; `told`: by somebody who may write "9.30"."""
    patterns = (_WRITTEN, _LED, _FOR, _MERIDIAN, _SHORT, *((_POINTED,) if told else ()))
    found = [_moments(match) for pattern in patterns for match in pattern.finditer(text)]
    found += [frozenset({12 * 60 if match["noon"] else 0}) for match in _NOON.finditer(text)]
    return found + [moments for match in _RANGE.finditer(text) for moments in _ends(match)]


def without_times(text: str) -> str:
    """The text without the times that are written with their minutes."""
    return _WRITTEN.sub(" ", text)


def _moments(match: re.Match[str]) -> frozenset[int]:
    written = match.groupdict()
    named = written["hour"] or written["at"]
    hour = _HOURS[named] if named in _HOURS else int(named)
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
    elif hour > 12 or (named.startswith("0") and hour):
        hours = {hour}
    else:
        hours = {hour % 12, hour % 12 + 12}
    return frozenset((one * 60 + minute) % _DAY for one in hours)


def _ends(match: re.Match[str]) -> Iterator[frozenset[int]]:
    for hour in (int(match["first"]), int(match["last"])):
        if hour <= 24:
            yield frozenset({hour * 60 % _DAY} if hour > 12 else {hour % 12 * 60, (hour % 12 + 12) * 60})
