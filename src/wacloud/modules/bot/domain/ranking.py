"""
Which item of the knowledge answers a text: two scores, one of meaning and one of words, made into one in
0..1.

The figures were chosen by measuring; tests/bot/test_knowledge_search.py and test_recall.py assert them. Of 127
questions to five businesses, half of them typed as in a chat, the right item came first for 119 and among the first
three for 126; at the default threshold, without a model, 112 got their answer and 5 a wrong one, and of 38 about other
things 5 got one.
"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from wacloud.modules.bot.domain.concepts import concepts_of
from wacloud.modules.bot.domain.diet_question import may_answer_diet
from wacloud.modules.bot.domain.knowledge import IndexedItem, KnowledgeItem
from wacloud.modules.bot.domain.named_things import tells_of
from wacloud.modules.bot.domain.price_question import may_answer, names_no_thing, things_told
from wacloud.modules.bot.domain.small_talk import without_small_talk
from wacloud.modules.bot.domain.spelling import root, words_of

# Another word for the same thing counts a little less than the word itself.
_CONCEPT = 0.7
_UNKNOWN_WORD = 1.5
# Words that all match close this share of what the meaning leaves open; half of them much less than half of it.
_WORDS_CLOSE = 0.7
_WORDS_POWER = 1.5

# Words every question has, whatever it is about. The database's own stop words go anyway.
_SAYS_NOTHING = frozenset(
    words_of(
        "puedo puede pueden podeis poder podria podriais quiero queria quisiera querria necesito tengo tener "
        "teneis tiene tienen haceis hacen hacer hago hola favor gracias buenas buenos saber decir decirme "
        "dime me ir voy cosa do does you is are how what the can could would my i a an it please hi hello"
    )
)

# Where one word of a question is known and most of it is not ("¿algún taller de pan?"), what is near stands near that
# one word. It has to be surer than the threshold by this share of what that leaves open.
_MOSTLY_UNKNOWN = 0.35
_SURER = 1 / 8

_MOST_PARTS = 4
# How a question begins, inside a sentence too.
_ASKS = (
    r"¿?(?:(?:a )?qu[eé] (?:hora|horario|precio|d[ií]as?)|qué|d[oó]nde|cu[aá]ndo|cu[aá]nt[oa]s?|c[oó]mo|puedo|se puede"
    r"|pod[eé]is|ten[eé]is|hac[eé]is|hay|abr[ií]s|cerr[aá]is|lleváis|where|what|when|how|can i|do you|is there|onde"
    r"|quando|quanto|posso)\b"
)
_ASKS_TOO = re.compile(rf"(?:\s*[,;]\s*(?:y |e |and )?|\s+(?:y|e|and)\s+)(?={_ASKS})", re.IGNORECASE)
_ASKS_FIRST = re.compile(rf"(?<!\w){_ASKS}", re.IGNORECASE)
_MOST_ANSWERS = 3


@dataclass(frozen=True, slots=True)
class Hit:
    """An item found, with the score that counts and the two it was made of."""

    item: KnowledgeItem
    score: float
    meaning: float
    words: float

    def is_sure(self, threshold: float) -> bool:
        """Whether it may be answered with."""
        return is_sure(self.score, self.words, threshold, is_piece=self.item.passage is not None)

    def record(self) -> dict[str, Any]:
        """What a turn keeps of it: no text, but of a piece of a source its title and place, by which people find it."""
        place = {} if self.item.passage is None else self.item.named()
        return {
            **place,
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


def is_sure(score: float, words: float, threshold: float, *, is_piece: bool) -> bool:
    """Whether what was found may be answered with; pieces of sources are found by their words anyway."""
    if 0 < words < _MOSTLY_UNKNOWN and not is_piece:
        threshold += (1 - threshold) * _SURER
    return score >= threshold


def content_words(text: str) -> tuple[str, ...]:
    """The words of a text that say what it is about."""
    return tuple(dict.fromkeys(word for word in words_of(text) if word not in _SAYS_NOTHING))


@dataclass(frozen=True, slots=True)
class _Words:
    """The roots of an item's words, and what things they ask for or tell."""

    roots: frozenset[str]
    concepts: frozenset[int]

    @classmethod
    def of(cls, item: IndexedItem) -> "_Words":
        roots = frozenset(root(stem) for stem in item.question_words | item.answer_words)
        return cls(roots, frozenset[int]().union(*map(concepts_of, roots)))


