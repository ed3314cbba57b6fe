"""
What Meta charges for messages, by the rules in force since 1 October 2026.

A message is charged when it is delivered. Ordinary replies ("service") are free up to a thousand a month and number,
and all is free in the 72 hours after an answer to somebody who came by an advertisement.
"""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from wacloud.modules.whatsapp.domain.inbound import StatusUpdate

FREE_SERVICE_MESSAGES: Final = 1000
CHARGED: Final = "regular"
IN_FREE_TIER: Final = "free_customer_service"
_FROM_AN_ADVERTISEMENT: Final = "referral_conversion"


def free_entry_until(status: StatusUpdate) -> datetime | None:
    """When the free entry point window ends that this status tells of; None where it tells of none."""
    told = status.conversation or {}
    until = told.get("expires_at")
    return datetime.fromisoformat(str(until)) if until and told.get("origin") == _FROM_AN_ADVERTISEMENT else None


@dataclass(frozen=True, slots=True)
class Tally:
    """
    Messages of a month alike in all that makes their price.

    `rate` is what one costs; None where it is free, or where we know no rate.
    """

    number: str
    month: date
    country: str  # two letters; ZZ: unknown
    category: str
    type: str
    messages: int
    currency: str
    rate: Decimal | None

    @property
    def is_charged(self) -> bool:
        """Of a type nobody told us about yet, too: what is new at Meta seldom costs nothing."""
        return not self.type.startswith("free")

    @property
    def cost(self) -> Decimal | None:
        """None where they cost something and we know no rate."""
        if not self.is_charged:
            return Decimal(0)
        return None if self.rate is None else self.rate * self.messages


@dataclass(frozen=True, slots=True)
class MessageCost:
    """
    What one message cost; an estimate until Meta says its category and type with the delivery.

    `tally` is None where it costs nothing whatever Meta says: it came in, or did not arrive.
    """

    tally: Tally | None
    is_estimate: bool = False


@dataclass(frozen=True, slots=True)
class FreeTier:
    """How much of its free service messages a number has used in a month."""

    number: str
    used: int
    most: int = FREE_SERVICE_MESSAGES

    @property
    def share(self) -> float:
        """0 to 1."""
        return min(1.0, self.used / self.most)
