"""
People's numbers, put out of sight before a model reads them and back into its answer.

Documents (DNI, NIE, CIF), bank accounts, cards, phones and e-mail addresses become marks like `[TELEFONO_1]`. Equal
values get equal marks, so that the model can still tell that it is the same one.
"""

import re
import unicodedata
from collections.abc import Callable
from functools import partial

_GAP = r"[ \u00a0\u2009.\-\u2010-\u2015/]?"
_START, _END = r"(?<![\w@])", r"(?![\w@])"

# These two are looked for within what they stand in: a word or an expiry date may follow without a break.
_IBAN = re.compile(rf"{_START}[A-Z]{_GAP}[A-Z]{_GAP}\d{_GAP}\d(?:{_GAP}[A-Z0-9]){{11,}}", re.IGNORECASE)
_CARD = re.compile(rf"\d(?:{_GAP}\d){{12,}}")
EMAIL = re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}", re.IGNORECASE)
_DNI = re.compile(rf"{_START}\d{{2}}[. ]?\d{{3}}[. ]?\d{{3}}[- ]?[A-Z]{_END}", re.IGNORECASE)
# Written in any other way, only the right letter tells it from a date and a word.
_ODD_DNI = re.compile(rf"{_START}(?:\d{_GAP}){{8}}[A-Z]{_END}", re.IGNORECASE)
_NIE = re.compile(rf"{_START}[XYZ]{_GAP}(?:\d{_GAP}){{7}}[A-Z]{_END}", re.IGNORECASE)
_CIF = re.compile(rf"{_START}[ABCDEFGHJNPQRSUVW]{_GAP}(?:\d{_GAP}){{7}}[0-9A-J]{_END}", re.IGNORECASE)
_PHONE = re.compile(
    r"(?<![\w@])(?!\d{1,2}[.\-/]\d{1,2}[.\-/]\d{4}\b)"  # a date is none
    r"(?:(?:\+|00)[ ]?\d(?:[ ]?[().\-/ \u00a0]{0,2}\d){7,14}"
    rf"|[6-9](?:{_GAP}\d){{8}})(?![\w@])"
)
_MARK = re.compile(r"\[(?:IBAN|TARJETA|CORREO|DOCUMENTO|TELEFONO)_\d{1,3}\]")
_NOTHING_TO_HIDE = re.compile(r"[\d@]")


# Where the length is known, words that follow are not taken for a part of it.
_LENGTHS = {"DE": 22, "ES": 24, "FR": 27, "GB": 22, "IE": 22, "IT": 27, "NL": 18, "PL": 28, "PT": 25, "RO": 24}


class Masker:
    """
    The marks of one request. What stands in `known`, which the business itself tells the model, is not hidden.

    Nothing is kept beyond it.
    """

    def __init__(self, known: str = "") -> None:
        self._known = _bare(known)
        self._marks: dict[str, str] = {}
        self._values: dict[str, str] = {}

    @property
    def count(self) -> int:
        """How many values are hidden."""
        return len(self._values)

    def hide(self, text: str) -> str:
        """The text without people's numbers."""
        if not _NOTHING_TO_HIDE.search(text) and text.isascii():
            return text
        text = _plain_digits(text)
        # What people write like one of our marks must not be taken for one.
        text = _MARK.sub(lambda found: found[0].replace("[", "(").replace("]", ")"), text)
        for kind, pattern, is_one in _KINDS:
            text = pattern.sub(partial(self._marked, kind, is_one), text)
        return text

    def show(self, text: str) -> str:
        """The text with the numbers where their marks were."""
        return _MARK.sub(lambda found: self._values.get(found[0], found[0]), text)

    def invented(self, text: str) -> bool:
        """Whether it holds a mark that stands for nothing."""
        return any(found not in self._values for found in _MARK.findall(text))

    def _marked(self, kind: str, is_one: Callable[[str], bool], found: re.Match[str]) -> str:
        value = found[0]
        if kind not in _WITHIN:
            return self._mark(value, kind) if is_one(_bare(value)) else value
        shortest, longest, starts = _WITHIN[kind]
        places = [place for place, c in enumerate(value) if c.isalnum()]
        bare = _bare(value)
        for first in range(min(len(bare) - shortest + 1, starts)):
            for length in range(min(longest, len(bare) - first), shortest - 1, -1):
                if is_one(bare[first : first + length]):
                    begins, ends = places[first], places[first + length - 1] + 1
                    mark = self._mark(value[begins:ends], kind)
                    return (
                        value[:begins] + mark + _PATTERNS[kind].sub(partial(self._marked, kind, is_one), value[ends:])
                    )
        return value

    def _mark(self, value: str, kind: str) -> str:
        bare = _bare(value)
        if len(bare) >= 6 and bare in self._known:
            return value
        mark = self._marks.get(bare)
        if mark is None:
            number = 1 + sum(one.startswith(f"[{kind}_") for one in self._values)
            if number > 999:
                return f"[{kind}]"
            mark = self._marks[bare] = f"[{kind}_{number}]"
            self._values[mark] = value
        return mark


def is_iban(bare: str) -> bool:
    """By its check digits."""
    if not 15 <= len(bare) <= 34 or not bare.isalnum() or len(bare) != _LENGTHS.get(bare[:2], len(bare)):
        return False
    turned = bare[4:] + bare[:4]
    return int("".join(str(int(c, 36)) for c in turned)) % 97 == 1


def is_card(bare: str) -> bool:
    """By Luhn's sum."""
    if not 13 <= len(bare) <= 19:
        return False
    total = 0
    for place, digit in enumerate(reversed(bare)):
        number = int(digit) * (2 if place % 2 else 1)
        total += number - 9 if number > 9 else number
    return total % 10 == 0


def is_dni(bare: str) -> bool:
    """By its letter."""
    return bare[8] == "TRWAGMYFPDXBNJZSQVHLCKE"[int(bare[:8]) % 23]


def is_cif(bare: str) -> bool:
    """By its control character, a digit or a letter."""
    digits = [int(c) for c in bare[1:8]]
    total = sum(digits[1::2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[0::2])
    control = (10 - total % 10) % 10
    return bare[8] in (str(control), "JABCDEFGHI"[control])


def _any(_: str) -> bool:
    # A document with a wrong letter is somebody's all the same, typed in a hurry.
    return True


_KINDS: tuple[tuple[str, re.Pattern[str], Callable[[str], bool]], ...] = (
    ("CORREO", EMAIL, _any),
    ("IBAN", _IBAN, is_iban),
    ("TARJETA", _CARD, is_card),
    ("DOCUMENTO", _NIE, _any),
    ("DOCUMENTO", _DNI, _any),
    ("DOCUMENTO", _ODD_DNI, is_dni),
    ("DOCUMENTO", _CIF, is_cif),
    ("TELEFONO", _PHONE, _any),
)

_PATTERNS = {kind: pattern for kind, pattern, _ in _KINDS}
# The shortest and the longest, and at how many places of the run it may begin.
_WITHIN = {"IBAN": (15, 34, 1), "TARJETA": (13, 19, 40)}


def _plain_digits(text: str) -> str:
    """Digits of other scripts and widths are digits; marks that nobody sees part no number."""
    if text.isascii():
        return text
    return "".join(
        str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text if c not in "\u200b\u200c\u2060\ufeff\u00ad"
    )


def _bare(value: str) -> str:
    return re.sub(r"[^A-Z0-9@]", "", value.upper())
