"""
The money and the shares of a hundred that a text names, in figures or in words, and what follows from known ones.

"62 €", "$1,500", "cincuenta céntimos", "2 euros con 50", "doscientos euros", "te la dejo en 25", "quince por ciento".
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import combinations
from typing import Final

from wacloud.modules.bot.domain.clock_times import without_times
from wacloud.modules.bot.domain.spoken_numbers import NUMBERS, number_at

_FIGURES: Final = (
    r"\d{1,3}(?: \d{3})+(?=\s?(?:€|eur))|\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?(?!\d)"
    r"|\d{1,3}(?:[.\u00a0]\d{3})+(?:,\d{1,2})?|\d{1,12}(?:[.,]\d{1,2})?"
)
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
    r"|te l[oa]s? (?:dejo|dejamos|hago|pongo) (?:en|a|por)|pagas|pagais|pagarias|cobramos|rondan? los|esta a"
    r"|precio(?: final| total)?(?: es| es de| de)?:?|importe(?: total)?(?: es| es de| de)?:?"
    r"|total(?: es| es de| de| son| seria| serian)?:?|costs?|priced at|you pay|custam?|sai por|fica(?: por| em)?)\s+"
    r"(?:(?:solo|unos|unas|tan solo|aproximadamente|sobre|alrededor|entre|only|about|around|a|por|de|en)\s+){0,2}"
)
_NO_MONEY: Final = (
    r"(?!\s?(?:-|a\s\d|%|por ciento|min|hora|dia|semana|mes|ano|h\b|g\b|gr\b|kg|cm|mm|ml|l\b|km|m\b|persona|racion"
    r"|unidad|pieza|vece?|day|hour|week|month|year|person|people|piece|time|pessoa|peca|am\b|pm\b"
    r"|de la (?:manana|tarde|noche)))"
)
# "Son 18", "it's 18 per person".
_ARE: Final = re.compile(
    rf"\b(?:son|seria[n]?|it's|it is|that's)\s(?P<number>{_FIGURES})"
    r"(?![.,]?\d)(?=\s*(?:[.;!?)]|,\s|$)"
    r"|\s(?:por (?:persona|cabeza|unidad)|per person|each|cada un|en total|in total)\b)"
)
_BARE: Final = re.compile(rf"{_COSTS}(?P<number>{_FIGURES})(?![\d.,]*\d|[:h]\d){_NO_MONEY}")
_BARE_WORDS: Final = re.compile(rf"{_COSTS}(?P<words>[a-z]+(?: [a-z]+){{0,5}})")
_THEIRS: Final = re.compile(
    r"\b(?:con|no|para|tus|hasta|with|your|not|(?:pedido|presupuesto|compra|gasto|order|budget) (?:es )?(?:de|of))"
    rf"(?: los| tus| unos)? (?P<number>{_FIGURES})(?![\d.,]*\d)"
)
_TOKEN: Final = re.compile(r"[a-z]+|\d+|[€$£%.,;:!?\n]")
_UNIT_WORDS: Final = re.compile(_UNIT)
_AND_CENTS: Final = re.compile(
    r"(?<![\d.,])(\d{1,4}) ?(?:euros?|€|eur)\s?"
    r"(?:con (\d{2})\b(?: centimos| cents)?|(?:y|and|e) (\d{2}) (?:centimos|cents))"
)
_POINT: Final = re.compile(r"(?<=\d)'(?=\d{2}\b)")  # 14'50
_NUMBER: Final = re.compile(rf"(?<![\d.,])(?:{_FIGURES})(?![\d.,]*\d){_NO_MONEY}")
_ENGLISH: Final = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?")  # a thousand as 1,000
_SIGNS: Final = re.compile("[*_~\u200b-\u200d\u2060\ufeff]")  # of a bold word, or seen by nobody
# Numbers of entries are none of theirs.
_MARK: Final = re.compile(r"\[\d+\]")
_COUNT: Final = re.compile(r"(?<![\d.,])\d{1,3}(?![\d.,]*\d|\s?(?:€|eur|%))")
_EACH: Final = re.compile(
    r"\b(?:por (?:persona|cabeza|hora|noche|sesion|mes|pessoa)|cada (?:un[oa]|mes|persona|hora|clase|sesion|noche)"
    r"|per (?:person|month|hour|night)|each|a cada|al mes|la hora|plazos?|la sesion)\b"
)
_JOINS: Final = re.compile(r"\b(?:con|mas|y|total|juntos|with|and|plus|com|e|tambien)\b|\+")
_YES: Final = re.compile(r"\W*(?:si|claro|exacto|correcto|efectivamente|asi es|yes|right|exactly|sim|isso)\b")
_ONES: Final = frozenset({"un", "uno", "una", "one", "um", "uma"})
_MOST_OF_ONE: Final = 20
_MOST_ASKED: Final = 6
# So many prices make nearly every sum: of more only what the answer adds up itself is a sum.
_MOST_JOINED: Final = 12
_MOST_SHARED: Final = 60
_MOST_ADDED: Final = 8
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
    text = _plainly(text)
    for match in _MONEY.finditer(text):
        if match["share"]:
            shares.add(_value(match["number"]))
        elif match["cents"]:
            prices.add((_value(match["number"]) / _HUNDRED).normalize())
        elif match["before"] or match["unit"]:
            prices.add(_value(match["number"]))
    prices.update(_value(match["number"]) for bare in (_BARE, _ARE) for match in bare.finditer(text))
    for match in _BARE_WORDS.finditer(text):
        words = match["words"].split()
        number, used = number_at(words, 0)
        if used and words[0] not in _ONES and re.match(_NO_MONEY, " " + " ".join(words[used:])):
            prices.add(Decimal(number))
    _add_spoken(text, prices, shares)
    return Amounts(frozenset(prices), frozenset(shares))


def numbers_in(text: str) -> set[Decimal]:
    """All numbers that may be money: no times of day, no minutes, people or shares, not those of entries."""
    return {_value(match[0]) for match in _NUMBER.finditer(without_times(_MARK.sub(" ", _plainly(text))))}


def follow_from(said: Amounts, known: Amounts, told: Collection[Decimal], text: str, asked: str) -> bool:
    """
    Whether the amounts said in `text` are known ones, or can be reckoned from them.

    So many of a price, a share of a price, what is left of it or comes on top, each one's part, as many of these and of
    those as were `asked` for, the customer's own amount where it is not called the price, and sums and differences of
    amounts that it names itself, or of two told ones that it joins.
    """
    if not said.shares <= known.shares:
        return False
    # Of a long conversation what was counted last.
    prices, many = known.prices, _counts(asked, 999)[-_MOST_ASKED:]
    # "Two of us for three nights" is six.
    counts = {*many, *_counts(text, _MOST_OF_ONE), *(one * other for one, other in combinations(many, 2))}
    times = {count: {price * count for price in prices} for count in counts}
    of_some = prices.union(*times.values())
    may = {*told, *of_some, *_own(said, text, asked)}
    if len(prices) <= _MOST_SHARED:
        for whole in of_some | amounts_in(asked).prices:
            for share in known.shares:
                part = round(whole * share / _HUNDRED, 2)
                may |= {part, whole - part, whole + part}
        if _EACH.search(text):
            may |= {round(price / count, 2) for price in prices for count in counts}
    joined = _joined(prices, times, many) if _JOINS.search(text) else set()
    may |= said.prices & joined
    for _ in range(2):
        may |= said.prices & _sums(said.prices & may)
    return said.prices <= may


def _own(said: Amounts, text: str, asked: str) -> Collection[Decimal]:
    """The customer's amounts where it speaks of them as theirs: "con 30 €", "tu pedido de 45 €", "no 100 €"."""
    own = said.prices & amounts_in(asked).prices
    if not own or _YES.match(text):
        return ()
    return own & {_value(match["number"]) for match in _THEIRS.finditer(_plainly(text))}


