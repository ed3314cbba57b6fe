"""A conversation from its beginning, as it goes into a file."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from wacloud.shared.domain.ids import BusinessId, UserId


@dataclass(frozen=True, slots=True)
class Line:
    """A message of the file. Reactions are lines of their own; what was deleted has no text any more."""

    at: datetime
    arrival: int
    direction: str
    author: str
    author_name: str | None
    kind: str
    body: str | None
    file_name: str | None
    state: str
    is_revoked: bool


class Transcripts(Protocol):
    """Reads a conversation from its beginning."""

    async def lines(
        self, user_id: UserId, business_id: BusinessId, conversation_id: UUID, after: tuple[datetime, int] | None
    ) -> Sequence[Line]:
        """The next some hundred after that place; none at the end."""
        ...
