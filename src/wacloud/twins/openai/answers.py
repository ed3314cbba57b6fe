"""What the twin says when nobody told it what to say: the answer of the knowledge, or that it does not know."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping
from typing import Any

UNKNOWN = "NO_LO_SE"
_PAIR = re.compile(
    r"^(?:\[(?P<number>\w+)\] )?Q: (?P<question>.*?)\nA: (?P<answer>.*?)(?=\n(?:\[\w+\] )?Q: |\Z)",
    re.DOTALL | re.MULTILINE,
)
# Words that say nothing about what is asked.
_SMALL = re.compile(
    r"a|al|con|como|cual|cuales|cuando|cuanto|de|del|el|en|es|esta|este|hay|la|las|lo|los|me|mi|os|para|por|que|se|si|"
    r"su|te|teneis|tengo|un|una|y|do|does|for|how|i|in|is|it|my|of|on|the|to|what|when|where|you|your|customer"
)


def estimate_tokens(text: str) -> int:
    """About four bytes a token."""
    return max(1, len(text.encode()) // 4)


def from_knowledge(given: str) -> tuple[str, str | None]:
    """The answer whose question has most words of the newest messages, and its number; else that nobody knows."""
    knowledge, new = _between(given, "knowledge"), _between(given, "new_messages")
    asked = _words(new)
    # A model believes a search that names the nearest.
    closest = re.findall(r"\[(\d+)\]", given.partition("<closest>")[2].partition("</closest>")[0])
    best, score = None, 0.0
    for pair in _PAIR.finditer(knowledge.strip()):
        if closest and pair["number"] not in closest:
            continue
        words = _words(pair["question"])
        shared = len(asked & words) / len(words) if words else 0.0
        if shared > score:
            best, score = pair, shared
    if best is None or score < 0.3:
        return UNKNOWN, None
    return best["answer"].strip(), best["number"]


def fill(schema: Mapping[str, Any], text: str, source: str | None) -> str:
    """An object of this schema that says the text: enums say whether it is an answer, lists hold where it is from."""
    knows = text != UNKNOWN

    def value(name: str, part: Mapping[str, Any]) -> Any:
        choices = part.get("enum")
        if choices:
            wanted = "answer" if knows else "unknown"
            return wanted if wanted in choices else choices[0]
        kind = part.get("type")
        if isinstance(kind, list):
            return None if "null" in kind else value(name, {**part, "type": kind[0]})
        if "anyOf" in part:
            return None
        if kind == "array":
            number = (part.get("items") or {}).get("type") == "integer"
            return [int(source) if number else source] if source is not None and knows else []
        if kind == "object":
            return {key: value(key, one) for key, one in (part.get("properties") or {}).items()}
        return {"boolean": False, "integer": 0, "number": 0}.get(str(kind), text if knows else "")

    return json.dumps(value("", {**schema, "type": "object"}), ensure_ascii=False)


def vector(text: str, dimensions: int) -> list[float]:
    """The same numbers for the same text, near ones for texts of the same words; of length 1."""
    numbers = [0.0] * dimensions
    for word in _words(text) or {text}:
        at = int.from_bytes(word.encode()[:8].ljust(8, b"\0"), "big") % dimensions
        numbers[at] += 1.0
    length = sum(number * number for number in numbers) ** 0.5 or 1.0
    return [number / length for number in numbers]


def _between(text: str, mark: str) -> str:
    return text.partition(f"<{mark}>\n")[2].partition(f"</{mark}>")[0]


def _words(text: str) -> set[str]:
    plain = "".join(c for c in unicodedata.normalize("NFD", text.lower()) if not unicodedata.combining(c))
    return {word[:6] for word in re.findall(r"\w+", plain) if not _SMALL.fullmatch(word)}
