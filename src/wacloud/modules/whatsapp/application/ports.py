"""What the whatsapp module needs from the world."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from wacloud.modules.whatsapp.application.inbox import InboxReader
from wacloud.modules.whatsapp.domain.delivery import SendOutcome
from wacloud.modules.whatsapp.domain.identity import IdentityKey, Sender
from wacloud.modules.whatsapp.domain.inbound import StatusUpdate
from wacloud.shared.application.clock import Clock
from wacloud.shared.application.db import Database, Tx
from wacloud.shared.application.webhooks import WebhookInbox
from wacloud.shared.domain.ids import BusinessId


@dataclass(frozen=True, slots=True)
class Number:
    """One of our sending numbers, as the webhook and the sender need it."""

    business_id: BusinessId
    id: UUID
    phone_number_id: str
    waba_id: str


@dataclass(frozen=True, slots=True)
class StoredContact:
    """A contact and what is known of who they are."""

    id: UUID
    profile_name: str | None
    username: str | None
    phone: str | None


@dataclass(frozen=True, slots=True)
class StoredConversation:
    """A conversation and who handles it."""

    id: UUID
    handler: str


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
    recipient_phone: str | None
    recipient_bsuid: str | None


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
    messages: Sequence["Waiting"]
    history: Sequence["Said"]


@dataclass(frozen=True, slots=True)
class Waiting:
    """One message that waits for an answer."""

    id: UUID
    created_at: datetime
    arrival: int
    sent_at: datetime
    kind: str
    body: str | None
    wamid: str | None


@dataclass(frozen=True, slots=True)
class Said:
    """A line of the conversation so far, oldest first."""

    author: str
    kind: str
    body: str | None


class Numbers(Protocol):
    """Whose number is it?"""

    async def of_webhook(self, phone_number_ids: Iterable[str], waba_ids: Iterable[str]) -> "Owners":
        """The owners of these ids; unknown ones are missing. Remembered for some seconds."""
        ...

    async def businesses(self, tx: Tx) -> list[BusinessId]:
        """Every business that has a number."""
        ...

    async def add(
        self,
        tx: Tx,
        business_id: BusinessId,
        number_id: UUID,
        *,
        waba_id: str,
        phone_number_id: str,
        access_token: str,
        described: "DescribedNumber",
    ) -> UUID | None:
        """Store or renew a number and its WABA; None, writing nothing, where either is another business's."""
        ...

    async def hold(self, tx: Tx, number_id: UUID, why: str, until: datetime | None) -> None:
        """Keep back everything this number would send; `until` None: until somebody reconnects it."""
        ...


@dataclass(frozen=True, slots=True)
class Owners:
    """Numbers by Meta's id, businesses by WABA id."""

    numbers: Mapping[str, Number]
    accounts: Mapping[str, BusinessId]


class Contacts(Protocol):
    """People, found by any of their identities."""

    async def find(
        self, tx: Tx, keys: Iterable[tuple[BusinessId, IdentityKey]]
    ) -> Mapping[tuple[BusinessId, IdentityKey], UUID]:
        """Which contact has which identity."""
        ...

    async def details(
        self, tx: Tx, ids: Iterable[tuple[BusinessId, UUID]]
    ) -> Mapping[tuple[BusinessId, UUID], StoredContact]:
        """What is known about these contacts."""
        ...

    async def add(self, tx: Tx, contacts: Sequence[tuple[BusinessId, UUID, Sender]]) -> None:
        """New people."""
        ...

    async def add_identities(self, tx: Tx, identities: Sequence[tuple[BusinessId, IdentityKey, UUID]]) -> None:
        """Identities that point to a contact from now on."""
        ...

    async def refresh(self, tx: Tx, contacts: Sequence[tuple[BusinessId, UUID, Sender]]) -> None:
        """Take over a new profile name, username or phone."""
        ...

    async def merge(self, tx: Tx, business_id: BusinessId, keep: UUID, gone: UUID) -> list[UUID]:
        """
        Two contacts turned out to be one person: everything of `gone` becomes `keep`'s.

        Returns the conversations that took over the messages of another.
        """
        ...

    async def set_marketing(self, tx: Tx, choices: Sequence[tuple[BusinessId, UUID, datetime, bool]]) -> None:
        """When the contact stopped marketing messages (True), or asked for them again (False)."""
        ...

    async def rename(self, tx: Tx, names: Sequence[tuple[BusinessId, UUID, str]]) -> None:
        """The name the business itself gave a contact."""
        ...


