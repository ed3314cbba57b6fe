"""Texts that go out later: at a time somebody chose, or held some seconds so that they may be taken back."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from wacloud.shared.domain.errors import AppError, NotFound
from wacloud.shared.domain.ids import UserId

LONGEST_WAIT: Final = timedelta(days=366)
MOST_SCHEDULED: Final = 20  # in one conversation

Fate = Literal["send", "they_wrote", "outside_service_window"]


class ScheduleTimeWrong(AppError):
    """Choose a time that has not passed, within a year."""


class TooManyScheduled(AppError):
    """Enough messages wait in this conversation: send or cancel one first."""

    kind = "conflict"


class ScheduledUnknown(NotFound):
    """There is no such message waiting. It was sent or cancelled meanwhile."""


@dataclass(frozen=True, slots=True)
class Scheduled:
    """
    A text that waits, or could not be sent when its time came.

    `is_held`: its author has sent it, and may take it back for some seconds. `unless_they_write`: it is cancelled where
    the contact has written since.
    """

    id: UUID
    conversation_id: UUID
    author_id: UserId
    text: str
    answers: UUID | None
    send_at: datetime
    created_at: datetime
    is_held: bool = False
    unless_they_write: bool = False
    state: Literal["waiting", "failed"] = "waiting"
    reason: str | None = None
    author_name: str | None = None

    def fate(self, last_inbound_at: datetime | None, *, is_window_open: bool) -> Fate:
        """What becomes of it when its time has come."""
        if self.unless_they_write and last_inbound_at is not None and last_inbound_at > self.created_at:
            return "they_wrote"
        return "send" if is_window_open else "outside_service_window"


def check_send_at(send_at: datetime, now: datetime) -> None:
    """:raises ScheduleTimeWrong: it has passed, or is more than a year away."""
    if not now < send_at <= now + LONGEST_WAIT:
        raise ScheduleTimeWrong
