"""Texts a team writes often, and what they are filled with."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias
from uuid import UUID

from wacloud.shared.domain.errors import AppError, Fault, FaultyFields, NotFound

ReplyLanguage: TypeAlias = Literal["es", "en"]
VARIABLES: Final = ("contact.name", "contact.first_name", "agent.name", "business.name")
MOST_REPLIES: Final = 200
_MARK: Final = re.compile(r"\{\{\s*([^{}]*?)\s*\}\}")
# Whatever program fills texts in, so it names what is to be filled in; other things in braces are only signs.
_VARIABLE: Final = re.compile(r"\{\{\s*([\w.]{1,64})\s*\}\}")
_SHORTCUT: Final = re.compile(r"[\w-]{1,32}")


class CannedUnknown(NotFound):
    """There is no such canned reply."""


class CannedExists(AppError):
    """Another canned reply has this shortcut."""

    kind = "conflict"


class TooManyCanned(AppError):
    """Two hundred canned replies are enough."""

    kind = "conflict"


class ShortcutWrong(AppError):
    """A shortcut is one word of letters and digits, 32 at most."""


class CannedTextWrong(AppError):
    """A canned reply has between 1 and 4096 characters."""


class VariableUnknown(AppError):
    """There are only these: {{contact.name}}, {{contact.first_name}}, {{agent.name}} and {{business.name}}."""


class VariableNotFilled(FaultyFields):
    """Something in this text was to be filled in and is not."""


@dataclass(frozen=True, slots=True)
class CannedReply:
    """One of a business's texts; `shortcut` is what one types after `/`."""

    id: UUID
    shortcut: str
    text: str
    language: ReplyLanguage | None = None

    def check(self) -> None:
        """
        Whether it may be kept.

        :raises ShortcutWrong: it is no single word.
        :raises CannedTextWrong: it is empty or too long.
        :raises VariableUnknown: it asks for something there is not.
        """
        if not _SHORTCUT.fullmatch(self.shortcut):
            raise ShortcutWrong
        if not self.text.strip() or len(self.text) > 4096 or "\x00" in self.text:
            raise CannedTextWrong
        if any(name not in VARIABLES for name in _MARK.findall(self.text)):
            raise VariableUnknown


def filled(text: str, values: Mapping[str, str]) -> str:
    """The text with its values; what has none keeps its mark, which `check_filled` does not let out."""
    return _MARK.sub(lambda mark: values.get(mark[1]) or mark[0], text)


def unfilled_in(text: str) -> str | None:
    """The first variable, ours or another's, that nobody has filled in."""
    found = _VARIABLE.search(text)
    return found[1] if found else None


def check_filled(text: str) -> None:
    """:raises VariableNotFilled: a variable stands in it, and says which."""
    if name := unfilled_in(text):
        raise VariableNotFilled([Fault("text", "variable_not_filled", name=name)])


def values_of(contact: str, agent: str, business: str) -> dict[str, str]:
    """What there is to fill in; a contact of whom only a phone or an id is known has no name."""
    name = "" if contact[:1] in ("", "+", "@", "?") else contact
    found = (name, name.split()[0] if name else "", agent, business)
    # A customer may be called anything: no name is a variable again.
    return {key: value.replace("{{", "").replace("}}", "") for key, value in zip(VARIABLES, found, strict=True)}
