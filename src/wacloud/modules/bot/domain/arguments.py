"""What a model wrote as a tool's arguments, held against the tool's schema."""

import json
import math
from collections.abc import Mapping
from typing import Any

LONGEST_ARGUMENTS = 4000
LONGEST_TEXT = 500
_KINDS: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "number": (int, float),
    "boolean": (bool,),
    "null": (type(None),),
}


class WrongArguments(Exception):
    """What is wrong with them, in words for the model."""


def read_arguments(written: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """
    The arguments: a flat object of exactly the schema's properties.

    :raises WrongArguments: they are not of that form; nothing may be done with them.
    """
    if len(written) > LONGEST_ARGUMENTS:
        raise WrongArguments("the arguments are too long")
    try:
        read = json.loads(written or "{}")
    except (ValueError, RecursionError):
        raise WrongArguments("the arguments are no JSON") from None
    if not isinstance(read, dict):
        raise WrongArguments("the arguments are no object")
    properties: Mapping[str, Mapping[str, Any]] = schema.get("properties", {})
    if unknown := sorted(read.keys() - properties.keys()):
        raise WrongArguments(f"there is no argument {unknown[0][:60]}")
    for name in schema.get("required", ()):
        if name not in read:
            raise WrongArguments(f"{name} is missing")
    for name, value in read.items():
        _check(name, value, properties[name])
    return read


def _check(name: str, value: object, schema: Mapping[str, Any]) -> None:
    kinds = schema.get("type", "string")
    allowed = [kinds] if isinstance(kinds, str) else list(kinds)
    fits = any(isinstance(value, _KINDS[kind]) for kind in allowed)
    if isinstance(value, bool) and "boolean" not in allowed:
        fits = False
    if not fits:
        raise WrongArguments(f"{name} is not of type {' or '.join(allowed)}")
    choices = schema.get("enum")
    if choices is not None and value not in choices:
        raise WrongArguments(f"{name} is none of {', '.join(str(one) for one in choices)[:200]}")
    if isinstance(value, str) and len(value) > min(schema.get("maxLength", LONGEST_TEXT), LONGEST_TEXT):
        raise WrongArguments(f"{name} is too long")
    if isinstance(value, float) and not math.isfinite(value):
        raise WrongArguments(f"{name} is no number")