class Conversations(Protocol):
    """Conversations and who handles them."""

    async def open_all(
        self, tx: Tx, pairs: Iterable[tuple[BusinessId, UUID, UUID]]
    ) -> Mapping[tuple[UUID, UUID], StoredConversation]:
        """The conversation of each (business, contact, number), made where missing, by (contact, number)."""
        ...

    async def hear(self, tx: Tx, heard: Sequence[Heard]) -> None:
        """Move conversations in the list; never close a service window early."""
        ...

    async def hand_to(
        self,
        tx: Tx,
        conversations: Sequence[tuple[BusinessId, UUID]],
        handler: str,
        *,
        because: str | None = None,
        user_id: UUID | None = None,
    ) -> None:
        """Who handles these conversations from now on."""
        ...

    async def find(self, tx: Tx, business_id: BusinessId, conversation_id: UUID) -> "ConversationState | None":
        """One conversation, locked until the transaction ends."""
        ...

    async def mark_seen(self, tx: Tx, business_id: BusinessId, conversation_id: UUID) -> None:
        """Nothing in it is unread."""
        ...


@dataclass(frozen=True, slots=True)
class ConversationState:
    """What the rules for writing need."""

    id: UUID
    handler: str
    last_inbound_at: datetime | None
    contact_id: UUID
    number_id: UUID


class Messages(Protocol):
    """Messages of both directions."""

    async def lock_businesses(self, tx: Tx, business_ids: Sequence[BusinessId]) -> None:
        """One batch at a time writes what came in for a business, so that nothing passes its own cause unseen."""
        ...

    async def known(self, tx: Tx, wamids: Iterable[tuple[BusinessId, str]]) -> set[tuple[BusinessId, str]]:
        """Which of these are stored already."""
        ...

    async def add(self, tx: Tx, messages: Sequence[NewMessage]) -> set[UUID]:
        """Store those whose keys are free; returns the ids stored."""
        ...

    async def fill_placeholders(
        self, tx: Tx, media: Sequence[tuple[BusinessId, str, str, str | None, Mapping[str, Any]]]
    ) -> list[tuple[BusinessId, UUID]]:
        """
        Put (wamid, kind, body, content) in the place of what an imported history only announced.

        Returns the conversations changed.
        """
        ...

    async def apply_references(self, tx: Tx, messages: Sequence[NewMessage]) -> set[tuple[BusinessId, UUID]]:
        """
        Let edits, revokes and reactions change what they refer to, whichever of the two came first.

        Returns the conversations changed.
        """
        ...

    async def settle_pending(
        self, tx: Tx, conversations: Sequence[tuple[BusinessId, UUID]], state: str, reason: str | None
    ) -> int:
        """Every waiting message of these conversations ends so."""
        ...

    async def of_cause(self, tx: Tx, business_id: BusinessId, cause: str) -> UUID:
        """The message of a cause that has one."""
        ...


class Mailboxes(Protocol):
    """The messages of conversations that wait for an answer."""

    async def read(self, tx: Tx, conversations: Sequence[tuple[BusinessId, UUID]], history: int) -> list[Mailbox]:
        """The waiting messages of these conversations, in order, with the last lines before them."""
        ...

    async def still_waiting(
        self, tx: Tx, conversations: Sequence[tuple[BusinessId, UUID]]
    ) -> Mapping[UUID, tuple[str, Mapping[UUID, str | None]]]:
        """Lock conversations; their handler and their waiting messages with their texts as of now."""
        ...

    async def settle(self, tx: Tx, ends: Sequence["Ending"]) -> None:
        """Waiting messages end as answered, handed over or ignored."""
        ...

    async def stale(self, tx: Tx, older_than: timedelta) -> list["Stale"]:
        """Conversations with messages that wait although no turn is queued for them."""
        ...


