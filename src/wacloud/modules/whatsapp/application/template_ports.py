"""What the templates of a business need from the world: their repository, and Meta's list of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from wacloud.modules.whatsapp.application.example_files import MetaUploads
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.domain.message_template import (
    Component,
    Draft,
    KeptTemplate,
    ListedTemplate,
    TemplateChange,
)
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId


@dataclass(frozen=True, slots=True)
class TemplateAccount:
    """A WhatsApp account whose templates we may ask for, with the (encrypted) token of one of its numbers."""

    waba_id: str
    access_token: str


@dataclass(frozen=True, slots=True)
class AccountSync:
    """How reading an account's list went the last time; `is_connected`: its templates may be asked for."""

    waba_id: str
    name: str | None
    is_connected: bool
    synced_at: datetime | None
    trouble: str | None


@dataclass(frozen=True, slots=True)
class TemplatePage:
    """One page of a business's templates; `cursor` leads to the next."""

    templates: Sequence[KeptTemplate]
    cursor: str | None


@dataclass(frozen=True, slots=True)
class Submitted:
    """What Meta made of a new template."""

    meta_id: str
    status: str
    category: str | None


class MetaTemplates(Protocol):
    """
    Meta's side. Network: never call it with a transaction open.

    Every call raises `MetaRefused` for a token that is not good for it, and `MetaAway` where there was no answer.
    """

    async def listed(self, account: TemplateAccount) -> Sequence[ListedTemplate]:
        """All its templates, however many pages they are; a list that has no end is no list: `MetaAway`."""
        ...

    async def create(self, account: TemplateAccount, draft: Draft) -> Submitted:
        """:raises TemplateRefused: with Meta's own words."""
        ...

    async def edit(
        self, account: TemplateAccount, meta_id: str, components: Sequence[Component], category: str | None
    ) -> None:
        """:raises TemplateRefused: with Meta's own words."""
        ...

    async def delete(self, account: TemplateAccount, name: str, meta_id: str) -> None:
        """One language of it; one that is gone already is deleted. :raises TemplateRefused: with Meta's own words."""
        ...


class MessageTemplates(Protocol):
    """The templates of businesses."""

    async def accounts(self, tx: Tx, business_id: BusinessId) -> Sequence[TemplateAccount]:
        """Its accounts that have a connected number, oldest first."""
        ...

    async def syncs(self, tx: Tx, business_id: BusinessId) -> Sequence[AccountSync]:
        """When the list of each account was read."""
        ...

    async def page(
        self,
        tx: Tx,
        business_id: BusinessId,
        *,
        status: str | None,
        text: str | None,
        waba_id: str | None,
        cursor: str | None,
        limit: int,
    ) -> TemplatePage:
        """Newest first, without those that are gone. :raises FaultyFields: the cursor is none."""
        ...

    async def sendable(self, tx: Tx, business_id: BusinessId, conversation_id: UUID) -> Sequence[KeptTemplate]:
        """Approved ones of the account this conversation's number belongs to, by name."""
        ...

    async def get(self, tx: Tx, business_id: BusinessId, template_id: UUID) -> KeptTemplate:
        """With its history, gone or not. :raises TemplateUnknown: it is nobody's, or another's."""
        ...

    async def histories(
        self, tx: Tx, business_id: BusinessId, ids: Sequence[UUID]
    ) -> Mapping[UUID, Sequence[TemplateChange]]:
        """What became of state and category of each, the newest first."""
        ...

    async def find(
        self, tx: Tx, business_id: BusinessId, waba_id: str, name: str, language: str
    ) -> KeptTemplate | None:
        """The one of this name, where it is not gone."""
        ...

    async def keep_submitted(
        self, tx: Tx, business_id: BusinessId, waba_id: str, draft: Draft, made: Submitted, at: datetime
    ) -> UUID:
        """Meta has taken it; its id here. Its example files are kept beside its components."""
        ...

    async def keep_listed(
        self,
        tx: Tx,
        business_id: BusinessId,
        waba_id: str,
        listed: Sequence[ListedTemplate],
        began: datetime,
        at: datetime,
    ) -> int:
        """
        The whole list as it was read between `began` and `at`; what it lacks is gone. Returns how many were touched.

        What changed here in between is left alone: the list may be older.
        """
        ...

    async def note_trouble(self, tx: Tx, business_id: BusinessId, waba_id: str, why: str) -> None:
        """The list could not be read."""
        ...

    async def note_edited(
        self,
        tx: Tx,
        business_id: BusinessId,
        template_id: UUID,
        components: Sequence[Component],
        category: str | None,
        at: datetime,
    ) -> None:
        """Meta has taken the change and reviews it."""
        ...

    async def note_deleted(self, tx: Tx, business_id: BusinessId, template_id: UUID, at: datetime) -> None:
        """It is gone at Meta."""
        ...


@dataclass(frozen=True, slots=True)
class MessageTemplateDeps:
    """The list of what templates need."""

    whatsapp: WhatsappDeps
    templates: MessageTemplates
    meta: MetaTemplates
    uploads: MetaUploads
