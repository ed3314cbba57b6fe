"""
The two languages of the pages. The source texts are English; Spanish is read from `locales/es.po` at start.

Nothing is compiled: what a translator edits is what the process reads.
"""

import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

Translate = Callable[[str], str]

LANGUAGES: Final = ("es", "en")
DEFAULT_LANGUAGE: Final = "es"
SOURCE_LANGUAGE: Final = "en"
_QUALITY: Final = re.compile(r"(?:q\s*=\s*([01](?:\.\d{0,3})?))?", re.IGNORECASE)
_LONGEST_HEADER: Final = 500
LOCALES = Path(__file__).resolve().parents[2] / "locales"


def N_(message: str) -> str:
    """Mark a text for the catalogue where it is written; it is translated where it is shown."""
    return message


def translate(language: str, message: str, /, **values: object) -> str:
    """The text in this language, with `%(name)s` filled in; a text the catalogue lacks stays English."""
    found = _texts(language).get(message, message)
    return found % values if values else found


def translate_many(language: str, one: str, many: str, count: int, /, **values: object) -> str:
    """The form that belongs to this count, with `%(num)s` and further values filled in."""
    forms = _plurals(language).get((one, many)) or (one, many)
    text = forms[0] if count == 1 or len(forms) == 1 else forms[1]
    return text % {"num": count, **values}


def translator(language: str) -> Translate:
    """`translate` for one language, where no values are filled in."""
    texts = _texts(language)
    return lambda message: texts.get(message, message)


def best_language(*wishes: str | None) -> str:
    """The first of these that we speak, in the order given; otherwise the default."""
    for wish in wishes:
        if wish and wish[:2].lower() in LANGUAGES:
            return wish[:2].lower()
    return DEFAULT_LANGUAGE


def accepted_languages(header: str) -> list[str]:
    """The languages of an Accept-Language header, the dearest first; what is written wrongly is left out."""
    wishes: list[tuple[float, str]] = []
    for part in header[:_LONGEST_HEADER].split(","):
        name, _, rest = part.strip().partition(";")
        found = _QUALITY.fullmatch(rest.strip())
        if name and found:
            wishes.append((float(found[1] or 1), name))
    return [name for quality, name in sorted(wishes, key=lambda wish: -wish[0]) if quality > 0]


@cache
def catalogue(language: str) -> Catalog | None:
    """The catalogue of a language; English has none, being the source."""
    file = LOCALES / f"{language}.po"
    if not file.exists():
        return None
    with file.open("rb") as source:
        return read_po(source, locale=language)


@cache
def _texts(language: str) -> Mapping[str, str]:
    found = catalogue(language)
    if found is None:
        return {}
    return {
        message.id: message.string
        for message in found
        if isinstance(message.id, str) and isinstance(message.string, str) and message.id and message.string
    }


@cache
def _plurals(language: str) -> Mapping[tuple[str, str], tuple[str, ...]]:
    forms: dict[tuple[str, str], tuple[str, ...]] = {}
    for message in catalogue(language) or ():
        if isinstance(message.id, (tuple, list)) and isinstance(message.string, (tuple, list)) and all(message.string):
            forms[message.id[0], message.id[1]] = tuple(message.string)
    return forms
