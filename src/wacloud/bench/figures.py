"""Numbers as they are reported."""

import math
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds over `n` measured things."""

    n: int
    p50: float | None
    p95: float | None
    p99: float | None
    max: float | None


def latency(seconds: Sequence[float]) -> Latency:
    """Percentiles by the nearest rank: each is a latency somebody really had."""
    ordered = sorted(seconds)
    if not ordered:
        return Latency(0, None, None, None, None)

    def at(share: float) -> float:
        place = max(math.ceil(share * len(ordered)), 1) - 1
        return round(ordered[place] * 1000, 2)

    return Latency(len(ordered), at(0.5), at(0.95), at(0.99), at(1.0))


def median(values: Sequence[float]) -> float:
    """The middle one, or the mean of the two in the middle."""
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def ratio(part: float, whole: float) -> float | None:
    """How many times `whole` fits; None where there is nothing to compare with."""
    return round(part / whole, 3) if whole else None


def rounded(value: float | None, digits: int = 1) -> float | None:
    """None stays None."""
    return None if value is None else round(value, digits)
