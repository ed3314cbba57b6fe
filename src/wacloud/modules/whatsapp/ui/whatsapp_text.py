"""WhatsApp's small markup as its own apps show it: *bold*, _italic_, ~struck~, ```mono``` and web addresses."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from markupsafe import Markup, escape

# What may stand in an address is what stays in it; closing brackets and full stops belong to the sentence.
_ADDRESS: Final = r"https?://[^\s<>\"'\u0000-\u0020\u200b-\u200f\u202a-\u202e\u2066-\u2069]+"
_SENTENCE_END: Final = ".,;:!?)]}»”’…"
# Longer than any paragraph people set in bold; without an end, a text of nothing but marks would take seconds.
_LONGEST: Final = 600
# A mark counts only around whole words: 2*3*4 and snake_case stay as they are written. The phone page's script
# (static/phone/dom.js) goes by the same rules.
_PIECES: Final = re.compile(
    rf"```(?P<code>.+?)```|(?P<address>{_ADDRESS})"
    rf"|(?<![^\W_])(?P<mark>[*_~])(?=\S)(?P<marked>[^\n]{{1,{_LONGEST}}}?)(?<=\S)(?P=mark)(?![^\W_])",
    re.IGNORECASE | re.DOTALL,
)
_ELEMENTS: Final = {"*": Markup("<strong>{}</strong>"), "_": Markup("<em>{}</em>"), "~": Markup("<s>{}</s>")}
_WORDS: Final = re.compile(r"[^\W_]+")
# A word of a search stands for its other forms, too: "coronas" for "corona".
_ENDING: Final = 2
_SIGNS: Final = 3
# Marks inside marks end here: nobody writes more kinds than there are, and what is deeper stays as it is.
_DEEPEST: Final = len(_ELEMENTS)


def formatted(text: str, depth: int = 0) -> Markup:
    """The text, escaped, with its markup as elements and its addresses as links that tell the other site nothing."""
    parts: list[Markup] = []
    position = 0
    for found in _PIECES.finditer(text) if depth < _DEEPEST else ():
        parts.append(escape(text[position : found.start()]))
        position = found.end()
        if found["code"] is not None:
            parts.append(Markup("<code>{}</code>").format(found["code"]))
        elif found["address"] is not None:
            address = _address(found["address"])
            parts.append(_link(address))
            parts.append(escape(found["address"][len(address) :]))
        else:
            parts.append(_ELEMENTS[found["mark"]].format(formatted(found["marked"], depth + 1)))
    parts.append(escape(text[position:]))
    return Markup("").join(parts)


def marked(text: str, search: str) -> Markup:
    """The text, escaped, with the words a search meant as `<mark>`: those that begin as one of its words does."""
    begins = {word[: max(_SIGNS, len(word) - _ENDING)] for word in _WORDS.findall(_folded(search))}
    parts: list[Markup] = []
    position = 0
    for found in _WORDS.finditer(_folded(text)) if begins else ():
        if any(found[0].startswith(begin) for begin in begins):
            parts.append(escape(text[position : found.start()]))
            parts.append(Markup("<mark>{}</mark>").format(text[found.start() : found.end()]))
            position = found.end()
    parts.append(escape(text[position:]))
    return Markup("").join(parts)


def _folded(text: str) -> str:
    """Small letters without accents, each in its place: as the search compares them."""
    return "".join(_fold(letter) for letter in text)


@lru_cache(4096)
def _fold(letter: str) -> str:
    bare = unicodedata.normalize("NFD", letter.lower())[:1]
    return bare or letter


def plain(text: str, depth: int = 0) -> str:
    """The text without its marks, for one line of a list or a quotation."""
    if depth >= _DEEPEST:
        return text

    def bare(found: re.Match[str]) -> str:
        if found["code"] is not None:
            return found["code"]
        return found["address"] or plain(found["marked"], depth + 1)

    return _PIECES.sub(bare, text)


def _address(found: str) -> str:
    address = found.rstrip(_SENTENCE_END)
    # A bracket that was opened inside the address is part of it.
    if address.count("(") > address.count(")") and found[len(address) : len(address) + 1] == ")":
        address += ")"
    return address


def _link(address: str) -> Markup:
    return Markup('<a href="{0}" target="_blank" rel="noopener noreferrer nofollow">{0}</a>').format(address)
