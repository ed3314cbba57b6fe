"""
The money and the shares of a hundred that a text names, in figures or in words, and what follows from known ones.

"62 €", "$1,500", "cincuenta céntimos", "2 euros con 50", "doscientos euros", "te la dejo en 25", "quince por ciento".
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from decimal import Decimal
from itertools import permutations
from typing import Final

from wacloud.modules.bot.domain.clock_times import without_times
from wacloud.modules.bot.domain.spoken_numbers import NUMBERS, number_at

_FIGURES: Final = r"\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?(?!\d)|\d{1,3}(?:[.\u00a0]\d{3})+(?:,\d{1,2})?|\d+(?:[.,]\d{1,2})?"
_CENTS: Final = r"centimos?\b|cents?\b|centavos?\b"
_UNIT: Final = (
    r"€|\$|£|eur\b|gbp\b|libras?\b|pounds?\b|euros?\b|usd\b|dolar(?:es)?\b|dollars?\b|pesos?\b|soles\b|reais\b"
)
_SHARE: Final = r"%|por ciento\b|percent\b|por cento\b"
_MONEY: Final = re.compile(
    rf"(?P<before>(?:€|\$|£|\bs/|\beur|\bgbp|\busd|\bmxn|\bars|\bcop|\bclp"
    rf"|\bpen)\s?)?(?<![\d.,])(?P<number>{_FIGURES})(?![\d.,]*\d)"
    rf"(?:\s?(?P<cents>{_CENTS})|\s?(?P<unit>{_UNIT})|\s?(?P<share>{_SHARE}))?"
)
# "Cuesta 62", "te la dejo en 25": money without saying so, unless it is so many minutes, pieces or people.
_COSTS: Final = (
    r"\b(?:cuestan?|costar(?:a|an|ia|ian)|costa|valen|valdrian?|salen?|saldrian?|se (?:te )?quedan? en"
    r"|te l[oa]s? (?:dejo|dejamos|hago|pongo) (?:en|a|por)|precio(?: final| total)?(?: es| es de| de)?:?"
    r"|importe(?: total)?(?: es| es de| de)?:?|costs?|priced at|custam?|sai por|fica(?: por| em)?)\s+"
    r"(?:(?:solo|unos|unas|tan solo|only|about|around|a|por|de|en)\s+){0,2}"
)
_NO_MONEY: Final = (
    r"(?!\s?(?:-|a\s\d|min|hora|dia|semana|mes|ano|h\b|g\b|gr\b|kg|cm|mm|ml|l\b|persona|racion|unidad|pieza|vece?"
    r"|day|hour|week|month|year|person|people|piece|time|pessoa|peca|am\b|pm\b|de la (?:manana|tarde|noche)))"
)
_BARE: Final = re.compile(rf"{_COSTS}(?P<number>{_FIGURES})(?![\d.,]*\d|[:h]\d){_NO_MONEY}")
_BARE_WORDS: Final = re.compile(rf"{_COSTS}(?P<words>[a-z]+(?: [a-z]+){{0,5}})")
_TOKEN: Final = re.compile(r"[a-z]+|[€$£%]")
_UNIT_WORDS: Final = re.compile(_UNIT)
_AND_CENTS: Final = re.compile(
    r"(?<![\d.,])(\d{1,4}) ?(?:euros?|€|eur)\s?(?:con|y|and|e) (\d{2})\b(?: centimos| cents)?"
)
_NUMBER: Final = re.compile(_FIGURES)
_ENGLISH: Final = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?")  # a thousand as 1,000
_SIGNS: Final = re.compile("[*_~\u200b-\u200d\u2060\ufeff]")  # of a bold word, or seen by nobody
# Numbers of entries are none of theirs.
_MARK: Final = re.compile(r"\[\d+\]")
_COUNT: Final = re.compile(r"(?<![\d.,])\d{1,3}(?![\d.,]*\d|\s?(?:€|eur|%))")
_EACH: Final = re.compile(r"\b(?:por persona|por cabeza|cada un[oa]|per person|each|por pessoa|a cada)\b")
_ONES: Final = frozenset({"un", "uno", "una", "one", "um", "uma"})
_MOST_OF_ONE: Final = 20
_MOST_ASKED: Final = 6
_HUNDRED: Final = Decimal(100)


@dataclass(frozen=True, slots=True)
class Amounts:
    """What a text names: `prices` as money, `shares` of a hundred."""

    prices: frozenset[Decimal]
    shares: frozenset[Decimal]


def amounts_in(text: str) -> Amounts:
    """The amounts of a text without accents and capitals."""
    prices: set[Decimal] = set()
    shares: set[Decimal] = set()
    text = _AND_CENTS.sub(r"\1,\2 €", _SIGNS.sub("", text))
    for match in _MONEY.finditer(text):
        if match["share"]:
            shares.add(_value(match["number"]))
        elif match["cents"]:
            prices.add((_value(match["number"]) / _HUNDRED).normalize())
        elif match["before"] or match["unit"]:
            prices.add(_value(match["number"]))
    prices.update(_value(match["number"]) for match in _BARE.finditer(text))
    for match in _BARE_WORDS.finditer(text):
        words = match["words"].split()
        number, used = number_at(words, 0)
        if used and words[0] not in _ONES and re.match(_NO_MONEY, " " + " ".join(words[used:])):
            prices.add(Decimal(number))
    _add_spoken(text, prices, shares)
    return Amounts(frozenset(prices), frozenset(shares))


def numbers_in(text: str) -> set[Decimal]:
    """All numbers but times of day and those of entries."""
    return {_value(match[0]) for match in _NUMBER.finditer(without_times(_MARK.sub(" ", text)))}


def follow_from(said: Amounts, known: Amounts, told: Collection[Decimal], counted: str, asked: str) -> bool:
    """
    Whether the said amounts are known ones, or can be reckoned from them.

    So many of a price, two prices together, a share of a price or what is left of it, each one's part: how many, the
    customer `asked` or the answer itself tells (`counted`).
    """
    if not said.shares <= known.shares:
        return False
    prices = known.prices
    many, few = _counts(asked, 999), _counts(counted, _MOST_OF_ONE)
    parts = [price * share / _HUNDRED for price in prices for share in known.shares]
    left = [price - price * share / _HUNDRED for price in prices for share in known.shares]
    times = {count: {price * count for price in prices} for count in few | many}
    allowed = {*told, *prices, *parts, *left}.union(*times.values())
    if _EACH.search(counted):
        allowed.update(round(price / count, 2) for price in prices for count in few | many)
    # "Three of these and two of those", as many as were asked for.
    pairs = list(permutations(many, 2)) if len(many) <= _MOST_ASKED else []
    return all(
        amount in allowed
        or any(amount - price in allowed for price in prices)
        or any(amount - one in times[other] for first, other in pairs for one in times[first])
        for amount in said.prices
    )


def _add_spoken(text: str, prices: set[Decimal], shares: set[Decimal]) -> None:
    """Numbers in words before what they count."""
    tokens = _TOKEN.findall(text)
    at = 0
    while at < len(tokens):
        number, used = number_at(tokens, at)
        unit = " ".join(tokens[at + used : at + used + 2])
        if used and not (used == 1 and tokens[at] in _ONES):
            if re.match(_CENTS, unit):
                prices.add((Decimal(number) / _HUNDRED).normalize())
            elif _UNIT_WORDS.match(unit):
                prices.add(Decimal(number).normalize())
            elif re.match(_SHARE, unit):
                shares.add(Decimal(number).normalize())
        at += max(used, 1)


def _counts(text: str, most: int) -> set[int]:
    found = {int(count) for count in _COUNT.findall(text)}
    found |= {NUMBERS[word] for word in re.findall(r"[a-z]+", text) if word in NUMBERS}
    return {count for count in found if 2 <= count <= most}


def _value(written: str) -> Decimal:
    if _ENGLISH.fullmatch(written):
        return Decimal(written.replace(",", "")).normalize()
    return Decimal(re.sub(r"[.\u00a0](?=\d{3}(?!\d))", "", written).replace(",", ".")).normalize()
