"""Numbers and days as people say them in Spanish, English and Portuguese, without accents."""

from collections.abc import Mapping
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
_TENS = {
    40: ("cuarenta", "forty", "quarenta"), 50: ("cincuenta", "fifty", "cinquenta"),
    60: ("sesenta", "sixty", "sessenta"), 70: ("setenta", "seventy"), 80: ("ochenta", "eighty", "oitenta"),
    90: ("noventa", "ninety"), 100: ("cien", "hundred", "cem"),
}  # fmt: skip
NUMBERS: Final[Mapping[str, int]] = {
    word: number for number, words in (*enumerate(_ONES), *_TENS.items()) for word in words
}
# "Treinta y uno", "twenty one".
TENS: Final = frozenset(word for word, number in NUMBERS.items() if number % 10 == 0 and 20 <= number <= 90)

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
