"""A campaign goes slower while answers are late: on a machine with too much to do, whoever wrote comes first."""

import time
from collections.abc import Callable
from typing import Final

# From the arrival of a customer's message to its being stored: a few milliseconds where there is room.
LATE_S: Final = 0.18
EARLY_S: Final = 0.09
EVERY_S: Final = 0.2
SLOWER: Final = 0.85
# Of the whole speed, in a second in which answers are in time or nobody writes.
FASTER: Final = 0.05
# Campaigns end, too.
LEAST: Final = 0.1


class AnswersFirst:
    """
    How much of the speed Meta allows campaigns of this process use.

    It halves in a second in which customers' messages are stored late, and grows back by a twentieth in each without.
    """

    def __init__(self, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._now = monotonic
        self._share = 1.0
        self._worst_s = 0.0
        self._looked_at = monotonic()
        self._left: dict[str, tuple[float, float]] = {}

    def note(self, late_s: float) -> None:
        """So long ago came the oldest of the messages that were stored now."""
        self._worst_s = max(self._worst_s, late_s)

    def share(self) -> float:
        """Of 1."""
        now = self._now()
        passed = now - self._looked_at
        if passed < EVERY_S:
            return self._share
        if self._worst_s > LATE_S:
            self._share = max(self._share * SLOWER, LEAST)
        elif self._worst_s <= EARLY_S:
            self._share = min(self._share + FASTER * passed, 1.0)
        self._worst_s, self._looked_at = 0.0, now
        return self._share

    def may_ask(self, number: str, per_second: float, most: int) -> int:
        """For how many of a number's messages places may be asked now."""
        share, now = self.share(), self._now()
        if share >= 1:
            self._left.clear()
            return most
        left, at = self._left.get(number, (0.0, now))
        left = min(left + per_second * share * (now - at), float(most))
        self._left[number] = (left, now)
        return int(left)

    def left(self, number: str) -> None:
        """One of them has a place."""
        if number in self._left:
            left, at = self._left[number]
            self._left[number] = (left - 1, at)
