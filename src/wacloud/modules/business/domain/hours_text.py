"""Opening hours in words, for a customer or for the bot that answers one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

from wacloud.modules.business.domain.hours import OpeningHours, OpenState, Shift, is_open, opening_hours

SPECIAL_DAYS_AHEAD = timedelta(days=45)


@dataclass(frozen=True, slots=True)
class _Words:
    days: tuple[str, ...]
    months: tuple[str, ...]
    dated: str  # a whole date from {weekday} {day} {month} {year}
    shift: str
    and_: str
    day_range: str
    closed: str
    usual: str
    special: str
    now: str
    open_until: str
    closed_until: str
    closed_open_ended: str
    today: str
    tomorrow: str
    on: str
    unknown: str


_SPANISH = _Words(
    days=("lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"),
    months=(
        *("enero", "febrero", "marzo", "abril", "mayo", "junio"),
        *("julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"),
    ),
    dated="{weekday} {day} de {month} de {year}",
    shift="de {start} a {end}",
    and_=" y ",
    day_range="de {first} a {last}",
    closed="cerrado",
    usual="Horario: {days}.",
    special="Días especiales: {days}.",
    now="Ahora es {date}, {time}: {state}.",
    open_until="está abierto y cierra {when}",
    closed_until="está cerrado y abre {when}",
    closed_open_ended="está cerrado hasta nuevo aviso",
    today="hoy a las {time}",
    tomorrow="mañana a las {time}",
    on="el {date} a las {time}",
    unknown="El negocio no ha indicado su horario.",
)
_ENGLISH = _Words(
    days=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    months=(
        *("January", "February", "March", "April", "May", "June"),
        *("July", "August", "September", "October", "November", "December"),
    ),
    dated="{weekday} {day} {month} {year}",
    shift="{start} to {end}",
    and_=" and ",
    day_range="{first} to {last}",
    closed="closed",
    usual="Opening hours: {days}.",
    special="Special days: {days}.",
    now="It is now {date}, {time}: {state}.",
    open_until="open, closing {when}",
    closed_until="closed, opening {when}",
    closed_open_ended="closed until further notice",
    today="today at {time}",
    tomorrow="tomorrow at {time}",
    on="on {date} at {time}",
    unknown="The business has not said when it is open.",
)


def open_text(profile: Mapping[str, Any], time_zone: str, now: datetime, language: str = "es") -> str:
    """
    The week, the special days of the next weeks, and whether it is open now: two or three sentences.

    A business that has told no hours gets a sentence that says so, lest somebody invents them.

    :raises HoursNotReadable: its hours cannot be read.
    """
    words = _words(language)
    hours = opening_hours(profile)
    if hours is None:
        return words.unknown
    today = now.astimezone(ZoneInfo(time_zone)).date()
    sentences = [
        words.usual.format(days=_week(words, hours)),
        _special_days(words, hours, today, language),
        open_now_text(profile, time_zone, now, language),
    ]
    return " ".join(sentence for sentence in sentences if sentence)


def open_now_text(profile: Mapping[str, Any], time_zone: str, now: datetime, language: str = "es") -> str:
    """
    The day and the time where the business is, and whether it is open: one sentence.

    :raises HoursNotReadable: its hours cannot be read.
    """
    words = _words(language)
    state = is_open(profile, time_zone, now)
    if state is None:
        return words.unknown
    local = now.astimezone(ZoneInfo(time_zone))
    return words.now.format(
        date=_date(words, local.date()), time=_time(local.time()), state=_state(words, state, local)
    )


def _words(language: str) -> _Words:
    return _ENGLISH if language == "en" else _SPANISH


def _week(words: _Words, hours: OpeningHours) -> str:
    parts = []
    for shifts, same in groupby(enumerate(hours.week), key=lambda entry: entry[1]):
        days = [words.days[weekday] for weekday, _ in same]
        name = days[0] if len(days) == 1 else words.day_range.format(first=days[0], last=days[-1])
        parts.append(f"{name}, {_shifts(words, shifts)}")
    return "; ".join(parts)


def _special_days(words: _Words, hours: OpeningHours, today: date, language: str) -> str:
    days = [today + timedelta(days=ahead) for ahead in range(SPECIAL_DAYS_AHEAD.days + 1)]
    named = [
        f"{_date(words, special.day)}"
        + (f" ({special.name})" if special.name else "")
        + f", {_shifts(words, special.shifts)}"
        for special in (hours.special_on(day, language) for day in days)
        if special is not None
    ]
    return words.special.format(days="; ".join(named)) if named else ""


def _state(words: _Words, state: OpenState, local: datetime) -> str:
    if state.changes_at is None:
        return words.closed_open_ended
    days = (state.changes_at.date() - local.date()).days
    when = {0: words.today, 1: words.tomorrow}.get(days, words.on)
    sentence = words.open_until if state.is_open else words.closed_until
    return sentence.format(
        when=when.format(date=_date(words, state.changes_at.date()), time=_time(state.changes_at.time()))
    )


def _shifts(words: _Words, shifts: tuple[Shift, ...]) -> str:
    if not shifts:
        return words.closed
    return words.and_.join(words.shift.format(start=_time(start), end=_time(end)) for start, end in shifts)


def _date(words: _Words, day: date) -> str:
    return words.dated.format(
        weekday=words.days[day.weekday()], day=day.day, month=words.months[day.month - 1], year=day.year
    )


def _time(clock: time) -> str:
    return f"{clock.hour}:{clock.minute:02}"
