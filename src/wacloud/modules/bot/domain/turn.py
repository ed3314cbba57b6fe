"""When a turn may begin: a burst of short messages gets one answer, so wait until it seems to be over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from wacloud.modules.bot.domain.settings import BotSettings

# Somebody who ends with these has said what they wanted; "hola" or "una pregunta" has more coming.
_ENDS = ("?", "!", ".", "…", ")", "🙏")
_LONG = 60
UNFINISHED = 1.75


@dataclass(frozen=True, slots=True)
class Arrival:
    """When a waiting message reached us, and its text."""

    at: datetime
    text: str | None


def settled_at(arrivals: Sequence[Arrival], settings: BotSettings) -> datetime:
    """
    When these messages may be answered, if nothing else comes until then.

    The quiet time after the newest one, longer where it looks unfinished, and never later than the longest wait after
    the first: whoever keeps typing gets an answer all the same.
    """
    newest = max(arrivals, key=lambda arrival: arrival.at)
    first = min(arrival.at for arrival in arrivals)
    text = (newest.text or "").strip()
    finished = not text or text.endswith(_ENDS) or len(text) >= _LONG
    quiet = settings.quiet_ms * (1 if finished else UNFINISHED)
    return min(newest.at + timedelta(milliseconds=quiet), first + timedelta(milliseconds=settings.max_wait_ms))
