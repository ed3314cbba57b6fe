"""What the twin knows: its models and their ends, what it was asked, how it shall behave."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

MOST_TOKENS = 1_050_000
EFFORTS = ("none", "minimal", "low", "medium", "high", "xhigh", "max")


@dataclass(frozen=True, slots=True)
class Model:
    """A model: does it think before it answers, and the last day it is served."""

    name: str
    thinks: bool = True
    ends: date | None = None


MODELS = {
    model.name: model
    for model in (
        Model("gpt-6-luna"),
        Model("gpt-6.1-terra"),
        Model("gpt-6.2-sol"),
        Model("gpt-6.2-astra"),
        Model("gpt-5.6-luna"),
        Model("gpt-5.6-terra"),
        Model("gpt-5.6-sol"),
        Model("gpt-5.5"),
        Model("gpt-5.4-mini"),
        Model("gpt-5", ends=date(2026, 12, 11)),
        Model("gpt-5-mini", ends=date(2026, 12, 11)),
        Model("gpt-5-nano", ends=date(2026, 12, 11)),
        Model("o3", ends=date(2026, 12, 11)),
        Model("gpt-4o", thinks=False, ends=date(2027, 1, 14)),
        Model("gpt-4o-mini", thinks=False, ends=date(2027, 1, 14)),
        Model("gpt-4.1", thinks=False, ends=date(2027, 1, 14)),
        Model("gpt-4.1-mini", thinks=False, ends=date(2027, 1, 14)),
        Model("gpt-5.4-nano", ends=date(2027, 4, 1)),
        Model("gpt-5.1", ends=date(2027, 4, 1)),
        Model("gpt-4.1-nano", thinks=False, ends=date(2026, 10, 23)),
        Model("o4-mini", ends=date(2026, 10, 23)),
        Model("gpt-4-turbo", thinks=False, ends=date(2026, 10, 23)),
        Model("gpt-3.5-turbo", thinks=False, ends=date(2026, 10, 23)),
    )
}


@dataclass(slots=True)
class Step:
    """
    What comes of one request, in this order: `delay_ms` first; `status` with `code` and `param`: that error, with
    `headers`; `cut`: the connection dies in the middle of the answer; `body`: that text as it is, of that `kind`.

    Otherwise an answer: `calls` of tools ([{"name": ..., "arguments": {...} or text}]), or the text `say` (None: what
    the knowledge says), and `end` is "refused", "incomplete" or "filtered".
    """

    say: str | None = None
    calls: list[dict[str, Any]] = field(default_factory=list)
    end: str = "complete"
    delay_ms: float = 0
    status: int | None = None
    code: str | None = None
    param: str | None = None
    headers: dict[str, str] = field(default_factory=dict)
    cut: bool = False
    body: str | None = None
    kind: str = "application/json"


@dataclass(slots=True)
class State:
    """
    One organisation at OpenAI.

    `steps` holds what comes of the next requests for text, one each; then `usual` does. `efforts` narrows what its
    models accept. `flagged` are words that moderation takes offence at, with the category. `today` moves for a test.
    """

    key: str = ""
    small: bool = False
    usual: Step = field(default_factory=Step)
    steps: list[Step] = field(default_factory=list)
    embedding_steps: list[Step] = field(default_factory=list)
    moderation_steps: list[Step] = field(default_factory=list)
    refused_keys: dict[str, Step] = field(default_factory=dict)
    efforts: tuple[str, ...] = EFFORTS
    schemas: bool = True
    usage: tuple[int, int, int, int] | None = None
    limit_requests: int = 5000
    left_requests: int = 5000
    left_tokens: int = 4_000_000
    flagged: dict[str, str] = field(default_factory=dict)
    requests: list[dict[str, Any]] = field(default_factory=list)
    moderated: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    today: date | None = None
    count: int = 0

    def clear(self) -> None:
        """Forget everything but the key."""
        fresh = State(self.key, self.small)
        for name in self.__dataclass_fields__:
            setattr(self, name, getattr(fresh, name))

    def next_step(self) -> Step:
        """What comes of this request."""
        return self.steps.pop(0) if self.steps else self.usual

    def day(self) -> date:
        """Today."""
        return self.today or datetime.now(UTC).date()

    def number(self) -> int:
        """One more thing that needs an id."""
        self.count += 1
        return self.count
