"""
"Es apto para celíacos", "no lleva frutos secos": which claims of this kind a text makes.

Whoever believes a wrong one ends in hospital. That something is not fit, or nobody knows, is no such claim.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from typing import Final

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
    "any": r"contaminacion cruzada|cross[- ]contamination|alerg\w*|allerg\w*|intolera\w*|trazas|traces|tracos",
}
_ANY: Final = "|".join(f"(?P<{name}>{words})" for name, words in _ALLERGENS.items())
ONE: Final = re.compile(rf"\b(?:{_ANY})\b")
HOLDS: Final = r"(?:lleva[ns]?|contien\w*|conten\w*|tiene[ns]?|usamos|ponemos|utilizamos|incluye\w*|contem|levam?|tem)"
FREE: Final = re.compile(
    r"\b(?:(?:sin|sem|without|cero|zero)(?: nada de)?|nada de|carece\w* de|nao ha|no hay(?: nada de)?"
    r"|(?:contains?|with|ha[sv]e?|there(?:'s| is| are)) no"
    r"|(?:libre|livre)s? de|(?:exent|isent)[oa]s? de|free (?:of|from)"
    rf"|(?:no|nao|tampoco|ni|nunca) (?:\w+ )?{HOLDS}(?: nada de)?"
    rf"|(?:ningun[oa]?|nenhum\w*|none) (?:\w+ ){{0,4}}?{HOLDS}"
    r"|(?:does not|doesn'?t|do not|don'?t|no|never) (?:contain|have|use)s?)\b"
)
# Fit for people, so these have to be in the sentence, before or after: "los celíacos lo pueden comer".
FIT: Final = re.compile(
    r"\b(?:(?:apt|adecuad|adequad|indicad|segur|recomendad|pensad)[oa]s?(?: (?:\w+ )?para\b)?"
    r"|no (?:tienen|hay) (?:ningun )?(?:problema|riesgo)"
    r"|(?:lo |la |los |las )?(?:puede[ns]?|podem?) (?:comer|tomar)\w*|can (?:eat|have|drink)"
    r"|(?:suitable|safe|fine|ok|okay|good|fit) (?:for|to))\b"
)
PEOPLE: Final = re.compile(r"\b(?:c[eo]+liac|alergi|allerg|intolera)")
X_FREE: Final = re.compile(rf"\b(?:{_ANY})[- ](?:free|friendly)\b|\b(?:{_ANY.replace('P<', 'P<_')})s?: ?no\b")
# What comes after these is in it: "no lleva huevo pero sí leche", "sin gluten, con almendras".
_BUT_WORDS: Final = (
    r"pero|aunque|sino|excepto|salvo|menos|lleva[ns]?|contiene[ns]?|puede[ns]?|but|although|except|contains?|may"
    r"|mas|porem"
    r"|exceto|contem|pode"
)
BUT: Final = re.compile(rf"\b(?:{_BUT_WORDS})\b")
_BUT_OR_WITH: Final = re.compile(rf"\b(?:{_BUT_WORDS}|con|with|com)\b")
# So far from the words that promise it a thing may stand: "no lleva ni leche, ni huevo ni frutos secos".
_REACH: Final = 70
_LOOKED_BACK: Final = 160
COMFORTS: Final = re.compile(
    r"\b(?:no te preocupes|no se preocupe|no hay (?:ningun )?problema|sin (?:ningun )?problema|no problem|don'?t worry"
    r"|sem problema|no hay (?:ninguna )?duda(?: de que)?|sin (?:ninguna )?duda|no doubt|no solo|not only|nao so)\b"
)
_DENIED: Final = re.compile(
    r"(?:\b(?:no|not|none|nao|tampoco|nunca|nada|ningun\w*|sin|isn'?t|aren'?t|can'?t|cannot|don'?t|doesn'?t|never)\b"
    r"|\b(?:saber|sabe\w*|se|confirm\w*|comprob\w*|mir\w*|pregunt\w*|consult\w*|verificar|check|ask|sure|know)"
    r" (?:\w+ ){0,5}?(?:si|if|se)\b|\bwhether\b)[^.,;:!?\n]{0,50}$"
)
SENTENCE: Final = re.compile(r"[^.;!?\n]+[.;!?\n]*")
YES: Final = re.compile(r"\W*(?:si|yes|sim|claro|por supuesto|desde luego|of course|todo|todos|todas|all)\b")


def claims_in(text: str) -> frozenset[str]:
    """Of what it says that a thing is free, or fit for whom it harms. A question says so only where a yes follows."""
    sentences = [match[0] for match in SENTENCE.finditer(COMFORTS.sub(" ", unaccented(text)))]
    found: set[str] = set()
    for place, sentence in enumerate(sentences):
        following = "".join(sentences[place + 1 : place + 2])
        if "?" not in sentence or YES.match(following):
            found.update(_claims_of(sentence))
    return frozenset(found)


def _claims_of(sentence: str) -> Iterator[str]:
    begins = [promise.start() for promise in FREE.finditer(sentence)]
    for promise in _undenied(FREE, sentence):
        # "No lleva nada sin lactosa": the nearer of two promises is the one that counts.
        later = begins[bisect_right(begins, promise.start()) :][:1]
        end = min([promise.end() + _REACH, *later])
        yield from things_of(_BUT_OR_WITH.split(sentence[promise.end() : end])[0])
    for promise in _undenied(FIT, sentence):
        start, end = promise.span()
        before = sentence[max(0, start - _LOOKED_BACK) : start].rpartition(",")[2]
        after = BUT.split(sentence[end : end + _REACH])[0]
        yield from (thing for part in (before, after) if PEOPLE.search(part) for thing in things_of(part))
    for thing in _undenied(X_FREE, sentence):
        yield str(thing.lastgroup).removeprefix("_")


def _undenied(pattern: re.Pattern[str], sentence: str) -> list[re.Match[str]]:
    return [match for match in pattern.finditer(sentence) if not _is_denied(sentence, match.start())]


def _is_denied(sentence: str, at: int) -> bool:
    return bool(_DENIED.search(sentence[max(0, at - _LOOKED_BACK) : at]))


def things_of(words: str) -> Iterator[str]:
    # "We have no gluten-free bread" is about that bread.
    return (str(thing.lastgroup) for thing in ONE.finditer(X_FREE.sub(" ", words)))
