"""The repositories of a team's inbox: where conversations stand, and their labels."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from wacloud.modules.whatsapp.domain.canned import CannedReply
from wacloud.modules.whatsapp.domain.desk import Colour, Priority
from wacloud.modules.whatsapp.domain.note import Note, Teammate
from wacloud.modules.whatsapp.domain.scheduled import Scheduled
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId, UserId


@dataclass(frozen=True, slots=True)
class Label:
    """One of a business's own labels."""

    id: UUID
    name: str
    colour: Colour


class Desk(Protocol):
    """Where conversations stand with the team. Each method changes one conversation the caller has locked."""

    async def close(self, tx: Tx, business_id: BusinessId, conversation_id: UUID, by: UserId, at: datetime) -> bool:
        """It is done and read; False where it was closed before."""
        ...

    async def snooze(self, tx: Tx, business_id: BusinessId, conversation_id: UUID, until: datetime) -> None:
        """Out of the way until then; read."""
        ...

    async def reopen(self, tx: Tx, business_id: BusinessId, conversation_id: UUID) -> bool:
        """Open again; False where it was."""
        ...

    async def wake(self, tx: Tx, business_id: BusinessId, conversation_id: UUID, now: datetime) -> bool:
        """Open and unread where it is snoozed until `now` or before; else False, changing nothing."""
        ...

    async def set_priority(self, tx: Tx, business_id: BusinessId, conversation_id: UUID, priority: Priority) -> None:
        """How urgent it is."""
        ...

    async def mark_danger(self, tx: Tx, business_id: BusinessId, conversation_id: UUID) -> None:
        """Most urgent, and that is why it waits, whatever it waited for before."""
        ...

    async def assign(self, tx: Tx, business_id: BusinessId, conversation_id: UUID, to: UserId | None) -> bool:
        """Whose it is; None: nobody's. False where this is no member who answers."""
        ...

    async def least_busy(self, tx: Tx, business_id: BusinessId) -> UserId | None:
        """
        Who of those who answer has the fewest open conversations.

        Until the transaction ends nobody else is told: two conversations at once do not go to one person.
        """
        ...


class Labels(Protocol):
    """The labels of a business, and which conversation has which."""

    async def all(self, tx: Tx, business_id: BusinessId) -> Sequence[Label]:
        """By name."""
        ...

    async def add(self, tx: Tx, business_id: BusinessId, label: Label, most: int) -> bool:
        """
        :raises TooManyLabels: there are so many already.

        False, writing nothing, where the name is taken.
        """
        ...

    async def change(self, tx: Tx, business_id: BusinessId, label: Label) -> bool | None:
        """None: there is none such; False: the name is taken."""
        ...

    async def remove(self, tx: Tx, business_id: BusinessId, label_id: UUID) -> bool:
        """Also from every conversation; False where there is none such."""
        ...

    async def put_on(self, tx: Tx, business_id: BusinessId, conversation_id: UUID, label_ids: Sequence[UUID]) -> bool:
        """These and no others; False, changing nothing, where one is unknown."""
        ...


class Notes(Protocol):
    """What the team notes for itself."""

    async def team(self, tx: Tx, business_id: BusinessId) -> Sequence[Teammate]:
        """Who works in the inbox, by name."""
        ...

    async def add_once(self, tx: Tx, business_id: BusinessId, note: Note) -> bool:
        """False, writing nothing, where its id is known."""
        ...

    async def between(
        self,
        tx: Tx,
        business_id: BusinessId,
        conversation_id: UUID,
        since: datetime | None,
        until: datetime | None,
        limit: int,
    ) -> Sequence[Note]:
        """The newest of a stretch of time, oldest first; None: without an end."""
        ...


class CannedReplies(Protocol):
    """The texts a team writes often."""

    async def all(self, tx: Tx, business_id: BusinessId) -> Sequence[CannedReply]:
        """By shortcut."""
        ...

    async def add(self, tx: Tx, business_id: BusinessId, reply: CannedReply, most: int) -> bool:
        """
        :raises TooManyCanned: there are so many already.

        False, writing nothing, where the shortcut is taken.
        """
        ...

    async def change(self, tx: Tx, business_id: BusinessId, reply: CannedReply) -> bool | None:
        """None: there is none such; False: the shortcut is taken."""
        ...

    async def remove(self, tx: Tx, business_id: BusinessId, reply_id: UUID) -> bool:
        """False where there is none such."""
        ...


@dataclass(frozen=True, slots=True)
class SavedView:
    """What of the inbox is wanted again: a view, a label, words searched for. `user_id` None: the whole team's."""

    id: UUID
    name: str
    show: str
    label_id: UUID | None
    search: str
    user_id: UserId | None


class SavedViews(Protocol):
    """The views people made for themselves or for the team."""

    async def of(self, tx: Tx, business_id: BusinessId, user_id: UserId) -> Sequence[SavedView]:
        """This person's and the team's, by name."""
        ...

    async def add(self, tx: Tx, business_id: BusinessId, view: SavedView, at: datetime) -> None:
        """:raises LabelUnknown: the business has no such label."""
        ...

    async def remove(self, tx: Tx, business_id: BusinessId, user_id: UserId, view_id: UUID) -> bool:
        """One of this person's or of the team's; False where there is none such."""
        ...


class ScheduledMessages(Protocol):
    """Texts that wait for their time. Of one conversation they are changed by whoever has locked it."""

    async def add_once(self, tx: Tx, business_id: BusinessId, made: Scheduled, cause: str) -> bool:
        """False, writing nothing, where the cause is known."""
        ...

    async def shown(self, tx: Tx, business_id: BusinessId, conversation_id: UUID) -> Sequence[Scheduled]:
        """What waits and what could not be sent, the next one first, with the names of who wrote it."""
        ...

    async def find(self, tx: Tx, business_id: BusinessId, scheduled_id: UUID) -> Scheduled | None:
        """One that waits or could not be sent."""
        ...

    async def due(self, tx: Tx, business_id: BusinessId, conversation_id: UUID, until: datetime) -> Sequence[Scheduled]:
        """Those whose time has come by then, in their order."""
        ...

    async def held(self, tx: Tx, business_id: BusinessId, conversation_id: UUID) -> Sequence[Scheduled]:
        """Those that may be taken back for some seconds, in their order."""
        ...

    async def take(self, tx: Tx, business_id: BusinessId, scheduled_id: UUID) -> str | None:
        """It becomes a message: forget it, and return its cause; None where it is gone."""
        ...

    async def cancel(self, tx: Tx, business_id: BusinessId, scheduled_id: UUID, reason: str) -> Scheduled | None:
        """It is not sent and its text is forgotten; returns what it was, None where it is gone."""
        ...

    async def fail(self, tx: Tx, business_id: BusinessId, scheduled_id: UUID, reason: str) -> bool:
        """It could not be sent and stays; False where it does not wait."""
        ...

    async def overdue(self, tx: Tx, older_than: timedelta) -> Sequence[tuple[BusinessId, UUID]]:
        """Conversations with something that should have gone out so long ago."""
        ...
