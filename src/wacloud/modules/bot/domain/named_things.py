"""
"¿Trabajáis con Mapfre?": a name nobody taught is not answered from what was taught of others.

A name is a word with a capital behind "con", "en", "a" and their like, or behind what a business does with things
("vendéis Nike"): brands, places, somebody to be seen ("con la Dra. Pérez"). Whom one greets and where one is from asks
for nothing.
"""

import re
from typing import Final

from wacloud.modules.bot.domain.spelling import plain, sounding, words_of

_CAPITAL: Final = r"[^\W\d_a-zà-ÿ][^\W_]{2,}"
_NAME: Final = re.compile(
    r"\b(?:con|en|a|al|hasta|with|in|to|at|com|em|até"
    r"|[Vv]end[eé]is|[Vv]enden?|[Tt]en[eé]is|[Tt]ienen?|[Tt]ienes|[Ll]lev[aá]is|[Ll]levan|[Hh]ac[eé]is|[Aa]cept[aá]is"
    r"|[Aa]ceptan?|[Rr]epar[aá]is|[Rr]eparan?|[Ss]ell|[Hh]ave|[Aa]ccept|[Tt]ake|[Ss]tock|[Rr]epair|[Vv]endem"
    r"|[Tt]êm|[Aa]ceitam)"
    rf" (?:(?:el|la|los|las|the|o|os|as|un|una) )?(?:(?:[Dd]ra?|[Dd]outora?|[Ss]ra?)\.? )?({_CAPITAL})"
)
NO_NAMES: Final = frozenset(
    words_of(
        "lunes martes miercoles jueves viernes sabado domingo enero febrero marzo abril mayo junio julio agosto "
        "septiembre octubre noviembre diciembre navidad reyes monday tuesday wednesday thursday friday saturday sunday "
        "january february march april may june july august september october november december christmas whatsapp "
        "segunda terca quarta quinta sexta janeiro fevereiro nochebuena nochevieja pascua semana halloween internet"
    )
)
# How one pays is answered by what tells of cards.
_OF_ALL_KINDS: Final = frozenset(words_of("visa mastercard maestro amex american google instagram facebook"))
_OF_ALL: Final = re.compile(
    r"\b(?:todas las marcas|todo tipo de|cualquier marca|all brands|any brand|todas as marcas)\b"
)
# Whoever writes so much in capitals shouts.
_SHOUTED: Final = 0.5


def tells_of(asked: str, told: str) -> bool:
    """Whether an entry, as all it says, tells of what this names; of what names nothing any may tell."""
    letters = [letter for letter in asked if letter.isalpha()]
    if sum(letter.isupper() for letter in letters) > _SHOUTED * len(letters):
        return True
    names = {word for match in _NAME.finditer(asked) for word in words_of(match[1])} - NO_NAMES - _OF_ALL_KINDS
    if _OF_ALL.search(plain(told)):
        return True
    # "WiFi" is "Wi-Fi", and "ITV" is "I.T.V.".
    known = {sounding(word) for word in [*words_of(told), *words_of(re.sub(r"(?<=\w)[.-](?=\w)", "", told))]}
    return not names or any(sounding(name) in known for name in names)
