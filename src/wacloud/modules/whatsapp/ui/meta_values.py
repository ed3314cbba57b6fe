"""
Single values out of Meta's JSON, read tolerantly: what cannot be read is None, nothing raises.

What leaves here can be stored in PostgreSQL and encoded as JSON: no NUL, no lone surrogate, no control
character but newline and tab, no endless nesting.
"""

import hashlib
import json
import math
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation

import msgspec

Json = dict[str, object]

NESTING_LIMIT = 40
# Where a body is cut that no reader takes whole: deeper than what is kept of any value with all that stands around it.
CUT_BELOW = 100
ID_LIMIT = 512
LINE_LIMIT = 200

_UNWANTED = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff]")
_WHITESPACE_RUN = re.compile(r"[\n\t]+")
_EARLIEST = datetime(2009, 1, 1, tzinfo=UTC).timestamp()  # WhatsApp's first year
_CLOCK_SKEW = timedelta(days=1).total_seconds()
_TOO_DEEP = "(nested too deeply)"


# A text, closed or not, or one bracket. Possessive, so that no body makes it look at a byte twice.
_TEXT_OR_BRACKET = re.compile(rb'"(?:[^"\\]++|\\.)*+"?|[\[\]{}]', re.DOTALL)


class UnreadableWebhook(Exception):
    """The body is not JSON, so nothing can be said about it."""


class NestedTooDeeply(UnreadableWebhook):
    """It may be JSON, but goes deeper than any reader follows."""


def decode(body: bytes) -> object:
    """
    Read JSON the way Meta writes it and the ways it may break: lone surrogates, numbers beyond any type.

    :raises UnreadableWebhook: it is not JSON.
    :raises NestedTooDeeply: no reader takes it whole; `cut_deep` makes it readable.
    """
    try:
        return msgspec.json.decode(body)
    except RecursionError as error:
        raise NestedTooDeeply from error
    except ValueError:
        # msgspec is strict where a person's phone is not: a cut emoji makes it refuse the whole body.
        try:
            return json.loads(
                body.decode("utf-8-sig", "replace"),
                parse_float=_finite_float,
                parse_int=_readable_int,
                parse_constant=_refuse_constant,
            )
        except RecursionError as error:
            raise NestedTooDeeply from error
        except ValueError as error:
            raise UnreadableWebhook(type(error).__name__) from error


def cut_deep(body: bytes) -> bytes:
    """
    The same JSON with null for every list and object that lies too deep.

    One element nested a thousand times must not take its neighbours with it: they are other people's messages.
    """
    kept: list[bytes] = []
    kept_to = depth = 0
    for token in _TEXT_OR_BRACKET.finditer(body):
        match token[0]:
            case b"[" | b"{":
                depth += 1
                if depth == CUT_BELOW + 1:
                    kept += (body[kept_to : token.start()], b"null")
            case b"]" | b"}":
                if depth == CUT_BELOW + 1:
                    kept_to = token.end()
                depth -= 1
    # What ends in the middle of its depths is no JSON, and stays none.
    return body if depth else b"".join([*kept, body[kept_to:]])


def clean(value: str) -> str:
    """Take out what PostgreSQL cannot store and people cannot see."""
    if value.isprintable():
        return value
    if "\r" in value:
        value = value.replace("\r\n", "\n").replace("\r", "\n")
    return _UNWANTED.sub("", value)


def clean_json(value: object, depth: int = 0) -> object:
    """The same value with every text in it, keys included, made storable."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, (dict, list)):
        if depth >= NESTING_LIMIT:
            return _TOO_DEEP
        if isinstance(value, list):
            return [clean_json(element, depth + 1) for element in value]
        return {clean(key): clean_json(element, depth + 1) for key, element in value.items()}
    return value


def clean_object(value: object, key: str = "value") -> Json:
    """An object as it came, or anything else wrapped into one."""
    cleaned = clean_json(value)
    return cleaned if isinstance(cleaned, dict) else {key: cleaned}


def obj(value: object) -> Json:
    """The object, or an empty one."""
    return value if isinstance(value, dict) else {}


def text(value: object) -> str | None:
    """What a person reads, of any length; None where there is nothing to read."""
    if isinstance(value, str):
        return clean(value) or None
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return str(value)
    return None


def line(value: object) -> str | None:
    """A short text on one line: a name, a title."""
    found = text(value)
    if found is None:
        return None
    return _WHITESPACE_RUN.sub(" ", found)[:LINE_LIMIT].strip() or None


def ident(value: object) -> str | None:
    """
    An id, kept exactly; None for an empty one.

    An id too long for an index is shortened to its beginning and a hash, so it is still equal only to itself.
    """
    if not isinstance(value, str):
        return str(value) if isinstance(value, int) and not isinstance(value, bool) else None
    if not value.isprintable():
        value = _WHITESPACE_RUN.sub("", clean(value))
    value = value.strip()
    if len(value) > ID_LIMIT:
        return f"{value[: ID_LIMIT - 72]}~{hashlib.sha256(value.encode()).hexdigest()}"
    return value or None


def flag(value: object) -> bool | None:
    """True or false, also written as a word."""
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return None


def whole(value: object) -> int | None:
    """A whole number of at most 64 bits, also written as text."""
    if isinstance(value, bool):
        return None
    if isinstance(value, str):
        stripped = value.strip()
        if len(stripped) > 20 or not re.fullmatch(r"-?[0-9]+", stripped):
            return None
        value = int(stripped)
    elif isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, int) and -(2**63) <= value < 2**63 else None


def real(value: object) -> float | None:
    """A finite number, also written as text: a coordinate."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return found if math.isfinite(found) else None


def decimal_text(value: object) -> str | None:
    """An amount as plain decimal text, never as a float and never with an exponent."""
    if isinstance(value, bool) or not isinstance(value, (int, float, str)) or len(str(value)) > 40:
        return None
    try:
        amount = Decimal(str(value).strip())
    except InvalidOperation:
        return None
    # An exponent of a million is a valid number and a text of a million zeros.
    return f"{amount:f}" if amount.is_finite() and abs(amount.adjusted()) <= 30 else None


def moment(value: object, latest: datetime) -> datetime | None:
    """
    Unix seconds (or milliseconds), number or text, as a time in UTC.

    None for what is no time, before there was WhatsApp, or more than a day after `latest`: a message from the
    future would hold its service window open.
    """
    if isinstance(value, str):
        if not (value.isascii() and value.isdigit() and len(value) <= 13):
            return None
        seconds = float(value)
    elif isinstance(value, (int, float)) and not isinstance(value, bool):
        if not 0 <= value < 10**14:
            return None
        seconds = float(value)
    else:
        return None
    if seconds > 100_000_000_000:
        seconds /= 1000
    if not _EARLIEST <= seconds <= latest.timestamp() + _CLOCK_SKEW:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def future_moment(value: object) -> str | None:
    """A time that may lie ahead (an expiry), as ISO 8601 text in UTC; 0 means never and is None."""
    seconds = whole(value)
    if seconds is None or not _EARLIEST <= seconds < 10**11:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def present(**values: object) -> Json:
    """Only what is there: absent means absent, never null."""
    return {key: value for key, value in values.items() if value is not None}


def _finite_float(written: str) -> float | str:
    value = float(written)
    return value if math.isfinite(value) else written


def _readable_int(written: str) -> int | str:
    # Python reads no number of more than 4,300 digits; such a number is no amount and no id, but it is JSON.
    try:
        return int(written)
    except ValueError:
        return written


def _refuse_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")
