"""Takes a business out of every table, as the catalog knows them."""

from dataclasses import dataclass

import psycopg

from wacloud.shared.application.db import Database, Tx
from wacloud.shared.domain.ids import BusinessId

# Tables that hold rows of businesses, with the column that says whose. Partitions go through their parent.
_TABLES = """
select c.relname as name, case when c.relname = 'businesses' then 'id' else 'business_id' end as whose
from pg_catalog.pg_class c
where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
  and c.relname <> 'audit_log'
  and (c.relname = 'businesses' or exists (
    select from pg_catalog.pg_attribute a
    where a.attrelid = c.oid and a.attname = 'business_id' and not a.attisdropped))
order by c.relname
"""
_REFERENCES = """
select c.relname as child, p.relname as parent,
       array(select a.attname::text from pg_catalog.pg_attribute a
             where a.attrelid = k.conrelid and a.attnum = any (k.conkey) and a.attname <> 'business_id') as columns
from pg_catalog.pg_constraint k
join pg_catalog.pg_class c on c.oid = k.conrelid join pg_catalog.pg_class p on p.oid = k.confrelid
where k.contype = 'f' and c.relnamespace = 'app'::regnamespace and not c.relispartition and not p.relispartition
"""


@dataclass(frozen=True, slots=True)
class _Table:
    name: str
    whose: str
    refers_to_itself_by: tuple[str, ...]


class PostgresErasure:
    """See `ports.Erasure`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def sweep(self, business_id: BusinessId, most: int) -> int:
        async with self._db.tenant(business_id, read_only=True) as tx:
            tables = await _children_first(tx)
        found = 0
        for table in tables:
            try:
                async with self._db.tenant(business_id) as tx:
                    deleted = await _delete(tx, table, business_id, most)
            except psycopg.errors.ForeignKeyViolation:
                # Something of it was written meanwhile: the next sweep takes it with it.
                return found + 1
            found += deleted
            if deleted >= most:
                # There is more of this one, and what it hangs on cannot go before.
                return found
        return found


async def _children_first(tx: Tx) -> list[_Table]:
    rows = await tx.rows(_TABLES)
    references = await tx.rows(_REFERENCES)
    left: dict[str, _Table] = {
        row.name: _Table(
            row.name,
            row.whose,
            tuple(c for one in references if one.child == one.parent == row.name for c in one.columns),
        )
        for row in rows
    }
    ordered: list[_Table] = []
    while left:
        free = [
            name
            for name in left
            if not any(o.parent == name and o.child != name and o.child in left for o in references)
        ]
        if not free:
            raise RuntimeError(f"tables that refer to each other in a circle: {sorted(left)}")
        ordered += [left.pop(name) for name in free]
    return ordered


async def _delete(tx: Tx, table: _Table, business_id: BusinessId, most: int) -> int:
    # Names come from the catalog, quoted by hand as identifiers of ours always may be; the id travels as a parameter.
    name, whose = f'app."{table.name}"', f'"{table.whose}"'
    for column in table.refers_to_itself_by:
        await tx.execute(
            f'update {name} set "{column}" = null where {whose} = %s and "{column}" is not null', (business_id,)
        )
    return await tx.execute(
        f"""
        delete from {name} t using (select tableoid, ctid from {name} where {whose} = %s limit %s) d
        where t.ctid = d.ctid and t.tableoid = d.tableoid and t.{whose} = %s
        """,
        (business_id, most, business_id),
    )
