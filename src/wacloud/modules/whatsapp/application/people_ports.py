"""What the use cases about people need besides what the module needs anyway."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from wacloud.modules.whatsapp.application.people_stored import Import, PeopleReader
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.domain.contact_csv import Entry
from wacloud.modules.whatsapp.domain.person import ContactField, Tag
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId, UserId


class People(Protocol):
    """What a business writes about its contacts."""

    async def hold(self, tx: Tx, business_id: BusinessId, contact_id: UUID) -> bool:
        """Lock one who is neither merged nor erased; False where there is none."""
        ...

    async def write(
        self,
        tx: Tx,
        business_id: BusinessId,
        contact_id: UUID,
        *,
        name: str | None = None,
        rename: bool = False,
        fields: Mapping[str, Any] | None = None,
    ) -> None:
        """Change a name (None takes it away, with `rename`) and fields (None empties one)."""
        ...

    async def set_tags(self, tx: Tx, business_id: BusinessId, contact_id: UUID, tag_ids: Sequence[UUID]) -> None:
        """These tags, all of this business, and no others."""
        ...

    async def tags(self, tx: Tx, business_id: BusinessId) -> Sequence[Tag]:
        """All of them."""
        ...

    async def add_tag(self, tx: Tx, business_id: BusinessId, tag: Tag) -> bool:
        """False where the name is taken."""
        ...

    async def drop_tag(self, tx: Tx, business_id: BusinessId, tag_id: UUID) -> bool:
        """Take it off everybody; False where there is none."""
        ...

    async def fields(self, tx: Tx, business_id: BusinessId) -> Sequence[ContactField]:
        """All of them; until the end of the transaction nobody else adds one."""
        ...

    async def add_field(self, tx: Tx, business_id: BusinessId, field: ContactField) -> None:
        """One more."""
        ...

    async def drop_field(self, tx: Tx, business_id: BusinessId, field_id: UUID) -> bool:
        """With its values; False where there is none."""
        ...

    async def save_segment(
        self, tx: Tx, business_id: BusinessId, segment_id: UUID, name: str, filter_: Mapping[str, Any]
    ) -> bool:
        """Make or change it; False where the name is another's."""
        ...

    async def drop_segment(self, tx: Tx, business_id: BusinessId, segment_id: UUID) -> bool:
        """False where there is none."""
        ...

    async def tell_apart(self, tx: Tx, business_id: BusinessId, one: UUID, other: UUID) -> None:
        """These two are not the same; nobody is asked again."""
        ...

    async def block(self, tx: Tx, business_id: BusinessId, contact_id: UUID, at: datetime | None) -> None:
        """Block, or unblock with None; Meta is yet to be told."""
        ...

    async def to_block(self, tx: Tx, business_id: BusinessId, contact_id: UUID) -> "ToBlock | None":
        """What Meta is to be told; None where nothing is open."""
        ...

    async def blocked(
        self, tx: Tx, business_id: BusinessId, contact_id: UUID, *, asked: bool, reason: str | None
    ) -> None:
        """What Meta made of a wish (`asked`: to block), unless the wish is another by now."""
        ...


class Erasing(Protocol):
    """Takes a person out, step by step."""

    async def begin(self, tx: Tx, business_id: BusinessId, contact_id: UUID) -> None:
        """Who they were: names, ids, fields, tags. What they write from now on is a new person's."""
        ...

    async def kept_files(
        self, tx: Tx, business_id: BusinessId, contact_id: UUID, most: int
    ) -> Sequence[tuple[UUID, str]]:
        """Files they sent, and those we sent to them alone, that are still kept: ids and keys."""
        ...

    async def forget_files(self, tx: Tx, business_id: BusinessId, media_ids: Sequence[UUID]) -> None:
        """Their names and words, where they came from and what they were."""
        ...

    async def sweep(self, tx: Tx, business_id: BusinessId, contact_id: UUID, most: int) -> int:
        """What was written, at most so many messages; returns how many it were."""
        ...

    async def conversations(self, tx: Tx, business_id: BusinessId, contact_id: UUID) -> Sequence[UUID]:
        """Those they had."""
        ...

    async def messages(self, tx: Tx, business_id: BusinessId, contact_id: UUID) -> int:
        """How many there are with them, swept or not."""
        ...


class Imports(Protocol):
    """Files of contacts, row by row."""

    async def add(
        self,
        tx: Tx,
        business_id: BusinessId,
        new: Import,
        created_by: UserId,
        rows: Sequence[tuple[int, Sequence[str]]],
    ) -> None:
        """Keep a file; what is left of files older than thirty days goes."""
        ...

    async def hold(self, tx: Tx, business_id: BusinessId, import_id: UUID) -> Import | None:
        """One of them, locked."""
        ...

    async def begin(
        self,
        tx: Tx,
        business_id: BusinessId,
        import_id: UUID,
        mapping: Sequence[str | None],
        options: Mapping[str, Any],
    ) -> None:
        """It runs."""
        ...

    async def next_rows(
        self, tx: Tx, business_id: BusinessId, import_id: UUID, first: int, most: int
    ) -> Sequence[tuple[int, Sequence[str]]]:
        """The rows from `first` on."""
        ...

    async def put_entries(self, tx: Tx, business_id: BusinessId, entries: Sequence[tuple[UUID, Entry]]) -> set[UUID]:
        """Write names and fields of contacts, make tags that are missing and put them on; returns who changed."""
        ...

    async def advance(
        self,
        tx: Tx,
        business_id: BusinessId,
        import_id: UUID,
        done: "Step",
    ) -> None:
        """Rows up to `next_row` are dealt with; those that were refused stay, the others go."""
        ...

    async def stop(self, tx: Tx, business_id: BusinessId, import_id: UUID) -> bool:
        """No further row is taken; False where it does not run."""
        ...

    async def drop(self, tx: Tx, business_id: BusinessId, import_id: UUID) -> bool:
        """Forget a file that does not run; False where there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Step:
    """What came of some rows. `problems` are those refused, by number."""

    next_row: int
    added: int
    updated: int
    unchanged: int
    problems: Mapping[int, str]
    is_last: bool


@dataclass(frozen=True, slots=True)
class ToBlock:
    """A person for Meta's block list, and the numbers of ours they talk to."""

    is_blocked: bool
    phone: str | None
    bsuid: str | None
    numbers: Sequence[tuple[str, str]]  # phone_number_id, access token (encrypted)


@dataclass(frozen=True, slots=True)
class PeopleDeps:
    """Built once in `main/wiring.py`."""

    whatsapp: WhatsappDeps
    people: People
    erasing: Erasing
    imports: Imports
    reader: PeopleReader
