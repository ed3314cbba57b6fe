"""Which mails there are, what each is filled with, and how a value is made harmless."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Final

LANGUAGES: Final = ("es", "en")
LONGEST_NAME = 120
LONGEST_LINK = 2000

# A reader's program makes a link of `example.com` in somebody's name. The joiner is invisible and ends that.
_WORD_JOINER = "\u2060"
_LOOKS_LIKE_A_LINK = re.compile(r"(?<=\w)([.:/]+)(?=\w)")


class Kind(StrEnum):
    """What a value is, which decides how far it is trusted."""

    NAME = "name"  # written by people, so it may hold anything
    LINK = "link"  # an address of ours
    CODE = "code"
    TIME = "time"  # ISO 8601, shown in the reader's zone
    PLACE = "place"  # an IP address
    WORD = "word"  # one of a few the template knows


@dataclass(frozen=True, slots=True)
class Template:
    """
    One mail. `is_asked`: anybody who types an address causes it, so it is counted strictly.

    `useful_for`: later than that nobody is helped by it. A time in `or_now` that is not given is that of the mail.
    """

    values: Mapping[str, Kind]
    is_asked: bool = False
    useful_for: timedelta = timedelta(hours=12)
    or_now: frozenset[str] = frozenset()


TEMPLATES: Final[Mapping[str, Template]] = {
    "verify_email": Template({"link": Kind.LINK, "code": Kind.CODE}, is_asked=True),
    "already_registered": Template({"link": Kind.LINK}, is_asked=True),
    "reset_password": Template({"link": Kind.LINK}, is_asked=True, useful_for=timedelta(hours=1)),
    "recovery": Template({"link": Kind.LINK, "code": Kind.CODE}, is_asked=True, useful_for=timedelta(hours=1)),
    "magic_link": Template({"link": Kind.LINK, "code": Kind.CODE}, is_asked=True, useful_for=timedelta(minutes=15)),
    "reauthentication": Template({"code": Kind.CODE}, is_asked=True, useful_for=timedelta(minutes=10)),
    "password_changed": Template({}),
    "email_change_confirm": Template({"link": Kind.LINK}, is_asked=True),
    "email_changed": Template({}),
    "new_sign_in": Template({"device": Kind.NAME, "address": Kind.PLACE, "at": Kind.TIME}, or_now=frozenset({"at"})),
    "session_ended_by_reuse": Template({}),
    "factor_changed": Template({"what": Kind.WORD}),
    "invitation": Template({"business_name": Kind.NAME, "inviter_name": Kind.NAME, "link": Kind.LINK}, is_asked=True),
    "business_deletion_requested": Template({"business_name": Kind.NAME, "until": Kind.TIME}),
    "notice": Template(
        {
            "business_name": Kind.NAME,
            "notice": Kind.WORD,
            "name": Kind.NAME,
            "until": Kind.TIME,
            "told": Kind.NAME,
            "link": Kind.LINK,
        },
        useful_for=timedelta(days=2),
    ),
    "mentioned": Template(
        {"business_name": Kind.NAME, "name": Kind.NAME, "link": Kind.LINK}, useful_for=timedelta(days=1)
    ),
    "api_key_created": Template({"name": Kind.NAME}),
}


class TemplateMisused(ValueError):
    """A mail was asked for that cannot be written: our own mistake, never a person's."""


def prepare(template: str, values: Mapping[str, str], base_url: str) -> dict[str, str]:
    """
    The values as they go into the text.

    :raises TemplateMisused: there is no such mail, a value is missing or too many, or a link leads elsewhere.
    """
    known = TEMPLATES.get(template)
    if known is None:
        raise TemplateMisused(f"there is no mail {template}")
    if set(values) | known.or_now != set(known.values):
        raise TemplateMisused(f"{template} is filled with {sorted(known.values)}, not with {sorted(values)}")
    return {
        name: _harmless(template, kind, values[name], base_url) for name, kind in known.values.items() if name in values
    }


def _harmless(template: str, kind: Kind, value: str, base_url: str) -> str:
    if kind is Kind.LINK:
        # Whatever a request said its host was, mails lead to the address in the settings.
        if not value.startswith(f"{base_url}/") or len(value) > LONGEST_LINK or not _is_plain(value):
            raise TemplateMisused(f"{template}: a link has to begin with BASE_URL")
        return value
    line = one_line(value)[:LONGEST_NAME]
    return _LOOKS_LIKE_A_LINK.sub(rf"{_WORD_JOINER}\1{_WORD_JOINER}", line) if kind is Kind.NAME else line


def one_line(text: str) -> str:
    """Without line ends, control characters and those that turn the direction of writing."""
    kept = "".join(" " if unicodedata.category(c) in ("Cc", "Zl", "Zp") else c for c in text)
    return " ".join("".join(c for c in kept if unicodedata.category(c) not in ("Cf", "Cs", "Co", "Cn")).split())


def _is_plain(link: str) -> bool:
    return link.isascii() and link.isprintable() and not any(c in ' "<>\\^`{|}' for c in link)
