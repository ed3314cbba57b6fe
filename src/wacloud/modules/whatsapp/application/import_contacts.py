"""Contacts from a file: read and looked at first, then taken over by a job, some rows at a time and each row once."""

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import PurePath
from uuid import UUID

from wacloud.modules.business.api import AuditEntry, record_audit
from wacloud.modules.whatsapp.application.identify_contacts import identify_contacts
from wacloud.modules.whatsapp.application.people_ports import PeopleDeps, Step
from wacloud.modules.whatsapp.application.people_stored import Import
from wacloud.modules.whatsapp.domain.consent import Change, Choice
from wacloud.modules.whatsapp.domain.contact_csv import (
    MOST_ROWS,
    Entry,
    ProofMissing,
    check_mapping,
    guess_mapping,
    read_entry,
    read_table,
)
from wacloud.modules.whatsapp.domain.identity import IdentityKey, Sender
from wacloud.modules.whatsapp.domain.person import ContactField
from wacloud.shared.application.caller import Caller
from wacloud.shared.application.db import Tx
from wacloud.shared.application.jobs import Again, Job, Lane, NewJob
from wacloud.shared.domain.errors import AppError, NotFound
from wacloud.shared.domain.ids import BusinessId, UserId, new_id

IMPORT_ROWS = "whatsapp.import_contacts"
AT_ONCE = 200
LONGEST_PROOF = 300
LONGEST_FILE_NAME = 120


class ImportNotFound(NotFound):
    """There is no such import."""


class ImportHasBegun(AppError):
    """This file has been imported already, or is being imported."""

    kind = "conflict"


@dataclass(slots=True)
class Preview:
    """What would come of a file. `repeated` rows are among the others: the last one of a number counts."""

    added: int = 0
    known: int = 0
    repeated: int = 0
    problems: dict[int, Entry] = field(default_factory=dict)
    samples: list[tuple[int, Entry]] = field(default_factory=list)


async def upload_contacts(
    deps: PeopleDeps, user_id: UserId, business_id: BusinessId, file_name: str, raw: bytes
) -> UUID:
    """
    Keep a file and guess what its columns hold. Nobody is a contact by that yet.

    :raises FileNotReadable: it is no CSV with a header and a row.
    :raises FileTooLarge: it has too many bytes, rows or columns.
    """
    table = await asyncio.to_thread(read_table, raw)
    name = "".join(c for c in PurePath(file_name.replace("\\", "/")).name if c.isprintable())[-LONGEST_FILE_NAME:]
    whatsapp = deps.whatsapp
    async with whatsapp.db.tenant(business_id) as tx:
        new = Import(
            id=new_id(),
            file_name=name or "contacts.csv",
            encoding=table.encoding,
            header=table.header,
            mapping=guess_mapping(table.header, await deps.people.fields(tx, business_id)),
            options={},
            state="uploaded",
            rows=len(table.rows),
            next_row=1,
            added=0,
            updated=0,
            unchanged=0,
            refused=0,
            created_at=whatsapp.clock(),
            finished_at=None,
        )
        await deps.imports.add(tx, business_id, new, user_id, table.rows)
    return new.id


async def preview_import(
    deps: PeopleDeps,
    user_id: UserId,
    business_id: BusinessId,
    import_id: UUID,
    mapping: Sequence[str | None],
    region: str | None,
) -> Preview:
    """
    Look at every row of a file as this mapping reads it, and write nothing.

    :raises ImportNotFound: there is no such file.
    :raises MappingNotPossible: the phone is missing, or a meaning is given twice.
    """
    found = await deps.reader.an_import(user_id, business_id, import_id)
    if found is None:
        raise ImportNotFound
    fields = await deps.reader.fields(user_id, business_id)
    checked = check_mapping(mapping, len(found.header), fields)
    rows = await deps.reader.import_rows(user_id, business_id, import_id, refused=False, limit=MOST_ROWS)
    entries = await asyncio.to_thread(
        lambda: [(number, read_entry(cells, checked, fields, region)) for number, cells, _ in rows]
    )
    preview = Preview(samples=entries[:5], problems={number: entry for number, entry in entries if entry.problem})
    phones = [entry.phone for _, entry in entries if not entry.problem]
    people = {phone: Sender(wa_id=phone) for phone in phones}
    async with deps.whatsapp.db.tenant(business_id, read_only=True) as tx:
        keys = _keys(business_id, people.values())
        known = set(await deps.whatsapp.contacts.find(tx, keys)) if keys else set()
    preview.repeated = len(phones) - len(people)
    preview.known = sum(not known.isdisjoint(_keys(business_id, [one])) for one in people.values())
    preview.added = len(people) - preview.known
    return preview


async def start_import(
    deps: PeopleDeps,
    user_id: UserId,
    business_id: BusinessId,
    import_id: UUID,
    mapping: Sequence[str | None],
    region: str | None,
    proof: str,
    caller: Caller,
) -> None:
    """
    Begin to take the rows over.

    :raises ImportNotFound: there is no such file.
    :raises ImportHasBegun: it was begun before.
    :raises MappingNotPossible: the phone is missing, or a meaning is given twice.
    :raises ProofMissing: a column says who wants promotions, and nothing says where they said so.
    """
    proof = " ".join(proof.split())[:LONGEST_PROOF]
    async with deps.whatsapp.db.tenant(business_id) as tx:
        found = await deps.imports.hold(tx, business_id, import_id)
        if found is None:
            raise ImportNotFound
        if found.state != "uploaded":
            raise ImportHasBegun
        checked = check_mapping(mapping, len(found.header), await deps.people.fields(tx, business_id))
        if "opted_in" in checked and not proof:
            raise ProofMissing(field="proof")
        options = {"region": region, "proof": proof, "by": str(user_id)}
        await deps.imports.begin(tx, business_id, import_id, checked, options)
        entry = AuditEntry(
            action="whatsapp.contacts_imported",
            actor_id=user_id,
            business_id=business_id,
            detail={"import_id": import_id, "file": found.file_name, "rows": found.rows},
        )
        await record_audit(deps.whatsapp.business, tx, entry, caller=caller)
        tx.queue(
            NewJob(
                kind=IMPORT_ROWS,
                lane=Lane.HOUSEKEEPING,
                business_id=business_id,
                payload={"import_id": str(import_id)},
                order_key=f"import:{business_id}",
                max_attempts=10,
            )
        )


