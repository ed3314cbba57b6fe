"""
Whether what a model wrote stands on what it was told: amounts, hours, contacts, promises, and the entries it rests on.

A model that is small, in a hurry or talked into it makes up a price, confirms what nobody noted, or answers from the
entry beside the right one. Asked of twelve entries, one of 1.5 billion parameters did so in a quarter of its answers
(`wacloud bench answers --model`). What is held here by mistake the knowledge answers, or a person.
"""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal
from uuid import UUID

from wacloud.modules.bot.domain.allergies import claims_in
from wacloud.modules.bot.domain.knowledge import KnowledgeItem
from wacloud.modules.bot.domain.ranking import Hit
from wacloud.modules.bot.domain.spelling import unaccented
from wacloud.modules.bot.domain.spoken_numbers import NUMBERS, TENS

Ungrounded = Literal[
    "placeholder", "invented_amount", "invented_promise", "invented_hour", "foreign_contact", "false_confirmation",
    "allergy_claim", "claims_to_be_human", "off_the_point",
]  # fmt: skip

# Any of the entries an answer rests on has to be among so many that the search found.
NEAREST: Final = 5
_NEAR: Final = 0.25
_TOLD: Final = 3
_FIGURES: Final = r"\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?(?!\d)|\d{1,3}(?:[.\u00a0]\d{3})+(?:,\d{1,2})?|\d+(?:[.,]\d{1,2})?"
_UNIT: Final = (
    r"€|\$|£|eur\b|gbp\b|libras?\b|pounds?\b|euros?\b|usd\b|dolar(?:es)?\b|dollars?\b|pesos?\b|soles\b|reais\b"
)
_SHARE: Final = r"%|por ciento\b|percent\b|por cento\b"
_MONEY: Final = re.compile(
    rf"(?P<before>(?:€|\$|£|\bs/|\beur|\bgbp|\busd|\bmxn|\bars|\bcop|\bclp"
    rf"|\bpen)\s?)?(?<![\d.,])(?P<number>{_FIGURES})(?![\d.,]*\d)"
    rf"(?:\s?(?P<unit>{_UNIT})|\s?(?P<share>{_SHARE}))?"
)
_IN_WORDS: Final = re.compile(rf"\b(?P<words>[a-z]+(?: (?:y |e )?[a-z]+)?) (?:(?P<unit>{_UNIT})|(?P<share>{_SHARE}))")
_NUMBER: Final = re.compile(_FIGURES)
_ENGLISH: Final = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?")  # a thousand as 1,000
_SIGNS: Final = re.compile("[*_~\u200b-\u200d\u2060\ufeff]")  # of a bold word, or seen by nobody
_HOUR: Final = re.compile(r"(?<![\d.,:])([01]?\d|2[0-4])[:h]([0-5]\d)(?!\d|[.,]\d)")
# What may be an hour, or an amount.
_MAYBE_HOUR: Final = re.compile(r"(?<![\d.,:])([01]?\d|2[0-4])[:.h]([0-5]\d)(?!\d)")
# Numbers of entries are none of theirs.
_MARK: Final = re.compile(r"\[\d+\]")
# Not "gluten-free", nor "free of nuts".
_FOR_NOTHING: Final = (
    r"\b(?:gratis|gratuit|sin coste|(?<!-)free\b(?! of| from)|sin cargo|de regalo|regalamos|te regal|invita la casa"
    r"|cortesia)"
)
# What costs nothing, or less than it says: said only where the business says so too, in one of the words of the group.
_PROMISES: Final = tuple(
    re.compile(group)
    for group in (
        _FOR_NOTHING,
        r"\b(?:mitad de precio|half price|metade do preco)",
        r"\b(?:2 ?x ?1|dos por uno|3 ?x ?2|tres por dos|two for one|dois por um)",
        r"\b(?:descuento|rebaja|rebajad|discount|desconto|oferta especial|mas barat)",
        r"\b(?:el doble|el triple|double) (?:de[l ]|of|the|tu|su|your)",
    )
)
_DENIES: Final = re.compile(
    r"\b(?:no|sin|ningun|ninguna|nunca|not|never|isn'?t|don'?t|nao|tampoco)\b[^.,;:!?\n]{0,40}$"
)
_EMAIL: Final = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE: Final = re.compile(r"(?<![\w/])\+?\d(?:[ \u00a0.()-]{0,2}\d){8,14}(?![\w/])")
_IBAN: Final = re.compile(r"\b[a-z]{2}\d{2}(?: ?[a-z0-9]{4}){3,7}(?: ?[a-z0-9]{1,3})?\b")
_CONFIRMS: Final = re.compile(
    r"\b(?:he|hemos) (?:cancelado|cambiado|hecho) (?:tu|su|vuestra|la) (?:cita|reserva|pedido|mesa)\b"
    r"|\bte he (?:cancelado|cambiado|hecho) (?:la |el )?(?:cita|reserva|pedido)\b"
    r"|\bi(?:'ve| have) booked\b|\b(?:booking|appointment|order|reservation|table) has been (?:made|booked"
    r"|confirmed)\b|"
    r"\b(?:queda(?:is|s|n)?|he|hemos|ya (?:esta|tienes|teneis)|tienes|esta) (?:ya )?"
    r"(?:apuntad|anotad|reservad|registrad|confirmad|agendad)[oa]s?\b"
    r"|\b(?:reserva|cita|pedido|encargo|mesa|plaza) (?:ya )?(?:esta )?(?:confirmad|hech)[oa]"
    r"|\bte lo (?:he )?(?:apunto|apuntado|reservo|reservado|guardado)\b|\bya te (?:apunte|reserve)"
    r"|\b(?:booking|appointment|order|reservation|table) (?:is )?(?:now )?confirmed"
    r"|\byou(?:'re| are) (?:all set|booked)"
    r"|\b(?:reserva|consulta|pedido) confirmad[oa]"
)
_HUMAN: Final = re.compile(
    r"(?<!\bno )\bsoy (?:una? )?(?:persona|human[oa])"
    r"|\bno soy (?:ningun |un |una )?(?:bot|robot|maquina|ia|asistente virtual)"
    r"|\bi(?:'m| am) (?:a )?(?:real |actual )?(?:human|person)\b|\bi(?:'m| am) not (?:a )?(?:bot|robot|machine|ai)"
    r"|(?<!\bnao )\bsou (?:uma )?(?:pessoa|human[oa])|\bnao sou (?:um )?(?:robo|bot|maquina)"
)
# What a form letter leaves to be filled in.
_PLACEHOLDER: Final = re.compile(r"[\[{<]{1,2}\s?[a-z_]+(?: [a-z_]+){0,4}\s?[\]}>]{1,2}")
_MOST_OF_ONE: Final = 20


