"""What Meta charged, as the business sees it, and the port that reads it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Protocol
from uuid import UUID

from wacloud.modules.whatsapp.domain.cost import IN_FREE_TIER, FreeTier, MessageCost, Tally
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId


@dataclass(frozen=True, slots=True)
class Costs:
    """
    The tallies of some months. Estimates: what Meta invoices may have discounts for volume, which no webhook tells.

    `numbers` are all the business has, also those that sent nothing.
    """

    tallies: Sequence[Tally]
    numbers: Sequence[str]

    def of(self, month: date) -> Sequence[Tally]:
        """Those of one month, what costs most first."""
        own = [tally for tally in self.tallies if tally.month == month]
        return sorted(own, key=lambda tally: (-(tally.cost or 0), -tally.messages, tally.country, tally.category))

    def totals(self, month: date) -> Mapping[str, Decimal]:
        """The estimate by currency, of what we know a rate for."""
        totals: dict[str, Decimal] = {}
        for tally in self.of(month):
            if tally.cost is not None:
                totals[tally.currency] = totals.get(tally.currency, Decimal(0)) + tally.cost
        return totals

    def without_rate(self, month: date) -> int:
        """Messages that were charged for, at a price we do not know."""
        return sum(tally.messages for tally in self.of(month) if tally.cost is None)

    def free_tiers(self, month: date) -> Sequence[FreeTier]:
        """One for each number."""
        used = dict.fromkeys(self.numbers, 0)
        for tally in self.of(month):
            if tally.type == IN_FREE_TIER and tally.category == "service":
                used[tally.number] = used.get(tally.number, 0) + tally.messages
        return [FreeTier(number, count) for number, count in used.items()]


@dataclass(frozen=True, slots=True)
class TalkCosts:
    """This month's costs of one conversation, and of its contact whatever number of ours they wrote to."""

    here: Costs
    contact: Costs


class CostsReader(Protocol):
    """Reads what was counted."""

    async def of_message(self, business_id: BusinessId, message_id: UUID) -> MessageCost | None:
        """None where there is no such message."""
        ...

    async def of_talk(self, business_id: BusinessId, conversation_id: UUID, since: date) -> TalkCosts:
        """Of what was delivered since the first day of this month; the newest three thousand of a conversation."""
        ...

    async def since(self, business_id: BusinessId, month: date) -> Costs:
        """From the first day of this month on."""
        ...

    async def rates(self, countries: Collection[str], on: date) -> Sequence["Rate"]:
        """What a message costs there on a day, one rate of each kind."""
        ...


@dataclass(frozen=True, slots=True)
class Rate:
    """What one message costs from a day on, until a later rate of the same kind."""

    country: str
    category: str
    currency: str
    effective_from: date
    amount: Decimal
    source: str


class Rates(Protocol):
    """Meta's price list."""

    async def put(self, tx: Tx, rates: Sequence[Rate]) -> None:
        """In the place of those of the same kind and day."""
        ...

    async def of(self, tx: Tx, countries: Collection[str]) -> Sequence[Rate]:
        """Those of some countries."""
        ...

    async def all(self, tx: Tx) -> Sequence[Rate]:
        """By country, the newest first."""
        ...
