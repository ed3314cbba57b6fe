"""What a language model's name tells about it: whether it thinks before it answers, and until when it is served."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Final

_THINKS = re.compile(r"gpt-[5-9]|o\d")
_SNAPSHOT = re.compile(r"-\d{4}-\d{2}-\d{2}$")

# The last day OpenAI serves it, as announced until 2026-11.
ENDS: Final[Mapping[str, date]] = {
    **dict.fromkeys(("gpt-5", "gpt-5-mini", "gpt-5-nano", "o3"), date(2026, 12, 11)),
    **dict.fromkeys(("gpt-4o", "gpt-4o-mini", "gpt-4.1", "gpt-4.1-mini"), date(2027, 1, 14)),
    **dict.fromkeys(("gpt-5.4-nano", "gpt-5.1"), date(2027, 4, 1)),
    **dict.fromkeys(("gpt-4.1-nano", "o4-mini", "gpt-4-turbo", "gpt-3.5-turbo"), date(2026, 10, 23)),
}


def thinks(model: str) -> bool:
    """Whether it takes an effort; what does not, takes a temperature at any time."""
    return bool(_THINKS.match(model))


def ends_on(model: str) -> date | None:
    """The day from which nobody serves it, or None where none was announced."""
    return ENDS.get(_SNAPSHOT.sub("", model))
