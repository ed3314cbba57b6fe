"""What differs between two configurations of a bot, field by field, and in texts word by word."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from wacloud.modules.bot.domain.settings import BotSettings

# Everything else is a value: it was one, and is another.
_TEXTS = frozenset({"instructions", "fallback_text", "closed_text", "refusal_text"})
# A word with the blanks behind it: put together again they are the text.
_PIECE = re.compile(r"\S+\s*|\s+")


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a text: in both, only in the one before, or only in the one after."""

    kind: Literal["same", "gone", "new"]
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """One field that differs. `parts` is there for texts and lists: read in order, what is gone and what is new."""

    field: str
    before: Any
    after: Any
    parts: tuple[Part, ...] = ()


def changes_between(before: BotSettings, after: BotSettings) -> tuple[Change, ...]:
    """Each field that differs, in the order of the configuration."""
    return tuple(
        Change(name, old, new, _parts(name, old, new))
        for name in after.changed_from(before)
        for old, new in [(getattr(before, name), getattr(after, name))]
    )


def _parts(name: str, before: object, after: object) -> tuple[Part, ...]:
    if name in _TEXTS and isinstance(before, str) and isinstance(after, str):
        return _aligned(_PIECE.findall(before), _PIECE.findall(after), "")
    if isinstance(before, tuple) and isinstance(after, tuple):
        return _aligned(before, after, "\n")
    return ()


def _aligned(before: Sequence[str], after: Sequence[str], between: str) -> tuple[Part, ...]:
    found: list[Part] = []
    for what, from_, to, start, end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if what == "equal":
            found.append(Part("same", between.join(before[from_:to])))
            continue
        if to > from_:
            found.append(Part("gone", between.join(before[from_:to])))
        if end > start:
            found.append(Part("new", between.join(after[start:end])))
    return tuple(found)
