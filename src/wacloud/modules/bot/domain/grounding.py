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

from wacloud.modules.bot.domain.allergies import COMFORTS
from wacloud.modules.bot.domain.allergy_answers import claims_of_answer, claims_told
from wacloud.modules.bot.domain.amounts import amounts_in, follow_from, numbers_in
from wacloud.modules.bot.domain.clock_times import times_in
from wacloud.modules.bot.domain.knowledge import KnowledgeItem
from wacloud.modules.bot.domain.language import language_in
from wacloud.modules.bot.domain.named_things import NO_NAMES
from wacloud.modules.bot.domain.promises import PROMISES, SENTENCE, confirms, is_human, promises
from wacloud.modules.bot.domain.ranking import Hit
from wacloud.modules.bot.domain.spelling import sounding, unaccented, words_of

Ungrounded = Literal[
    "placeholder", "invented_amount", "invented_promise", "invented_hour", "invented_name", "foreign_contact",
    "false_confirmation", "allergy_claim", "claims_to_be_human", "off_the_point",
]  # fmt: skip

# Any of the entries an answer rests on has to be among so many that the search found.
NEAREST: Final = 5
# Where the search is sure of one, so near to it: of 72 questions the right entry always was (least 0.56).
_AS_NEAR: Final = 0.5
_NEAR: Final = 0.25
_TOLD: Final = 3
_EMAIL: Final = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE: Final = re.compile(r"(?<![\w/])\+?\d(?:[ \u00a0.()-]{0,2}\d){8,14}(?![\w/])")
_IBAN: Final = re.compile(r"\b[a-z]{2}\d{2}(?: ?[a-z0-9]{4}){3,7}(?: ?[a-z0-9]{1,3})?\b")
# What a form letter leaves to be filled in.
_PLACEHOLDER: Final = re.compile(r"[\[{<]{1,2}\s?[a-z_]+(?: [a-z_]+){0,4}\s?[\]}>]{1,2}")
# In the middle of a sentence; not "IVA", nor what begins after a sign.
_NAME: Final = re.compile(r"(?<=[a-zà-ÿ,] )[A-ZÀ-Þ][a-zà-ÿ]{2,}")
_NO_NAMES: Final = NO_NAMES | frozenset(
    words_of(
        "santa ano nuevo espana europa peninsula dra sra don dona doctor doctora usted ustedes dios marco maio junho "
        "julho setembro outubro novembro dezembro natal brasil portugal"
    )
)
_SPAN: Final = re.compile(r"\b(\d{1,2}):(\d\d) (\d{1,2}):(\d\d)\b")  # of the business's hours
# "No, a las 6 estamos cerrados": an hour the customer named may be said again to say no.
_SHUT: Final = re.compile(r"\b(?:no|cerrad\w*|closed|not|nao|fechad\w*)\b")


@dataclass(frozen=True, slots=True)
class Told:
    """
    What an answer may stand on.

    `known` is all a model was told as fact; `near` are those entries, tools and words of colleagues its prices and
    promises may be from, one by one, beside the business's own `facts`; of `elsewhere`, which are among them, no price
    may be: they tell of something else than what a price was asked for (`price_question.may_answer`).
    `asked` is what the customer wrote. `is_noted`: a form or an action of this turn is done; `collects`: it may ask for
    things, and say again what it was given.
    """

    known: str
    near: Sequence[str]
    elsewhere: Collection[str] = ()
    facts: str = ""
    asked: str = ""
    is_noted: bool = False
    collects: bool = False


