"""
Whether the claims of an answer about allergies are the business's: said of that thing, and not by a mere "sí".

That the brownie is fit for coeliacs tells nothing of the bread, and "sí, claro" to "soy celíaca, ¿puedo comer la
hogaza?" says that it is.
"""

import re
from collections.abc import Collection, Sequence
from typing import Final

from wacloud.modules.bot.domain.allergies import (
    BUT,
    COMFORTS,
    FIT,
    FREE,
    HOLDS,
    ONE,
    SENTENCE,
    YES,
    claims_in,
    things_of,
)
from wacloud.modules.bot.domain.price_question import are_alike, stems_of, things_in
from wacloud.modules.bot.domain.spelling import unaccented

_OF_ALL: Final = re.compile(r"\b(?:tod[oa]s?|cualquier\w*|all|every\w*|any of|tudo)\b")
# What says nothing of the thing that is spoken of.
_AROUND: Final = re.compile(
    rf"{FREE.pattern}|{FIT.pattern}|{ONE.pattern}|{BUT.pattern}|\b(?:apt|adecuad|segur|libre|exent)\w*|\bfree\b"
    r"|\b(?:claro|tranquil\w*|confirm\w*|segur[oa]|tambien|ademas|desde|luego|mism[oa]|creo|dice|opcion\w*|producto\w*"
    r"|platos?|comidas?|carta|vari[oa]s|venir|pedir|persona\w*|cliente\w*|gente|nuestr\w*|ningun\w*|nada|algo"
    r"|ingrediente\w*|elabor\w*|hech\w*|tenemos|ofrecemos|disponemos|servimos|preparamos|recomiendo|recomendamos"
    r"|comer\w*|tomar\w*|people|person|made|suitable|safe|have|contain\w*|contien\w*|celiac\w*|alergi\w*|allerg\w*"
    r"|intoleran\w*|sabor\w*|puede\w*)\b"
)
_NO_THINGS: Final = stems_of(
    "hola buenas gracias pregunta consulta producto cosa tipo sure course yes sim claro ahi aqui alli sitio local "
    "restaurante bar tienda panaderia casa hijo hija hijos hijas marido mujer novio novia madre padre mama papa amiga "
    "amigo nino nina ninos familia soy somos eres son also kids daughter son husband wife there here vuestros vuestras "
    "perdona disculpa porfa sabeis saber quisiera momento dulce salado"
)
# So many lines of the customer, the newest, may ask.
_NEWEST: Final = 2
_EATS: Final = re.compile(
    r"\b(?:com[eo]\w*|tom[ao]\w*|lleva\w*|contien\w*|apt[oa]\w*|pued[oe]\w*|tiene\w*|hay|eat|have|contain|safe)\b"
)
_ASKS_IF_IN: Final = re.compile(rf"\b{HOLDS}\b|\b(?:contain|have|has)s?\b")
_SAYS_NOT_IN: Final = re.compile(
    r"\W*(?:no|nao|nada|que va)\s*(?:[.,!:;]|$)|\W*(?:no|nao) (?:lleva|contiene|tiene)\w*\s*(?:[.,!]|$)"
)
_SAYS_FIT: Final = re.compile(
    r"\b(?:puede[ns]?|podeis) (?:comer|tomar|pedir)\w*|\b(?:es|son) (?:totalmente )?apt[oa]s?\b|\byou can (?:eat|have)"
)
_SAYS_UNFIT: Final = re.compile(r"\bno (?:es|son|esta\w*|puede\w*|podeis|te lo)\b|\bpero\b|\bnot\b|\blleva\w*\b")
_UNSURE: Final = re.compile(
    r"\bno (?:lo )?(?:se|sabemos|puedo|podemos|tengo|te puedo)\b|\bnot sure\b|\bcan'?t\b|\bconfirm\w*|\bconsult\w*"
)


def claims_of_answer(text: str, asked: str) -> frozenset[str]:
    """What an answer claims, by its words or by its yes or no to what was asked."""
    return claims_in(text) | _by_yes_or_no(text, asked)


def claims_told(text: str, asked: str, entries: Sequence[str], own: str = "") -> frozenset[str]:
    """
    The claims that entries make of what the text, or else the question, is about; `own` are the customer's wishes.

    An entry with none of their words is no word for it, unless it speaks of everything, or nobody named a thing.
    """
    about = names_of(text) or names_of(asked)
    told = claims_in(own)
    for entry in entries:
        if (claims := claims_in(entry)) and (not about or speaks_of(about, entry)):
            told |= claims
    return told


def names_of(text: str) -> frozenset[str]:
    """The things a text about allergies speaks of, as stems, without the words of allergies."""
    return things_in(_AROUND.sub(" ", unaccented(text))) - _NO_THINGS


def speaks_of(things: Collection[str], entry: str) -> bool:
    """Whether an entry names one of these, or speaks of everything."""
    words = stems_of(entry)
    return bool(_OF_ALL.search(unaccented(entry))) or any(are_alike(one, word) for one in things for word in words)


def _by_yes_or_no(text: str, asked: str) -> frozenset[str]:
    newest = unaccented("\n".join(asked.split("\n")[-_NEWEST:]))
    things = frozenset(things_of(newest))
    if not things or not _EATS.search(newest):
        return frozenset()
    said = COMFORTS.sub(" ", unaccented(text))
    first = next((match[0] for match in SENTENCE.finditer(said)), "")
    if ONE.search(first) or _UNSURE.search(said):
        return frozenset()  # its words tell what it claims, or that nobody knows
    if _ASKS_IF_IN.search(newest) and not FIT.search(newest):
        return things if _SAYS_NOT_IN.match(first) else frozenset()
    says_fit = YES.match(first) or _SAYS_FIT.search(said)
    return things if says_fit and not _SAYS_UNFIT.search(said) else frozenset()
