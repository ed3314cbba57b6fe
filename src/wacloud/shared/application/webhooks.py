"""The raw webhooks of every vendor: kept first, understood later."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from wacloud.shared.domain.ids import BusinessId

LIVE_LANE = 0  # somebody wrote something and waits
QUIET_LANE = 1  # statuses, account news, old chats
WEBHOOK_LANES = (LIVE_LANE, QUIET_LANE)


@dataclass(frozen=True, slots=True)
class RawWebhook:
    """One POST exactly as it came. `account` is the vendor's id of whom it is about, as far as a glance tells."""

    provider: str
    body: bytes
    headers: Mapping[str, str]
    lane: int = LIVE_LANE
    account: str | None = None


@dataclass(frozen=True, slots=True)
class StoredWebhook:
    """A webhook claimed for processing. `attempt` counts from 1 and fences off a worker that lost its lease."""

    id: int
    provider: str
    body: bytes
    received_at: datetime
    attempt: int
    business_id: BusinessId | None


@dataclass(frozen=True, slots=True)
class Share:
    """The part of a body that belongs to one business, where several shared it."""

    business_id: BusinessId
    body: bytes


@dataclass(frozen=True, slots=True)
class Processed:
    """
    What became of a webhook. `error` set: it is tried again, and kept as failed after the last try (or at once).

    A `shared` body tells of several businesses, or of somebody unknown besides: nobody may see it whole, each
    business has its `shares`. `busy` set: it could not be worked on now; it comes again and this try does not count.
    """

    webhook: StoredWebhook
    business_id: BusinessId | None = None
    notes: tuple[str, ...] = ()
    shares: tuple[Share, ...] = ()
    error: str | None = None
    final: bool = False
    shared: bool = False
    busy: bool = False


class WebhookInbox(Protocol):
    """Where webhooks are kept and claimed from."""

    async def keep(self, webhook: RawWebhook) -> None:
        """
        Return once the webhook is durable; the same body within nine days is kept once.

        :raises StoreAway: it is not; the vendor has to send it again.
        """
        ...

    async def claim(self, limit: int, lanes: Sequence[int] = WEBHOOK_LANES) -> Sequence[StoredWebhook]:
        """The oldest that were never tried, the live lane first. The attempt is counted before the work."""
        ...

    async def settle(self, results: Sequence[Processed]) -> None:
        """Record what became of them."""
        ...
