"""The repositories: what this module keeps, inside the caller's transaction."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from wacloud.modules.whatsapp.application.stored import (
    Applied,
    Caused,
    ConversationState,
    DescribedNumber,
    Ending,
    Filled,
    Heard,
    Held,
    Here,
    KnownContact,
    LeftBehind,
    LockedMailbox,
    Mailbox,
    Newest,
    NewMessage,
    Number,
    Outgoing,
    Owners,
    Said,
    SendResult,
    Stale,
    StoredConversation,
    TakenBack,
)
from wacloud.modules.whatsapp.domain.consent import Change, Choice, ConsentSettings
from wacloud.modules.whatsapp.domain.history import HistoryProgress
from wacloud.modules.whatsapp.domain.identity import IdentityKey, Sender
from wacloud.modules.whatsapp.domain.inbound import ContactChange, StatusUpdate
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId, UserId


class Numbers(Protocol):
    """Whose number is it?"""

    async def of_webhook(self, phone_number_ids: Iterable[str], waba_ids: Iterable[str]) -> "Owners":
        """The owners of these ids; unknown ones are missing. Remembered for some seconds."""
        ...

    async def businesses(self, tx: Tx) -> list[BusinessId]:
        """Every business that has a number."""
        ...

    async def for_person(self, tx: Tx, business_id: BusinessId, address: str) -> tuple[Number | None, Sequence[Number]]:
        """The number this person has last been in touch with, and those somebody new may hear from, by their ids."""
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

    async def hold_all(self, tx: Tx, business_id: BusinessId, why: str) -> None:
        """Keep back everything this business would send; a number held already stays so for its own reason."""
        ...

    async def let_go(self, tx: Tx, business_id: BusinessId, why: str) -> None:
        """Those that were held for this reason send again."""
        ...

    async def history(self, tx: Tx, business_id: BusinessId, number_id: UUID) -> tuple[str, HistoryProgress]:
        """The number as people read it, and how far its earlier chats are; held until the transaction ends."""
        ...

    async def note_history(self, tx: Tx, business_id: BusinessId, number_id: UUID, progress: HistoryProgress) -> None:
        """How far they are now."""
        ...


class Contacts(Protocol):
    """People, found by any of their identities."""

    async def find(
        self, tx: Tx, keys: Iterable[tuple[BusinessId, IdentityKey]]
    ) -> Mapping[tuple[BusinessId, IdentityKey], UUID]:
        """Which contact has which identity."""
        ...

    async def describe(self, tx: Tx, contacts: Iterable[tuple[BusinessId, UUID]]) -> Mapping[UUID, "KnownContact"]:
        """By what these contacts are known."""
        ...

    async def add(self, tx: Tx, contacts: Sequence[tuple[BusinessId, UUID, Sender]]) -> None:
        """New people."""
        ...

    async def add_identities(self, tx: Tx, identities: Sequence[tuple[BusinessId, IdentityKey, UUID]]) -> None:
        """Identities, in the order they were met, that point to a contact now, whomever they pointed to before."""
        ...

    async def forget_numbers(self, tx: Tx, numbers: Sequence[tuple[BusinessId, UUID, str]]) -> None:
        """Nothing is sent to a contact any more by this number (as it was shown): it is somebody else's."""
        ...

    async def refresh(self, tx: Tx, contacts: Sequence[tuple[BusinessId, UUID, Sender]]) -> None:
        """Take over a new profile name, username or phone."""
        ...

    async def merge(
        self, tx: Tx, business_id: BusinessId, keep: UUID, gone: UUID, by: UserId | None = None
    ) -> list[tuple[UUID, UUID]]:
        """
        Two contacts turned out to be one person: everything of `gone` becomes `keep`'s. What they were is kept.

        `by` is who said so, where their ids did not prove it. Returns which conversations took in which others.
        """
        ...

    async def refuses_marketing(self, tx: Tx, business_id: BusinessId, contact_id: UUID) -> bool:
        """Whether the contact wants no promotions, or no messages at all."""
        ...

    async def has_phone(self, tx: Tx, business_id: BusinessId, contact_id: UUID) -> bool:
        """Whether messages to the contact go to a phone number; else they go to a user id."""
        ...

    async def save_from_app(
        self, tx: Tx, saved: Sequence[tuple[BusinessId, UUID, ContactChange]]
    ) -> list[tuple[BusinessId, UUID]]:
        """
        What the phone app's address book says of contacts, each once; what is older than its last word changes nothing.

        A name that was given here stays. Returns the conversations that show another name now.
        """
        ...

    async def remove_from_app(self, tx: Tx, removed: Sequence[tuple[BusinessId, UUID, datetime]]) -> None:
        """These are not in the phone app's address book any more; that is all that changes."""
        ...


