"""
What a business of some sector usually starts with: hours, questions with answers, how its bot talks.

Nothing in a template is a fact about anybody. What only the owner knows stands in double brackets, `[[precio del
envío]]`, and an answer with such a gap is not given to customers until it has been filled in.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

GAP: Final = re.compile(r"\[\[([^\[\]]+)\]\]")


@dataclass(frozen=True, slots=True)
class TemplateQuestion:
    """A question customers of this sector ask, and the answer to start from."""

    question: str
    answer: str

    @property
    def gaps(self) -> tuple[str, ...]:
        """What the owner has to fill in."""
        return tuple(GAP.findall(self.answer))


@dataclass(frozen=True, slots=True)
class SectorTemplate:
    """All of it, for one sector in one language."""

    sector: str
    language: str
    title: str
    bot_name: str
    tone: str
    fallback: str
    hours: Mapping[str, list[list[str]]]
    questions: tuple[TemplateQuestion, ...]

    @classmethod
    def read(cls, sector: str, language: str, told: Mapping[str, Any]) -> "SectorTemplate":
        """From a file of `sector_templates/`."""
        return cls(
            sector=sector,
            language=language,
            title=told["title"],
            bot_name=told["bot_name"],
            tone=" ".join(told["tone"].split()),
            fallback=" ".join(told["fallback"].split()),
            hours=told["hours"],
            questions=tuple(TemplateQuestion(one["q"], " ".join(one["a"].split())) for one in told["questions"]),
        )
