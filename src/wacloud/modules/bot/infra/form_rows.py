"""The forms of businesses, and what customers gave in them."""

import base64
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from psycopg.types.json import Jsonb

from wacloud.modules.bot.application.form_ports import Entry, Noted
from wacloud.modules.bot.domain.form import BegunForm, FilledForm, Form, FormField
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.errors import Fault, FaultyFields
from wacloud.shared.domain.ids import BusinessId, new_id

_COLUMNS: Final = "id, name, title, used_when, fields, hands_over, enabled"
_MOST_REVISIONS: Final = 20
_ENTRIES: Final = """
select e.id, e.form_id, e.conversation_id, e.title, e.fields, e."values", e.revisions, e.created_at, e.changed_at,
       p.id as contact_id, coalesce(p.name, p.profile_name, '@' || p.username, '+' || p.phone, '?') as contact_name,
       p.phone
from app.bot_form_entries e
join app.conversations c on c.business_id = e.business_id and c.id = e.conversation_id
join app.contacts p on p.business_id = c.business_id and p.id = c.contact_id
where e.business_id = %(business)s and p.erased_at is null
"""


_OF_THEM: Final = """
using app.conversations c, app.contacts p
where e.business_id = %(business)s and c.business_id = e.business_id and c.id = e.conversation_id
  and p.business_id = c.business_id and p.id = c.contact_id
  and (e.conversation_id = any (%(ids)s)
    -- What was being noted while two became one person is left behind with whom it was.
    or p.merged_into in (
      select o.contact_id from app.conversations o where o.business_id = %(business)s and o.id = any (%(ids)s)))
"""


class PostgresForms:
    """See `application.form_ports.Forms`."""

    async def all(self, tx: Tx, business_id: BusinessId) -> Sequence[Form]:
        rows = await tx.rows(
            f"select {_COLUMNS} from app.bot_forms where business_id = %s and removed_at is null "
            "order by created_at, id",
            (business_id,),
        )
        return [_to_form(row) for row in rows]

    async def removed(self, tx: Tx, business_id: BusinessId) -> Sequence[Form]:
        rows = await tx.rows(
            f"select {_COLUMNS} from app.bot_forms f where business_id = %s and removed_at is not null and exists ("
            "select from app.bot_form_entries e where e.business_id = f.business_id and e.form_id = f.id) "
            "order by removed_at desc, id limit 50",
            (business_id,),
        )
        return [_to_form(row) for row in rows]

    async def find(self, tx: Tx, business_id: BusinessId, form_id: UUID, *, removed: bool = False) -> Form | None:
        row = await tx.row(
            f"select {_COLUMNS} from app.bot_forms where business_id = %s and id = %s and (%s or removed_at is null)",
            (business_id, form_id, removed),
        )
        return _to_form(row) if row else None

    async def hold(self, tx: Tx, business_id: BusinessId) -> None:
        await tx.execute("select pg_advisory_xact_lock(hashtextextended('forms:' || %s, 0))", (str(business_id),))

    async def add(self, tx: Tx, business_id: BusinessId, form: Form) -> None:
        await tx.execute(
            "insert into app.bot_forms (business_id, id, name, title, used_when, fields, hands_over, enabled) "
            "values (%s, %s, %s, %s, %s, %s, %s, %s)",
            (business_id, form.id, form.name, *_values(form)),
        )

    async def change(self, tx: Tx, business_id: BusinessId, form: Form) -> bool:
        return bool(
            await tx.execute(
                "update app.bot_forms set title = %s, used_when = %s, fields = %s, hands_over = %s, enabled = %s "
                "where business_id = %s and id = %s and removed_at is null",
                (*_values(form), business_id, form.id),
            )
        )

    async def remove(self, tx: Tx, business_id: BusinessId, form_id: UUID, at: datetime) -> bool:
        return bool(
            await tx.execute(
                "update app.bot_forms set removed_at = %s where business_id = %s and id = %s and removed_at is null",
                (at, business_id, form_id),
            )
        )

    async def counts(self, tx: Tx, business_id: BusinessId) -> Mapping[UUID, int]:
        rows = await tx.rows(
            "select form_id, count(*) as n from app.bot_form_entries where business_id = %s group by form_id",
            (business_id,),
        )
        return {row.form_id: row.n for row in rows}