class Deliveries(Protocol):
    """Outbound messages on their way, and what Meta says of them."""

    async def to_send(self, tx: Tx, ids: Sequence[tuple[BusinessId, UUID]]) -> list[Outgoing]:
        """Queued or dispatching messages with all that sending needs."""
        ...

    async def begin_dispatch(self, tx: Tx, messages: Sequence[Outgoing]) -> set[UUID]:
        """Mark queued messages as dispatching; returns those that were still queued."""
        ...

    async def record(self, tx: Tx, results: Sequence["SendResult"]) -> list[Applied]:
        """What became of dispatched messages."""
        ...

    async def apply_statuses(self, tx: Tx, updates: Sequence[tuple[BusinessId, StatusUpdate]]) -> list[Applied]:
        """Move messages forward; what finds no message is kept until it does."""
        ...

    async def apply_unmatched(self, tx: Tx, business_ids: Sequence[BusinessId]) -> list[Applied]:
        """Try the kept statuses of these businesses again."""
        ...

    async def left_behind(self, tx: Tx, older_than: timedelta) -> list["LeftBehind"]:
        """Queued messages for which no job is under way."""
        ...

    async def fail(self, tx: Tx, messages: Sequence["LeftBehind"], reason: str) -> None:
        """Queued messages end as failed."""
        ...

    async def businesses_with_unmatched(self, tx: Tx) -> list[BusinessId]:
        """Where statuses are kept that found no message."""
        ...

    async def requeue(self, tx: Tx, business_id: BusinessId, message_id: UUID) -> UUID | None:
        """A person asks to send a failed or unconfirmed message again; returns its conversation, or None."""
        ...


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
    gave_up: bool


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
class SendResult:
    """A dispatched message and what the POST came to: the new state, or `queued` to try again."""

    message: Outgoing
    state: str
    wamid: str | None = None
    reason: str | None = None
    error: Mapping[str, Any] | None = None


class AccountEvents(Protocol):
    """What Meta says about accounts, numbers and templates."""

    async def add(self, tx: Tx, events: Sequence["AccountEvent"]) -> int:
        """Keep each once; returns how many were new."""
        ...


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
class DescribedNumber:
    """What Meta says about a number. `throughput` is in messages a second."""

    display_phone_number: str
    verified_name: str | None
    throughput: int


class CloudApi(Protocol):
    """Meta's Graph API. Network: never call it with a transaction open."""

    async def send(self, message: Outgoing, callback_data: str) -> SendOutcome:
        """POST one message. Never raises for what Meta or the network does: the outcome says it."""
        ...

    async def describe_number(self, phone_number_id: str, access_token: str) -> DescribedNumber:
        """:raises MetaRefused: the token is wrong or not for this number, or Meta cannot be reached."""
        ...

    async def subscribe_app(self, waba_id: str, access_token: str) -> None:
        """
        Let this WABA's webhooks come to our app.

        :raises MetaRefused: the token is not for this WABA, or Meta cannot be reached.
        """
        ...

    async def mark_read(self, phone_number_id: str, access_token: str, wamid: str, *, typing: bool) -> None:
        """Two blue ticks for the customer, and the typing indicator until we answer (25 s at most)."""
        ...


class Throttle(Protocol):
    """Meta's limits, kept before Meta has to: per number and per pair of number and person."""

    async def ask(self, wishes: Sequence["Wish"]) -> Sequence[timedelta]:
        """For each message: zero if it may go now (and is counted), else how long to wait."""
        ...

    async def pause(self, phone_number_id: str, recipient: str | None, pause: timedelta) -> None:
        """Meta itself said stop: the number, or this person with it, waits."""
        ...


@dataclass(frozen=True, slots=True)
class Wish:
    """One message that would like to leave now."""

    phone_number_id: str
    recipient: str
    per_second: int


@dataclass(frozen=True, slots=True)
class WhatsappDeps:
    """The list of what this module needs, built once in `main/wiring.py`."""

    db: Database
    clock: Clock
    webhooks: WebhookInbox
    numbers: Numbers
    contacts: Contacts
    conversations: Conversations
    messages: Messages
    mailboxes: Mailboxes
    deliveries: Deliveries
    account_events: AccountEvents
    inbox: InboxReader
    cloud_api: CloudApi
    throttle: Throttle
