"""People as pages and programs see them, and the port that reads them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from wacloud.modules.whatsapp.domain.consent import ConsentSettings
from wacloud.modules.whatsapp.domain.person import ContactField, Tag
from wacloud.modules.whatsapp.domain.segment import Group
from wacloud.shared.domain.ids import BusinessId, UserId


@dataclass(frozen=True, slots=True)
class PersonRow:
    """One line of the list."""

    id: UUID
    name: str | None  # the business's own name for them
    profile_name: str | None
    username: str | None
    phone: str | None
    country: str | None
    fields: Mapping[str, Any]
    opted_in_at: datetime | None
    opted_out_at: datetime | None
    marketing_stopped_at: datetime | None
    blocked_at: datetime | None
    block_state: str | None
    block_reason: str | None
    created_at: datetime
    last_inbound_at: datetime | None
    tags: Sequence[Tag] = ()
    removed_from_app_at: datetime | None = None  # the phone app's address book holds them no more

    @property
    def shown_name(self) -> str:
        """The best name there is."""
        username = f"@{self.username}" if self.username else None
        return self.name or self.profile_name or username or (f"+{self.phone}" if self.phone else "?")


@dataclass(frozen=True, slots=True)
class PeoplePage:
    """A page of the list and the cursor of the next one."""

    rows: Sequence[PersonRow]
    next_cursor: str | None
    meant: Sequence[str] = ()  # names like those searched for, which nobody has


@dataclass(frozen=True, slots=True)
class Identity:
    """An id somebody is found by."""

    kind: str
    value: str
    first_seen_at: datetime


@dataclass(frozen=True, slots=True)
class ConsentRow:
    """One change of consent and its proof."""

    at: datetime
    recorded_at: datetime
    change: str
    source: str
    words: str | None
    wamid: str | None
    actor_name: str | None


@dataclass(frozen=True, slots=True)
class MergeRow:
    """Somebody who turned out to be this person."""

    at: datetime
    by_name: str | None
    is_proved: bool
    snapshot: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation of a person."""

    id: UUID
    number: str
    handler: str
    last_message_at: datetime | None


@dataclass(frozen=True, slots=True)
class Person:
    """All that is known of somebody but what they wrote."""

    row: PersonRow
    identities: Sequence[Identity]
    conversations: Sequence[Talk]
    consents: Sequence[ConsentRow]
    merges: Sequence[MergeRow]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Two who may be one person, and why: same_phone_end, same_username, same_name, hides_phone."""

    one: PersonRow
    other: PersonRow
    reasons: Sequence[str]


@dataclass(frozen=True, slots=True)
class Segment:
    """A filter with a name."""

    id: UUID
    name: str
    filter: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Said:
    """A message in the export of one person's data."""

    conversation_id: UUID
    at: datetime
    direction: str
    author: str
    kind: str
    body: str | None
    state: str
    arrival: int


@dataclass(frozen=True, slots=True)
class Given:
    """What they gave to a form of the bot, as the export of their data tells it: labels and values."""

    title: str
    at: datetime
    values: Sequence[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Import:
    """A file of contacts on its way in."""

    id: UUID
    file_name: str
    encoding: str
    header: Sequence[str]
    mapping: Sequence[str | None]
    options: Mapping[str, Any]
    state: str
    rows: int
    next_row: int
    added: int
    updated: int
    unchanged: int
    refused: int
    created_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which people are asked for."""

    search: str = ""
    filter: Group | None = None
    tag_id: UUID | None = None
    cursor: str | None = None
    limit: int = 50
    ids: Sequence[UUID] | None = field(default=None)


class PeopleReader(Protocol):
    """Reads as the person who asks: the database decides what they may see."""

    async def page(self, user_id: UserId, business_id: BusinessId, wanted: Wanted) -> PeoplePage:
        """The newest first."""
        ...

    async def count(self, user_id: UserId, business_id: BusinessId, filter_: Group, most: int) -> int:
        """How many a filter finds; counted to `most` and no further."""
        ...

    async def person(self, user_id: UserId, business_id: BusinessId, contact_id: UUID) -> Person | None:
        """None where there is nobody; who was merged is found as whom they turned out to be."""
        ...

    async def given(self, user_id: UserId, business_id: BusinessId, contact_id: UUID) -> Sequence[Given]:
        """What they gave to forms of the bot, and what it said before they changed it, oldest first."""
        ...

    async def suggestions(
        self, user_id: UserId, business_id: BusinessId, contact_id: UUID | None = None, limit: int = 30
    ) -> Sequence[Suggestion]:
        """Who may be one person, of all or with this one; those told apart are left out."""
        ...

    async def fields(self, user_id: UserId, business_id: BusinessId) -> Sequence[ContactField]:
        """In the order they were made."""
        ...

    async def tags(self, user_id: UserId, business_id: BusinessId) -> Sequence[Tag]:
        """By name."""
        ...

    async def segments(self, user_id: UserId, business_id: BusinessId) -> Sequence[Segment]:
        """By name."""
        ...

    async def consent_settings(self, user_id: UserId, business_id: BusinessId) -> ConsentSettings:
        """The usual ones where there are none."""
        ...

    async def said(
        self, user_id: UserId, business_id: BusinessId, contact_id: UUID, after: tuple[datetime, int] | None
    ) -> Sequence[Said]:
        """Messages with a person, oldest first, some hundreds at a time."""
        ...

    async def imports(self, user_id: UserId, business_id: BusinessId) -> Sequence[Import]:
        """The newest twenty."""
        ...

    async def an_import(self, user_id: UserId, business_id: BusinessId, import_id: UUID) -> Import | None:
        """One of them."""
        ...

    async def import_rows(
        self, user_id: UserId, business_id: BusinessId, import_id: UUID, *, refused: bool, limit: int
    ) -> Sequence[tuple[int, Sequence[str], str | None]]:
        """Rows that wait, or those that were refused: number, cells, problem."""
        ...
