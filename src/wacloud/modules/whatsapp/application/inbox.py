"""What the inbox, the thread and the ledger show: frozen rows and the port that reads them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from datetime import datetime
from typing import Any, Literal, Protocol
from uuid import UUID

from wacloud.modules.whatsapp.application.desk_stores import Label, SavedView
from wacloud.modules.whatsapp.application.media_stored import MediaRow
from wacloud.modules.whatsapp.domain.canned import CannedReply
from wacloud.modules.whatsapp.domain.conversation import Returns
from wacloud.modules.whatsapp.domain.desk import IN_DANGER, Priority, Status
from wacloud.modules.whatsapp.domain.note import Teammate
from wacloud.modules.whatsapp.domain.scheduled import Scheduled
from wacloud.shared.domain.ids import BusinessId, UserId

# due: somebody of the team has to write and still may freely, soonest closing first; late: the same, 24 hours over.
# In both, whoever may be in danger is above the others.
Filter = Literal[
    "all", "due", "late", "mine", "nobody", "urgent", "waiting", "unread", "bot", "person", "snoozed", "closed"
]


@dataclass(frozen=True, slots=True)
class BotReturns:
    """How a conversation a person has gets back to the bot: by which rule, and when by itself."""

    rule: Returns
    at: datetime | None


@dataclass(frozen=True, slots=True)
class HandedOver:
    """What the bot gives the person who takes over, until somebody of the team has written."""

    turn_id: UUID
    why: str
    asked: Sequence[str]
    earlier: Sequence[str]
    tried: Sequence[str]  # model | knowledge | topics
    nearest: str | None  # the question of the knowledge that came closest
    reply: str
    summary: str | None = None  # of what was said long before

    @classmethod
    def read(cls, turn_id: UUID, why: str, kept: Mapping[str, Any]) -> "HandedOver":
        """As it was kept; a worker of a newer release may tell more than is known here."""
        known = {one.name for one in fields(cls)}
        return cls(turn_id, why, **{name: told for name, told in kept.items() if name in known})

    def without(self, deleted: Collection[str]) -> "HandedOver":
        """The same, as far as the customer has not deleted what they wrote."""
        return replace(
            self,
            asked=[text for text in self.asked if text not in deleted],
            earlier=[text for text in self.earlier if text not in deleted],
        )


@dataclass(frozen=True, slots=True)
class ConversationRow:
    """One line of the inbox list."""

    id: UUID
    contact_id: UUID
    contact_name: str  # the best name there is: own name, profile name, @username, phone, "?"
    username: str | None
    phone: str | None  # digits, for people
    handler: Literal["bot", "waiting", "person"]
    handed_over_because: str | None
    assigned_to: str | None  # the member's name
    last_message_at: datetime | None
    last_preview: str | None
    last_kind: str | None
    last_author: str | None  # contact | bot | member | phone_app | history
    last_state: str | None
    last_inbound_at: datetime | None
    window_closes_at: datetime | None  # None: the contact never wrote
    unread: int
    number: str  # display_phone_number of the business's number
    profile_name: str | None = None  # what the contact calls itself, where the business has a name of its own for it
    status: Status = "open"
    snoozed_until: datetime | None = None
    priority: int = 0  # 0 none, 1 low, 2 high, 3 urgent
    assigned_id: UUID | None = None
    is_due: bool = False
    labels: Sequence[Label] = ()
    found_text: str | None = None  # the newest message a search found, from around the words searched for
    # Of one conversation that is looked at; the list does without.
    bot_returns: BotReturns | None = None
    handed_over: HandedOver | None = None

    @property
    def in_danger(self) -> bool:
        """Whether the contact may be in danger; until somebody says that it is less urgent, or gives it to the bot."""
        return self.priority == Priority.URGENT and self.handed_over_because == IN_DANGER

    @property
    def face(self) -> str:
        """What the colour of this person's picture hangs on; the simulated phone goes by the same."""
        return self.phone or self.username or self.contact_name


@dataclass(frozen=True, slots=True)
class TurnRow:
    """Who answered and why: the bot's record of one answer."""

    source: Literal["model", "knowledge", "fallback", "none"]
    why: str
    detail: dict[str, Any]
    model: str | None
    input_tokens: int | None
    output_tokens: int | None
    cost_usd: float | None


@dataclass(frozen=True, slots=True)
class MessageRow:
    """
    One message of a thread. Edits, revokes and reactions are already applied to what they refer to.

    Kind `note` is the team's own: the customer never sees it.
    """

    id: UUID
    conversation_id: UUID
    sent_at: datetime
    arrival: int  # order is (sent_at, arrival)
    direction: Literal["in", "out"]
    author: Literal["contact", "bot", "member", "phone_app", "history"]
    author_name: str | None
    kind: str
    body: str | None
    content: dict[str, Any]
    state: str
    reason: str | None
    error: dict[str, Any] | None  # {code, title, details}
    reactions: dict[str, str]  # who ("contact" | "business") -> emoji
    edited_at: datetime | None
    revoked_at: datetime | None
    edits: list[dict[str, Any]]
    quoted: "Quoted | None"
    turn: TurnRow | None
    media: MediaRow | None = None
    can_answer: bool = False  # Meta knows it by an id
    pricing: dict[str, Any] | None = None  # as Meta told it with the delivery: {category, type, billable}
    held_until: datetime | None = None  # queued, and not before, as far as is known
    template: list[dict[str, Any]] | None = None  # the parts of the one it was made from, as far as they are known