class Consents(Protocol):
    """What people allow, and the proof of it."""

    async def settings(self, tx: Tx, business_ids: Collection[BusinessId]) -> Mapping[BusinessId, ConsentSettings]:
        """The words and answers of their own; a business without any is missing."""
        ...

    async def change_settings(self, tx: Tx, business_id: BusinessId, settings: ConsentSettings) -> None:
        """In the place of what there was."""
        ...

    async def apply(
        self, tx: Tx, choices: Sequence[tuple[BusinessId, Choice]], *, only_new: bool = False
    ) -> Mapping[tuple[UUID, Change], str | None]:
        """
        Note choices, in their order: state, proof, and promotions that were queued end.

        Returns those that changed something, with the person's country. `only_new`: nobody who ever chose is opted in.
        """
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

    async def with_silent_person(
        self, tx: Tx, silent_since: Mapping[BusinessId, datetime], most: int
    ) -> list[TakenBack]:
        """Those a person has and has written nothing in since then, locked; what somebody else holds is left out."""
        ...

    async def find(self, tx: Tx, business_id: BusinessId, conversation_id: UUID) -> "ConversationState | None":
        """One conversation, locked until the transaction ends."""
        ...

    async def mark_seen(self, tx: Tx, business_id: BusinessId, conversation_id: UUID) -> Newest | None:
        """Nothing in it is unread; the message that was the newest unread one, if Meta knows it."""
        ...


class Messages(Protocol):
    """Messages of both directions."""

    async def with_a_delivery(self, tx: Tx, business_ids: Sequence[BusinessId]) -> Sequence[BusinessId]:
        """Those that had a message of theirs delivered."""
        ...

    async def lock(self, tx: Tx, business_ids: Sequence[BusinessId], *, wait: bool) -> set[BusinessId]:
        """
        Let nobody else store messages of these businesses until the transaction ends.

        Returns those we have: all of them with `wait` (in the order given, first come first served), else those where
        nobody is writing or waiting. Of the others nothing may be stored.
        """
        ...

    async def known(self, tx: Tx, wamids: Iterable[tuple[BusinessId, str]]) -> set[tuple[BusinessId, str]]:
        """Which of these are stored already."""
        ...

    async def add(self, tx: Tx, messages: Sequence[NewMessage]) -> set[UUID]:
        """Store those whose keys are free; returns the ids stored."""
        ...

    async def fill_placeholders(
        self, tx: Tx, media: Sequence[tuple[BusinessId, str, str, str | None, Mapping[str, Any]]]
    ) -> list[Filled]:
        """Put (wamid, kind, body, content) in the place of what an imported history only announced."""
        ...

    async def apply_references(self, tx: Tx, messages: Sequence[NewMessage]) -> set[tuple[BusinessId, UUID]]:
        """
        Let edits, revokes and reactions change what they refer to, whichever of the two came first.

        Returns the conversations changed.
        """
        ...

    async def open_reactions(self, tx: Tx, reactions: Sequence[NewMessage]) -> set[UUID]:
        """
        Let those wait for an answer that put a sign on the bot's last words, where these ask; returns them.

        Not where a person has the conversation, and not from somebody who is blocked.
        """
        ...

    async def settle_pending(
        self, tx: Tx, conversations: Sequence[tuple[BusinessId, UUID]], state: str, reason: str | None
    ) -> int:
        """Every waiting message of these conversations ends so."""
        ...

    async def reopen(
        self, tx: Tx, business_id: BusinessId, conversation_id: UUID, reasons: Sequence[str], since: datetime
    ) -> int:
        """
        What was handed over for one of these reasons, and came after our last words, waits for an answer again.

        Messages sent before `since` stay as they are. Returns how many wait.
        """
        ...

    async def is_answered_since(
        self, tx: Tx, business_id: BusinessId, conversation_id: UUID, message_id: UUID, author: UserId
    ) -> bool:
        """Whether another member than this one has written after that message, within the last hour."""
        ...

    async def find_by_cause(self, tx: Tx, business_id: BusinessId, cause: str) -> "Caused | None":
        """The message of a cause, as it was written first."""
        ...

    async def find_here(
        self, tx: Tx, business_id: BusinessId, conversation_id: UUID, message_id: UUID
    ) -> "Here | None":
        """One message of this conversation."""
        ...


