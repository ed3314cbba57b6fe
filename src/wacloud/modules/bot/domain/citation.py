"""
Which of what a model was given its answer came from.

It is asked to write the number of each entry it used, `[2]`; the marks are taken out before anybody reads them. One
that writes none is not believed to have used nothing: then the entries whose words are in the answer count.
"""

import re
from collections.abc import Sequence

from wacloud.modules.bot.domain.knowledge import KnowledgeItem
from wacloud.modules.bot.domain.ranking import content_words

_MARK = re.compile(r"[ \t]*\[\s*(\d{1,3}(?:\s*[,;y]\s*\d{1,3})*)\s*\](?!\()")
_MOST = 5
_LEAST_SHARE = 0.4


def cited(text: str, given: int) -> tuple[str, tuple[int, ...]]:
    """The text without its marks, and the places (from 0) of the entries it names; numbers of no entry are dropped."""
    named: list[int] = []
    for mark in _MARK.finditer(text):
        named.extend(int(number) - 1 for number in re.findall(r"\d+", mark[1]))
    places = tuple(dict.fromkeys(place for place in named if 0 <= place < given))[:_MOST]

    def without(mark: re.Match[str]) -> str:
        # [24] of "abrimos [24] horas" is no mark where no such entry was given.
        numbers = [int(number) for number in re.findall(r"\d+", mark[1])]
        return "" if all(1 <= number <= given for number in numbers) else mark[0]

    return _MARK.sub(without, text), places


def likely(text: str, given: Sequence[KnowledgeItem]) -> tuple[int, ...]:
    """The places of entries much of the answer's wording stands in, best first; the same for the same words."""
    said = _words(text)
    if not said:
        return ()
    shares = [
        (len(said & _words(f"{item.question} {item.answer}")) / len(said), place) for place, item in enumerate(given)
    ]
    best = sorted(((share, place) for share, place in shares if share >= _LEAST_SHARE), key=lambda s: (-s[0], s[1]))
    return tuple(place for _, place in best[:2])


def _words(text: str) -> set[str]:
    """Figures are all alike here, so they say nothing."""
    return {word for word in content_words(text) if word.isalpha()}
