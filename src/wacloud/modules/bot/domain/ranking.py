"""
Which item of the knowledge answers a text: two scores, one of meaning and one of words, made into one in
0..1.

The figures were chosen by measuring; tests/bot/test_knowledge_search.py asserts them. At the default threshold of 0.42,
of 67 questions to two businesses 59 got their answer and 2 a wrong one; of 26 about other things 1 got an answer.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wacloud.modules.bot.domain.knowledge import IndexedItem, KnowledgeItem
from wacloud.modules.bot.domain.small_talk import without_small_talk
from wacloud.modules.bot.domain.spelling import words_of

# A word of the answer counts a little less than one of the question.
_ANSWER_WORD = 0.8
# Words that all match close this share of what the meaning leaves open.
_WORDS_CLOSE = 0.4

# Words every question has, whatever it is about. The database's own stop words go anyway.
_SAYS_NOTHING = frozenset(
    words_of(
        "puedo puede pueden podeis poder podria podriais quiero queria quisiera querria necesito tengo tener "
        "teneis tiene tienen haceis hacen hacer hago hola favor gracias buenas buenos saber decir decirme "
        "dime me ir voy cosa do does you is are how what the can could would my i a an it please hi hello"
    )
)

_MOST_PARTS = 4
_MOST_ANSWERS = 3


@dataclass(frozen=True, slots=True)
class Hit:
    """An item found, with the score that counts and the two it was made of."""

    item: KnowledgeItem
    score: float
    meaning: float
    words: float

    def record(self) -> dict[str, Any]:
        """What a turn keeps of it: no text."""
        return {
            "item": str(self.item.id),
            "score": round(self.score, 3),
            "meaning": round(self.meaning, 3),
            "words": round(self.words, 3),
        }


@dataclass(frozen=True, slots=True)
class Found:
    """What the search answers: the items to answer with, and whether a question is left without one."""

    hits: tuple[Hit, ...]
    something_left: bool


def content_words(text: str) -> tuple[str, ...]:
    """The words of a text that say what it is about."""
    return tuple(dict.fromkeys(word for word in words_of(text) if word not in _SAYS_NOTHING))


class WordScores:
    """How much of what a text asks for stands in each item; rare words count more."""

    __slots__ = ("_items", "_unknown", "_weight")

    def __init__(self, items: Sequence[IndexedItem]) -> None:
        self._items = items
        seen: dict[str, int] = {}
        for item in items:
            for stem in item.question_words | item.answer_words:
                seen[stem] = seen.get(stem, 0) + 1
        self._unknown = math.log(1 + len(items))
        self._weight = {stem: math.log(1 + len(items) / times) for stem, times in seen.items()}

    def of(self, stems: Mapping[str, frozenset[str]]) -> list[float]:
        """Score every item in 0..1. `stems` holds the stems of each content word of the text."""
        wanted = {stem for of_word in stems.values() for stem in of_word}
        whole = sum(self._weight.get(stem, self._unknown) for stem in wanted)
        if not whole:
            return [0.0] * len(self._items)
        return [
            (
                sum(self._weight[stem] for stem in wanted & item.question_words)
                + sum(self._weight[stem] for stem in (wanted & item.answer_words) - item.question_words) * _ANSWER_WORD
            )
            / whole
            for item in self._items
        ]


def merged(meaning: float, words: float) -> float:
    """One score of two: words that match add to what the meaning says, and can never take away from it."""
    meaning = min(max(meaning, 0.0), 1.0)
    return 1 - (1 - meaning) * (1 - _WORDS_CLOSE * words)


@dataclass(frozen=True, slots=True)
class Asked:
    """
    What to look up for a burst of messages: all of it as one, and each question in it where there are
    several.
    """

    whole: str
    parts: tuple[str, ...]

    @property
    def lookups(self) -> tuple[str, ...]:
        """The texts to search, the whole first."""
        return (self.whole, *self.parts)


def asked_in(texts: Sequence[str]) -> Asked:
    """Take greetings away and split what is left into its questions."""
    pieces = re.findall(r"[^?\n]+\?*", "\n".join(texts))
    parts = [part for piece in pieces if content_words(part := _bare(without_small_talk(_bare(piece))))]
    whole = " ".join(parts) or " ".join(texts)
    return Asked(whole, tuple(parts[:_MOST_PARTS]) if len(parts) > 1 else ())


def _bare(piece: str) -> str:
    return piece.strip("¿¡ \t\r")


def choose(asked: Asked, results: Sequence[Sequence[Hit]], threshold: float) -> Found:
    """
    Choose what to answer with; `results` follow `asked.lookups`, best hit first.

    Several questions get several answers. A question without one beside others that have one is left for a
    person.
    """
    best = [hits[0] if hits and hits[0].score >= threshold else None for hits in results]
    whole, parts = best[0], best[1:]
    answered = {hit.item.id: hit for hit in parts if hit}
    if not answered:
        return Found((whole,) if whole else (), something_left=False)
    left = any(hit is None and "?" in part for part, hit in zip(asked.parts, parts, strict=True))
    return Found(tuple(answered.values())[:_MOST_ANSWERS], something_left=left)