class Mailboxes(Protocol):
    """The messages of conversations that wait for an answer."""

    async def read(self, tx: Tx, conversations: Sequence[tuple[BusinessId, UUID]], history: int) -> list[Mailbox]:
        """The waiting messages of these conversations, in order, with the last lines before them."""
        ...

    async def with_whom(
        self, tx: Tx, business_id: BusinessId, conversation_id: UUID, *, hold: bool = False
    ) -> UUID | None:
        """The contact; None where they were erased. With `hold` they are not until the transaction ends."""
        ...

    async def said_after(
        self, tx: Tx, business_id: BusinessId, conversation_id: UUID, after: tuple[datetime, int] | None, most: int
    ) -> list[Said]:
        """The newest lines beyond this place, oldest first; neither what waits for an answer nor what failed."""
        ...

    async def still_waiting(
        self, tx: Tx, conversations: Sequence[tuple[BusinessId, UUID]]
    ) -> Mapping[UUID, LockedMailbox]:
        """Lock conversations; how they stand, and their waiting messages with their texts, as of now."""
        ...

    async def settle(self, tx: Tx, ends: Sequence["Ending"]) -> None:
        """Held messages end as answered, handed over or ignored."""
        ...

    async def stale(self, tx: Tx, older_than: timedelta) -> list["Stale"]:
        """Conversations with messages that wait although no turn is queued for them."""
        ...


class Deliveries(Protocol):
    """Outbound messages on their way, and what Meta says of them."""

    async def to_send(self, tx: Tx, ids: Sequence[tuple[BusinessId, UUID]]) -> list[Outgoing]:
        """Queued or dispatching messages with all that sending needs."""
        ...

    async def begin_dispatch(self, tx: Tx, messages: Sequence[Outgoing]) -> Mapping[UUID, int]:
        """Mark queued messages as dispatching; returns the number of this dispatch for those that still were queued."""
        ...

    async def note_waiting(self, tx: Tx, waiting: Sequence[Held]) -> list[Applied]:
        """Write with queued messages why they wait; returns those of which that was news."""
        ...

    async def record(self, tx: Tx, results: Sequence["SendResult"]) -> list[Applied]:
        """What became of dispatched messages."""
        ...

    async def apply_statuses(self, tx: Tx, updates: Sequence[tuple[BusinessId, StatusUpdate]]) -> list[Applied]:
        """Move messages forward; what finds no message is kept until it does."""
        ...

    async def apply_unmatched(
        self, tx: Tx, business_ids: Sequence[BusinessId], *, most: int, keep: timedelta
    ) -> tuple[list[Applied], Mapping[BusinessId, int]]:
        """
        Try kept statuses again, at most so many of each of these businesses, those first that have waited longest.

        Returns those applied, and how many of each business were dropped because nothing came of them for so long.
        """
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

    async def requeue(self, tx: Tx, business_id: BusinessId, message_id: UUID) -> tuple[UUID, str] | None:
        """A person asks to send a failed or unconfirmed message again; returns its conversation and kind, or None."""
        ...
