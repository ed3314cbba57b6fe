"""Fills any table of schema `app` for any business, from what the catalog says about it."""

import re
import secrets
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import dict_row, namedtuple_row
from psycopg.types.json import Jsonb

# Whose a row is, where no column `business_id` says so. None: nobody's, and only the system may see it.
WHOSE: Mapping[str, str | None] = {
    "businesses": "id",
    "users": "id",
    "credentials": "user_id",
    "sessions": "user_id",
    "refresh_tokens": "user_id",
    "one_time_tokens": "user_id",
    "acquaintances": "user_id",
    "totp_factors": "user_id",
    "passkeys": "user_id",
    "backup_codes": "user_id",
    "schedules": None,
    "mail_suppressions": None,
    "local_mails": None,
    "message_rates": None,
}
OF_A_PERSON = frozenset(
    {
        "users",
        "acquaintances",
        "credentials",
        "sessions",
        "refresh_tokens",
        "one_time_tokens",
        "totp_factors",
        "passkeys",
        "backup_codes",
    }
)

# Rows that come with a row of another table; they are made anew here, like all others.
MADE_BY_TRIGGERS = frozenset({"knowledge_versions"})

_TABLES = """
select relname from pg_class
where relnamespace = 'app'::regnamespace and relkind in ('r', 'p') and not relispartition order by 1
"""
_COLUMNS = """
select c.relname as table, a.attname as name, format_type(a.atttypid, null) as type,
       a.attnotnull and not a.atthasdef and a.attidentity = '' and a.attgenerated = '' as needed
from pg_attribute a join pg_class c on c.oid = a.attrelid
where c.relnamespace = 'app'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
  and a.attnum > 0 and not a.attisdropped order by c.relname, a.attnum
"""
_KEYS = """
select k.conname as name, c.relname as child, p.relname as parent,
       (select array_agg(a.attname::text order by n) from unnest(k.conkey) with ordinality as u(i, n)
          join pg_attribute a on a.attrelid = k.conrelid and a.attnum = i) as columns,
       (select array_agg(a.attname::text order by n) from unnest(k.confkey) with ordinality as u(i, n)
          join pg_attribute a on a.attrelid = k.confrelid and a.attnum = i) as targets
from pg_constraint k join pg_class c on c.oid = k.conrelid join pg_class p on p.oid = k.confrelid
where k.contype = 'f' and c.relnamespace = 'app'::regnamespace and not c.relispartition and not p.relispartition
"""
_CHECKS = """
select c.relname as table, pg_get_constraintdef(k.oid) as rule
from pg_constraint k join pg_class c on c.oid = k.conrelid
where k.contype = 'c' and c.relnamespace = 'app'::regnamespace and not c.relispartition
"""


class CannotFill(Exception):
    """A table this file does not understand: teach it, so that the table is tried like all others."""


@dataclass(frozen=True, slots=True)
class Column:
    name: str
    type: str
    needed: bool
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ForeignKey:
    name: str
    child: str
    parent: str
    columns: tuple[str, ...]
    targets: tuple[str, ...]


@dataclass(slots=True)
class Tenant:
    """One business, its owner, and its row in every table filled so far."""

    business: uuid.UUID = field(default_factory=uuid.uuid4)
    person: uuid.UUID = field(default_factory=uuid.uuid4)
    rows: dict[str, dict[str, Any]] = field(default_factory=dict)


