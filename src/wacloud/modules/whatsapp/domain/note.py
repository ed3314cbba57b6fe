"""What a team notes in a conversation for itself."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from wacloud.shared.domain.errors import AppError, NotFound
from wacloud.shared.domain.ids import UserId

LONGEST_NOTE = 4096
MOST_MENTIONS = 20


class NoteEmpty(AppError):
    """Write something in the note."""


class NoteTooLong(AppError):
    """A note has 4096 characters at most."""


class MentionUnknown(NotFound):
    """One of those mentioned does not work in this inbox."""


@dataclass(frozen=True, slots=True)
class Teammate:
    """Somebody of the team who works in the inbox."""

    id: UserId
    name: str


@dataclass(frozen=True, slots=True)
class Note:
    """One note, as it is kept; it never leaves for the customer."""

    id: UUID
    conversation_id: UUID
    author_id: UserId
    text: str
    mentions: tuple[UserId, ...]
    created_at: datetime
    author_name: str | None = None


def checked_note(text: str) -> str:
    """
    The text as it is kept.

    :raises NoteEmpty: there is none.
    :raises NoteTooLong: there is too much.
    """
    text = text.replace("\x00", "").replace("\r\n", "\n").strip()
    if not text:
        raise NoteEmpty
    if len(text) > LONGEST_NOTE:
        raise NoteTooLong
    return text


def mentioned_in(text: str, team: Iterable[Teammate]) -> tuple[UserId, ...]:
    """Who is meant by `@Name`; of two names the longer one, and everybody of the same name."""
    rest, found = text.casefold(), []
    names: dict[str, list[UserId]] = {}
    for mate in team:
        names.setdefault(f"@{mate.name.strip().casefold()}", []).append(mate.id)
    for name in sorted(names, key=len, reverse=True):
        if len(name) > 1 and name in rest:
            rest = rest.replace(name, " ")
            found += names[name]
    return tuple(found[:MOST_MENTIONS])
