"""
"Es apto para celíacos", "no lleva frutos secos": which claims of this kind a text makes.

Whoever believes a wrong one ends in hospital. That something is not fit, or nobody knows, is no such claim.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from typing import Final

from wacloud.modules.bot.domain.price_question import are_alike, stems_of, things_in
from wacloud.modules.bot.domain.spelling import unaccented

_ALLERGENS: Final = {
    "gluten": r"gluten|trigo|wheat|c[eo]+liac\w*|celiaqu\w*",
    "nuts": r"frut[oa]s? sec[oa]s?|nuez|nueces|almendras?|avellanas?|pistachos?|cacahuetes?|mani\b|anacardos?"
    r"|peanuts?|nuts?|almonds?|hazelnuts?|nozes|amendoi[mn]s?|amendoas?|castanhas?",
    "milk": r"lactosa|lactose|leche|lacte[oa]s?|dairy|milk|leite|laticinios?|caseina",
    "egg": r"huevos?|eggs?|ovos?",
    "fish": r"pescados?|fish|peixes?",
    "shellfish": r"mariscos?|crustaceos?|moluscos?|gambas?|shellfish|frutos do mar|camaro(?:es)?",
    "soy": r"soja|soya|soy",
    "sesame": r"sesamo|sesame|gergelim",
    "sulphites": r"sulfitos?|sulphites?|sulfites?",
    "mustard": r"mostaza|mustard|mostarda",
    "celery": r"apio|celery|aipo",
    "lupin": r"altramu[cz]\w*|lupins?|tremocos?",
    "any": r"alerg\w*|allerg\w*|intolera\w*|trazas|traces|tracos",
}
_ANY: Final = "|".join(f"(?P<{name}>{words})" for name, words in _ALLERGENS.items())
_ONE: Final = re.compile(rf"\b(?:{_ANY})\b")
_HOLDS: Final = r"(?:lleva[ns]?|contien\w*|conten\w*|tiene[ns]?|usamos|ponemos|utilizamos|incluye\w*|contem|levam?|tem)"
_FREE: Final = re.compile(
    r"\b(?:sin|sem|without|cero|zero|nada de|carece\w* de|nao ha|(?:contains?|with|there(?:'s| is| are)) no"
    r"|(?:libre|livre)s? de|(?:exent|isent)[oa]s? de|free (?:of|from)"
    rf"|(?:no|nao|tampoco|ni|nunca) (?:\w+ )?{_HOLDS}"
    r"|(?:does not|doesn'?t|do not|don'?t|no|never) (?:contain|have|use)s?)\b"
)
# Fit for people, so these have to be in the sentence, before or after: "los celíacos lo pueden comer".
_FIT: Final = re.compile(
    r"\b(?:(?:apt|adecuad|adequad|indicad|segur|recomendad|pensad)[oa]s? (?:\w+ )?para"
    r"|(?:lo |la |los |las )?(?:puede[ns]?|podem?) (?:comer|tomar)\w*|can (?:eat|have|drink)"
    r"|(?:suitable|safe|fine|ok|okay|good|fit) (?:for|to))\b"
)
_PEOPLE: Final = re.compile(r"\b(?:c[eo]+liac|alergi|allerg|intolera)")
_X_FREE: Final = re.compile(rf"\b(?:{_ANY})[- ]free\b")
# What comes after these is in it: "no lleva huevo pero sí leche", "sin gluten, con almendras".
_BUT_WORDS: Final = (
    r"pero|aunque|sino|excepto|salvo|menos|lleva[ns]?|contiene[ns]?|puede[ns]?|but|although|except|contains?|may"
    r"|mas|porem"
    r"|exceto|contem|pode"
)
_BUT: Final = re.compile(rf"\b(?:{_BUT_WORDS})\b")
_BUT_OR_WITH: Final = re.compile(rf"\b(?:{_BUT_WORDS}|con|with|com)\b")
# So far from the words that promise it a thing may stand: "no lleva ni leche, ni huevo ni frutos secos".
_REACH: Final = 70
_LOOKED_BACK: Final = 160
_COMFORTS: Final = re.compile(
    r"\b(?:no te preocupes|no se preocupe|no hay (?:ningun )?problema|sin (?:ningun )?problema|no problem|don'?t worry"
    r"|sem problema|no hay (?:ninguna )?duda(?: de que)?|sin (?:ninguna )?duda|no doubt|no solo|not only|nao so)\b"
)
_DENIED: Final = re.compile(
    r"(?:\b(?:no|not|none|nao|tampoco|nunca|nada|ningun\w*|sin|isn'?t|aren'?t|can'?t|cannot|don'?t|doesn'?t|never)\b"
    r"|\b(?:saber|sabe\w*|se|confirm\w*|comprob\w*|mir\w*|pregunt\w*|consult\w*|verificar|check|ask|sure|know)"
    r" (?:\w+ ){0,5}?(?:si|if|se)\b|\bwhether\b)[^.,;:!?\n]{0,50}$"
)
_SENTENCE: Final = re.compile(r"[^.;!?\n]+[.;!?\n]*")
_YES: Final = re.compile(r"\W*(?:si|yes|sim|claro|por supuesto|desde luego|of course|todo|todos|todas|all)\b")

_OF_ALL: Final = re.compile(r"\b(?:tod[oa]s?|cualquier\w*|all|every\w*|any of|tudo)\b")
_ALL_WORDS: Final = re.compile(
    rf"{_FREE.pattern}|{_FIT.pattern}|{_ONE.pattern}|\b(?:apt|adecuad|segur|libre|exent)\w*|\bfree\b|{_BUT.pattern}"
    r"|\b(?:claro|tranquil\w*|confirm\w*|seguro|segura|tambien|ademas|desde|luego|mismo|misma|creo|dice|opcion\w*"
    r"|producto\w*|persona\w*|cliente\w*|gente|nuestr\w*|ningun\w*|nada|algo|ingrediente\w*|elabor\w*|hech\w*"
    r"|tenemos|ofrecemos|disponemos|servimos|preparamos|recomiendo|recomendamos|comer\w*|tomar\w*|people|person|made"
    r"|suitable|safe|have|contain\w*|contien\w*|celiac\w*|alergi\w*|allerg\w*|intoleran\w*|sabor\w*|puede\w*)\b"
)
_SAID_OF_ALL: Final = stems_of("hola buenas gracias pregunta consulta producto cosa tipo sure course yes sim claro")


def claims_in(text: str) -> frozenset[str]:
    """Of what it says that a thing is free, or fit for whom it harms. A question says so only where a yes follows."""
    sentences = [match[0] for match in _SENTENCE.finditer(_COMFORTS.sub(" ", unaccented(text)))]
    found: set[str] = set()
    for place, sentence in enumerate(sentences):
        following = "".join(sentences[place + 1 : place + 2])
        if "?" not in sentence or _YES.match(following):
            found.update(_claims_of(sentence))
    return frozenset(found)


def claims_told(text: str, asked: str, entries: Sequence[str], own: str = "") -> frozenset[str]:
    """
    The claims that entries make of what the text, or else the question, is about; `own` are the customer's wishes.

    That the brownie is fit for coeliacs tells nothing of the bread: an entry with neither of their words is no word for
    it, unless it speaks of everything, or nobody named a thing.
    """
    about = _things_named(text) or _things_named(asked)
    told = claims_in(own)
    for entry in entries:
        if claims := claims_in(entry):
            words = stems_of(entry)
            if not about or _OF_ALL.search(unaccented(entry)) or any(are_alike(a, w) for a in about for w in words):
                told |= claims
    return told


def _things_named(text: str) -> frozenset[str]:
    """What it is about, without the words of allergies and claims."""
    said = _ALL_WORDS.sub(" ", unaccented(text))
    return things_in(said) - _SAID_OF_ALL


def _claims_of(sentence: str) -> Iterator[str]:
    begins = [promise.start() for promise in _FREE.finditer(sentence)]
    for promise in _undenied(_FREE, sentence):
        # "No lleva nada sin lactosa": the nearer of two promises is the one that counts.
        later = begins[bisect_right(begins, promise.start()) :][:1]
        end = min([promise.end() + _REACH, *later])
        yield from _things(_BUT_OR_WITH.split(sentence[promise.end() : end])[0])
    for promise in _undenied(_FIT, sentence):
        before, after = sentence[: promise.start()].rpartition(",")[2], _BUT.split(sentence[promise.end() :])[0]
        yield from (thing for part in (before, after) if _PEOPLE.search(part) for thing in _things(part))
    for thing in _undenied(_X_FREE, sentence):
        yield str(thing.lastgroup)


def _undenied(pattern: re.Pattern[str], sentence: str) -> list[re.Match[str]]:
    return [match for match in pattern.finditer(sentence) if not _is_denied(sentence, match.start())]


def _is_denied(sentence: str, at: int) -> bool:
    return bool(_DENIED.search(sentence[max(0, at - _LOOKED_BACK) : at]))


def _things(words: str) -> Iterator[str]:
    # "We have no gluten-free bread" is about that bread.
    return (str(thing.lastgroup) for thing in _ONE.finditer(_X_FREE.sub(" ", words)))
