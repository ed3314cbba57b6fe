"""What a business itself notes of a person: a name, fields of its own, tags."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Literal, get_args
from uuid import UUID

from wacloud.modules.whatsapp.domain.consent import plain
from wacloud.shared.domain.errors import AppError, NotFound

FieldKind = Literal["text", "number", "date", "choice", "yes_no"]
FIELD_KINDS: Final[tuple[str, ...]] = get_args(FieldKind)
Colour = Literal["green", "orange", "violet", "blue", "pink", "yellow", "cyan", "olive"]
COLOURS: Final[tuple[str, ...]] = get_args(Colour)
MOST_FIELDS: Final = 50
MOST_TAGS: Final = 200
MOST_CHOICES: Final = 50
LONGEST_NAME: Final = 200
LONGEST_LABEL: Final = 60
LONGEST_TAG: Final = 40
LONGEST_VALUE: Final = 1000
YES: Final = frozenset({"si", "s", "yes", "y", "sim", "true", "verdadero", "1", "x", "ok", "acepto", "acepta"})
NO: Final = frozenset({"no", "n", "nao", "false", "falso", "0"})
_NO_KEY = re.compile(r"[^a-z0-9]+")


class ContactNotFound(NotFound):
    """There is no such contact."""


class NameTooLong(AppError):
    """A name has 200 characters at most."""


class PhoneOrNameMissing(AppError):
    """A contact needs a phone number with its country code, like +34600000042."""


class PhoneTaken(AppError):
    """There is a contact with this number already."""

    kind = "conflict"


class FieldUnknown(AppError):
    """There is no such field."""


class FieldValueWrong(AppError):
    """This does not fit into the field."""


class FieldNotPossible(AppError):
    """A field needs a name of its own, and one of choices two to fifty of them."""


class TooManyFields(AppError):
    """There are fifty fields already."""


class TagNotPossible(AppError):
    """A tag has a name of 1 to 40 characters that no other has, and there are 200 at most."""


class TagNotFound(NotFound):
    """There is no such tag."""


class FieldNotFound(NotFound):
    """There is no such field."""


@dataclass(frozen=True, slots=True)
class ContactField:
    """A field a business made for its contacts."""

    id: UUID
    key: str
    label: str
    kind: str
    choices: Sequence[str] = ()

    @classmethod
    def typed(
        cls, new_id: UUID, label: str, kind: str, choices: Sequence[str], others: Sequence["ContactField"]
    ) -> "ContactField":
        """
        A new field beside these.

        :raises TooManyFields: there is no room for it.
        :raises FieldNotPossible: its label, kind or choices will not do.
        """
        if len(others) >= MOST_FIELDS:
            raise TooManyFields
        label = " ".join(label.split())
        chosen = tuple(dict.fromkeys(c for choice in choices if (c := " ".join(choice.split())[:LONGEST_LABEL])))
        is_taken = any(plain(label) == plain(other.label) for other in others)
        if not plain(label) or len(label) > LONGEST_LABEL or kind not in FIELD_KINDS or is_taken:
            raise FieldNotPossible
        if kind == "choice" and not 2 <= len(chosen) <= MOST_CHOICES:
            raise FieldNotPossible
        return cls(new_id, _key_of(label, others), label, kind, chosen if kind == "choice" else ())

    def read(self, typed: object) -> Any:
        """
        What is stored of what was typed or sent; None empties the field.

        :raises FieldValueWrong: it does not fit.
        """
        text = str(typed).strip() if typed is not None else ""
        if isinstance(typed, bool) and self.kind == "yes_no":
            return typed
        if not text:
            return None
        value = self._value(text) if len(text) <= LONGEST_VALUE and text.isprintable() else None
        if value is None:
            raise FieldValueWrong(field=self.key)
        return value

    def _value(self, text: str) -> Any:
        match self.kind:
            case "number":
                return _number(text)
            case "date":
                return _date(text)
            case "yes_no":
                word = plain(text)
                return True if word in YES else False if word in NO else None
            case "choice":
                return next((choice for choice in self.choices if plain(choice) == plain(text)), None)
        return text


@dataclass(frozen=True, slots=True)
class Tag:
    """A coloured word put on contacts."""

    id: UUID
    name: str
    colour: str


def checked_name(name: str | None) -> str | None:
    """
    A name as it is stored; None where there is none.

    :raises NameTooLong: it is.
    """
    told = " ".join("".join(c if c.isprintable() else " " for c in name or "").split())
    if len(told) > LONGEST_NAME:
        raise NameTooLong
    return told or None


def checked_tag(name: str) -> str:
    """
    A tag's name as it is stored.

    :raises TagNotPossible: it is empty or too long.
    """
    told = " ".join("".join(c if c.isprintable() else " " for c in name).split())
    if not 1 <= len(told) <= LONGEST_TAG:
        raise TagNotPossible
    return told


def read_fields(typed: Mapping[str, object], known: Sequence[ContactField]) -> dict[str, Any]:
    """
    Values by key, checked; None where the field is emptied.

    :raises FieldUnknown: there is no such field.
    :raises FieldValueWrong: one does not fit.
    """
    by_key = {field.key: field for field in known}
    unknown = typed.keys() - by_key.keys()
    if unknown:
        raise FieldUnknown(field=min(unknown)[:40])
    return {key: by_key[key].read(value) for key, value in typed.items()}


def _key_of(label: str, others: Sequence[ContactField]) -> str:
    stem = _NO_KEY.sub("_", plain(label)).strip("_")[:36]
    stem = stem if stem[:1].isalpha() else f"f_{stem}".rstrip("_")
    taken = {other.key for other in others}
    return next(key for n in range(1, MOST_FIELDS + 2) if (key := stem if n == 1 else f"{stem}_{n}") not in taken)


def _number(text: str) -> int | float | None:
    """1.234,50 and 1,234.50 alike: of two signs the last one begins the decimals."""
    digits = text.replace(" ", "").replace("\u00a0", "").removesuffix("€").removeprefix("€").removeprefix("$")
    if "," in digits and "." in digits:
        thousands = "," if digits.rindex(",") < digits.rindex(".") else "."
        digits = digits.replace(thousands, "")
    digits = digits.replace(",", ".")
    if not re.fullmatch(r"[+-]?\d{1,15}(\.\d{1,6})?", digits, re.ASCII):
        return None
    try:
        number = Decimal(digits)
    except InvalidOperation:
        return None
    return int(number) if number == number.to_integral_value() else float(number)


def _date(text: str) -> str | None:
    """2026-11-26, or the day first, as Spanish has it."""
    for form in ("%Y-%m-%d", "%d/%m/%Y", "%d-%m-%Y", "%d.%m.%Y"):
        try:
            found: date = datetime.strptime(text[:10] if form == "%Y-%m-%d" else text, form).date()  # noqa: DTZ007
        except ValueError:
            continue
        return found.isoformat()
    return None
