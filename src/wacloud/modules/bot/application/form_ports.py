"""What the forms of businesses need from outside: their rows, and the rows of what customers gave."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from wacloud.modules.bot.domain.form import BegunForm, FilledForm, Form, FormField, Value
from wacloud.modules.business.api import BusinessDeps
from wacloud.modules.notification.api import NotificationDeps
from wacloud.modules.whatsapp.api import WhatsappDeps
from wacloud.shared.application.clock import Clock
from wacloud.shared.application.db import Database, Tx
from wacloud.shared.domain.ids import BusinessId


class Forms(Protocol):
    """The forms of each business."""

    async def all(self, tx: Tx, business_id: BusinessId) -> Sequence[Form]:
        """In the order they were made."""
        ...

    async def removed(self, tx: Tx, business_id: BusinessId) -> Sequence[Form]:
        """Those that are gone, with entries left."""
        ...

    async def find(self, tx: Tx, business_id: BusinessId, form_id: UUID, *, removed: bool = False) -> Form | None:
        """One of them; `removed`: also one that is gone and has entries left."""
        ...

    async def hold(self, tx: Tx, business_id: BusinessId) -> None:
        """Nobody else changes them until the transaction ends."""
        ...

    async def add(self, tx: Tx, business_id: BusinessId, form: Form) -> None:
        """At the end."""
        ...

    async def change(self, tx: Tx, business_id: BusinessId, form: Form) -> bool:
        """All but its name; False where there is none."""
        ...

    async def remove(self, tx: Tx, business_id: BusinessId, form_id: UUID, at: datetime) -> bool:
        """Its entries stay; False where there is none."""
        ...

    async def counts(self, tx: Tx, business_id: BusinessId) -> Mapping[UUID, int]:
        """How many entries each has."""
        ...


@dataclass(frozen=True, slots=True)
class Noted:
    """What is kept of a conversation: which entry, and what it says."""

    id: UUID
    values: Mapping[str, Value]
    changes: int


@dataclass(frozen=True, slots=True)
class Entry:
    """A form that was filled in, as people see it. `revisions` are what it said before, oldest first."""

    id: UUID
    form_id: UUID
    conversation_id: UUID
    title: str
    fields: tuple[FormField, ...]
    values: Mapping[str, Value]
    revisions: Sequence[Mapping[str, Any]]
    created_at: datetime
    changed_at: datetime | None
    contact_id: UUID
    contact_name: str
    phone: str | None

    @property
    def told(self) -> Sequence[tuple[FormField, Value]]:
        """What was given, in the order it was asked."""
        return _told(self.fields, self.values)

    @property
    def before(self) -> Sequence[Sequence[tuple[FormField, Value]]]:
        """What was given before it was changed, oldest first."""
        return [_told([FormField.read(one) for one in was["fields"]], was["values"]) for was in self.revisions]


def _told(fields: Sequence[FormField], values: Mapping[str, Value]) -> Sequence[tuple[FormField, Value]]:
    return [(field, values[field.key]) for field in fields if field.key in values]


class Entries(Protocol):
    """What customers gave."""

    async def noted(
        self, tx: Tx, business_id: BusinessId, conversation_id: UUID, form_id: UUID, since: datetime
    ) -> Sequence[Noted]:
        """Of one conversation and form, the newest first."""
        ...

    async def add(
        self, tx: Tx, business_id: BusinessId, conversation_id: UUID, filled: FilledForm, at: datetime
    ) -> UUID:
        """One more."""
        ...

    async def revise(self, tx: Tx, business_id: BusinessId, entry_id: UUID, filled: FilledForm, at: datetime) -> None:
        """It says something else now; what it said stays among its revisions."""
        ...

    async def own_phone(self, tx: Tx, business_id: BusinessId, conversation_id: UUID) -> str | None:
        """The number they write from, with a plus, where WhatsApp shows it."""
        ...

    async def page(
        self, tx: Tx, business_id: BusinessId, form_id: UUID, cursor: str | None, limit: int
    ) -> tuple[Sequence[Entry], str | None]:
        """
        The newest first, and where the next page begins.

        :raises FaultyFields: the cursor is none.
        """
        ...

    async def of_conversation(
        self, tx: Tx, business_id: BusinessId, conversation_id: UUID, limit: int
    ) -> Sequence[Entry]:
        """The newest first."""
        ...

    async def forget(self, tx: Tx, business_id: BusinessId, conversation_ids: Sequence[UUID]) -> Sequence[UUID]:
        """Nothing of them is kept; which there were."""
        ...


class BegunForms(Protocol):
    """What was right so far of forms that are not complete, with the conversation it was said in."""

    async def of(self, tx: Tx, business_id: BusinessId, conversation_id: UUID, since: datetime) -> Sequence[BegunForm]:
        """One of each form at most."""
        ...

    async def keep(
        self, tx: Tx, business_id: BusinessId, conversation_id: UUID, begun: BegunForm, at: datetime
    ) -> None:
        """In place of what was known; of an empty one nothing is kept."""
        ...

    async def forget(self, tx: Tx, business_id: BusinessId, conversation_ids: Sequence[UUID]) -> None:
        """Nothing of them is kept."""
        ...

    async def tidy(self, tx: Tx, before: datetime) -> int:
        """How many of all businesses went."""
        ...


@dataclass(frozen=True, slots=True)
class FormDeps:
    """What keeping forms and what is given in them needs."""

    db: Database
    clock: Clock
    forms: Forms
    entries: Entries
    begun: BegunForms
    business: BusinessDeps
    notification: NotificationDeps
    whatsapp: WhatsappDeps
