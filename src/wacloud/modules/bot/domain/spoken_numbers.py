"""Numbers and days as people say them in Spanish, English and Portuguese, without accents."""

from collections.abc import Mapping, Sequence
from typing import Final

_ONES = (
    ("cero", "zero"), ("un", "uno", "una", "one", "um", "uma", "primero", "first", "primeiro"),
    ("dos", "two", "dois", "duas", "par", "pareja", "couple"), ("tres", "three"), ("cuatro", "four", "quatro"),
    ("cinco", "five"), ("seis", "six"), ("siete", "seven", "sete"), ("ocho", "eight", "oito"),
    ("nueve", "nine", "nove"), ("diez", "ten", "dez"), ("once", "eleven", "onze"),
    ("doce", "twelve", "doze", "docena", "dozen"),
    ("trece", "thirteen", "treze"), ("catorce", "fourteen", "quatorze", "catorze"), ("quince", "fifteen", "quinze"),
    ("dieciseis", "sixteen", "dezesseis", "dezasseis"), ("diecisiete", "seventeen", "dezessete", "dezassete"),
    ("dieciocho", "eighteen", "dezoito"), ("diecinueve", "nineteen", "dezenove", "dezanove"),
    ("veinte", "twenty", "vinte"), ("veintiuno", "veintiun"), ("veintidos",), ("veintitres",), ("veinticuatro",),
    ("veinticinco",), ("veintiseis",), ("veintisiete",), ("veintiocho",), ("veintinueve",),
    ("treinta", "thirty", "trinta"),
)  # fmt: skip
_TENS: Final = {
    40: ("cuarenta", "forty", "quarenta"), 50: ("cincuenta", "fifty", "cinquenta"),
    60: ("sesenta", "sixty", "sessenta"), 70: ("setenta", "seventy"), 80: ("ochenta", "eighty", "oitenta"),
    90: ("noventa", "ninety"), 100: ("cien", "hundred", "cem"),
}  # fmt: skip
NUMBERS: Final[Mapping[str, int]] = {
    word: number for number, words in (*enumerate(_ONES), *_TENS.items()) for word in words
}
# "Treinta y uno", "twenty one".
TENS: Final = frozenset(word for word, number in NUMBERS.items() if number % 10 == 0 and 20 <= number <= 90)
_HUNDREDS: Final = {
    200: ("doscientos", "doscientas", "duzentos", "duzentas"), 300: ("trescientos", "trescientas", "trezentos"),
    400: ("cuatrocientos", "cuatrocientas", "quatrocentos"), 500: ("quinientos", "quinientas", "quinhentos"),
    600: ("seiscientos", "seiscientas", "seiscentos"), 700: ("setecientos", "setecientas", "setecentos"),
    800: ("ochocientos", "ochocientas", "oitocentos"), 900: ("novecientos", "novecientas", "novecentos"),
    100: ("ciento", "cento"),
}  # fmt: skip
_LARGE: Final = {word: number for number, words in _HUNDREDS.items() for word in words}
_THOUSAND: Final = frozenset({"mil", "thousand"})
_AND: Final = frozenset({"y", "e", "and"})


def number_at(words: Sequence[str], at: int) -> tuple[int, int]:
    """The number that begins at this word, "ciento veinte", and how many words it has; none: no number is there."""
    total = part = used = 0
    last = 10**6
    while at + used < len(words):
        word = words[at + used]
        skipped = 0
        # "Treinta y dos", "two hundred and fifty", but "doscientos y tres mil" are two.
        if word in _AND and used and at + used + 1 < len(words) and (last < 100 or word == "and"):
            skipped, word = 1, words[at + used + 1]
        if word in _THOUSAND:
            total, part, last = total + (part or 1) * 1000, 0, 1000
        elif word == "hundred" and 0 < part < 10:
            part, last = part * 100, 100
        elif (number := NUMBERS.get(word, _LARGE.get(word))) is not None and _follows(number, last):
            part, last = part + number, number
        else:
            break
        used += 1 + skipped
    return total + part, used


def _follows(number: int, last: int) -> bool:
    """Whether it goes on with the number before it: units behind tens, tens behind hundreds."""
    size = int(10 ** len(str(number)))
    return last % size == 0 and last >= size


# From Monday on; each may have an ending.
DAYS: Final = (
    ("lunes", "monday", "segunda"),
    ("martes", "tuesday", "terca"),
    ("miercoles", "wednesday", "quarta"),
    ("jueves", "thursday", "quinta"),
    ("viernes", "friday", "sexta"),
    ("sabado", "saturday"),
    ("domingo", "sunday"),
)
# How far ahead the day is at most: what was said yesterday counts today.
RELATIVE: Final[Mapping[str, int]] = {
    "hoy": 0, "today": 0, "hoje": 0, "tonight": 0, "esta noche": 0, "esta tarde": 0, "este mediodia": 0,
    "esta noite": 0, "this evening": 0, "this afternoon": 0, "ahora": 0, "now": 0, "agora": 0,
    "manana": 1, "tomorrow": 1, "amanha": 1,
    "pasado manana": 2, "day after tomorrow": 2, "depois de amanha": 2,
}  # fmt: skip
FEASTS: Final[Mapping[tuple[int, int], tuple[str, ...]]] = {
    (12, 24): ("nochebuena", "christmas eve", "vespera de natal"),
    (12, 25): ("navidad", "christmas", "natal"),
    (12, 31): ("nochevieja", "fin de ano", "new year s eve", "new years eve", "reveillon"),
    (1, 1): ("ano nuevo", "new year s day", "new years day", "ano novo"),
    (1, 6): ("reyes",),
    (2, 14): ("san valentin", "valentine s", "valentines"),
}
