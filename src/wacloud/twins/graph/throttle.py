"""The two speed limits that act on sending: per number, and per pair of number and person."""

from __future__ import annotations

from collections import deque

PAIR_BURST = 45
PAIR_SECONDS_EACH = 6.0


class Throttle:
    """Counts messages; keeps nothing but times."""

    def __init__(self) -> None:
        self._per_number: dict[str, deque[float]] = {}
        self._per_pair: dict[tuple[str, str], float] = {}

    def number_has_room(self, phone_number_id: str, throughput: int, now: float) -> bool:
        """At most `throughput` messages, in and out together, in any one second."""
        times = self._per_number.get(phone_number_id)
        if times is None:
            return True
        while times and now - times[0] >= 1.0:
            times.popleft()
        return len(times) < throughput

    def count(self, phone_number_id: str, now: float) -> None:
        times = self._per_number.get(phone_number_id)
        if times is None:
            times = self._per_number[phone_number_id] = deque(maxlen=5000)
        times.append(now)

    def pair_has_room(self, phone_number_id: str, customer_id: str, now: float) -> bool:
        """One message in six seconds, with 45 that may be borrowed from the future."""
        due = self._per_pair.get((phone_number_id, customer_id), 0.0)
        return due - now <= (PAIR_BURST - 1) * PAIR_SECONDS_EACH

    def count_pair(self, phone_number_id: str, customer_id: str, now: float) -> None:
        key = (phone_number_id, customer_id)
        self._per_pair[key] = max(self._per_pair.get(key, 0.0), now) + PAIR_SECONDS_EACH

    def forget(self) -> None:
        self._per_number.clear()
        self._per_pair.clear()
