"""
F5: no pattern takes exponential time, whatever text it is given.

A backtracking engine tries again only where it had a choice. Inside whatever is repeated without end there is none: one
character decides whether an inner repeat goes on or ends, and which alternative is taken. What the rest costs grows
with a power of a text's length at most, and every text has a longest length.
"""

import ast
import importlib
import pkgutil
import re
import re._constants as code  # type: ignore[import-not-found]
import re._parser as parser  # type: ignore[import-not-found]
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import wacloud

ROOT = Path(wacloud.__file__).parent
ALPHABET = frozenset(range(256))
ENDLESS = 100  # repeated more often than this is without end
CALLS = {"compile", "match", "fullmatch", "search", "sub", "subn", "split", "findall", "finditer"}
# Words that begin alike inside a repeat: of two words no more than one goes on to its end, so nothing is tried twice.
WORDS = ("hola+|holi|buenas tardes",)


def literal_patterns() -> Iterator[tuple[str, str | bytes, int]]:
    """Every pattern written out in the source, in calls of `re` and in `pattern=` of a field."""
    for file in sorted(ROOT.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if not isinstance(node, ast.Call):
                continue
            given = [word.value for word in node.keywords if word.arg == "pattern"]
            called = node.func
            if isinstance(called, ast.Attribute) and ast.unparse(called.value) == "re" and called.attr in CALLS:
                given += node.args[:1]
            for one in given:
                if isinstance(one, ast.Constant) and isinstance(one.value, str | bytes):
                    yield f"{file.relative_to(ROOT)}:{node.lineno}", one.value, 0


def compiled_patterns() -> Iterator[tuple[str, str | bytes, int]]:
    """Every pattern that a module keeps, also those put together from parts."""
    for module in pkgutil.walk_packages(wacloud.__path__, "wacloud."):
        if module.name.endswith("__main__"):
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            if isinstance(value, re.Pattern):
                yield f"{module.name}.{name}", value.pattern, value.flags
            elif isinstance(value, list | tuple):
                for part in value:
                    for one in part if isinstance(part, tuple) else (part,):
                        if isinstance(one, re.Pattern):
                            yield f"{module.name}.{name}", one.pattern, one.flags


def faults_of(pattern: str | bytes, flags: int = 0) -> list[str]:
    """Where a repeat inside of a repeat, or alternatives inside of one, leave a choice."""
    found: list[str] = []
    _look(list(parser.parse(pattern, flags)), found)
    return found


def _look(items: list[Any], found: list[str]) -> None:
    for operator, value in items:
        if operator in (code.MAX_REPEAT, code.MIN_REPEAT):
            body = list(value[2])
            if value[1] >= ENDLESS:
                _in_loop(body, _first(body), found)
            _look(body, found)
        else:
            for inner in _bodies(operator, value):
                _look(inner, found)


def _in_loop(items: list[Any], follows: frozenset[int], found: list[str]) -> None:
    """`follows`: what may come after these items; in a loop also what it begins with."""
    for place, (operator, value) in enumerate(items):
        rest = items[place + 1 :]
        after = _first(rest) | (follows if _may_be_empty(rest) else frozenset())
        if operator in (code.MAX_REPEAT, code.MIN_REPEAT):
            body = list(value[2])
            if value[0] != value[1] and _first(body) & after:
                found.append(f"a repeat that may go on or end at {_shown(_first(body) & after)}")
            _in_loop(body, after | _first(body), found)
        elif operator is code.BRANCH:
            if sum(_may_be_empty(list(branch)) for branch in value[1]) > 1:
                found.append("alternatives that are both nothing")
            seen: frozenset[int] = frozenset()
            for branch in value[1]:
                if seen & _first(list(branch)):
                    found.append(f"alternatives that begin alike, with {_shown(seen & _first(list(branch)))}")
                seen |= _first(list(branch))
                _in_loop(list(branch), after, found)
        else:
            for inner in _bodies(operator, value):
                _in_loop(inner, after, found)


def _bodies(operator: Any, value: Any) -> Iterator[list[Any]]:
    if operator is code.SUBPATTERN:
        yield list(value[3])
    elif operator is code.BRANCH:
        yield from (list(branch) for branch in value[1])
    elif operator in (code.ASSERT, code.ASSERT_NOT):
        yield list(value[1])
    elif operator is code.ATOMIC_GROUP:
        yield list(value)


def _first(items: list[Any]) -> frozenset[int]:
    """With which characters a match may begin."""
    begins: frozenset[int] = frozenset()
    for item in items:
        begins |= _begins(*item)
        if not _may_be_empty([item]):
            break
    return begins


def _begins(operator: Any, value: Any) -> frozenset[int]:
    if operator is code.LITERAL:
        return frozenset({min(value, 255)})
    if operator is code.NOT_LITERAL:
        return ALPHABET - {value}
    if operator in (code.ANY, code.GROUPREF):
        return ALPHABET
    if operator is code.IN:
        return _class(value)
    if operator is code.BRANCH:
        return frozenset().union(*(_first(list(branch)) for branch in value[1]))
    if operator is code.SUBPATTERN:
        return _first(list(value[3]))
    if operator is code.ATOMIC_GROUP:
        return _first(list(value))
    if operator in (code.MAX_REPEAT, code.MIN_REPEAT, code.POSSESSIVE_REPEAT):
        return _first(list(value[2]))
    return frozenset()  # at a place or looking around: takes no character


def _class(parts: list[Any]) -> frozenset[int]:
    names = {
        code.CATEGORY_DIGIT: str.isdigit,
        code.CATEGORY_SPACE: str.isspace,
        code.CATEGORY_WORD: lambda sign: sign.isalnum() or sign == "_",
    }
    opposites = {
        code.CATEGORY_NOT_DIGIT: code.CATEGORY_DIGIT,
        code.CATEGORY_NOT_SPACE: code.CATEGORY_SPACE,
        code.CATEGORY_NOT_WORD: code.CATEGORY_WORD,
    }
    chosen: set[int] = set()
    for operator, value in parts:
        if operator is code.LITERAL:
            chosen.add(min(value, 255))
        elif operator is code.RANGE:
            chosen.update(range(min(value[0], 255), min(value[1], 255) + 1))
        elif operator is code.CATEGORY:
            of = opposites.get(value, value)
            chosen.update(sign for sign in ALPHABET if names[of](chr(sign)) is (value is of))
    return ALPHABET - chosen if parts and parts[0][0] is code.NEGATE else frozenset(chosen)


def _may_be_empty(items: list[Any]) -> bool:
    for operator, value in items:
        if operator in (code.MAX_REPEAT, code.MIN_REPEAT, code.POSSESSIVE_REPEAT):
            if value[0] > 0 and not _may_be_empty(list(value[2])):
                return False
        elif operator is code.BRANCH:
            if not any(_may_be_empty(list(branch)) for branch in value[1]):
                return False
        elif operator is code.SUBPATTERN:
            if not _may_be_empty(list(value[3])):
                return False
        elif operator is code.ATOMIC_GROUP:
            if not _may_be_empty(list(value)):
                return False
        elif operator not in (code.AT, code.ASSERT, code.ASSERT_NOT):
            return False
    return True


def _shown(signs: frozenset[int]) -> str:
    return "".join(chr(sign) for sign in sorted(signs) if chr(sign).isprintable())[:20] or "a control character"


def test_f5_no_pattern_takes_exponential_time() -> None:
    patterns = [*literal_patterns(), *compiled_patterns()]
    assert len(patterns) > 100
    wrong = {
        f"{where}: {pattern!r}": faults
        for where, pattern, flags in patterns
        if (faults := faults_of(pattern, flags)) and not any(words in str(pattern) for words in WORDS)
    }
    assert wrong == {}


@pytest.mark.parametrize(
    "pattern",
    [
        r"(a+)+$",
        r"(a|a)*$",
        r"(\w+\s?)*$",
        r"([a-z]+)*=",
        r"(.*)*x",
        r"^(\d+)+$",
        r"(a?b?)*a*c",
        r"(x+x+)+y",
    ],
)
def test_a_pattern_that_takes_exponential_time_is_found(pattern: str) -> None:
    assert faults_of(pattern)


@pytest.mark.parametrize(
    "pattern", [r"(?:[a-z0-9-]+\.)+com", r"a+b+", r"[^,]+(?:,[^,]+)*", r"(?:\\.|[^\"\\])*", r"(?:a|ab)*c"]
)
def test_a_pattern_without_a_choice_is_let_through(pattern: str) -> None:
    assert faults_of(pattern) == []
