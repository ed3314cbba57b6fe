"""
How people type in a chat, brought to the words a business used: case, accents, abbreviations and slips of the
key.

A word is only ever corrected to a word of that business's own knowledge, so no dictionary is needed and a
slip cannot lead away from it.
"""

import re
import unicodedata
from collections.abc import Iterable

_WORD = re.compile(r"[^\W_]+")

# What a phone keyboard makes of the commonest words. Keys have no accents.
_CHAT_SPELLING = {
    "q": "que", "k": "que", "ke": "que", "x": "por", "xq": "porque", "pq": "porque", "xfa": "por favor",
    "porfa": "por favor", "porfi": "por favor", "pa": "para", "tb": "tambien", "tmb": "tambien", "d": "de",
    "kiero": "quiero", "kero": "quiero", "nesecito": "necesito", "nesesito": "necesito", "dnd": "donde",
    "info": "informacion", "cdo": "cuando", "bn": "bien", "finde": "fin de semana", "pls": "please",
}  # fmt: skip

# Letters that sound the same in Spanish, longest first: the slips people make are mostly these.
_SOUNDS = (
    ("qu", "k"), ("ch", "#"), ("ll", "y"), ("rr", "r"), ("h", ""), ("v", "b"), ("w", "b"), ("z", "s"),
    ("ce", "se"), ("ci", "si"), ("c", "k"), ("ge", "je"), ("gi", "ji"), ("x", "s"),
    ("mb", "nb"), ("mp", "np"),
)  # fmt: skip

# Shorter words are corrected only where they sound the same: "precio" is not a slip of "presión".
_SHORTEST_SLIP = 7
_SHORTEST_ROOT = 3


def plain(text: str) -> str:
    """Lower case without accents, every digit a 0, blanks folded: two spellings of one text become equal."""
    return " ".join(re.sub(r"\d", "0", unaccented(text)).split())


def unaccented(text: str) -> str:
    """Lower case without accents, with the apostrophe of a keyboard where a phone writes its own."""
    plainly = text.lower().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    return "".join(c for c in unicodedata.normalize("NFD", plainly) if not unicodedata.combining(c))


def words_of(text: str) -> list[str]:
    """The words of a text, plain and with chat abbreviations written out."""
    found: list[str] = []
    for word in _WORD.findall(plain(text)):
        found.extend(_CHAT_SPELLING.get(word, word).split())
    return found


def sounding(word: str) -> str:
    """How a word sounds in Spanish, roughly: "debolver" and "devolver" sound the same."""
    for letters, sound in _SOUNDS:
        word = word.replace(letters, sound)
    return word


def root(stem: str) -> str:
    """
    A stem of the database's Spanish dictionary without what it leaves on.

    Written without its accent "cerráis" is no verb to it, and a question mark that opens a question is a letter.
    """
    stem = stem.strip("¿¡")
    for ending in ("ais", "eis", "amos", "emos", "imos"):
        if stem.endswith(ending) and len(stem) - len(ending) >= _SHORTEST_ROOT:
            return stem[: -len(ending)]
    if stem.endswith("is") and len(stem) - 2 >= _SHORTEST_ROOT:
        return stem[:-2]
    return stem[:-2] if stem.endswith("it") and len(stem) - 2 > _SHORTEST_ROOT else stem


class Vocabulary:
    """The words of one business's knowledge; finds the one that was meant."""

    __slots__ = ("_near", "_words")

    def __init__(self, texts: Iterable[str]) -> None:
        self._words = frozenset(word for text in texts for word in words_of(text))
        # Every word under its sound and its slips: what sounds the same, or is the same but for one letter,
        # meets.
        self._near: dict[str, str] = {}
        for word in sorted(self._words):
            for key in _slips(word):
                self._near.setdefault(key, word)

    def meant(self, text: str) -> str:
        """The text with every unknown word that is one slip away from a known one corrected."""
        return " ".join(self._meant_word(word) for word in words_of(text))

    def _meant_word(self, word: str) -> str:
        if word in self._words or not word.isalpha():
            return word
        return next((self._near[key] for key in _slips(word) if key in self._near), word)


def _slips(word: str) -> list[str]:
    sound = sounding(word)
    if len(word) < _SHORTEST_SLIP:
        return [sound]
    # The first letter is rarely wrong, and another ending is another form of the word, not a slip.
    return [sound, *(sound[:i] + sound[i + 1 :] for i in range(1, len(sound) - 2))]
