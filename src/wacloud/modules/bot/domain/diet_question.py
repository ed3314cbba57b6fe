"""
"Soy celíaca, ¿puedo comer la barra?": whether an entry may answer it.

What a search finds near it is often another diet ("Sí: la barra y la hogaza son veganas"), or the one thing that is
fit. Without a model nobody would notice, so only an entry answers that tells of this allergen or diet, and of this
thing where one is named.
"""

import re
from typing import Final

from wacloud.modules.bot.domain.allergies import FREE, HOLDS, PEOPLE, X_FREE, things_of
from wacloud.modules.bot.domain.allergy_answers import names_of, speaks_of
from wacloud.modules.bot.domain.spelling import unaccented

_DIETS: Final = {
    "vegan": r"vegan\w*|began\w*",
    "vegetarian": r"vegetarian\w*|vegan\w*|began\w*|bejetarian\w*",
    "pregnant": r"embaraza\w*|embaras\w*|pregnan\w*|gravida\w*",
    "sugar": r"diabet\w*|azucar\w*|sugar\w*|acucar",
    "religion": r"halal|kosher|cerdo|porco|pork",
}
_DIET: Final = {name: re.compile(rf"\b(?:{words})\b") for name, words in _DIETS.items()}
_ANY_DIET: Final = re.compile("|".join(one.pattern for one in _DIET.values()))
# "Pan de nueces" names a thing; "¿lleva nueces?" asks what is in it.
_ASKS: Final = re.compile(
    rf"{PEOPLE.pattern}|{FREE.pattern}|{X_FREE.pattern}|\b{HOLDS}\b|\blleva[br]?\w*"
    r"|\b(?:com(?:er|o|e|en|emos)|tom(?:ar|o|a|an))(?:l[oa]s?)?\b|\bapt[oa]s?\b|\b(?:eat|contain\w*|safe|suitable)\b"
)


def may_answer_diet(asked: str, told: str) -> bool:
    """Whether an entry, as all it says, may answer this; what asks for no diet and no allergen any may."""
    question, entry = unaccented(asked), unaccented(told)
    allergens, diets = frozenset(things_of(question)), _diets(question)
    if allergens and _ASKS.search(question):
        # An allergen weighs more than a diet: "el brownie vegano, ¿lleva frutos secos?"
        tells = frozenset(things_of(entry))
        if not (allergens & tells or "any" in tells or (allergens == {"any"} and tells)):
            return False
    elif not diets:
        return True
    elif not diets & _diets(entry):
        return False
    named = names_of(_ANY_DIET.sub(" ", question))
    return not named or speaks_of(named, told)


def _diets(text: str) -> frozenset[str]:
    return frozenset(name for name, one in _DIET.items() if one.search(text))
