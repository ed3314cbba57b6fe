"""The doorbell for open pages: which conversations changed. Ids only, so nothing private passes through it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from wacloud.shared.domain.ids import BusinessId


@dataclass(frozen=True, slots=True)
class Change:
    """Something a page of this business may be showing has changed."""

    business_id: BusinessId
    conversation_id: UUID


class Announcer(Protocol):
    """Tells every serve process; may lose or repeat, never delays the caller's commit."""

    def announce(self, changes: Iterable[Change]) -> None:
        """Send soon, in the background."""
        ...