class Schema:
    """The tables of `app` as they are now."""

    def __init__(self, connection: "psycopg.Connection[Any]") -> None:
        look = connection.cursor(row_factory=namedtuple_row)
        self.tables: list[str] = [row.relname for row in look.execute(_TABLES)]
        self.keys = [
            ForeignKey(row.name, row.child, row.parent, tuple(row.columns), tuple(row.targets))
            for row in look.execute(_KEYS).fetchall()
        ]
        choices: dict[tuple[str, str], tuple[str, ...]] = {}
        for row in look.execute(_CHECKS).fetchall():
            for name, words in re.findall(r"(\w+) = ANY \(ARRAY\[([^\]]+)\]", row.rule):
                choices[row.table, name] = tuple(re.findall(r"'([^']*)'", words))
        self.columns: dict[str, dict[str, Column]] = {table: {} for table in self.tables}
        for row in look.execute(_COLUMNS).fetchall():
            given = choices.get((row.table, row.name), ())
            self.columns[row.table][row.name] = Column(row.name, row.type, row.needed, given)

    def owner_column(self, table: str) -> str | None:
        """:raises CannotFill: nobody said whose the rows of this table are."""
        if "business_id" in self.columns[table]:
            return "business_id"
        if table not in WHOSE:
            raise CannotFill(f"app.{table} has no business_id: whose are its rows? Say so in WHOSE")
        return WHOSE[table]

    def owner(self, table: str, tenant: Tenant) -> uuid.UUID:
        return tenant.person if table in OF_A_PERSON else tenant.business

    def in_order(self) -> list[str]:
        """Parents before children."""
        ordered: list[str] = []
        left = list(self.tables)
        while left:
            ready = [
                table
                for table in left
                if all(key.parent in (*ordered, table) for key in self.keys if key.child == table and self._needed(key))
            ]
            if not ready:
                raise CannotFill(f"tables that need each other: {left}")
            ordered += ready
            left = [table for table in left if table not in ready]
        return ordered

    def fill(self, connection: "psycopg.Connection[Any]", tenant: Tenant) -> None:
        """
        One row in every table.

        :raises CannotFill: a table refuses what it was given.
        """
        for table in self.in_order():
            row = self.new_row(table, tenant)
            try:
                with connection.transaction():
                    if table in MADE_BY_TRIGGERS:
                        connection.execute(
                            sql.SQL("delete from app.{} where business_id = %s").format(sql.Identifier(table)),
                            (tenant.business,),
                        )
                    tenant.rows[table] = self.insert(connection, table, row)
            except psycopg.Error as error:
                raise CannotFill(f"app.{table} refuses {row}: {error}") from error

    def new_row(self, table: str, tenant: Tenant) -> dict[str, Any]:
        """Values for one more row of this tenant."""
        row = {
            column.name: _value(column)
            for column in self.columns[table].values()
            if column.needed or column.name == "business_id"
        }
        for key in self.keys:
            if key.child == table and self._needed(key):
                parent = tenant.rows[key.parent]
                row |= {name: parent[target] for name, target in zip(key.columns, key.targets, strict=True)}
        if owner := self.owner_column(table):
            row[owner] = self.owner(table, tenant)
        return row

    def insert(self, connection: "psycopg.Connection[Any]", table: str, row: Mapping[str, Any]) -> dict[str, Any]:
        names = list(row)
        statement = sql.SQL("insert into app.{} ({}) values ({}) returning *").format(
            sql.Identifier(table),
            sql.SQL(", ").join(map(sql.Identifier, names)),
            sql.SQL(", ").join(sql.Placeholder() * len(names)),
        )
        stored = connection.cursor(row_factory=dict_row).execute(statement, list(row.values())).fetchone()
        assert stored is not None
        return stored

    def _needed(self, key: ForeignKey) -> bool:
        # Whose a row is, is said even where it may be nobody's.
        return all(self.columns[key.child][name].needed or name == WHOSE.get(key.child) for name in key.columns)


def _value(column: Column) -> Any:
    if column.choices:
        return column.choices[0]
    match column.type:
        case "uuid":
            return uuid.uuid4()
        case "text":
            return "w" + secrets.token_hex(8)
        case "timestamp with time zone":
            return datetime.now(UTC)
        case "jsonb":
            return Jsonb({})
        case "bytea":
            return secrets.token_bytes(32)
        case "integer" if column.name == "number":
            # Part of a key: another business has another one.
            return 1 + secrets.randbelow(1_000_000)
        case "smallint" | "integer" | "bigint" | "real" | "double precision" | "numeric":
            return 1
        case "integer[]":
            return [1]
        case "boolean":
            return True
        case "interval":
            return timedelta(days=1)
        case "date":
            return datetime.now(UTC).date()
    raise CannotFill(f"column {column.name}: what is a {column.type}?")