class PostgresEntries:
    """See `application.form_ports.Entries`."""

    async def noted(
        self, tx: Tx, business_id: BusinessId, conversation_id: UUID, form_id: UUID, since: datetime
    ) -> Sequence[Noted]:
        rows = await tx.rows(
            'select id, "values", jsonb_array_length(revisions) as changes from app.bot_form_entries '
            "where business_id = %s and conversation_id = %s and form_id = %s "
            "and coalesce(changed_at, created_at) > %s order by created_at desc, id desc limit 20",
            (business_id, conversation_id, form_id, since),
        )
        return [Noted(row.id, row.values, row.changes) for row in rows]

    async def add(
        self, tx: Tx, business_id: BusinessId, conversation_id: UUID, filled: FilledForm, at: datetime
    ) -> UUID:
        entry_id = new_id()
        await tx.execute(
            "insert into app.bot_form_entries "
            '(business_id, id, form_id, conversation_id, title, fields, "values", created_at) '
            "values (%s, %s, %s, %s, %s, %s, %s, %s)",
            (business_id, entry_id, filled.form.id, conversation_id, *_snapshot(filled), at),
        )
        return entry_id

    async def revise(self, tx: Tx, business_id: BusinessId, entry_id: UUID, filled: FilledForm, at: datetime) -> None:
        await tx.execute(
            """
            update app.bot_form_entries set title = %s, fields = %s, "values" = %s, changed_at = %s,
              revisions = case when jsonb_array_length(revisions) >= %s then revisions - 0 else revisions end
                || jsonb_build_array(jsonb_build_object(
                     'at', coalesce(changed_at, created_at), 'fields', fields, 'values', "values"))
            where business_id = %s and id = %s
            """,
            (*_snapshot(filled), at, _MOST_REVISIONS, business_id, entry_id),
        )

    async def own_phone(self, tx: Tx, business_id: BusinessId, conversation_id: UUID) -> str | None:
        row = await tx.row(
            "select p.phone from app.conversations c "
            "join app.contacts p on p.business_id = c.business_id and p.id = c.contact_id "
            "where c.business_id = %s and c.id = %s",
            (business_id, conversation_id),
        )
        return f"+{row.phone}" if row and row.phone else None

    async def page(
        self, tx: Tx, business_id: BusinessId, form_id: UUID, cursor: str | None, limit: int
    ) -> tuple[Sequence[Entry], str | None]:
        at, last = _read_cursor(cursor)
        rows = await tx.rows(
            f"{_ENTRIES} and e.form_id = %(form)s "
            "and (%(at)s::timestamptz is null or (e.created_at, e.id) < (%(at)s, %(last)s::uuid)) "
            "order by e.created_at desc, e.id desc limit %(limit)s",
            {"business": business_id, "form": form_id, "at": at, "last": last, "limit": limit + 1},
        )
        entries = [_to_entry(row) for row in rows[:limit]]
        more = len(rows) > limit
        return entries, _write_cursor(entries[-1].created_at, entries[-1].id) if more else None

    async def of_conversation(
        self, tx: Tx, business_id: BusinessId, conversation_id: UUID, limit: int
    ) -> Sequence[Entry]:
        rows = await tx.rows(
            f"{_ENTRIES} and e.conversation_id = %(conversation)s "
            "order by e.created_at desc, e.id desc limit %(limit)s",
            {"business": business_id, "conversation": conversation_id, "limit": limit},
        )
        return [_to_entry(row) for row in rows]

    async def forget(self, tx: Tx, business_id: BusinessId, conversation_ids: Sequence[UUID]) -> Sequence[UUID]:
        rows = await tx.rows(
            f"delete from app.bot_form_entries e {_OF_THEM} returning e.id",
            {"business": business_id, "ids": list(conversation_ids)},
        )
        return [row.id for row in rows]


class PostgresBegunForms:
    """See `application.form_ports.BegunForms`."""

    async def of(self, tx: Tx, business_id: BusinessId, conversation_id: UUID, since: datetime) -> Sequence[BegunForm]:
        rows = await tx.rows(
            'select form_id, "values", another from app.bot_forms_begun '
            "where business_id = %s and conversation_id = %s and kept_at > %s order by form_id",
            (business_id, conversation_id, since),
        )
        return [BegunForm(row.form_id, row.values, row.another) for row in rows]

    async def keep(
        self, tx: Tx, business_id: BusinessId, conversation_id: UUID, begun: BegunForm, at: datetime
    ) -> None:
        await tx.execute(
            "delete from app.bot_forms_begun where business_id = %s and conversation_id = %s and form_id = %s",
            (business_id, conversation_id, begun.form_id),
        )
        if begun.values or begun.another:
            await tx.execute(
                'insert into app.bot_forms_begun (business_id, form_id, conversation_id, "values", another, kept_at) '
                "values (%s, %s, %s, %s, %s, %s)",
                (business_id, begun.form_id, conversation_id, Jsonb(dict(begun.values)), begun.another, at),
            )

    async def forget(self, tx: Tx, business_id: BusinessId, conversation_ids: Sequence[UUID]) -> None:
        await tx.execute(
            f"delete from app.bot_forms_begun e {_OF_THEM}", {"business": business_id, "ids": list(conversation_ids)}
        )

    async def tidy(self, tx: Tx, before: datetime) -> int:
        return await tx.execute("delete from app.bot_forms_begun where kept_at <= %s", (before,))


def _write_cursor(at: datetime, id_: UUID) -> str:
    return base64.urlsafe_b64encode(f"{at.isoformat()} {id_}".encode()).decode().rstrip("=")


def _read_cursor(cursor: str | None) -> tuple[datetime | None, UUID | None]:
    if not cursor:
        return None, None
    try:
        at, _, id_ = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition(" ")
        moment, last = datetime.fromisoformat(at), UUID(id_)
    except ValueError:
        raise FaultyFields([Fault("cursor", "not_a_cursor")]) from None
    if moment.tzinfo is None:
        raise FaultyFields([Fault("cursor", "not_a_cursor")])
    return moment, last


def _snapshot(filled: FilledForm) -> tuple[Any, ...]:
    fields = [field.stored() for field in filled.form.fields]
    return filled.form.title, Jsonb(fields), Jsonb(dict(filled.values))


def _values(form: Form) -> tuple[Any, ...]:
    fields = Jsonb([field.stored() for field in form.fields])
    return form.title, form.used_when, fields, form.hands_over, form.enabled


def _to_form(row: Any) -> Form:
    return Form(
        id=row.id,
        name=row.name,
        title=row.title,
        used_when=row.used_when,
        fields=tuple(FormField.read(field) for field in row.fields),
        hands_over=row.hands_over,
        enabled=row.enabled,
    )


def _to_entry(row: Any) -> Entry:
    return Entry(
        id=row.id,
        form_id=row.form_id,
        conversation_id=row.conversation_id,
        title=row.title,
        fields=tuple(FormField.read(field) for field in row.fields),
        values=row.values,
        revisions=row.revisions,
        created_at=row.created_at,
        changed_at=row.changed_at,
        contact_id=row.contact_id,
        contact_name=row.contact_name,
        phone=row.phone,
    )
