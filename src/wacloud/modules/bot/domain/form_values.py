"""
What a model wrote into a form, held against what its fields can be and against what was really said.

A model fills gaps with what is likely. So a phone number, an address or a word has to stand in what the customer wrote;
a date, a time or a number in what anybody wrote, since a "yes" to our own proposal is an answer too. What was said in
figures, in words ("a las nueve y media") or by the calendar ("el sábado") counts. Which of several choices somebody
means is left to the model. What was right in an earlier turn of the conversation stays so, also where its words are no
longer at hand.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, time
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final, Literal

from wacloud.modules.bot.domain.form import OWN_NUMBER, Form, FormField, Value
from wacloud.modules.bot.domain.spoken_numbers import DAYS, FEASTS, NUMBERS, RELATIVE, number_at
from wacloud.shared.domain.phone import display_phone, e164

LONGEST_VALUE: Final = 500
FARTHEST: Final = 5 * 366  # days ahead
_NOTHING: Final[Mapping[str, Value]] = MappingProxyType({})
_EMAIL = re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}")
_MARK = re.compile(r"\[[A-Z]+_\d{1,3}\]")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")
_BETWEEN: Final = r"[ \u00a0.()/\-]{0,2}"  # digits of a phone
_WORD = re.compile(r"[^\W_]+")
# So many people or things: no hour. "Mesa para 8", "somos cuatro", "2 tartas"; but "para 8 y media".
_COUNT: Final = rf"(?:\d{{1,2}}|{'|'.join(NUMBERS)})"
_PEOPLE: Final = re.compile(
    rf"\b(?:para|mesa de|somos|seremos|table (?:for|of)|for|we are|mesa para) {_COUNT}\b"
    r"(?!\s?(?:y|e|menos|h|hs|horas|am|pm|de la|da|en punto|o'?clock)\b|[:.h]\d)"
    rf"|\b{_COUNT} (?:personas?|people|pessoas|adultos?|ninos?|comensales|raciones|unidades|tartas?|noches?|dias?)\b"
)
_LARGEST: Final = 10**15
# Of a name each word has to be said; a sentence may be put in other words.
_FEW: Final = 3
# Written in several ways: the same number differs in the middle.
_OF_TWO_WAYS: Final = ("52", "54", "55")

Fault = Literal[
    "not_said", "not_a_number", "not_a_date", "in_the_past", "not_a_time", "not_a_phone", "not_an_email",
    "not_a_choice", "too_long",
]  # fmt: skip


class Said:
    """
    What was said in a conversation until now, by the customer and by all; `today` is where the business is.

    `region` is where a number without a country is from, `own` the number the customer writes from.
    """

    def __init__(
        self, customer: Iterable[str], others: Iterable[str], today: date, region: str = "ES", own: str | None = None
    ) -> None:
        self.customer = _bare("\n".join(customer))
        self.all = f"{self.customer}\n{_bare(chr(10).join(others))}"
        self.today = today
        self.region = region
        self.own = own

    @cached_property
    def numbers(self) -> frozenset[float]:
        """Every number in it, in figures or in words."""
        return _numbers_in(self.all)

    @cached_property
    def words(self) -> frozenset[str]:
        """All words of the customer."""
        return frozenset(_WORD.findall(self.customer))

    def has_number(self, number: float) -> bool:
        """Whether anybody named it."""
        return float(number) in self.numbers

    def has_email(self, text: str) -> bool:
        """Whether the customer wrote the whole of it: a part of an address is another's."""
        return bool(re.search(rf"(?<![\w.+-]){re.escape(_bare(text))}(?![\w-]|\.\w)", self.customer))

    def has_phone(self, digits: str) -> bool:
        """Whether the customer wrote this number, with its country or without."""
        national = re.sub(r"\D", "", display_phone(digits).partition(" ")[2]) or digits
        if digits.startswith(_OF_TWO_WAYS):
            return _holds(self.customer, digits[-8:], begins=False)
        return _holds(self.customer, digits) or _holds(self.customer, national)

    def has_text(self, text: str) -> bool:
        """Whether most of these words, all of a few and all of the figures, are the customer's."""
        words = _WORD.findall(_bare(text))
        if not words:
            return False
        figures = [word for word in words if any(c.isdigit() for c in word)]
        if not all(word in self.words for word in figures):
            return False
        long = [word for word in words if len(word) > 2 and word not in figures]
        if not long:
            return all(word in self.words for word in words)
        known = sum(any(one.startswith(word[:5]) for one in self.words) for word in long)
        return known == len(long) if len(long) <= _FEW else 2 * known >= len(long)

    def has_date(self, day: date) -> bool:
        """Whether it was named: by its number, by the day of the week, or by how far it is."""
        if day.day in self.numbers:
            return True
        ahead = (day - self.today).days
        said = f" {' '.join(_WORD.findall(self.all))} "
        if 0 <= ahead <= 14 and any(f" {name}" in said for name in DAYS[day.weekday()]):
            return True
        if any(f" {word} " in said and 0 <= ahead <= far for word, far in RELATIVE.items()):
            return True
        if (
            0 <= ahead <= 14
            and day.weekday() >= 5
            and re.search(r" (?:finde|fin de semana|weekend|fim de semana) ", said)
        ):
            return True
        if any(f" {word} " in said for word in FEASTS.get((day.month, day.day), ())):
            return True
        if re.search(r" (?:dias?|days?|semanas?|weeks?) ", said):
            return bool({float(ahead), ahead / 7} & self.numbers)
        return False

    def has_time(self, moment: time) -> bool:
        """Whether it was named, on a clock of 12 or 24 hours."""
        all_but_people = _PEOPLE.sub(" ", self.all)
        said, numbers = f" {' '.join(_WORD.findall(self.all))} ", _numbers_in(all_but_people)
        if float(moment.hour * 100 + moment.minute) in numbers and moment.hour:
            return True
        hours = {moment.hour % 12 or 12, moment.hour, moment.hour % 12}
        if re.search(r" (?:menos|to|para as|para a) ", said):
            hours |= {(moment.hour + 1) % 24, (moment.hour + 1) % 12 or 12}
        is_hour = bool({float(hour) for hour in hours} & numbers)
        if moment.hour == 12 and re.search(r" (?:mediodia|noon|meio dia) ", said):
            is_hour = True
        if moment.hour == 0 and re.search(r" (?:medianoche|midnight|meia noite) ", said):
            is_hour = True
        match moment.minute:
            case 0:
                is_minute = True
            case 30:
                is_minute = bool(re.search(r" (?:media|half|meia) ", said))
            case 15 | 45:
                is_minute = bool(re.search(r" (?:cuarto|cuartos|quarter|quarto) ", said))
            case _:
                is_minute = float(60 - moment.minute) in numbers
        return is_hour and (is_minute or float(moment.minute) in numbers)