@dataclass(frozen=True, slots=True)
class Told:
    """
    What an answer may stand on.

    `known` is all a model was told as fact, `near` those entries, tools and words of colleagues its prices may be from,
    beside the business's own `facts`.
    `asked` is what the customer wrote. `is_noted`: a form or an action of this turn is done; `collects`: it may ask for
    things, and say again what it was given.
    """

    known: str
    near: str
    facts: str = ""
    asked: str = ""
    is_noted: bool = False
    collects: bool = False


def ungrounded(text: str, told: Told) -> Ungrounded | None:
    """What of this answer nobody told, if anything; what it rests on is looked at by `is_off_the_point`."""
    said, known, near = unaccented(text), unaccented(told.known), unaccented(told.near)
    asked = unaccented(told.asked)
    own = asked if told.collects or told.is_noted else ""
    if any(match[0] not in known for match in _PLACEHOLDER.finditer(said)):
        return "placeholder"
    if told.is_noted:
        near = f"{near}\n{asked}"
    if _invents_an_amount(said, near, unaccented(told.facts), f"{asked}\n{said}"):
        return "invented_amount"
    if any(_promises(group, said) and not _promises(group, known) for group in _PROMISES):
        return "invented_promise"
    if not claims_in(text) <= claims_in(f"{told.near}\n{told.facts}") | claims_in(told.asked if own else ""):
        return "allergy_claim"
    if not _hours(_HOUR, said) <= _hours(_MAYBE_HOUR, f"{known}\n{near}\n{own}"):
        return "invented_hour"
    if _names_a_stranger(said, f"{known}\n{near}\n{own}"):
        return "foreign_contact"
    if not told.is_noted and any(match[0] not in known for match in _CONFIRMS.finditer(said)):
        return "false_confirmation"
    return "claims_to_be_human" if _HUMAN.search(said) else None


