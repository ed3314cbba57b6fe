"""Questions the bot could not answer, gathered by what they mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final, Literal
from uuid import UUID

from wacloud.modules.bot.domain.ranking import content_words
from wacloud.shared.domain.errors import AppError, Kind

# Every `why` of a turn that says: this was a question, and we had no answer.
UNANSWERED: Final = (
    "no_match",
    "faq_match_partial",
    "model_did_not_know",
    "model_failed_no_match",
    "model_unavailable_no_match",
)
GroupState = Literal["open", "snoozed", "dismissed", "answered"]
# From here two questions are one, asked in other words.
SAME: Final = 0.62
# Words that are all the same join this share of what the meaning leaves apart.
_WORDS_JOIN: Final = 0.4


@dataclass(frozen=True, slots=True)
class AskedBefore:
    """A question of some group, by its vector and its words."""

    group_id: UUID
    vector: tuple[float, ...] | None
    text: str | None


@dataclass(frozen=True, slots=True)
class Waiting:
    """Somebody who asked it, still waits for a person, and may be written to."""

    conversation_id: UUID
    name: str | None


@dataclass(frozen=True, slots=True)
class QuestionGroup:
    """Questions of one meaning; `text` is the newest of them, None where its words are gone."""

    id: UUID
    state: GroupState
    count: int
    people: int
    first_at: datetime
    last_at: datetime
    text: str | None
    conversation_id: UUID


class QuestionUnknown(AppError):
    """There is no such question any more."""

    kind: ClassVar[Kind] = "not_found"


def group_of(text: str, vector: Sequence[float] | None, before: Sequence[AskedBefore]) -> UUID | None:
    """The group a question belongs to, None: it is a new one."""
    words = set(content_words(text))
    best: tuple[float, UUID] | None = None
    for asked in before:
        near = 0.0
        if vector is not None and asked.vector is not None and len(vector) == len(asked.vector):
            near = sum(a * b for a, b in zip(vector, asked.vector, strict=True))
        theirs = set(content_words(asked.text or ""))
        common = len(words & theirs) / len(words | theirs) if words and theirs else 0.0
        score = 1.0 if common == 1.0 else 1 - (1 - min(max(near, 0.0), 1.0)) * (1 - _WORDS_JOIN * common)
        if score >= SAME and (best is None or score > best[0]):
            best = (score, asked.group_id)
    return best[1] if best else None
