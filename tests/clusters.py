"""PostgreSQL servers of the tests' own, with a superuser: for what only a superuser can arrange or break."""

import contextlib
import secrets
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo

from wacloud.main.child import Child, Running, answers, free_port
from wacloud.main.embedded import EmbeddedPostgres
from wacloud.main.unprivileged import reachable_folder, unprivileged_account

DEBIAN_15 = Path("/usr/lib/postgresql/15/bin")


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running server; `superuser` is the DSN of its superuser in the database `postgres`."""

    major: int
    superuser: str

    def dsn(self, database: str, user: str | None = None, password: str | None = None) -> str:
        """A superuser's DSN of this database, or another's."""
        changes: Mapping[str, str | None] = {"dbname": database, "user": user, "password": password}
        return make_conninfo(self.superuser, **{name: value for name, value in changes.items() if value})

    def run(self, statement: str, database: str = "postgres") -> None:
        """Run this as the superuser."""
        with psycopg.connect(self.dsn(database), autocommit=True) as connection:
            connection.execute(statement)

    @contextlib.contextmanager
    def database(self, owner: str = "postgres") -> Iterator[str]:
        """A new empty database that belongs to this role; yields its name."""
        name = f"db_{secrets.token_hex(5)}"
        with psycopg.connect(self.superuser, autocommit=True) as server:
            create = sql.SQL("create database {} owner {} template template0")
            server.execute(create.format(sql.Identifier(name), sql.Identifier(owner)))
            try:
                yield name
            finally:
                server.execute(sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))

    def drop_roles(self, *names: str) -> None:
        """Forget these roles, where they are there; their databases must be gone."""
        with psycopg.connect(self.superuser, autocommit=True) as server:
            for name in names:
                found = server.execute("select 1 from pg_roles where rolname = %s", [name]).fetchone()
                if found:
                    server.execute(sql.SQL("drop owned by {0}; drop role {0}").format(sql.Identifier(name)))


@contextlib.contextmanager
def embedded_cluster(folder: Path) -> Iterator[Cluster]:
    """PostgreSQL 18 from the wheel."""
    folder.mkdir(mode=0o711)
    postgres = EmbeddedPostgres(folder, superuser_password=secrets.token_urlsafe(16), durable=False)
    with _running(postgres.child, folder):
        yield Cluster(18, postgres.superuser_dsn("postgres"))


@contextlib.contextmanager
def debian_cluster(folder: Path, programs: Path = DEBIAN_15) -> Iterator[Cluster]:
    """PostgreSQL 15 as Debian 12 packages it."""
    account = unprivileged_account()
    folder.mkdir(mode=0o711)
    data = reachable_folder(account, folder) / "data"
    data.mkdir(mode=0o700)
    port = free_port()
    env = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
    as_account = {} if account is None else {"user": account.uid, "group": account.gid, "extra_groups": []}
    if account is not None:
        subprocess.run(["chown", f"{account.uid}:{account.gid}", str(data)], check=True)
    subprocess.run(
        [str(programs / "initdb"), "-D", str(data), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C", "-N"],
        check=True,
        capture_output=True,
        env=env,
        cwd="/",
        **as_account,  # type: ignore[call-overload]
    )
    options = f"listen_addresses=127.0.0.1 port={port} unix_socket_directories= fsync=off full_page_writes=off".split()
    child = Child(
        name="postgres15",
        argv=[str(programs / "postgres"), "-D", str(data), *(part for option in options for part in ("-c", option))],
        env=env,
        account=account,
        is_ready=lambda: _answers(port),
    )
    with _running(child, folder):
        yield Cluster(15, f"host=127.0.0.1 port={port} user=postgres dbname=postgres")


def _answers(port: int) -> bool:
    if not answers(port):
        return False
    try:
        psycopg.connect(f"host=127.0.0.1 port={port} user=postgres dbname=postgres", connect_timeout=2).close()
    except psycopg.OperationalError:
        return False
    return True


@contextlib.contextmanager
def _running(child: Child, logs: Path) -> Iterator[None]:
    running = Running(child, logs)
    try:
        running.wait_until_ready()
        yield
    finally:
        running.stop()