def closest_of(knowledge: Sequence[KnowledgeItem], hits: Collection[Sequence[Hit]]) -> tuple[int, ...]:
    """The numbers, from 1, of the entries a search finds nearest, the nearest first; none where nothing is near."""
    found = sorted((hit for one in hits for hit in one), key=lambda hit: -hit.score)
    places = {item.id: number for number, item in enumerate(knowledge, 1)}
    near = [places[hit.item.id] for hit in found if hit.score >= _NEAR and hit.item.id in places]
    return tuple(dict.fromkeys(near))[:_TOLD]


def is_off_the_point(sources: Sequence[KnowledgeItem], hits: Collection[Sequence[Hit]], threshold: float) -> bool:
    """
    Whether none of the entries it rests on is near what was asked.

    Where it rests on none at all, whether one surely holds the answer.
    """
    if not sources:
        surely = threshold + (1 - threshold) / 4
        return any(hit.is_sure(surely) for found in hits for hit in found[:1])
    nearest: set[UUID] = {hit.item.id for found in hits for hit in found[:NEAREST]}
    return bool(nearest) and nearest.isdisjoint(item.id for item in sources)


def _invents_an_amount(said: str, near: str, facts: str, counted: str) -> bool:
    """Whether it names money or a share that is not near; so many of a price, where they are named, or two together."""
    prices, shares = _amounts(said)
    if not prices and not shares:
        return False
    near_prices, near_shares = _amounts(f"{near}\n{facts}")
    told = {_value(match[0]) for match in _NUMBER.finditer(_HOUR.sub(" ", _MARK.sub(" ", near)))}
    if any(group.search(near) for group in _PROMISES[:1]):
        told.add(Decimal(0))
    counts = {int(n) for n in re.findall(r"(?<![\d.,])\d{1,2}(?![\d.,]*\d|\s?(?:€|eur|%))", counted)}
    counts |= {NUMBERS[word] for word in re.findall(r"[a-z]+", counted) if word in NUMBERS}
    counts = {count for count in counts if 2 <= count <= _MOST_OF_ONE}
    allowed = told | near_prices | {price * count for price in near_prices for count in counts}
    allowed |= {one + other for one in allowed for other in near_prices}
    return not (prices <= allowed and shares <= near_shares)


def _amounts(text: str) -> tuple[set[Decimal], set[Decimal]]:
    """The money in a text, and the shares of a hundred; in figures or in words."""
    prices: set[Decimal] = set()
    shares: set[Decimal] = set()
    text = _SIGNS.sub("", text)
    for match in _MONEY.finditer(text):
        if match["share"]:
            shares.add(_value(match["number"]))
        elif match["before"] or match["unit"]:
            prices.add(_value(match["number"]))
    for match in _IN_WORDS.finditer(text):
        if (number := _in_words(match["words"])) is not None:
            (shares if match["share"] else prices).add(Decimal(number))
    return prices, shares


def _in_words(words: str) -> int | None:
    *before, last = [word for word in words.split() if word not in ("y", "e", "and")]
    if last not in NUMBERS or (last in ("un", "uno", "una", "one", "um", "uma") and not before):
        return None
    tens = NUMBERS[before[-1]] if before and before[-1] in TENS and NUMBERS[last] < 10 else 0
    return tens + NUMBERS[last]


def _value(written: str) -> Decimal:
    if _ENGLISH.fullmatch(written):
        return Decimal(written.replace(",", "")).normalize()
    return Decimal(re.sub(r"[.\u00a0](?=\d{3}(?!\d))", "", written).replace(",", ".")).normalize()


def _promises(group: re.Pattern[str], said: str) -> bool:
    """Whether it says so, rather than that it is not so."""
    return any(not _DENIES.search(said[: match.start()]) for match in group.finditer(said))


def _hours(pattern: re.Pattern[str], text: str) -> set[tuple[int, str]]:
    """Times of day, on a clock of twelve hours."""
    return {(int(hour) % 12, minute) for hour, minute in pattern.findall(text)}


def _names_a_stranger(said: str, known: str) -> bool:
    """Whether it gives a phone, an account or an address of mail that nobody told."""
    if any(match[0].rstrip(".") not in known for match in _EMAIL.finditer(said)):
        return True
    close = re.sub(r"[^a-z0-9]", "", known)
    numbers = [re.sub(r"[^a-z0-9]", "", match[0]) for found in (_PHONE, _IBAN) for match in found.finditer(said)]
    return any(number not in close and number[-9:] not in close for number in numbers)
