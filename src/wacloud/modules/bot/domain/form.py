"""What a business lets its bot collect from a customer: a form, its fields, and one that was filled in."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final, Literal, get_args
from uuid import UUID

from wacloud.modules.bot.domain.tools import Tool
from wacloud.shared.domain.errors import AppError, Fault, FaultyFields, Kind

MOST_FORMS: Final = 10
MOST_FIELDS: Final = 12
MOST_CHOICES: Final = 20
# Of one form in one conversation.
MOST_A_DAY: Final = 10
LONGEST_TITLE: Final = 60
LONGEST_WHEN: Final = 300
LONGEST_LABEL: Final = 60
LONGEST_HINT: Final = 200
LONGEST_CHOICE: Final = 60
LONGEST_KEY: Final = 40
# A tool of a form is told from actions by its hyphen: no action has one in its name.
PREFIX: Final = "form-"
# In place of a phone number: the one they write from.
OWN_NUMBER: Final = "own"
# Beside the fields: whether the customer wants a second one.
ANOTHER: Final = "another"
_KEY = re.compile(r"[a-z][a-z0-9_]{0,39}")

FieldKind = Literal["text", "number", "date", "time", "phone", "email", "choice"]
Value = str | int | float

_HOW: Final[Mapping[FieldKind, str]] = {
    "text": "in the customer's own words",
    "number": "as a number",
    "date": "as 2026-12-24",
    "time": "as 17:30",
    "phone": f'as the customer wrote it; "{OWN_NUMBER}" only if they say it is the number they write from',
    "email": "as the customer wrote it",
    "choice": "",
}


class TooManyForms(AppError):
    """You have as many forms as there can be: remove one first."""

    kind: ClassVar[Kind] = "limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One thing to ask for. `in_past`: a date may lie behind us, as a birthday does."""

    key: str
    label: str
    kind: FieldKind = "text"
    choices: tuple[str, ...] = ()
    required: bool = True
    hint: str = ""
    in_past: bool = False

    def schema(self) -> dict[str, Any]:
        """As a model is told of it: what is not known yet is null."""
        told = ". ".join(part for part in (self.label, self.hint, _HOW[self.kind]) if part)
        kind = "number" if self.kind == "number" else "string"
        schema: dict[str, Any] = {"type": [kind, "null"], "description": told}
        return schema | {"enum": [*self.choices, None]} if self.kind == "choice" else schema

    def stored(self) -> dict[str, Any]:
        """As it is kept, and told to programs."""
        return {
            "key": self.key,
            "label": self.label,
            "kind": self.kind,
            "choices": list(self.choices),
            "required": self.required,
            "hint": self.hint,
            "in_past": self.in_past,
        }

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> "FormField":
        """What `stored` wrote."""
        return cls(**{**kept, "choices": tuple(kept.get("choices", ()))})


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What the bot may collect. `used_when` is for the model; `hands_over`: a person takes over once all is there."""

    id: UUID
    name: str
    title: str
    used_when: str
    fields: tuple[FormField, ...]
    hands_over: bool = False
    enabled: bool = True

    @property
    def tool_name(self) -> str:
        """What a model calls it by."""
        return PREFIX + self.name

    def tool(self) -> Tool:
        """As a model is told of it."""
        properties = {field.key: field.schema() for field in self.fields}
        properties[ANOTHER] = {
            "type": ["boolean", "null"],
            "description": "true only if the customer wants a second one, besides one that was noted already",
        }
        needed = ", ".join(field.label for field in self.fields if field.required)
        return Tool(
            self.tool_name,
            f"Notes “{self.title}” for the business. When to use it: {self.used_when} Needed: {needed}.",
            {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False},
        )


@dataclass(frozen=True, slots=True)
class BegunForm:
    """
    What is right so far of a form that is not complete; empty where nothing is known of it, or no longer.

    `another`: it is to be one more, besides what was noted before.
    """

    form_id: UUID
    values: Mapping[str, Value]
    another: bool = False


@dataclass(frozen=True, slots=True)
class FilledForm:
    """All that is required is there and right. `another`: the customer wants it besides what was noted before."""

    form: Form
    values: Mapping[str, Value]
    another: bool = False

    def beside(self, noted: Sequence[Mapping[str, Value]]) -> Literal["new", "changed", "same", "too_many"]:
        """What it is beside what the conversation gave within a day, the newest first."""
        if any(dict(one) == dict(self.values) for one in noted):
            return "same"
        if noted and not self.another:
            return "changed"
        return "new" if len(noted) < MOST_A_DAY else "too_many"


def machine_name(words: str, taken: Sequence[str] = ()) -> str:
    """A name for programs and models, made of words for people; one that is free."""
    bare = unicodedata.normalize("NFKD", words).encode("ascii", "ignore").decode().lower()
    name = re.sub(r"[^a-z0-9]+", "_", bare).strip("_")[: LONGEST_KEY - 4].strip("_")
    if not name or not name[0].isalpha():
        name = f"f_{name}".strip("_")
    free, number = name, 2
    while free in taken:
        free, number = f"{name}_{number}", number + 1
    return free


def checked(form: Form) -> Form:
    """
    The form as it is kept; keys that were not given are made of the labels.

    :raises FaultyFields: something of it cannot be; each fault names the field.
    """
    faults: list[Fault] = []
    title, when = _line(form.title), _line(form.used_when)
    faults += _of_text("title", title, LONGEST_TITLE) + _of_text("used_when", when, LONGEST_WHEN)
    if len(form.fields) > MOST_FIELDS:
        faults.append(Fault("fields", "too_many", MOST_FIELDS))
    if not any(field.required for field in form.fields):
        faults.append(Fault("fields", "form_asks_nothing"))
    given = [field.key for field in form.fields if field.key]
    kept: list[FormField] = []
    for at, field in enumerate(form.fields[:MOST_FIELDS]):
        taken = [*given, *(one.key for one in kept), ANOTHER]
        clean, wrong = _checked_field(f"fields.{at}", field, taken)
        kept.append(clean)
        faults += wrong
    if len({field.key for field in kept}) < len(kept):
        faults.append(Fault("fields", "not_unique"))
    if faults:
        raise FaultyFields(faults)
    return replace(form, title=title, used_when=when, fields=tuple(kept))


def _checked_field(at: str, field: FormField, taken: Sequence[str]) -> tuple[FormField, list[Fault]]:
    label, hint = _line(field.label), _line(field.hint)
    choices = tuple(one for one in (_line(choice) for choice in field.choices) if one)
    faults = _of_text(f"{at}.label", label, LONGEST_LABEL)
    key = field.key or machine_name(label, taken)
    if not _KEY.fullmatch(key):
        faults.append(Fault(f"{at}.key", "not_a_name"))
    elif key == ANOTHER:
        faults.append(Fault(f"{at}.key", "not_allowed"))
    if len(hint) > LONGEST_HINT:
        faults.append(Fault(f"{at}.hint", "text_too_long", LONGEST_HINT))
    if field.kind not in get_args(FieldKind):
        faults.append(Fault(f"{at}.kind", "not_allowed"))
    if field.kind == "choice":
        if len(choices) < 2:
            faults.append(Fault(f"{at}.choices", "not_enough", 2))
        elif len(choices) > MOST_CHOICES:
            faults.append(Fault(f"{at}.choices", "too_many", MOST_CHOICES))
        if len({choice.casefold() for choice in choices}) < len(choices):
            faults.append(Fault(f"{at}.choices", "not_unique"))
        if any(len(choice) > LONGEST_CHOICE for choice in choices):
            faults.append(Fault(f"{at}.choices", "text_too_long", LONGEST_CHOICE))
    else:
        choices = ()
    in_past = field.in_past and field.kind == "date"
    return replace(field, key=key, label=label, hint=hint, choices=choices, in_past=in_past), faults


def _of_text(at: str, text: str, longest: int) -> list[Fault]:
    if not text:
        return [Fault(at, "text_missing")]
    return [Fault(at, "text_too_long", longest)] if len(text) > longest else []


def _line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
