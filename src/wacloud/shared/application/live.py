"""
The doorbell for open pages: which conversations changed, and who of the team is at one.

Ids and the names of members only, so nothing of a customer passes through it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, Protocol
from uuid import UUID

from wacloud.shared.domain.ids import BusinessId, UserId

Doing = Literal["looking", "typing", "gone"]


@dataclass(frozen=True, slots=True)
class Change:
    """Something a page of this business may be showing has changed."""

    business_id: BusinessId
    conversation_id: UUID


@dataclass(frozen=True, slots=True)
class Here:
    """What somebody of the team does at a conversation. It is said again and again, and is over when it is not."""

    business_id: BusinessId
    conversation_id: UUID
    user_id: UserId
    name: str
    doing: Doing


class Announcer(Protocol):
    """Tells every serve process; may lose or repeat, never delays the caller's commit."""

    def announce(self, changes: Iterable[Change]) -> None:
        """Send soon, in the background."""
        ...


class HereAnnouncer(Protocol):
    """Tells every serve process where members are; may lose it: it is said again soon."""

    async def say_here(self, here: Here) -> None:
        """Never raises."""
        ...
