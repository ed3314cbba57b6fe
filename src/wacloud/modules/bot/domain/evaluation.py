"""Golden questions of a business, and whether an answer to one is right: by rules that anybody can check."""

import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal
from uuid import UUID

from wacloud.modules.bot.domain.answer import Answer
from wacloud.modules.bot.domain.spelling import words_of
from wacloud.shared.domain.errors import AppError, Fault, FaultyFields, Kind

MOST_QUESTIONS = 300
LONGEST_QUESTION = 500
MOST_FACTS, LONGEST_FACT = 10, 200

Expects = Literal["answer", "person"]
Outcome = Literal["right", "wrong", "invented", "refused", "unheard"]
CheckName = Literal[
    "facts", "nothing_forbidden", "source", "answered", "left_to_person", "language", "nothing_invented"
]

# What speaks for itself in a sentence: other words of these languages hardly use them.
_TELLING: dict[str, frozenset[str]] = {
    language: frozenset(words.split())
    for language, words in {
        "es": "el los las una y que de con por para pero esta estan abrimos tenemos puedes puede hacemos desde hasta "
        "muy aqui tambien si es lo se te nos del al mas como cuando donde",
        "en": "the and is are we you our your can with from to of for it at on have open opens yes this that will any "
        "please do does not",
        "pt": "o os as uma e que de com por para mas esta estao abrimos temos voce pode fazemos desde ate muito aqui "
        "tambem sim nao do da dos das em no na nos seu sua",
    }.items()
}
_NUMBER = re.compile(r"\d+(?:[.:]\d+)*")
_ADDRESS = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+|(?:https?://|www\.)[^\s)\]]+", re.IGNORECASE)
_NUMBER_WORDS = {
    word: str(value)
    for value, words in {
        0: "cero zero", 1: "un uno una one um uma", 2: "dos two dois duas", 3: "tres three", 4: "cuatro four quatro",
        5: "cinco five", 6: "seis six", 7: "siete seven sete", 8: "ocho eight oito", 9: "nueve nine nove",
        10: "diez ten dez", 11: "once eleven onze", 12: "doce twelve doze", 14: "catorce fourteen",
        15: "quince fifteen quinze", 20: "veinte twenty vinte", 24: "veinticuatro", 30: "treinta thirty trinta",
        40: "cuarenta forty quarenta", 48: "cuarentayocho", 50: "cincuenta fifty", 60: "sesenta sixty sessenta",
        100: "cien hundred cem",
    }.items()
    for word in words.split()
}  # fmt: skip


class TooManyGolden(AppError):
    """There is room for 300 golden questions; remove some that tell you nothing."""

    kind: ClassVar[Kind] = "limit"


class NoDraft(AppError):
    """There is no draft to try: nothing differs from what answers now."""

    kind: ClassVar[Kind] = "conflict"


@dataclass(frozen=True, slots=True)
class GoldenQuestion:
    """
    A question whose right answer is known.

    Of an answer each of `facts` is wanted, none of `forbidden` may stand in it, and where `source` names an item of
    the knowledge the answer is to come from it. Who `expects` a person wants the bot not to answer.
    """

    id: UUID
    question: str
    expects: Expects = "answer"
    facts: tuple[str, ...] = ()
    forbidden: tuple[str, ...] = ()
    source: UUID | None = None
    language: str | None = None

    def check(self) -> None:
        """:raises FaultyFields: a field breaks its limit; each is named."""
        faults = []
        if not 2 <= len(self.question) <= LONGEST_QUESTION:
            faults.append(Fault("question", "length", LONGEST_QUESTION))
        for name in ("facts", "forbidden"):
            said: tuple[str, ...] = getattr(self, name)
            if len(said) > MOST_FACTS:
                faults.append(Fault(name, "too_many", MOST_FACTS))
            faults += [
                Fault(f"{name}.{at}", "length", LONGEST_FACT)
                for at, one in enumerate(said)
                if not 1 <= len(one) <= LONGEST_FACT
            ]
        if self.expects == "answer" and not self.facts and self.source is None:
            faults.append(Fault("facts", "required"))
        if faults:
            raise FaultyFields(faults)


@dataclass(frozen=True, slots=True)
class Verdict:
    """How one answer did: what it comes to, and each check that was made with its result."""

    outcome: Outcome
    checks: Mapping[CheckName, bool]


@dataclass(frozen=True, slots=True)
class Score:
    """How many answers came to what."""

    right: int = 0
    wrong: int = 0
    invented: int = 0
    refused: int = 0
    unheard: int = 0

    @classmethod
    def of(cls, outcomes: Sequence[Outcome]) -> "Score":
        return cls(**{name: outcomes.count(name) for name in ("right", "wrong", "invented", "refused", "unheard")})

    @property
    def asked(self) -> int:
        return self.right + self.wrong + self.invented + self.refused + self.unheard

    @property
    def share(self) -> float:
        """Of what was asked, how much was right: 0 to 1."""
        return self.right / self.asked if self.asked else 0.0


def judge(golden: GoldenQuestion, answer: Answer, sources: Collection[str], known: str) -> Verdict:
    """
    Say what an answer is worth.

    `sources` are the ids of the knowledge it was made from, `known` all that the bot may know: a number, an address
    or a link that stands in neither it nor the question was made up.
    """
    said = answer.text or ""
    spoke = answer.source in ("model", "knowledge") and bool(said)
    no_model = answer.detail.get("model_error") or answer.why.startswith(("model_unavailable", "budget_out"))
    if no_model and not spoke:
        return Verdict("unheard", {})
    if golden.expects == "person":
        kept_quiet = answer.hand_over or not spoke
        return Verdict("right" if kept_quiet else "invented", {"left_to_person": kept_quiet})
    if not spoke:
        return Verdict("refused", {"answered": False})
    made_up = made_up_in(said, f"{known}\n{golden.question}")
    checks: dict[CheckName, bool] = {
        "facts": all(_holds(said, fact) for fact in golden.facts),
        "nothing_forbidden": not any(_holds(said, fact) for fact in golden.forbidden),
        "nothing_invented": not made_up,
    }
    # Who answers from the whole of a small knowledge does not tell from which part.
    if golden.source is not None and sources:
        checks["source"] = str(golden.source) in sources
    if golden.language:
        checks["language"] = language_of(said) in (None, golden.language)
    if made_up or not checks["nothing_forbidden"]:
        return Verdict("invented", checks)
    return Verdict("right" if all(checks.values()) else "wrong", checks)


def made_up_in(said: str, known: str) -> tuple[str, ...]:
    """The numbers, addresses and links of a text that are not known."""
    told = _even(known)
    numbers = set(_NUMBER.findall(told)) | {_NUMBER_WORDS[w] for w in told.split() if w in _NUMBER_WORDS}
    # 17:00 tells 17 as well, and 4.90 tells 4.9.
    numbers |= {part for number in numbers for part in re.split(r"[.:]", number)}
    numbers |= {_short(number) for number in numbers}
    text = _even(re.sub(r"(?m)^\s*\d{1,2}[.)]\s", "", said))
    addresses = tuple(a for a in _ADDRESS.findall(text) if a.rstrip(".,;:!?/") not in told)
    bare = _ADDRESS.sub(" ", text)
    return addresses + tuple(n for n in _NUMBER.findall(bare) if n not in numbers and _short(n) not in numbers)


def language_of(text: str) -> str | None:
    """`es`, `en` or `pt`, or None where the words do not tell."""
    words = [word for word in words_of(text) if word]
    scores = {language: sum(word in telling for word in words) for language, telling in _TELLING.items()}
    best, second = sorted(scores, key=lambda one: scores[one], reverse=True)[:2]
    return best if scores[best] >= 2 and scores[best] > scores[second] else None


def facts_in(answer: str) -> tuple[str, ...]:
    """What of a taught answer can be checked word for word: its prices, times, numbers, addresses."""
    priced = re.findall(r"\d[\d.,:]*\d(?:\s?(?:€|%|euros))?|\d(?:\s?(?:€|%|euros))?", answer)
    found = dict.fromkeys([*_ADDRESS.findall(answer), *(one.strip() for one in priced)])
    return tuple(one for one in found if len(one) <= LONGEST_FACT)[:MOST_FACTS]


def _holds(said: str, fact: str) -> bool:
    """A fact stands in a text; "a | b" is one of several ways to say it."""
    text = _even(said)
    # "17 h" is a time of the day, "24 horas" may be a while.
    readings = (text, re.sub(r"\b(\d{1,2}) ?h(?:oras)?\b", r"\1:00", text))
    return any(
        re.search(rf"(?<![\w.:]){re.escape(_even(way))}(?![\w])(?![.:]\d)", reading)
        for way in fact.split("|")
        if way.strip()
        for reading in readings
    )


def _even(text: str) -> str:
    """Two ways to write one thing become equal: case, accents, 4,90 and 4.9, 9.30 h and 9:30, "20 €" and 20€."""
    bare = "".join(c for c in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(c))
    bare = re.sub(r"\b\d{2,4}(?: \d{2,4}){2,}\b", lambda m: m[0].replace(" ", ""), bare)  # a phone
    bare = re.sub(r"(?<=\d)[.](?=\d{3}(?!\d))", "", bare)  # 1.200 is a thousand and two hundred
    bare = re.sub(r"(?<=\d),(?=\d)", ".", bare)
    bare = re.sub(r"\b(\d{1,2})[.h](\d{2})\s*(?:h|horas)\b", r"\1:\2", bare)
    bare = re.sub(r"(\d+)\.(\d*?)0+(?!\d)", lambda m: m[1] + ("." + m[2] if m[2] else ""), bare)
    bare = re.sub(r"(\d)\s+(?=[€%$])", r"\1", bare)
    bare = re.sub(r"\b(\d[\d.]*)\s?(?:euros?|eur)\b", r"\1€", bare)
    return " ".join(bare.split())


def _short(number: str) -> str:
    """9:00 and 9 are one hour; 09 and 9 one number."""
    return re.sub(r"^0+(?=\d)", "", re.sub(r":00$", "", number))
