"""What the whatsapp module announces."""

from dataclasses import dataclass
from uuid import UUID

from wacloud.shared.domain.events import Event


@dataclass(frozen=True, slots=True, kw_only=True)
class MessagesReceived(Event):
    """A contact wrote: these messages of one conversation wait for an answer."""

    conversation_id: UUID
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountNewsCame(Event):
    """Meta said something new about an account of the business, its numbers or its templates."""