class _SaidBefore(Said):
    """Of what was held against the words of an earlier turn only the shape is looked at, and whether it is over."""

    def __init__(self, now: Said) -> None:
        super().__init__((), (), now.today, now.region, now.own)

    def has_number(self, number: float) -> bool:
        return True

    def has_email(self, text: str) -> bool:
        return True

    def has_phone(self, digits: str) -> bool:
        return True

    def has_text(self, text: str) -> bool:
        return True

    def has_date(self, day: date) -> bool:
        return True

    def has_time(self, moment: time) -> bool:
        return True


@dataclass(frozen=True, slots=True)
class Filling:
    """
    What is right so far, what is wrong, and what is missing.

    `stays` is known from now on: what is right, and what was right before where nobody said what the model put in its
    place.
    """

    values: Mapping[str, Value]
    wrong: tuple[tuple[FormField, Fault], ...]
    missing: tuple[FormField, ...]
    stays: Mapping[str, Value]

    @property
    def is_complete(self) -> bool:
        """Whether it can be noted."""
        return not self.wrong and not self.missing


class _Wrong(Exception):
    def __init__(self, fault: Fault) -> None:
        super().__init__(fault)
        self.fault: Fault = fault


def read_values(
    form: Form,
    given: Mapping[str, Any],
    said: Said,
    known: Mapping[str, Value] = _NOTHING,
    noted: Mapping[str, Value] = _NOTHING,
) -> Filling:
    """
    Check what was given for each field. What is optional and wrong is asked for again as well.

    `known` was right in earlier turns: it holds until something else is said, and null says nothing. `noted` stands in
    an entry already: it may be said again, and fills in nothing.
    """
    values: dict[str, Value] = {}
    stays: dict[str, Value] = {}
    wrong: list[tuple[FormField, Fault]] = []
    missing: list[FormField] = []
    before = _SaidBefore(said)
    for field in form.fields:
        value = given.get(field.key)
        is_new = value is not None and not (isinstance(value, str) and not value.strip())
        if not is_new and field.key not in known:
            if field.required:
                missing.append(field)
            continue
        try:
            values[field.key] = _read(field, value, said) if is_new else _read(field, known[field.key], before)
        except _Wrong as found:
            if found.fault == "not_said" and is_new:
                earlier = [one[field.key] for one in (known, noted) if field.key in one]
                if (again := _or_none(field, value, before)) in earlier and again is not None:
                    values[field.key] = again
                    continue
                if field.key in known:
                    stays[field.key] = known[field.key]
            wrong.append((field, found.fault))
    return Filling(values, tuple(wrong), tuple(missing), stays | values)


