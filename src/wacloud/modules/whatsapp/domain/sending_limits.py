"""
Meta's limits on sending, as arithmetic over milliseconds (reference section 8.1).

`infra/throttle.py` has the same arithmetic as a script, for all workers together; this one is for a process alone.
"""

from collections import deque
from dataclasses import dataclass, field
from math import floor
from typing import Final, Literal, TypeAlias

Limit: TypeAlias = Literal["number", "pair", "account", "portfolio", "spam"]

# Meta counts the messages of any one second. A little longer here, for what the way there adds or takes away.
WINDOW_MS: Final = 1020.0
# One person and one number: a message every six seconds in the long run, 45 at once at most.
PAIR_EVERY_MS: Final = 6000.0
PAIR_BURST: Final = 45
# How far ahead a place may be kept. What a person waits for may keep one of the whole next second; a campaign takes
# only what is about to come, so that it is never in front of an answer for longer.
LIVE_AHEAD_MS: Final = 1000.0
BULK_AHEAD_MS: Final = 220.0
# A campaign's message knows its place so much earlier: what has to be written before it leaves is done by then.
BULK_LEAD_MS: Final = 100.0
# Of its even pace: a little faster, so that places that were missed are made up for.
CATCHING_UP: Final = 0.93
# Meta said stop: how long the first time, how long at most, and after how long without another it is the first again.
FIRST_STOP_MS: Final = 60.0
LONGEST_STOP_MS: Final = 60_000.0
CALM_MS: Final = 500.0
# Then the number sends less: a little where it was an accident of the way there, much where it goes on. It grows back
# by itself.
FIRST_CUT: Final = 0.98
NEXT_CUT: Final = 0.9
LEAST_SHARE: Final = 0.05
GROWTH_A_SECOND: Final = 0.03
DAY_MS: Final = 24 * 3600 * 1000.0

_TIERS: Final = {"TIER_50": 50, "TIER_250": 250, "TIER_1K": 1000, "TIER_2K": 2000}
_MORE_TIERS: Final = {"TIER_10K": 10_000, "TIER_100K": 100_000}


def people_a_day(tier: str | None) -> int | None:
    """How many people a portfolio may write to first within 24 hours; None: no limit, or one we do not know."""
    return (_TIERS | _MORE_TIERS).get(tier or "")


@dataclass(slots=True)
class NumberPace:
    """
    What one number has sent and may send.

    In no second there are more than its throughput; a campaign's messages are spread evenly over it.
    """

    slots: deque[float] = field(default_factory=deque)
    pace: float = 0.0
    stopped_until: float = float("-inf")
    hits: int = 0
    share: float = 1.0
    share_at: float = 0.0

    def allowed(self, per_second: int, now: float) -> int:
        """Messages a second, after what Meta has said of late."""
        share = min(1.0, self.share + (now - self.share_at) / 1000 * GROWTH_A_SECOND)
        return max(1, floor(per_second * share + 1e-9))

    def next_slot(self, allowed: int, now: float, *, bulk: bool) -> float:
        """When the next message may leave."""
        at = max(now, self.stopped_until, self.slots[-1] if self.slots else 0.0)
        if len(self.slots) >= allowed:
            at = max(at, self.slots[-allowed] + WINDOW_MS)
        return max(at, self.pace, now + BULK_LEAD_MS) if bulk else at

    def take(self, slot: float, allowed: int, *, bulk: bool) -> None:
        """Count a message that leaves then."""
        self.slots.append(slot)
        while len(self.slots) > allowed:
            self.slots.popleft()
        if bulk:
            self.pace = slot + WINDOW_MS / allowed * CATCHING_UP

    def give_back(self, slot: float) -> None:
        """Nothing left at this place."""
        if slot in self.slots:
            self.slots.remove(slot)

    def stop(self, now: float) -> None:
        """Meta says that it was too much. What it says of messages that were under way with that one is no news."""
        if now < self.stopped_until + FIRST_STOP_MS / 4:
            return
        self.hits = self.hits + 1 if now < self.stopped_until + CALM_MS else 0
        share = min(1.0, self.share + (now - self.share_at) / 1000 * GROWTH_A_SECOND)
        self.share = max(share * (NEXT_CUT if self.hits else FIRST_CUT), LEAST_SHARE)
        self.share_at = now
        self.stopped_until = now + min(FIRST_STOP_MS * 2**self.hits, LONGEST_STOP_MS)


def ahead_ms(*, bulk: bool) -> float:
    """How far ahead a place is kept; whoever would come later than this asks again."""
    return BULK_AHEAD_MS if bulk else LIVE_AHEAD_MS