class WordScores:
    """How much of what a text asks for stands in each item; rare words count more."""

    __slots__ = ("_items", "_unknown", "_weight")

    def __init__(self, items: Sequence[IndexedItem]) -> None:
        self._items = [_Words.of(item) for item in items]
        seen: dict[str, int] = {}
        for item in self._items:
            for one in item.roots:
                seen[one] = seen.get(one, 0) + 1
        # What no item knows may be what the question is about: it weighs more than any word that is known.
        self._unknown = math.log(1 + len(items)) * _UNKNOWN_WORD
        self._weight = {one: math.log(1 + len(items) / times) for one, times in seen.items()}

    def of(self, stems: Mapping[str, frozenset[str]]) -> list[float]:
        """Score every item in 0..1. `stems` holds the stems of each content word of the text."""
        wanted = {one: self._weight.get(one, self._unknown) for of_word in stems.values() for one in map(root, of_word)}
        whole = sum(wanted.values())
        if not whole:
            return [0.0] * len(self._items)
        asked = [(one, weight, concepts_of(one)) for one, weight in wanted.items()]
        return [sum(_share(item, *word) for word in asked) / whole for item in self._items]


def _share(item: _Words, one: str, weight: float, concepts: frozenset[int]) -> float:
    if one in item.roots:
        return weight
    return weight * _CONCEPT if concepts and not concepts.isdisjoint(item.concepts) else 0.0


def merged(meaning: float, words: float) -> float:
    """One score of two: words that match add to what the meaning says, and can never take away from it."""
    meaning = min(max(meaning, 0.0), 1.0)
    return 1 - (1 - meaning) * (1 - _WORDS_CLOSE * float(words**_WORDS_POWER))


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
    pieces = [one for piece in re.findall(r"[^?\n]+\?*", "\n".join(texts)) for one in _clauses(piece)]
    parts = [part for piece in pieces if content_words(part := _bare(without_small_talk(_bare(piece))))]
    whole = " ".join(parts) or " ".join(texts)
    return Asked(whole, tuple(parts[:_MOST_PARTS]) if len(parts) > 1 else ())


def _clauses(piece: str) -> list[str]:
    """ "Dónde estáis, a qué hora cerráis y puedo pagar con tarjeta?": each of what it asks for, as a question."""
    asked = _ASKS_TOO.split(without_small_talk(_bare(piece)))
    if len(asked) == 1 or not _ASKS_FIRST.search(asked[0]) or any(map(_says_little, asked)):
        return [piece]
    return [f"{one}?" if piece.endswith("?") and not one.endswith("?") else one for one in asked]


def _says_little(clause: str) -> bool:
    """ "Y cuánto cuesta" is of what stands before it."""
    return not content_words(clause) or names_no_thing(clause)


def _surest(text: str, hits: Sequence[Hit], threshold: float) -> Hit | None:
    """The best of those that may answer; where a price is asked for, the one that names most of the thing."""
    able = [hit for hit in hits if may_tell(hit.item, text)]
    sure = [hit for hit in able if hit.is_sure(threshold)]
    if not sure or sure[0] is not able[0]:
        return None
    return max(sure, key=lambda hit: things_told(text, _told(hit.item)))


def may_tell(item: KnowledgeItem, asked: str) -> bool:
    """Whether it tells of the price, the name or the diet that is asked for, where one is."""
    told = _told(item)
    return may_answer(asked, told) and tells_of(asked, told) and may_answer_diet(asked, told)


def _told(item: KnowledgeItem) -> str:
    return f"{item.question}\n{item.answer}"


def _bare(piece: str) -> str:
    return piece.strip("¿¡ \t\r")


def choose(asked: Asked, results: Sequence[Sequence[Hit]], threshold: float) -> Found:
    """
    Choose what to answer with; `results` follow `asked.lookups`, best hit first.

    Several questions get several answers. A question without one beside others that have one is left for a
    person. What does not tell of the price, the name or the diet that is asked for is passed by.
    """
    best = [_surest(text, hits, threshold) for text, hits in zip(asked.lookups, results, strict=True)]
    whole, parts = best[0], best[1:]
    answered = {hit.item.id: hit for hit in parts if hit}
    if not answered:
        return Found((whole,) if whole else (), something_left=False)
    left = any(hit is None and "?" in part for part, hit in zip(asked.parts, parts, strict=True))
    return Found(tuple(answered.values())[:_MOST_ANSWERS], something_left=left)
