"""
What comes in from Meta, in our own words. One frozen value per thing that happened; nothing here knows JSON.

Every item names the WABA it belongs to. `phone_number_id` is empty where Meta left it out of something that
must have one: then the item belongs to no number we know, and is kept like one for an unknown number.
"""

import hashlib
import json
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

from wacloud.modules.whatsapp.domain.identity import Sender

MessageKind: TypeAlias = Literal[
    "text",
    "image",
    "video",
    "audio",
    "document",
    "sticker",
    "location",
    "contacts",
    "button",
    "interactive",
    "order",
    "reaction",
    "system",
    "edit",
    "revoke",
    "call",
    "request_welcome",
    "media_placeholder",
    "unsupported",
]

Content: TypeAlias = dict[str, object]

# These change an earlier message or tell a fact; the person who caused them waits for no answer.
_SAYS_NOTHING = frozenset({"reaction", "system", "edit", "revoke", "call", "request_welcome", "media_placeholder"})
# The same for what Meta could not pass on, where it tells of what kind it was.
_UNSUPPORTED_SAYS_NOTHING = _SAYS_NOTHING | {"pin"}


@dataclass(frozen=True, slots=True)
class InboundMessage:
    """
    Something a person sent to one of our numbers.

    `text` is what a reader sees of it. `content` holds the typed rest under our own names. `refers_to` is
    the wamid it quotes (then `quoted`), reacts to, edits or revokes. `raw` is kept only where we could not
    say what it is.
    """

    waba_id: str
    phone_number_id: str
    wamid: str
    sender: Sender
    sent_at: datetime
    kind: MessageKind
    text: str | None = None
    content: Content = field(default_factory=dict)
    refers_to: str | None = None
    quoted: bool = False
    group_id: str | None = None
    raw: Content | None = None

    @property
    def is_answerable(self) -> bool:
        """
        Whether the person waits for an answer.

        Not in a group (a small business answers nothing there), not for a reaction, an edit, a revoke, a
        call, a system line or a granted call permission. A poll, a view-once photo or anything unknown is
        answerable: somebody wrote, and a person of the business should look.
        """
        if self.group_id is not None or self.kind in _SAYS_NOTHING:
            return False
        if self.kind == "unsupported":
            return self.content.get("unsupported_kind") not in _UNSUPPORTED_SAYS_NOTHING
        return "call_permission" not in self.content


@dataclass(frozen=True, slots=True)
class EchoMessage:
    """
    Something the business's people sent outside of this product, mostly from the phone app.

    It is outbound and written by a person: it cancels a pending bot reply. `source` is the webhook field.
    """

    waba_id: str
    phone_number_id: str
    wamid: str
    to: Sender
    sent_at: datetime
    kind: MessageKind
    source: str
    text: str | None = None
    content: Content = field(default_factory=dict)
    refers_to: str | None = None
    quoted: bool = False
    group_id: str | None = None
    raw: Content | None = None


@dataclass(frozen=True, slots=True)
class HistoryMessage:
    """
    A message from before the number was connected: shown in the thread, never answered, never counted.

    `status` is Meta's word (SENT, DELIVERED, READ, PLAYED, PENDING, ERROR). A media message comes first as
    `media_placeholder` and again, with the same wamid, with its media.
    """

    waba_id: str
    phone_number_id: str
    wamid: str
    contact: Sender
    direction: Literal["inbound", "outbound"]
    sent_at: datetime
    kind: MessageKind
    status: str | None = None
    text: str | None = None
    content: Content = field(default_factory=dict)
    refers_to: str | None = None
    quoted: bool = False
    raw: Content | None = None


@dataclass(frozen=True, slots=True)
class HistoryChunk:
    """
    A part of the old chats of a number has come; its messages are items of their own.

    `phase` is 0 for the last day, 1 up to 90 and 2 up to 180 days back; `progress` is the percent of all of them. What
    Meta left out, or what cannot be, is None.
    """

    waba_id: str
    phone_number_id: str
    at: datetime
    phase: int | None = None
    chunk_order: int | None = None
    progress: int | None = None


@dataclass(frozen=True, slots=True)
class MetaError:
    """An error as Meta tells it. Decide on `code`; the words are for logs and people."""

    code: int | None
    title: str | None = None
    message: str | None = None
    details: str | None = None
    href: str | None = None


@dataclass(frozen=True, slots=True)
class StatusUpdate:
    """
    How far something we sent has come.

    `kind` is message, call or payment (or a word Meta invents later); a status we do not know is kept as it
    is. In a group one message has a status per `participant`, who is then also the recipient.
    """

    waba_id: str
    phone_number_id: str
    wamid: str
    status: str
    at: datetime
    recipient: Sender
    kind: str = "message"
    callback_data: str | None = None
    pricing: Content | None = None
    conversation: Content | None = None
    errors: tuple[MetaError, ...] = ()
    participant: str | None = None
    group_id: str | None = None


@dataclass(frozen=True, slots=True)
class IdentityChange:
    """
    A person got a new phone, a new BSUID or both: `previous` and `current` are one contact if `is_one_person`.

    `reason` is user_id_update or the type of the system message that told it. Only ids Meta names in fields
    of their own are here; the prose of a system message is never read for ids, as a person's name is part
    of it.
    """

    waba_id: str
    phone_number_id: str
    previous: Sender
    current: Sender
    reason: str
    at: datetime
    text: str | None = None

    @property
    def is_one_person(self) -> bool:
        """A new security code comes with a new phone in the same hands, and just as well with a new owner."""
        return self.reason != "customer_identity_changed"


@dataclass(frozen=True, slots=True)
class NumberError:
    """An error that belongs to a number, not to a message; `source` is the webhook field it came in."""

    waba_id: str
    phone_number_id: str
    error: MetaError
    at: datetime
    source: str


@dataclass(frozen=True, slots=True)
class ContactChange:
    """The business added, changed (`add`) or removed (`remove`) a person in its phone's address book."""

    waba_id: str
    phone_number_id: str
    contact: Sender
    action: Literal["add", "remove"]
    at: datetime
    first_name: str | None = None


@dataclass(frozen=True, slots=True)
class Preference:
    """A person stops or resumes a category of messages, mostly marketing_messages."""

    waba_id: str
    phone_number_id: str
    contact: Sender
    category: str
    value: str
    at: datetime
    detail: str | None = None
    signup_id: str | None = None


@dataclass(frozen=True, slots=True)
class AccountChange:
    """
    Anything else, of a kind we know or do not: templates, quality, restrictions, groups, calls that ended.

    `value` is what came, cleaned but not translated. Also the place where the unreadable part of a body is
    kept. `entry_time` is the time Meta stated for the whole entry; `at` falls back to the time of arrival.
    """

    field: str
    waba_id: str
    phone_number_id: str | None
    event: str | None
    at: datetime
    value: Content
    entry_time: int | None = None

    def fingerprint(self) -> str:
        """
        The same for every delivery of the same change: Meta gives these no id, so this is what tells
        repeats.
        """
        told = [self.waba_id, self.entry_time, self.field, self.phone_number_id, self.value]
        return hashlib.sha256(json.dumps(told, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


Item: TypeAlias = (
    InboundMessage
    | EchoMessage
    | HistoryMessage
    | HistoryChunk
    | StatusUpdate
    | IdentityChange
    | NumberError
    | ContactChange
    | Preference
    | AccountChange
)
