"""What is read from and written to the tables of this module, as plain frozen values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from wacloud.modules.whatsapp.domain.identity import IdentityKey
from wacloud.modules.whatsapp.domain.template_codes import validity_of
from wacloud.shared.domain.ids import BusinessId


@dataclass(frozen=True, slots=True)
class Number:
    """One of our sending numbers, as the webhook and the sender need it."""

    business_id: BusinessId
    id: UUID
    phone_number_id: str
    waba_id: str


@dataclass(frozen=True, slots=True)
class Owners:
    """Numbers by Meta's id, businesses by WABA id."""

    numbers: Mapping[str, Number]
    accounts: Mapping[str, BusinessId]


@dataclass(frozen=True, slots=True)
class StoredConversation:
    """A conversation and who handles it; `is_blocked`: what its contact writes is kept and not answered."""

    id: UUID
    handler: str
    is_blocked: bool = False


@dataclass(frozen=True, slots=True)
class ConversationState:
    """What the rules for writing need."""

    id: UUID
    handler: str
    last_inbound_at: datetime | None
    contact_id: UUID
    number_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class NewMessage:
    """A message to store, inbound or outbound."""

    business_id: BusinessId
    id: UUID
    created_at: datetime
    conversation_id: UUID
    direction: str
    author: str
    kind: str
    body: str | None
    content: Mapping[str, Any]
    sent_at: datetime
    state: str
    reason: str | None = None
    wamid: str | None = None
    refers_to: str | None = None
    raw: Mapping[str, Any] | None = None
    cause: str | None = None
    author_id: UUID | None = None
    turn_id: UUID | None = None
    category: str | None = None  # of a template, as Meta prices it
    bulk: bool = False  # leaves after everything else
    arrival: int | None = None  # see `arrival_of`; None: now

    @property
    def keys(self) -> tuple[str, ...]:
        """What makes it unique in its business."""
        wamid = (f"wamid:{self.wamid}",) if self.wamid else ()
        return (*wamid, f"cause:{self.cause}") if self.cause else wamid


@dataclass(frozen=True, slots=True)
class Heard:
    """What a batch brought to one conversation: for its place in the list and for the service window."""

    business_id: BusinessId
    conversation_id: UUID
    last_inbound_at: datetime | None
    last_message_at: datetime
    last_message_id: UUID
    last_message_created_at: datetime
    unread: int
    last_outbound_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A message about to be sent, with all that sending needs."""

    business_id: BusinessId
    id: UUID
    created_at: datetime
    conversation_id: UUID
    state: str
    kind: str
    body: str | None
    content: Mapping[str, Any]
    quoted_wamid: str | None
    dispatch_attempt: int
    last_inbound_at: datetime | None
    number_id: UUID
    phone_number_id: str
    access_token: str
    throughput: int
    number_state: str
    held_until: datetime | None
    held_because: str | None
    recipient_phone: str | None
    recipient_bsuid: str | None
    waba_id: str
    portfolio_id: str  # its account, where Meta has not told us who owns it
    messaging_limit: str | None
    bulk: bool
    template_status: str | None = None  # Meta's word, of a template we know
    code_minutes: float | None = None  # so long a code for signing in is good, where its template says so
    is_code: bool = False  # it brings a code for signing in

    @property
    def good_until(self) -> datetime | None:
        """When what it brings is of no use any more; None: never."""
        return self.created_at + validity_of(self.code_minutes) if self.is_code else None

    def is_over(self, now: datetime) -> bool:
        """Whether it waited for longer than its code is good."""
        return self.good_until is not None and now >= self.good_until


@dataclass(frozen=True, slots=True)
class SendResult:
    """
    A dispatched message and what the POST came to: the new state, or `queued` to try again.

    Bad news of an earlier dispatch than the message's last changes nothing: another POST may be under way.
    """

    message: Outgoing
    state: str
    wamid: str | None = None
    reason: str | None = None
    error: Mapping[str, Any] | None = None
    until: datetime | None = None  # when it is tried again


@dataclass(frozen=True, slots=True)
class Held:
    """A queued message that may not leave yet: why, and until when as far as that is known."""

    message: Outgoing
    reason: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class KnownContact:
    """By what a contact is known, and when their newest BSUID was first seen."""

    keys: frozenset[IdentityKey]
    met_at: datetime | None

    @property
    def bsuids(self) -> frozenset[str]:
        """Their BSUIDs: more than one where Meta told of a change."""
        return frozenset(key.value for key in self.keys if key.kind == "bsuid")


@dataclass(frozen=True, slots=True)
class Caused:
    """The message one decision led to."""

    id: UUID
    conversation_id: UUID
    kind: str
    body: str | None
    media_id: UUID | None
    content: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Here:
    """A message of a conversation, as whoever answers to it needs it."""

    kind: str
    wamid: str | None
    sent_at: datetime


@dataclass(frozen=True, slots=True)
class Filled:
    """A message that was announced only, and is there now."""

    business_id: BusinessId
    conversation_id: UUID
    message_id: UUID
    created_at: datetime
    wamid: str


@dataclass(frozen=True, slots=True)
class Applied:
    """A status update that found its message: for the live pages."""

    business_id: BusinessId
    conversation_id: UUID


@dataclass(frozen=True, slots=True)
class Mailbox:
    """The unanswered messages of one conversation and what an answer needs to know."""

    business_id: BusinessId
    conversation_id: UUID
    handler: str
    contact_id: UUID
    contact_name: str | None
    opted_out: bool
    last_inbound_at: datetime | None
    phone_number_id: str
    access_token: str  # encrypted
    given_back_at: datetime | None  # the bot's again since then; None: it never was anybody else's, or is not the bot's
    of_contact: Sequence[UUID]  # the conversations of the same person, with whichever of our numbers
    fields: Mapping[str, Any]  # what the business noted of the contact, by the fields' keys
    tags: Sequence[str]
    messages: Sequence["Waiting"]
    history: Sequence["Said"]


@dataclass(frozen=True, slots=True)
class LockedMailbox:
    """What must still hold when an answer is written, read under the conversation's lock; what waits, and its words."""

    handler: str
    opted_out: bool
    last_inbound_at: datetime | None
    waiting: Mapping[UUID, str | None]


