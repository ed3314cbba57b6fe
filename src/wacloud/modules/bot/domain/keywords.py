"""Words a business has named: those that call a person, and topics its bot does not speak about."""

import re
import unicodedata
from collections.abc import Sequence

_FORMS = r"(?:s|es|mente)?"


def named_in(texts: Sequence[str], words: Sequence[str]) -> str | None:
    """The first of these words that somebody said: as a whole word, one or many, with or without accents."""
    said = [_bare(text) for text in texts]
    for word in words:
        wanted = _bare(word)
        if wanted and any(
            re.search(rf"(?<![^\W_]){re.escape(wanted)}{_FORMS}(?![^\W_])", text) is not None for text in said
        ):
            return word
    return None


def _bare(text: str) -> str:
    letters = unicodedata.normalize("NFD", text.lower())
    kept = "".join(c for c in letters if not unicodedata.combining(c))
    return " ".join(re.sub(r"[^\w\s]", " ", kept).split())