def ungrounded(text: str, told: Told) -> Ungrounded | None:
    """What of this answer nobody told, if anything; what it rests on is looked at by `is_off_the_point`."""
    said, known, near = unaccented(text), unaccented(told.known), unaccented("\n".join(told.near))
    asked, facts = unaccented(told.asked), unaccented(told.facts)
    own = asked if told.collects or told.is_noted else ""
    if any(match[0] not in known for match in _PLACEHOLDER.finditer(said)):
        return "placeholder"
    priced = unaccented("\n".join(one for one in told.near if one not in told.elsewhere))
    if _invents_an_amount(said, f"{priced}\n{asked}" if told.is_noted else priced, facts, asked):
        return "invented_amount"
    plainly = COMFORTS.sub(" ", said)
    if any(promises(group, plainly) and not promises(group, f"{near}\n{facts}") for group in PROMISES):
        return "invented_promise"
    claims = claims_of_answer(text, told.asked)
    if not claims <= claims_told(text, told.asked, [*told.near, told.facts], told.asked if own else ""):
        return "allergy_claim"
    if _invents_an_hour(plainly, f"{known}\n{near}\n{own}", asked):
        return "invented_hour"
    # Whoever hears their own number again is led nowhere.
    if _names_a_stranger(said, f"{known}\n{near}\n{asked}"):
        return "foreign_contact"
    if not told.is_noted and confirms(plainly, known, collects=told.collects):
        return "false_confirmation"
    if is_human(plainly):
        return "claims_to_be_human"
    return "invented_name" if _names_nobody(text, "\n".join([told.known, *told.near, told.asked])) else None


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
    nearest: set[UUID] = {hit.item.id for found in hits for hit in _nearest(found, threshold)}
    return bool(nearest) and nearest.isdisjoint(item.id for item in sources)


def _nearest(found: Sequence[Hit], threshold: float) -> Sequence[Hit]:
    if not found or not found[0].is_sure(threshold):
        return found[:NEAREST]
    return [hit for hit in found[:NEAREST] if hit.score >= _AS_NEAR * found[0].score]


def _names_nobody(text: str, known: str) -> bool:
    """Whether it names a place, a brand or somebody of whom nobody told; English writes other words large, too."""
    names = {word for match in _NAME.finditer(text) for word in words_of(match[0])} - _NO_NAMES
    if not names or language_in([text]) == "en":
        return False
    plainly = unaccented(known)
    unknown = {sounding(name) for name in names if not re.search(rf"\b{name}\b", plainly)}
    return bool(unknown) and not unknown <= {sounding(word) for word in words_of(known)}


def _invents_an_amount(said: str, near: str, facts: str, asked: str) -> bool:
    """Whether it names money or a share that is not near, and does not follow from what is."""
    amounts = amounts_in(said)
    if not amounts.prices and not amounts.shares:
        return False
    told = numbers_in(near)
    if promises(PROMISES[0], near):
        told.add(Decimal(0))
    return not follow_from(amounts, amounts_in(f"{near}\n{facts}"), told, said, asked)


def _invents_an_hour(said: str, known: str, asked: str) -> bool:
    """Whether it names a time of day nobody told; the customer's own only to ask, to say no, or within our hours."""
    named = times_in(said)
    if not named:
        return False
    told = frozenset[int]().union(*times_in(known, told=True))
    if all(moments & told for moments in named):
        return False
    wished = frozenset[int]().union(*times_in(asked, told=True))
    open_then = frozenset(moment for moment in wished if _is_between(moment, known))
    return any(
        not moments & (told | (wished if _SHUT.search(sentence) or "?" in sentence else open_then))
        for sentence in (match[0] for match in SENTENCE.finditer(said))
        for moments in times_in(sentence)
    )


def _is_between(moment: int, known: str) -> bool:
    """Whether the hours that are told, as "13:00 16:00", hold this minute of a day."""
    spans = ((60 * int(a) + int(b), 60 * int(c) + int(d)) for a, b, c, d in _SPAN.findall(known))
    return any(begin <= moment <= end for begin, end in spans)


def _names_a_stranger(said: str, known: str) -> bool:
    """Whether it gives a phone, an account or an address of mail that nobody told."""
    if any(match[0].rstrip(".") not in known for match in _EMAIL.finditer(said)):
        return True
    close = re.sub(r"[^a-z0-9]", "", known)
    numbers = [re.sub(r"[^a-z0-9]", "", match[0]) for found in (_PHONE, _IBAN) for match in found.finditer(said)]
    return any(number not in close and number[-9:] not in close for number in numbers)
