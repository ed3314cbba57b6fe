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
class TalkChanged(Event):
    """What was said in this conversation is not what it was: edited, taken back, or joined with another."""

    conversation_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class ConversationsErased(Event):
    """Nothing of what was said in these conversations of one person is kept any more."""

    conversation_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountNewsCame(Event):
    """Meta said something new about an account of the business, its numbers or its templates."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactErased(Event):
    """A person was taken out: whoever has noted anything of them forgets it."""

    contact_id: UUID
