"""The conversation: one contact with one of our numbers, who handles it, and when we may write freely."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from wacloud.shared.domain.errors import AppError, NotFound

SERVICE_WINDOW = timedelta(hours=24)
# Meta judges by its own clock; what would leave in the last minute does not leave.
WINDOW_MARGIN = timedelta(minutes=1)

Handler = Literal["bot", "waiting", "person"]
Returns = Literal["after_close", "after_a_while", "never"]


class ConversationUnknown(NotFound):
    """There is no such conversation."""


class OutsideServiceWindow(AppError):
    """More than 24 hours have passed since this person last wrote: only an approved template may be sent now."""

    kind = "conflict"


class TextTooLong(AppError):
    """A WhatsApp text holds at most 4096 characters."""

    kind = "invalid"


class TextMissing(AppError):
    """Write something first."""

    kind = "invalid"


@dataclass(frozen=True, slots=True)
class ServiceWindow:
    """The 24 hours after the contact last wrote, by Meta's time of that message."""

    last_inbound_at: datetime | None

    @property
    def closes_at(self) -> datetime | None:
        """None where the contact never wrote."""
        return self.last_inbound_at + SERVICE_WINDOW if self.last_inbound_at else None

    def is_open(self, now: datetime) -> bool:
        """Whether a free-form message sent now is still inside, with a margin."""
        closes_at = self.closes_at
        return closes_at is not None and now < closes_at - WINDOW_MARGIN

    def check(self, now: datetime) -> None:
        """:raises OutsideServiceWindow: only a template may be sent now."""
        if not self.is_open(now):
            raise OutsideServiceWindow(closed_at=self.closes_at)


@dataclass(frozen=True, slots=True)
class BackToBot:
    """
    When the bot has a conversation again that a person had: once it is closed, after a while of silence, never.

    Whatever the rule, a person may give it back at any time.
    """

    returns: Returns = "after_close"
    after: timedelta = timedelta(hours=12)

    def at(self, silent_since: datetime) -> datetime | None:
        """When it goes back by itself, if the person says nothing more until then; None: not by itself."""
        return silent_since + self.after if self.returns == "after_a_while" else None
