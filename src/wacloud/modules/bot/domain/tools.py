"""What a model may ask for in the middle of an answer, and what it is told."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MOST_ROUNDS = 4
MOST_CALLS_A_ROUND = 4
LONGEST_OUTPUT = 4000


@dataclass(frozen=True, slots=True)
class Tool:
    """One thing that can be asked for. `parameters` is a JSON Schema, and strict."""

    name: str
    description: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """What a model asks for; `arguments` is whatever it wrote."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Round:
    """
    What the model asked for and was told, to be said again with the next request.

    `carried` is what the provider wants back, in its own form.
    """

    carried: tuple[Mapping[str, Any], ...]
    calls: tuple[ToolCall, ...]
    outputs: tuple[str, ...]
