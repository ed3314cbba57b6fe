"""The rules for the texts of a message template: lengths, variables, and examples for them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

Severity: TypeAlias = Literal["error", "warning", "hint"]

NAME: Final = 512
HEADER: Final = 60
BODY: Final = 1024
FOOTER: Final = 60
_NAME: Final = re.compile(r"[a-z0-9_]+")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(_[A-Z]{2})?")
VARIABLE: Final = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
_CALLED: Final = re.compile(r"[a-z][a-z0-9_]*")
_ADJACENT: Final = re.compile(r"\}\}\s*\{\{")
_BARE_EDGES: Final = " \t\n.,;:!?¡¿*_~\"'()-"
_WORST_FIRST: Final[Mapping[str, int]] = {"error": 0, "warning": 1, "hint": 2}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about one field. `limit` is what the rule allows, where it has a number."""

    rule: str
    severity: Severity
    field: str
    limit: int | None = None


class Findings:
    """What was found so far, each thing once."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], Finding] = {}

    def error(self, field: str, rule: str, limit: int | None = None) -> None:
        self._add(Finding(rule, "error", field, limit))

    def warning(self, field: str, rule: str) -> None:
        self._add(Finding(rule, "warning", field))

    def hint(self, field: str, rule: str) -> None:
        self._add(Finding(rule, "hint", field))

    def text(self, field: str, given: object, most: int) -> str:
        """The text of a field, which has to be there and not be too long."""
        text = given if isinstance(given, str) else ""
        if not text.strip() or "\x00" in text:
            self.error(field, "text_missing")
        elif len(text) > most:
            self.error(field, "text_too_long", most)
        return text

    def sorted(self) -> Sequence[Finding]:
        return sorted(self._found.values(), key=lambda one: _WORST_FIRST[one.severity])

    def _add(self, finding: Finding) -> None:
        self._found.setdefault((finding.field, finding.rule), finding)


def check_name(found: Findings, name: str) -> None:
    """Small letters, digits and underscores, 512 at most."""
    if found.text("name", name, NAME) and not _NAME.fullmatch(name):
        found.error("name", "not_a_name")


def check_language(found: Findings, language: str) -> None:
    """A code such as es or es_MX."""
    if not _LANGUAGE.fullmatch(language):
        found.error("language", "not_a_language")


def variables_of(text: str) -> list[str]:
    """The variables in a text, each once, in the order in which they come."""
    return list(dict.fromkeys(VARIABLE.findall(text)))


def in_order(names: Sequence[str]) -> list[str]:
    """As values are sent: numbers by size, names as they come."""
    if all(name.isdigit() for name in names):
        return sorted(names, key=lambda name: (len(name), name))
    return list(names)


def words_of(text: str) -> int:
    """Words that are no variables."""
    return sum(any(c.isalnum() for c in word) for word in VARIABLE.sub(" ", text).split())


def check_variables(
    found: Findings, part: str, text: str, is_named: bool, example: Mapping[str, Any], key: str
) -> list[str]:
    """Numbered from 1 without gaps, or all with names; an example for each."""
    field = f"{part}.text"
    names = variables_of(text)
    if "{" in (rest := VARIABLE.sub("", text)) or "}" in rest:
        found.error(field, "variable_broken")
    numbers = [name for name in names if name.isascii() and name.isdigit()]
    if is_named:
        if any(not _CALLED.fullmatch(name) for name in names):
            found.error(field, "mixed_names" if numbers and len(numbers) < len(names) else "variable_name")
    elif len(numbers) < len(names):
        found.error(field, "mixed_names" if numbers else "variable_name")
    elif sorted(map(int, numbers)) != list(range(1, len(numbers) + 1)):
        found.error(field, "variables_have_gaps")
    if _ADJACENT.search(text):
        found.error(field, "variables_adjacent")
    if names:
        _check_examples(found, part, names, is_named, example, key)
    return names


def check_edges(found: Findings, text: str) -> None:
    """A body begins and ends with words; Meta's review does not like a lone point behind a variable either."""
    bare = text.strip()
    if bare.startswith("{{") or bare.endswith("}}"):
        found.error("body.text", "variable_at_edge")
        return
    bare = bare.strip(_BARE_EDGES)
    if bare.startswith("{{") or bare.endswith("}}"):
        found.warning("body.text", "variable_near_edge")


def _check_examples(
    found: Findings, part: str, names: Sequence[str], is_named: bool, example: Mapping[str, Any], key: str
) -> None:
    told = _told_by_name(example, key) if is_named else _told_by_number(example, key)
    if not told:
        found.error(f"{part}.example", "example_missing")
    elif told != set(names):
        found.error(f"{part}.example", "example_for_each", len(names))


def _told_by_name(example: Mapping[str, Any], key: str) -> set[str]:
    given = example.get(f"{key}_named_params")
    listed = given if isinstance(given, list) else []
    return {str(one.get("param_name")) for one in listed if isinstance(one, Mapping) and one.get("example")}


def _told_by_number(example: Mapping[str, Any], key: str) -> set[str]:
    given = example.get(key)
    values = given if isinstance(given, list) else []
    if values and isinstance(values[0], list):
        # The body's examples are a list of lists: the first is the one that counts.
        values = values[0]
    return {str(place) for place, value in enumerate(values, start=1) if isinstance(value, str) and value.strip()}
