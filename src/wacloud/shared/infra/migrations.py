"""
Applies the migrations: plain SQL files, each once, each in a transaction of its own.

The names are those the Supabase CLI uses (`YYYYMMDDHHMMSS_name.sql`): `supabase db push` runs the same files.
What was applied stands in `public.schema_migrations` with a checksum: an applied file never changes.
"""

import hashlib
import re
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"
APP_ROLE = "wacloud_app"

# Any number will do, as long as nobody else in the database takes it for a lock.
_LOCK = 7_233_914_402
_WAIT_FOR_OTHERS = "120s"
_NAME = re.compile(r"(\d{14})_([a-z0-9_]+)\.sql")

_BOOK = """
    create table if not exists public.schema_migrations (
      version text primary key,
      name text not null,
      checksum text not null,
      applied_at timestamptz not null default now()
    );
    alter table public.schema_migrations enable row level security;
    alter table public.schema_migrations force row level security;
    revoke all on public.schema_migrations from public;
    do $$ begin
      if not exists (select from pg_policies where schemaname = 'public' and tablename = 'schema_migrations') then
        -- Forced row level security binds the owner too, who keeps this book.
        execute format('create policy keeper on public.schema_migrations to %I using (true) with check (true)',
                       current_user);
      end if;
    end $$;
"""


class CannotMigrate(Exception):
    """The migrations cannot be applied; the text says which and why."""


@dataclass(frozen=True, slots=True)
class Migration:
    version: str
    name: str
    text: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def file(self) -> str:
        return f"{self.version}_{self.name}.sql"


def migrate(admin_dsn: str, *, app_password: str | None, folder: Path = MIGRATIONS) -> list[str]:
    """
    Apply what is missing, in order, and return the names of the files applied.

    With `app_password` the app's role may then log in with it; without, its login is left as it is. Of two
    callers at once the second waits and finds nothing left to do.

    :raises CannotMigrate: no connection or too few rights, a file that fails, or an applied file that was changed.
    """
    wanted = read_migrations(folder)
    try:
        with psycopg.connect(admin_dsn, autocommit=True, connect_timeout=10) as connection:
            connection.execute(sql.SQL("set lock_timeout = {}").format(sql.Literal(_WAIT_FOR_OTHERS)))
            connection.execute("select pg_advisory_lock(%s)", [_LOCK])
            connection.execute("set client_min_messages = warning")
            connection.execute(_BOOK)
            missing = _missing(connection, wanted)
            for migration in missing:
                _apply(connection, migration)
            if app_password is not None:
                _let_app_log_in(connection, app_password)
            return [migration.file for migration in missing]
    except psycopg.OperationalError as problem:
        raise CannotMigrate(f"The database cannot be reached or did not answer: {_first_line(problem)}") from problem
    except psycopg.ProgrammingError as problem:
        if problem.sqlstate is None:
            # The driver quotes what it could not read, and there may be a password in it.
            raise CannotMigrate("The URL is none: it reads postgresql://owner:password@host:5432/database") from None
        raise CannotMigrate(f"The database refused: {_first_line(problem)}") from problem
    except psycopg.Error as problem:
        raise CannotMigrate(f"The database refused: {_first_line(problem)}") from problem


def read_migrations(folder: Path = MIGRATIONS) -> list[Migration]:
    """:raises CannotMigrate: a misnamed file, or two with one version."""
    found: dict[str, Migration] = {}
    for path in sorted(folder.glob("*.sql")):
        name = _NAME.fullmatch(path.name)
        if not name:
            raise CannotMigrate(f"{path.name}: a migration is named YYYYMMDDHHMMSS_name.sql")
        if name[1] in found:
            raise CannotMigrate(f"{path.name} and {found[name[1]].file} have the same version")
        # Line ends may change on their way through git; they are no change of the migration.
        found[name[1]] = Migration(name[1], name[2], path.read_text("utf-8").replace("\r\n", "\n"))
    if not found:
        raise CannotMigrate(f"There are no migrations in {folder}")
    return list(found.values())


def _missing(connection: psycopg.Connection, wanted: list[Migration]) -> list[Migration]:
    rows = connection.execute("select version, checksum from public.schema_migrations").fetchall()
    applied: dict[str, str] = dict(rows)
    for migration in wanted:
        if applied.get(migration.version, migration.checksum) != migration.checksum:
            raise CannotMigrate(
                f"{migration.file} was applied and has changed since. Put it back and write a new migration."
            )
    # A version only the database knows is a newer release's: side by side during a deploy, and none of ours.
    return [migration for migration in wanted if migration.version not in applied]


def _apply(connection: psycopg.Connection, migration: Migration) -> None:
    try:
        with connection.transaction():
            # A file may set its own; without one, a waiting migration must not block everybody behind it.
            connection.execute("set local lock_timeout = '10s'")
            connection.execute(migration.text.encode(), prepare=False)
            if connection.info.transaction_status != TransactionStatus.INTRANS:
                raise CannotMigrate(f"{migration.file} ends the transaction it runs in; leave out begin and commit")
            connection.execute(
                "insert into public.schema_migrations (version, name, checksum) values (%s, %s, %s)",
                [migration.version, migration.name, migration.checksum],
            )
    except psycopg.Error as problem:
        raise CannotMigrate(
            f"{migration.file} failed{_where(problem, migration.text)}: {_first_line(problem)}"
        ) from problem


def _let_app_log_in(connection: psycopg.Connection, password: str) -> None:
    # Hashed here, so that the password itself never stands in a server's log.
    role = APP_ROLE.encode()
    hashed = connection.pgconn.encrypt_password(password.encode(), role, b"scram-sha-256").decode()
    statement = sql.SQL("alter role {} login password {}")
    connection.execute(statement.format(sql.Identifier(APP_ROLE), sql.Literal(hashed)))


def _where(problem: psycopg.Error, text: str) -> str:
    position = problem.diag.statement_position
    return f" in line {text.count(chr(10), 0, int(position) - 1) + 1}" if position else ""


def _first_line(problem: Exception) -> str:
    return (str(problem).strip().splitlines() or [type(problem).__name__])[0]