def _or_none(field: FormField, value: Any, said: Said) -> Value | None:
    try:
        return _read(field, value, said)
    except _Wrong:
        return None


def _read(field: FormField, value: Any, said: Said) -> Value:
    if field.kind == "number":
        if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) < _LARGEST:
            raise _Wrong("not_a_number")
        if not said.has_number(value):
            raise _Wrong("not_said")
        return int(value) if float(value).is_integer() else value
    text = " ".join("".join(c if c.isprintable() else " " for c in str(value)).split())
    if len(text) > LONGEST_VALUE:
        raise _Wrong("too_long")
    if _MARK.search(text):
        raise _Wrong("not_said")  # a mark that stands for nothing
    match field.kind:
        case "date":
            return _date(field, text, said)
        case "time":
            return _time(text, said)
        case "phone":
            return _phone(text, said)
        case "email":
            return _email(text, said)
        case "choice":
            return _choice(field, text)
    if not said.has_text(text):
        raise _Wrong("not_said")
    return text


def _date(field: FormField, text: str, said: Said) -> str:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        raise _Wrong("not_a_date") from None
    if day < said.today and not field.in_past:
        raise _Wrong("in_the_past")
    if not -130 * 366 < (day - said.today).days <= FARTHEST:
        raise _Wrong("not_a_date")
    if not said.has_date(day):
        raise _Wrong("not_said")
    return day.isoformat()


def _time(text: str, said: Said) -> str:
    try:
        moment = time.fromisoformat(text)
    except ValueError:
        raise _Wrong("not_a_time") from None
    if moment.tzinfo is not None or moment.second or moment.microsecond:
        raise _Wrong("not_a_time")
    if not said.has_time(moment):
        raise _Wrong("not_said")
    return moment.strftime("%H:%M")


def _phone(text: str, said: Said) -> str:
    if text.casefold() == OWN_NUMBER:
        if said.own is None:
            raise _Wrong("not_a_phone")
        return said.own
    number = e164(text, None if text.startswith(("+", "00")) else said.region)
    if number is None:
        raise _Wrong("not_a_phone")
    if not said.has_phone(number[1:]):
        raise _Wrong("not_said")
    return number


def _email(text: str, said: Said) -> str:
    if not _EMAIL.fullmatch(text):
        raise _Wrong("not_an_email")
    if not said.has_email(text):
        raise _Wrong("not_said")
    return text.lower()


def _choice(field: FormField, text: str) -> str:
    for choice in field.choices:
        if choice.casefold() == text.casefold():
            return choice
    raise _Wrong("not_a_choice")


def _holds(text: str, digits: str, *, begins: bool = True) -> bool:
    """Whether a number stands in a text, however it is spaced, and not as a part of longer digits."""
    return bool(re.search(rf"{'(?<![0-9])' if begins else ''}{_BETWEEN.join(digits)}(?![0-9])", text))


def _numbers_in(text: str) -> frozenset[float]:
    found = set[float]()
    for told in _NUMBER.findall(text):
        parts = re.split(r"[.,]", told)
        found.update(float(part) for part in parts)
        found.add(float("".join(parts)))
        if len(parts) == 2:
            found.add(float(".".join(parts)))
    words = _WORD.findall(text)
    for at in range(len(words)):
        number, used = number_at(words, at)
        if used:
            found.update((number, NUMBERS.get(words[at], number)))
    return frozenset(found)


def _bare(text: str) -> str:
    """Small letters without accents, digits of any script as ours."""
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(
        str(unicodedata.decimal(c)) if c.isdecimal() else c
        for c in parts
        if not unicodedata.combining(c) and c not in "\u200b\u200c\u2060\ufeff\u00ad"
    )
