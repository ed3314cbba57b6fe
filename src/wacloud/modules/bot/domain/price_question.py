"""
"¿Cuánto cuesta la hogaza de centeno?": whether an entry may answer it.

What a search finds near a price is another price. Without a model nobody would notice, so an entry answers only where
it tells an amount, and names what was asked for.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from wacloud.modules.bot.domain.concepts import concepts_of
from wacloud.modules.bot.domain.language import language_in
from wacloud.modules.bot.domain.spelling import plain, sounding, words_of

_HOW: Final = r"(?:[ck]uanto|quanto|cuamto|cuato)"
_A: Final = r"(?:el|la|los|las|un|una|unos|unas|o|a|os|as|um|uma|uns|umas)"
_ME: Final = r"(?:me |te |se |os |nos |le |les )?"
_COSTS: Final = (
    r"(?:[vb]ale[ns]?|[vb]aldri\w*|[vb]aler|[ckq]uesta[ns]?|costar\w*|saldri\w*|cobra\w*|custa\w*|costs?|fica[mr]?)"
)
# "¿A cuánto está la barra?", "¿y la barra, cuánto es?": these ask for a price only beside the thing, or at the end.
_IS: Final = (
    r"(?:esta|estan|sale|salen|sai|saem|es|son|e|sao|seria|serian|va|van|ponen|poneis|teneis|tienen|tienes|dais|dan)"
)
_ASKS_PRICE: Final = re.compile(
    r"\b(?:precios?|tarifas?|importes?|costes?|prices?|precos?|custos?|costs?)\b|\bvalor(?:es)? (?:del?|d[ao]s?)\b"
    r"|\bhow much\b(?! (?:time|longer))|\bcharge for\b|\b(?:cuanto dinero|cuantos euros|quantos (?:euros|reais))\b"
    rf"|\b(?:{_HOW}|que) (?:\w+ ){{0,2}}?{_COSTS}\b"
    rf"|(?<!\ben )\b(?:{_HOW}|a como) {_ME}(?:{_IS} )?{_A}\b"
    rf"|(?<!\ben )\b{_HOW}(?: {_ME}{_IS})?$"
)
_ASKS_LESS: Final = re.compile(
    r"\b(?:descuent\w*|rebaj\w*|ofertas?|promocion\w*|discounts?|descontos?|mas barat\w*|cheaper)\b"
)
_TELLS_AMOUNT: Final = re.compile(
    r"\d\s?(?:€|\$|%|eur\b|euros?\b|usd\b|pesos?\b|soles\b|reais\b)|[€$]\s?\d|\bgratis\b|\bgratuit|\bfree\b"
    r"|\bsin coste\b|\bprecios?\b|\bpresupuest|\btarifas?\b|\bprices?\b|\bcuesta"
)
# Words of such a question that are not what it is about.
_AROUND: Final = frozenset(
    words_of(
        "precio precios tarifa tarifas price prices preco precos much how cuanto cuanta cuantos cuantas "
        "quanto quanta como vale valen vales valdria valdrian valer cuesta cuestan cuestas costar costaria "
        "costara costarian sale salen saldria cobra cobran cobras cobrais cobrariais custa custam custaria "
        "cost costs esta estan este esto estos estas ese esa esos esas es son seria serian ser era el la los "
        "las lo un una unos unas uno de del al a en con sin por para y o u e que cual cuales si no me te se "
        "os nos le les mi mis tu tus su sus vuestro vuestra vuestros vuestras mas menos muy tan ya hay tiene "
        "tienen teneis tengo tener hace hacen haceis hacer hago da dais dan dar puede puedes puedo podeis "
        "poder podria podriais podrias saber sabes sabeis decir decirme decis dime dices quiero queria "
        "querria quisiera necesito gustaria llevo llevar compro comprar pido pedir hola buenas buenos dias "
        "tardes noches gracias favor aproximadamente aproximado total cada todo toda todos todas vosotros "
        "usted ustedes ahora hoy manana tambien solo euros euro eur is are does do the an for of and or to "
        "what can could would you your i it please hi hello with my per um uma uns umas as dos das na nas em "
        "com quero voces descuento descuentos rebaja rebajas rebajais oferta ofertas promocion promociones "
        "discount discounts desconto descontos barato barata cheaper algun alguna algo any some persona "
        "personas people unidad unidades importe importes coste costes custo custos valor valores dinero kuanto "
        "cuamto cuato bale bales balen kuesta kuestan questa questan fica ficam sai saem sao va van ponen "
        "poneis vendeis venden vende vendes whats charge reais"
    )
)
_MADE_OF: Final = re.compile(rf"\b(\w{{3,}}) (?:de|con|sin|of) (?:{_A} )?(\w{{3,}})\b")
_GOES_ON: Final = re.compile(r"\W*(?:y|e|and|pero|vale|ok)\b", re.IGNORECASE)
_SHORTEST: Final = 3
_LONG: Final = 6  # "blanquear" and "blanqueamiento"


def may_answer(asked: str, told: str) -> bool:
    """Whether an entry, as all it says, may answer this; where no price is asked for, any may."""
    said = _as_words(asked)
    entry = plain(told)
    if _ASKS_LESS.search(said):
        return bool(_ASKS_LESS.search(entry))
    if not _ASKS_PRICE.search(said):
        return True
    if not _TELLS_AMOUNT.search(entry):
        return False
    words, things = stems_of(entry), things_in(said)
    named = {thing for thing in things if any(are_alike(thing, word) for word in words)}
    # "Tarta de chocolate" is no "napolitana de chocolate": what it is made of alone names no thing.
    made_of = {_stem(of) for what, of in _MADE_OF.findall(said) if _stem(what) in things - named - _KINDS}
    return not things or not named <= made_of


def names_no_thing(asked: str) -> bool:
    """Whether it asks for a price of what was spoken of before: "¿y cuánto cuesta?"."""
    said = _as_words(asked)
    return bool(_ASKS_PRICE.search(said)) and not things_in(said)


def of_something_else(texts: Sequence[str], before: str | None, entries: Iterable[str], usual: str) -> frozenset[str]:
    """
    Those entries no price may be from: each text asks for one, of a thing they do not name.

    "¿Y la grande?" goes on with what was asked `before`. A thing has other names in another language, so only entries
    in the one of the question are looked at; `usual` is the language of what has none plainly.
    """
    asks = [f"{before} {text}" if before and _GOES_ON.match(text) else text for text in texts]
    speaks = language_in(texts)
    return frozenset(
        entry
        for entry in entries
        if asks and speaks == (language_in([entry]) or usual) and not any(may_answer(asked, entry) for asked in asks)
    )


def things_in(asked: str) -> frozenset[str]:
    """What a question is about, as stems, without the words around it."""
    return stems_of(asked) - _AROUND_STEMS


def without_price(asked: str) -> str:
    """Only what a price is asked for: in a list of prices the words around it say nothing, and weigh as much."""
    if not _ASKS_PRICE.search(_as_words(asked)):
        return asked
    things = [word for word in words_of(asked) if len(word) >= _SHORTEST and _stem(word) not in _AROUND_STEMS]
    return " ".join(things) or asked


def things_told(asked: str, told: str) -> int:
    """How many of the things a price is asked for this entry names; none where no price is asked for."""
    if not _ASKS_PRICE.search(_as_words(asked)):
        return 0
    words = stems_of(told)
    return sum(any(are_alike(thing, word) for word in words) for thing in things_in(asked))


def _as_words(text: str) -> str:
    return " ".join(words_of(text))


def are_alike(one: str, other: str) -> bool:
    """Whether two stems are of the same thing."""
    if sounding(one) == sounding(other) or not concepts_of(one).isdisjoint(concepts_of(other)):
        return True
    return min(len(one), len(other)) >= _LONG and (one.startswith(other) or other.startswith(one))


def stems_of(text: str) -> frozenset[str]:
    """The words of a text without what makes them one or many."""
    return frozenset(_stem(word) for word in words_of(text) if len(word) >= _SHORTEST and not word.isdigit())


def _stem(word: str) -> str:
    """Without its number, gender or infinitive: enough to know a thing again."""
    for ending in ("iones", "es", "as", "os", "ar", "er", "ir", "s", "a", "o", "e"):
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST:
            return word[: -len(ending)]
    return word


_AROUND_STEMS: Final = frozenset(map(_stem, _AROUND))
# "Pan de centeno" is the loaf.
_KINDS: Final = frozenset(
    map(_stem, words_of("pan plato producto servicio sesion clase racion caja bote kilo par pieza unidad tipo bolsa"))
)