@dataclass(frozen=True, slots=True)
class Quoted:
    """The message this one replies to."""

    author: str
    kind: str
    body: str | None
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the inbox list and the cursor of the next one."""

    rows: Sequence[ConversationRow]
    next_cursor: str | None
    meant: Sequence[str] = ()  # found instead of words that nobody ever said and nobody is called
    is_cut: bool = False  # of what a search fits only the newest were looked at


@dataclass(frozen=True, slots=True)
class Views:
    """What the list can be narrowed to besides the views every inbox has."""

    labels: Sequence[Label] = ()
    saved: Sequence[SavedView] = ()


@dataclass(frozen=True, slots=True)
class Thread:
    """The newest messages, the team's notes among them, oldest first; `before` fetches earlier ones."""

    conversation: ConversationRow
    messages: Sequence[MessageRow]
    before: str | None
    team: Sequence[Teammate] = ()
    replies: Sequence[CannedReply] = ()
    scheduled: Sequence[Scheduled] = ()


@dataclass(frozen=True, slots=True)
class Ledger:
    """Every webhook and message of a business, by where it stands. Nothing is missing from the sums."""

    webhooks: dict[str, int]  # received, processed, failed, pending
    inbound: dict[str, int]  # stored, answered, handed_over, ignored, pending
    outbound: dict[str, int]  # queued, dispatching, sent, delivered, read, failed, unconfirmed
    ignored_because: dict[str, int]
    handed_over_because: dict[str, int]
    failed_because: dict[str, int]
    waiting_because: dict[str, int] = field(default_factory=dict)  # outbound and held
    samples: dict[str, int] = field(default_factory=dict)  # of inbound and outbound: told beforehand, by no webhook


@dataclass(frozen=True, slots=True)
class OwnIds:
    """Meta's ids of a business: its accounts and its sending numbers."""

    accounts: frozenset[str]
    numbers: frozenset[str]


@dataclass(frozen=True, slots=True)
class LedgerRow:
    """One row behind a number of the ledger."""

    id: str
    at: datetime
    what: str  # message kind or webhook provider
    state: str
    reason: str | None
    body: str | None
    conversation_id: UUID | None
    contact_name: str | None
    held_until: datetime | None = None  # of a message that waits: not before, as far as is known
    # Of a webhook, as it came; None where it is too large. It may hold parts of other businesses: never show it whole,
    # only what `OwnIds` say is this business's.
    payload: bytes | None = field(default=None, repr=False)
    notes: Sequence[str] = ()  # of a webhook: what could not be placed


class InboxReader(Protocol):
    """Reads as the person who asks: the database decides what they may see."""

    async def page(
        self,
        user_id: UserId,
        business_id: BusinessId,
        *,
        show: Filter = "all",
        search: str = "",
        label_id: UUID | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page:
        """Newest first; those that are due by the time left to answer, the urgent ones by urgency."""
        ...

    async def views(self, user_id: UserId, business_id: BusinessId) -> Views:
        """The business's labels, and the views this person and the team have saved."""
        ...

    async def rows(self, business_id: BusinessId, conversation_ids: Sequence[UUID]) -> list[ConversationRow]:
        """These conversations, for a live update (read as the business, for all its open pages at once)."""
        ...

    async def thread(
        self,
        user_id: UserId,
        business_id: BusinessId,
        conversation_id: UUID,
        *,
        before: str | None = None,
        limit: int = 50,
    ) -> Thread | None:
        """None where the person may not see it or it does not exist."""
        ...

    async def newest(self, business_id: BusinessId, conversation_id: UUID, limit: int = 15) -> list[MessageRow]:
        """The latest messages, oldest first, for a live update."""
        ...

    async def scheduled(self, business_id: BusinessId, conversation_id: UUID) -> Sequence[Scheduled]:
        """What waits in it, for a live update."""
        ...

    async def counts(self, user_id: UserId, business_id: BusinessId) -> dict[str, int]:
        """How many conversations are due, waiting and unread (each counted to 99 at most)."""
        ...

    async def ledger(self, business_id: BusinessId) -> Ledger:
        """Counts of everything."""
        ...

    async def ledger_rows(
        self,
        business_id: BusinessId,
        *,
        group: str,
        state: str,
        reason: str | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> tuple[list[LedgerRow], str | None]:
        """The rows behind one number: group is webhooks, inbound or outbound."""
        ...

    async def webhook(self, business_id: BusinessId, webhook_id: int, at: datetime) -> LedgerRow | None:
        """One webhook by its id and the time it was received; None where this business has none like it."""
        ...

    async def own_ids(self, business_id: BusinessId) -> OwnIds:
        """Which accounts and numbers are this business's."""
        ...
