"""Values of Meta's answers, whatever they are: what is not of the kind that was hoped for is missing."""

from datetime import UTC, datetime
from typing import Any


def obj(value: object) -> dict[str, Any]:
    """An object, else an empty one."""
    return value if isinstance(value, dict) else {}


def listed(value: object) -> list[Any]:
    """A list, else an empty one."""
    return value if isinstance(value, list) else []


def text(value: object) -> str | None:
    """Words or an id; Meta writes ids as numbers, too."""
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return value if isinstance(value, str) and value else None


def number(value: object) -> int | None:
    """A whole number, also where it comes as digits."""
    if isinstance(value, str) and value.isdigit() and len(value) < 18:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def moment(value: object) -> datetime | None:
    """Seconds since 1970; nothing above 0, or no time at all: never."""
    seconds = number(value)
    try:
        return datetime.fromtimestamp(seconds, UTC) if seconds and seconds > 0 else None
    except (OverflowError, OSError, ValueError):
        return None
