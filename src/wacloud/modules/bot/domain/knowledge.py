"""One question and its answer, as a business taught them to its bot."""

from dataclasses import dataclass
from typing import ClassVar, NewType
from uuid import UUID

from wacloud.shared.domain.errors import AppError, Kind

KnowledgeItemId = NewType("KnowledgeItemId", UUID)

LONGEST_QUESTION = 500
LONGEST_ANSWER = 4000
MOST_ITEMS = 2000


# What only the owner knows and has not told yet, as templates mark it: [[price of delivery]].
GAP_OPENS, GAP_CLOSES = "[[", "]]"


def has_gap(answer: str) -> bool:
    """Whether the owner still has to fill something in; such an answer is given to nobody."""
    _, opens, rest = answer.partition(GAP_OPENS)
    return bool(opens) and GAP_CLOSES in rest


class QuestionLength(AppError):
    """A question needs 2 to 500 characters."""


class AnswerLength(AppError):
    """An answer needs 1 to 4,000 characters."""


class TooMuchKnowledge(AppError):
    """There is room for 2,000 questions; remove some that nobody asks."""

    kind: ClassVar[Kind] = "limit"


@dataclass(frozen=True, slots=True)
class KnowledgeText:
    """What a person typed as a question and its answer, tidied."""

    question: str
    answer: str

    @classmethod
    def typed(cls, question: str, answer: str) -> "KnowledgeText":
        """
        Tidy what was typed.

        :raises QuestionLength: the question is too short or too long.
        :raises AnswerLength: there is no answer, or it is too long.
        """
        # PostgreSQL keeps no NUL, and a question is one line.
        question = " ".join(question.replace("\0", " ").split())
        answer = answer.replace("\0", " ").strip()
        if not 2 <= len(question) <= LONGEST_QUESTION:
            raise QuestionLength
        if not 1 <= len(answer) <= LONGEST_ANSWER:
            raise AnswerLength
        return cls(question, answer)


@dataclass(frozen=True, slots=True)
class Passage:
    """Where a piece of a source stands: which source, its title and, where it has one, its address."""

    source_id: UUID
    kind: str
    title: str
    url: str | None = None
    place: int = 0


@dataclass(frozen=True, slots=True)
class KnowledgeItem:
    """
    A question of the FAQ with its answer; or a piece of a source, whose `question` is its title and headings.
    """

    id: KnowledgeItemId
    question: str
    answer: str
    position: int = 0
    passage: Passage | None = None

    def named(self) -> dict[str, str]:
        """How the record of a turn names it, so that people find it again even where it has changed since."""
        title = " ".join(self.question.split())[:120]
        if self.passage is None:
            return {"item": str(self.id), "kind": "faq", "title": title}
        told = {"source": str(self.passage.source_id), "piece": str(self.passage.place), "kind": self.passage.kind}
        return {**told, "title": title}


@dataclass(frozen=True, slots=True)
class IndexedItem:
    """An item as the search sees it: the stems of its words and, once it is indexed, its vector."""

    item: KnowledgeItem
    question_words: frozenset[str]
    answer_words: frozenset[str]
    vector: tuple[float, ...] | None
