"""
Segments: people by what is known of them, as a small typed language.

    {"match": "all", "rules": [{"field": "tag", "op": "has", "value": "<id>"},
                               {"match": "any", "rules": [{"field": "opted_in", "op": "yes"}]}]}

Fields and operators are these and no others; what is read here is compiled to SQL with every value as a parameter.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal
from uuid import UUID

from wacloud.modules.whatsapp.domain.person import ContactField
from wacloud.shared.domain.errors import AppError, NotFound

MOST_RULES: Final = 20
DEEPEST: Final = 3
LONGEST_TEXT: Final = 200
FURTHEST_DAYS: Final = 3650
_IS_THERE: Final = ("empty", "filled")
OPS: Final[Mapping[str, tuple[str, ...]]] = {
    "text": ("contains", "not_contains", "is", "is_not", *_IS_THERE),
    "number": ("is", "less", "more", *_IS_THERE),
    "date": ("before", "after", *_IS_THERE),
    "moment": ("within_days", "not_within_days", "before", "after"),
    "choice": ("is", "is_not", *_IS_THERE),
    "country": ("is", "is_not", *_IS_THERE),
    "yes_no": ("yes", "no"),
    "tag": ("has", "has_not"),
}
BUILT_IN: Final[Mapping[str, str]] = {
    "tag": "tag",
    "name": "text",
    "phone": "text",
    "country": "country",
    "created": "moment",
    "last_inbound": "moment",
    "window_open": "yes_no",
    "opted_in": "yes_no",
    "opted_out": "yes_no",
    "marketing_stopped": "yes_no",
    "blocked": "yes_no",
}
NO_VALUE: Final = frozenset({"empty", "filled", "yes", "no"})


class SegmentNotReadable(AppError):
    """This filter cannot be understood: check its fields, what they are compared with, and how many there are."""


class SegmentNotFound(NotFound):
    """There is no such segment."""


class SegmentNameTaken(AppError):
    """A segment needs a name of 1 to 80 characters that no other has."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One condition. `kind` is the field's; the value fits it."""

    field: str
    kind: str
    op: str
    value: Any = None

    def told(self) -> dict[str, Any]:
        """As it is stored."""
        return {"field": self.field, "op": self.op} | ({} if self.op in NO_VALUE else {"value": _plain(self.value)})


@dataclass(frozen=True, slots=True)
class Group:
    """Conditions of which all or any must hold; none at all hold for everybody."""

    match: Literal["all", "any"]
    rules: Sequence["Rule | Group"] = ()

    def told(self) -> dict[str, Any]:
        """As it is stored."""
        return {"match": self.match, "rules": [rule.told() for rule in self.rules]}

    def each(self) -> Iterator[Rule]:
        """Every condition, at whatever depth."""
        for rule in self.rules:
            if isinstance(rule, Group):
                yield from rule.each()
            else:
                yield rule


EVERYBODY: Final = Group("all")
NOBODY: Final = Group("any")


def read_filter(told: object, fields: Sequence[ContactField]) -> Group:
    """
    Understand a filter.

    :raises SegmentNotReadable: it names what there is not, compares what cannot be compared, or is too large.
    """
    kinds = dict(BUILT_IN) | {f"field:{field.key}": field.kind for field in fields}
    group = _group(told, kinds, 1)
    if sum(1 for _ in group.each()) > MOST_RULES:
        raise SegmentNotReadable
    return group


def without_unknown(told: object, fields: Sequence[ContactField]) -> Group:
    """A stored filter as it can still be read: nobody fulfils a condition on a field that is gone."""
    try:
        return read_filter(told, fields)
    except SegmentNotReadable:
        return NOBODY


def kind_of(field: str, fields: Sequence[ContactField]) -> str | None:
    """The kind of a field by its name in a filter."""
    return BUILT_IN.get(field) or next((one.kind for one in fields if field == f"field:{one.key}"), None)


def _group(told: object, kinds: Mapping[str, str], depth: int) -> Group:
    if not isinstance(told, Mapping) or told.keys() - {"match", "rules"} or depth > DEEPEST:
        raise SegmentNotReadable
    match, rules = told.get("match", "all"), told.get("rules", [])
    if match not in ("all", "any") or not isinstance(rules, list) or len(rules) > MOST_RULES:
        raise SegmentNotReadable
    return Group(match, tuple(_group(r, kinds, depth + 1) if _is_group(r) else _rule(r, kinds) for r in rules))


def _is_group(told: object) -> bool:
    return isinstance(told, Mapping) and "rules" in told


def _rule(told: object, kinds: Mapping[str, str]) -> Rule:
    if not isinstance(told, Mapping) or told.keys() - {"field", "op", "value"}:
        raise SegmentNotReadable
    field, op = told.get("field"), told.get("op")
    kind = kinds.get(field) if isinstance(field, str) else None
    if not isinstance(field, str) or kind is None or op not in OPS[kind]:
        raise SegmentNotReadable
    return Rule(field, kind, op, None if op in NO_VALUE else _value(kind, op, told.get("value")))


def _value(kind: str, op: str, value: object) -> Any:
    try:
        if op in ("within_days", "not_within_days"):
            days = int(str(value))
            if not 1 <= days <= FURTHEST_DAYS:
                raise SegmentNotReadable
            return days
        match kind:
            case "tag":
                return UUID(str(value))
            case "number":
                number = float(str(value).replace(",", "."))
                if not -1e15 < number < 1e15:
                    raise SegmentNotReadable
                return number
            case "date" | "moment":
                return date.fromisoformat(str(value))
    except ValueError:
        raise SegmentNotReadable from None
    text = value.strip() if isinstance(value, str) else ""
    if not text or len(text) > LONGEST_TEXT or not text.isprintable():
        raise SegmentNotReadable
    return text.upper() if kind == "country" else text


def _plain(value: Any) -> Any:
    return value if isinstance(value, int | float) else str(value)