@dataclass(frozen=True, slots=True)
class Waiting:
    """One message that waits for an answer."""

    id: UUID
    created_at: datetime
    arrival: int
    sent_at: datetime
    kind: str
    body: str | None  # of a voice note: its words, once they are there
    wamid: str | None
    words_by: datetime | None = None  # until then its words may still come
    content: Mapping[str, Any] = field(default_factory=dict)
    refers_to: "Said | None" = None  # what it quotes, answers with a button or reacts to


@dataclass(frozen=True, slots=True)
class Said:
    """A line of the conversation so far, oldest first."""

    author: str
    kind: str
    body: str | None
    at: datetime
    content: Mapping[str, Any] = field(default_factory=dict)
    arrival: int = 0  # which of its second it was

    @property
    def place(self) -> tuple[datetime, int]:
        """Where in the conversation it stands."""
        return self.at, self.arrival


@dataclass(frozen=True, slots=True)
class Talk:
    """What was said in a conversation, and with whom."""

    contact_id: UUID
    lines: Sequence[Said]


@dataclass(frozen=True, slots=True)
class Ending:
    """How the waiting messages of a conversation ended."""

    business_id: BusinessId
    conversation_id: UUID
    message_ids: Sequence[UUID]
    state: str
    reason: str | None
    answered_by: UUID | None


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest message of a contact and the number it came to: what Meta wants to know to mark a thread read."""

    phone_number_id: str
    access_token: str  # encrypted
    wamid: str


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A conversation the bot has again because the person who had it was silent for long."""

    business_id: BusinessId
    conversation_id: UUID
    last_inbound_at: datetime | None


@dataclass(frozen=True, slots=True)
class Stale:
    """A conversation nobody is working on; `gave_up` where its turn failed at every try since the messages came."""

    business_id: BusinessId
    conversation_id: UUID
    gave_up: bool


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """A queued message nobody is going to send; `gave_up`: its job failed at every try and is parked."""

    business_id: BusinessId
    conversation_id: UUID
    id: UUID
    bulk: bool
    gave_up: bool


@dataclass(frozen=True, slots=True)
class AccountEvent:
    """One change of an account, kept whole."""

    business_id: BusinessId
    digest: bytes
    field: str
    event: str | None
    waba_id: str | None
    phone_number_id: str | None
    at: datetime
    value: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class KeptNews:
    """One that was kept and waits to be acted upon."""

    digest: bytes
    field: str
    waba_id: str | None
    at: datetime
    value: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class DescribedNumber:
    """What Meta says about a number. `throughput` is in messages a second."""

    display_phone_number: str
    verified_name: str | None
    throughput: int
