"""Files of contacts, row by row; see `people_ports.Imports`."""

import json
from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from wacloud.modules.whatsapp.application.people_ports import Step
from wacloud.modules.whatsapp.application.people_stored import Import
from wacloud.modules.whatsapp.domain.contact_csv import Entry
from wacloud.modules.whatsapp.domain.person import COLOURS, MOST_TAGS
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId, UserId

IMPORT_COLUMNS = (
    "id, file_name, encoding, header, mapping, options, state, rows, next_row, added, updated, unchanged, refused,"
    " created_at, finished_at"
)
_KEPT = timedelta(days=30)
_AT_ONCE = 2000


class PostgresImports:
    """See `people_ports.Imports`."""

    async def add(
        self,
        tx: Tx,
        business_id: BusinessId,
        new: Import,
        created_by: UserId,
        rows: Sequence[tuple[int, Sequence[str]]],
    ) -> None:
        await tx.execute(
            "delete from app.contact_imports where business_id = %s and state <> 'running' and created_at < now() - %s",
            (business_id, _KEPT),
        )
        await tx.execute(
            "insert into app.contact_imports (business_id, id, created_by, file_name, encoding, header, mapping, rows) "
            "values (%s, %s, %s, %s, %s, %s, %s, %s)",
            (
                business_id,
                new.id,
                created_by,
                new.file_name,
                new.encoding,
                json.dumps(list(new.header)),
                json.dumps(list(new.mapping)),
                len(rows),
            ),
        )
        for start in range(0, len(rows), _AT_ONCE):
            part = rows[start : start + _AT_ONCE]
            await tx.execute(
                "insert into app.contact_import_rows (business_id, import_id, row, cells) "
                "select %s, %s, row, cells::jsonb from unnest(%s::int[], %s::text[]) as r(row, cells)",
                (
                    business_id,
                    new.id,
                    [number for number, _ in part],
                    [json.dumps(list(cells)) for _, cells in part],
                ),
            )

    async def hold(self, tx: Tx, business_id: BusinessId, import_id: UUID) -> Import | None:
        row = await tx.row(
            f"select {IMPORT_COLUMNS} from app.contact_imports where business_id = %s and id = %s for update",
            (business_id, import_id),
        )
        return to_import(row) if row else None

    async def begin(
        self,
        tx: Tx,
        business_id: BusinessId,
        import_id: UUID,
        mapping: Sequence[str | None],
        options: Mapping[str, Any],
    ) -> None:
        await tx.execute(
            "update app.contact_imports set state = 'running', mapping = %s, options = %s "
            "where business_id = %s and id = %s",
            (json.dumps(list(mapping)), json.dumps(options), business_id, import_id),
        )

    async def next_rows(
        self, tx: Tx, business_id: BusinessId, import_id: UUID, first: int, most: int
    ) -> Sequence[tuple[int, Sequence[str]]]:
        rows = await tx.rows(
            "select row, cells from app.contact_import_rows where business_id = %s and import_id = %s and row >= %s "
            "order by row limit %s",
            (business_id, import_id, first, most),
        )
        return [(row.row, row.cells) for row in rows]

    async def put_entries(self, tx: Tx, business_id: BusinessId, entries: Sequence[tuple[UUID, Entry]]) -> set[UUID]:
        written = await tx.rows(
            """
            update app.contacts p
            set name = coalesce(n.name, p.name), fields = p.fields || n.fields, updated_at = now(),
                named_at = case when n.name <> coalesce(p.name, '') then now() else p.named_at end
            from unnest(%s::uuid[], %s::text[], %s::jsonb[]) as n(id, name, fields)
            where p.business_id = %s and p.id = n.id
              and (n.name is distinct from coalesce(p.name, '') and n.name is not null or not p.fields @> n.fields)
            returning p.id
            """,
            (
                [contact_id for contact_id, _ in entries],
                [entry.name for _, entry in entries],
                [json.dumps(entry.fields) for _, entry in entries],
                business_id,
            ),
        )
        changed = {row.id for row in written}
        tags = sorted({tag for _, entry in entries for tag in entry.tags})
        if tags:
            await tx.execute(
                """
                insert into app.contact_tags (business_id, name, colour)
                select %(b)s, name, (%(colours)s::text[])[1 + (abs(hashtext(name)) %% %(many)s)]
                from (select distinct on (lower(u)) u as name from unnest(%(tags)s::text[]) u order by lower(u), u) t
                where (select count(*) from app.contact_tags where business_id = %(b)s) + %(new)s <= %(most)s
                on conflict do nothing
                """,
                {
                    "b": business_id,
                    "tags": tags,
                    "colours": list(COLOURS),
                    "many": len(COLOURS),
                    "new": len(tags),
                    "most": MOST_TAGS,
                },
            )
            put_on = await tx.rows(
                """
                insert into app.tagged_contacts (business_id, tag_id, contact_id)
                select distinct t.business_id, t.id, n.id from unnest(%s::uuid[], %s::text[]) as n(id, tag)
                join app.contact_tags t on t.business_id = %s and lower(t.name) = lower(n.tag)
                on conflict do nothing returning contact_id
                """,
                (
                    [contact_id for contact_id, entry in entries for _ in entry.tags],
                    [tag for _, entry in entries for tag in entry.tags],
                    business_id,
                ),
            )
            changed |= {row.contact_id for row in put_on}
        return changed

    async def advance(self, tx: Tx, business_id: BusinessId, import_id: UUID, done: Step) -> None:
        which = {"b": business_id, "id": import_id, "next": done.next_row}
        await tx.execute(
            """
            update app.contact_imports set next_row = %(next)s, added = added + %(added)s,
              updated = updated + %(updated)s, unchanged = unchanged + %(unchanged)s, refused = refused + %(refused)s,
              state = case when %(last)s then 'done' else state end,
              finished_at = case when %(last)s then now() end
            where business_id = %(b)s and id = %(id)s
            """,
            {
                **which,
                "added": done.added,
                "updated": done.updated,
                "unchanged": done.unchanged,
                "refused": len(done.problems),
                "last": done.is_last,
            },
        )
        await tx.execute(
            """
            update app.contact_import_rows r set problem = n.problem
            from unnest(%s::int[], %s::text[]) as n(row, problem)
            where r.business_id = %s and r.import_id = %s and r.row = n.row
            """,
            (list(done.problems.keys()), list(done.problems.values()), business_id, import_id),
        )
        await tx.execute(
            "delete from app.contact_import_rows where business_id = %(b)s and import_id = %(id)s "
            "and row < %(next)s and problem is null",
            which,
        )

    async def stop(self, tx: Tx, business_id: BusinessId, import_id: UUID) -> bool:
        stopped = await tx.execute(
            "update app.contact_imports set state = 'stopped', finished_at = now() "
            "where business_id = %s and id = %s and state = 'running'",
            (business_id, import_id),
        )
        return stopped > 0

    async def drop(self, tx: Tx, business_id: BusinessId, import_id: UUID) -> bool:
        gone = await tx.execute(
            "delete from app.contact_imports where business_id = %s and id = %s and state <> 'running'",
            (business_id, import_id),
        )
        return gone > 0


def to_import(row: Any) -> Import:
    """A row of `IMPORT_COLUMNS`."""
    return Import(**row._asdict())
