"""Opening hours in words, for a customer or for the bot that answers one."""

from collections.abc import Mapping, Sequence
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
    we_open: str
    that_day: str  # the day at the start of a sentence
    its_today: str
    its_tomorrow: str
    day_open: str
    day_closed: str
    now_open: str
    now_closed: str


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
    we_open="abrimos {when}",
    that_day="El {weekday} {day} de {month}",
    its_today="Hoy, {weekday} {day} de {month},",
    its_tomorrow="Mañana, {weekday} {day} de {month},",
    day_open="{day} abrimos {shifts}",
    day_closed="{day} no abrimos",
    now_open="Ahora está abierto: cerramos {when}.",
    now_closed="Ahora está cerrado: abrimos {when}.",
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
    we_open="we open {when}",
    that_day="On {weekday} {day} {month}",
    its_today="Today, {weekday} {day} {month},",
    its_tomorrow="Tomorrow, {weekday} {day} {month},",
    day_open="{day} we open from {shifts}",
    day_closed="{day} we are closed",
    now_open="We are open now and close {when}.",
    now_closed="We are closed now and open {when}.",
)
_PORTUGUESE = _Words(
    days=("segunda-feira", "terça-feira", "quarta-feira", "quinta-feira", "sexta-feira", "sábado", "domingo"),
    months=(
        *("janeiro", "fevereiro", "março", "abril", "maio", "junho"),
        *("julho", "agosto", "setembro", "outubro", "novembro", "dezembro"),
    ),
    dated="{weekday}, {day} de {month} de {year}",
    shift="das {start} às {end}",
    and_=" e ",
    day_range="de {first} a {last}",
    closed="fechado",
    usual="Horário: {days}.",
    special="Dias especiais: {days}.",
    now="Agora é {date}, {time}: {state}.",
    open_until="está aberto e fecha {when}",
    closed_until="está fechado e abre {when}",
    closed_open_ended="está fechado até novo aviso",
    today="hoje às {time}",
    tomorrow="amanhã às {time}",
    on="{date} às {time}",
    unknown="A empresa não informou o seu horário.",
    we_open="abrimos {when}",
    that_day="{weekday}, {day} de {month},",
    its_today="Hoje, {weekday}, {day} de {month},",
    its_tomorrow="Amanhã, {weekday}, {day} de {month},",
    day_open="{day} abrimos {shifts}",
    day_closed="{day} não abrimos",
    now_open="Agora está aberto: fechamos {when}.",
    now_closed="Agora está fechado: abrimos {when}.",
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


def opens_text(profile: Mapping[str, Any], time_zone: str, now: datetime, language: str = "es") -> str | None:
    """
    "We open tomorrow at 9:30", holidays counted; None while it is open, and where nobody knows when it opens.

    :raises HoursNotReadable: its hours cannot be read.
    """
    state = is_open(profile, time_zone, now)
    if state is None or state.is_open or state.changes_at is None:
        return None
    words = _words(language)
    return words.we_open.format(when=_when(words, state.changes_at, now.astimezone(ZoneInfo(time_zone))))


def days_text(
    profile: Mapping[str, Any], time_zone: str, now: datetime, days: Sequence[date], language: str = "es"
) -> str | None:
    """
    What a customer is told who asks for the hours of these days, or of the usual week where there is none of them.

    Where today is among them, also whether it is open now; after a closed day, when it opens. None where the business
    has told no hours.

    :raises HoursNotReadable: its hours cannot be read.
    """
    words = _words(language)
    hours = opening_hours(profile)
    if hours is None:
        return None
    local = now.astimezone(ZoneInfo(time_zone))
    if not days:
        usual = words.usual.format(days=_week(words, hours))
        return " ".join(filter(None, (usual, _special_days(words, hours, local.date(), language))))
    sentences = [_day(words, hours, day, local.date(), language) for day in days]
    if local.date() in days:
        sentences.append(_right_now(words, is_open(profile, time_zone, now), local))
    elif not hours.shifts_on(days[-1]):
        after = datetime.combine(days[-1], time(12), ZoneInfo(time_zone))
        sentences.append(_right_now(words, is_open(profile, time_zone, after), local, next_only=True))
    return " ".join(filter(None, sentences))


def _day(words: _Words, hours: OpeningHours, day: date, today: date, language: str) -> str:
    form = {0: words.its_today, 1: words.its_tomorrow}.get((day - today).days, words.that_day)
    named = form.format(weekday=words.days[day.weekday()], day=day.day, month=words.months[day.month - 1])
    special, shifts = hours.special_on(day, language), hours.shifts_on(day)
    sentence = (words.day_open if shifts else words.day_closed).format(day=named, shifts=_shifts(words, shifts))
    return sentence[:1].upper() + sentence[1:] + (f" ({special.name})." if special and special.name else ".")


def _right_now(words: _Words, state: OpenState | None, local: datetime, *, next_only: bool = False) -> str:
    if state is None or state.changes_at is None:
        return ""
    when = _when(words, state.changes_at, local)
    if next_only:
        sentence = words.we_open.format(when=when)
        return sentence[:1].upper() + sentence[1:] + "."
    return (words.now_open if state.is_open else words.now_closed).format(when=when)


def _words(language: str) -> _Words:
    return {"en": _ENGLISH, "pt": _PORTUGUESE}.get(language, _SPANISH)


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
    sentence = words.open_until if state.is_open else words.closed_until
    return sentence.format(when=_when(words, state.changes_at, local))


def _when(words: _Words, at: datetime, local: datetime) -> str:
    when = {0: words.today, 1: words.tomorrow}.get((at.date() - local.date()).days, words.on)
    return when.format(date=_date(words, at.date()), time=_time(at.time()))


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
