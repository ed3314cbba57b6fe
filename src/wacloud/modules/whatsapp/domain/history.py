"""The chats from before a number was connected: how far they have come."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from wacloud.modules.whatsapp.domain.inbound import HistoryChunk

# What Meta says where the owner shares no earlier chats.
HISTORY_DECLINED: Final = 2593109
ALL: Final = 100


@dataclass(frozen=True, slots=True)
class HistoryProgress:
    """
    How far it is with one number, as Meta counts: phase (0 to 2), chunk, and percent of all.

    Chunks come twice and in any order, and any of the three may be missing: nothing ever goes back.
    """

    phase: int | None = None
    chunk_order: int | None = None
    progress: int | None = None
    at: datetime | None = None

    def after(self, chunk: HistoryChunk) -> "HistoryProgress":
        """The same with this chunk."""
        furthest = chunk if _place(chunk) > _place(self) else self
        return HistoryProgress(
            furthest.phase,
            furthest.chunk_order,
            max((one for one in (self.progress, chunk.progress) if one is not None), default=None),
            max(self.at, chunk.at) if self.at is not None else chunk.at,
        )

    def is_beyond(self, before: "HistoryProgress") -> bool:
        """Whether there is anything new to tell."""
        return _place(self) > _place(before) or self.progress != before.progress

    @property
    def is_complete(self) -> bool:
        """Everything the owner shares is here, but for files that may follow."""
        return self.progress == ALL


def _place(one: HistoryChunk | HistoryProgress) -> tuple[int, int]:
    return (-1 if one.phase is None else one.phase, -1 if one.chunk_order is None else one.chunk_order)