async def stop_import(deps: PeopleDeps, business_id: BusinessId, import_id: UUID) -> None:
    """
    Take no further row; those taken stay.

    :raises ImportNotFound: there is none that runs.
    """
    async with deps.whatsapp.db.tenant(business_id) as tx:
        if not await deps.imports.stop(tx, business_id, import_id):
            raise ImportNotFound


async def drop_import(deps: PeopleDeps, business_id: BusinessId, import_id: UUID) -> None:
    """
    Forget a file and what was wrong with it; the contacts stay.

    :raises ImportNotFound: there is none, or it runs.
    """
    async with deps.whatsapp.db.tenant(business_id) as tx:
        if not await deps.imports.drop(tx, business_id, import_id):
            raise ImportNotFound


async def import_rows(deps: PeopleDeps, job: Job) -> Again | None:
    """The job: a batch of rows and how far it is, in one transaction. A worker that dies loses and repeats none."""
    if job.business_id is None:
        return None
    business_id, import_id = job.business_id, UUID(job.payload["import_id"])
    whatsapp = deps.whatsapp
    async with whatsapp.db.tenant(business_id) as tx:
        # A message that comes in meanwhile makes nobody of this file a second contact.
        await whatsapp.messages.lock(tx, [business_id], wait=True)
        found = await deps.imports.hold(tx, business_id, import_id)
        if found is None or found.state != "running":
            return None
        rows = await deps.imports.next_rows(tx, business_id, import_id, found.next_row, AT_ONCE)
        fields = await deps.people.fields(tx, business_id)
        step = await _take(deps, tx, business_id, found, rows, fields)
        await deps.imports.advance(tx, business_id, import_id, step)
    return None if step.is_last else Again(timedelta(), "there are more rows")


async def _take(
    deps: PeopleDeps,
    tx: Tx,
    business_id: BusinessId,
    found: Import,
    rows: Sequence[tuple[int, Sequence[str]]],
    fields: Sequence[ContactField],
) -> Step:
    whatsapp = deps.whatsapp
    region = found.options.get("region")
    read = {number: read_entry(cells, _still(found.mapping, fields), fields, region) for number, cells in rows}
    # Of rows with one number the last one counts.
    entries = {entry.phone: entry for entry in read.values() if not entry.problem}
    senders = {phone: Sender(wa_id=phone) for phone in entries}
    keys = _keys(business_id, senders.values())
    known = set((await whatsapp.contacts.find(tx, keys)).values()) if keys else set()
    people = [(business_id, sender) for sender in senders.values()]
    contacts = await identify_contacts(whatsapp, tx, people) if people else {}
    placed = {contacts[business_id, senders[phone]]: entry for phone, entry in entries.items()}
    changed = await deps.imports.put_entries(tx, business_id, list(placed.items())) if placed else set()
    changed |= await _note_consents(deps, tx, business_id, found, placed)
    added = len(placed.keys() - known)
    updated = len(changed & known)
    next_row = rows[-1][0] + 1 if rows else found.next_row
    problems = {number: f"{entry.problem}:{entry.about}" for number, entry in read.items() if entry.problem}
    good = len(read) - len(problems)
    return Step(next_row, added, updated, good - added - updated, problems, len(rows) < AT_ONCE)


async def _note_consents(
    deps: PeopleDeps, tx: Tx, business_id: BusinessId, found: Import, placed: Mapping[UUID, Entry]
) -> set[UUID]:
    """A file never takes back a no: it opts in only who has never chosen."""
    now = deps.whatsapp.clock()
    actor = found.options.get("by")
    proof = f"{found.file_name}: {found.options.get('proof') or ''}".strip(": ")

    def choices(change: Change, who: Sequence[UUID]) -> list[tuple[BusinessId, Choice]]:
        by = UUID(actor) if actor else None
        return [(business_id, Choice(id_, change, "import", now, words=proof[:500], actor_id=by)) for id_ in who]

    consents = deps.whatsapp.consents
    out = await consents.apply(tx, choices("opted_out", [id_ for id_, entry in placed.items() if entry.opted_out]))
    into = await consents.apply(
        tx, choices("opted_in", [id_ for id_, entry in placed.items() if entry.opted_in]), only_new=True
    )
    return {id_ for id_, _ in (*out, *into)}


def _keys(business_id: BusinessId, senders: Iterable[Sender]) -> list[tuple[BusinessId, IdentityKey]]:
    return [(business_id, key) for keys in map(Sender.keys, senders) for key in keys]


def _still(mapping: Sequence[str | None], fields: Sequence[ContactField]) -> list[str | None]:
    """Without fields that were taken away meanwhile."""
    gone = {f"field:{one.key}" for one in fields}
    return [None if target and target.startswith("field:") and target not in gone else target for target in mapping]
