"""
Phone numbers as people and networks write them, and the one form in which variants of a number meet.

Some countries have two ways of writing the same mobile number, and a vendor may use either: Brazil with and
without the ninth digit, Mexico with and without a 1 after 52, Argentina with and without a 9 after 54 and
with a 15 between area code and subscriber. The canonical form is the one that can be dialled today.
"""

from functools import lru_cache

import phonenumbers

SHORTEST_PHONE = 7
LONGEST_PHONE = 15

# A Brazilian subscriber number of eight digits that starts with one of these was a mobile before 2016 and
# has a ninth digit now; 2 to 5 are landlines, and those never got one.
_BRAZILIAN_MOBILE = frozenset("6789")


@lru_cache(maxsize=16_384)
def canonical_phone(digits: str) -> str:
    """Return the digits, without plus, in the form all variants of this number share."""
    digits = _only_digits(digits)
    if digits.startswith("55"):
        return _canonical_brazil(digits)
    if digits.startswith("521") and len(digits) == 13:
        return "52" + digits[3:]
    if digits.startswith("54"):
        return _canonical_argentina(digits)
    return digits


def looks_like_phone(digits: str) -> bool:
    """Say whether this can be a whole number with its country code: digits only, 7 to 15 of them."""
    return SHORTEST_PHONE <= len(digits) <= LONGEST_PHONE and digits.isascii() and digits.isdigit()


def e164(typed: str, region: str | None = None) -> str | None:
    """
    Read a number a person typed and return it as +digits, or None where it cannot be a number.

    Without a plus or 00 it is read as a number of `region` ("ES"); without a region, as one with its
    country code.
    """
    typed = typed.strip()
    if typed.startswith("00"):
        typed = "+" + typed[2:]
    elif region is None and not typed.startswith("+"):
        typed = "+" + typed
    try:
        read = phonenumbers.parse(typed, region)
    except phonenumbers.NumberParseException:
        return None
    # Some old ways of writing a number are no longer possible ones, so the form of today is judged.
    canonical = canonical_phone(f"{read.country_code}{phonenumbers.national_significant_number(read)}")
    number = _parsed(canonical)
    return "+" + canonical if number is not None and phonenumbers.is_possible_number(number) else None


@lru_cache(maxsize=16_384)
def display_phone(digits: str) -> str:
    """Write a number the way people read it, "+34 600 00 00 01"; what is no number comes back unchanged."""
    canonical = canonical_phone(digits)
    if not looks_like_phone(canonical):
        return digits
    number = _parsed(canonical)
    if number is None:
        return "+" + canonical
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


@lru_cache(maxsize=16_384)
def country_of_phone(digits: str) -> str | None:
    """Return the two-letter country of a number, or None for no country (satellite, freephone, nonsense)."""
    number = _parsed(canonical_phone(digits))
    if number is None or number.country_code is None:
        return None
    # A number outside every published range still tells the main country of its code.
    region = phonenumbers.region_code_for_number(number) or phonenumbers.region_code_for_country_code(
        number.country_code
    )
    return region if len(region) == 2 and region.isalpha() and region != "ZZ" else None


def _canonical_brazil(digits: str) -> str:
    if len(digits) == 12 and digits[4] in _BRAZILIAN_MOBILE:
        return digits[:4] + "9" + digits[4:]
    return digits


def _canonical_argentina(digits: str) -> str:
    # No Argentine area code starts with 9 or 0: a 9 here marks a mobile, a 0 is a trunk prefix typed by a
    # person.
    national = digits[2:].removeprefix("9").removeprefix("0")
    if len(national) == 12 and "15" in (national[2:4], national[3:5], national[4:6]):
        # Where the 15 stands depends on the length of the area code, which the numbering plan knows.
        number = _parsed("54" + national)
        if number is not None:
            national = phonenumbers.national_significant_number(number).removeprefix("9")
    return "549" + national if len(national) == 10 else digits


def _parsed(digits: str) -> phonenumbers.PhoneNumber | None:
    try:
        return phonenumbers.parse("+" + digits, None)
    except phonenumbers.NumberParseException:
        return None


def _only_digits(written: str) -> str:
    if written.isascii() and written.isdigit():
        return written
    return "".join(character for character in written if character in "0123456789")