def _joined(prices: Collection[Decimal], times: Mapping[int, set[Decimal]], many: Sequence[int]) -> set[Decimal]:
    """Two prices together, and as many of one and of another as were asked for."""
    sums: set[Decimal] = set()
    if len(prices) <= _MOST_JOINED:
        sums = {one + other for one in prices for other in {*prices, *(p for count in many for p in times[count])}}
    if len(prices) <= _MOST_SHARED:
        pairs = {tuple(sorted(pair)) for pair in combinations(many, 2)}
        sums |= {p + q for one, other in pairs for p in times[one] for q in times[other]}
    return sums


def _sums(amounts: Collection[Decimal]) -> set[Decimal]:
    """All sums of some of these, and their differences."""
    sums = {Decimal(0)}
    for amount in list(amounts)[:_MOST_ADDED]:
        sums |= {one + amount for one in sums} | {abs(one - amount) for one in sums}
    return sums - {Decimal(0)}


def _plainly(text: str) -> str:
    """With one way of writing them."""
    return _AND_CENTS.sub(lambda m: f"{m[1]},{m[2] or m[3]} €", _POINT.sub(",", _SIGNS.sub("", text)))


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


def _counts(text: str, most: int) -> list[int]:
    found = [int(count) for count in _COUNT.findall(text)]
    found += [NUMBERS[word] for word in re.findall(r"[a-z]+", text) if word in NUMBERS]
    return [count for count in found if 2 <= count <= most]


def _value(written: str) -> Decimal:
    if _ENGLISH.fullmatch(written):
        return Decimal(written.replace(",", "")).normalize()
    return Decimal(re.sub(r"[.\u00a0 ](?=\d{3}(?!\d))", "", written).replace(",", ".")).normalize()
