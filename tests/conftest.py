"""
Servers for the tests: one real PostgreSQL and one real Valkey for the whole run.

They come from Python packages, unless `TEST_DATABASE_URL` (a role that may create databases and roles) and
`TEST_REDIS_URL` name servers that are there already.
"""

import contextlib
import os
import secrets
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from clusters import DEBIAN_15, Cluster, debian_cluster, embedded_cluster
from wacloud.main.child import Running
from wacloud.main.embedded import EmbeddedPostgres, EmbeddedValkey
from wacloud.shared.infra.migrations import migrate

APP_PASSWORD = "for tests only"


@dataclass(frozen=True, slots=True)
class TestDatabase:
    """A migrated database: `admin_dsn` is its owner, `app_dsn` the role serve and worker log in with."""

    __test__ = False
    admin_dsn: str
    app_dsn: str


@dataclass(slots=True)
class EmbeddedServers:
    """Servers a test may kill: `servers.postgres.kill()`, then `.launch()` and `.wait_until_ready()`."""

    postgres: Running
    valkey: Running
    database: TestDatabase
    redis_url: str
    folder: Path


@pytest.fixture(scope="session")
def server_folder() -> Iterator[Path]:
    """A folder that PostgreSQL's own account may enter too; pytest's are for the caller alone."""
    with _open_folder() as folder:
        yield folder


@pytest.fixture(scope="session")
def redis_url(server_folder: Path) -> Iterator[str]:
    given = os.environ.get("TEST_REDIS_URL")
    if given:
        yield given
        return
    valkey = EmbeddedValkey(server_folder, password=secrets.token_urlsafe(16))
    running = Running(valkey.child, server_folder)
    try:
        running.wait_until_ready()
        yield valkey.url
    finally:
        running.stop()


@pytest.fixture(scope="session")
def database_template(server_folder: Path) -> Iterator[str]:
    """The owner's DSN of a migrated database nobody is connected to: all others are copied from it."""
    name = f"template_{secrets.token_hex(6)}"
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        _run(given, sql.SQL("create database {}").format(sql.Identifier(name)))
        owner = make_conninfo(given, dbname=name)
        migrate(owner, app_password=APP_PASSWORD)
        yield owner
        _run(given, sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
        return
    # Nothing here survives a power cut, which is quicker. Tests that kill servers use `embedded_servers`.
    postgres = EmbeddedPostgres(server_folder, superuser_password=secrets.token_urlsafe(16), durable=False)
    running = Running(postgres.child, server_folder)
    try:
        running.wait_until_ready()
        owner = postgres.create_database(secrets.token_urlsafe(16), name)
        migrate(owner, app_password=APP_PASSWORD)
        yield owner
    finally:
        running.stop()


@pytest.fixture(scope="session")
def shared_database(database_template: str) -> Iterator[TestDatabase]:
    """The database most tests share: each makes its own business in it."""
    with _copied(database_template) as database:
        yield database


@pytest.fixture(scope="session")
def admin_dsn(shared_database: TestDatabase) -> str:
    """The owner of the shared database: migrations and looking, never the app's own work."""
    return shared_database.admin_dsn


@pytest.fixture(scope="session")
def app_dsn(shared_database: TestDatabase) -> str:
    return shared_database.app_dsn


@pytest.fixture(scope="module")
def own_database(database_template: str) -> Iterator[TestDatabase]:
    """A fresh database for the tests of one file, with nobody else's workers in it."""
    with _copied(database_template) as database:
        yield database


@pytest.fixture
def new_database(database_template: str) -> Iterator[Callable[[], TestDatabase]]:
    """Call it for a fresh migrated database of one's own; it goes away after the test."""
    with contextlib.ExitStack() as databases:
        yield lambda: databases.enter_context(_copied(database_template))


@pytest.fixture(scope="session")
def own_cluster(server_folder: Path) -> Iterator[Cluster]:
    """A second PostgreSQL 18, empty, whose superuser the tests are: roles and settings may be changed in it."""
    with embedded_cluster(server_folder / "own") as cluster:
        yield cluster


@pytest.fixture(scope="session")
def oldest_cluster(server_folder: Path) -> Iterator[Cluster]:
    """The oldest PostgreSQL we support, where its programs are installed."""
    if not (DEBIAN_15 / "postgres").exists():
        pytest.skip(f"PostgreSQL 15 is not installed in {DEBIAN_15}")
    with debian_cluster(server_folder / "oldest") as cluster:
        yield cluster


@pytest.fixture
def embedded_servers() -> Iterator[EmbeddedServers]:
    """Servers of one's own with fsync on, to be killed and started again."""
    with _open_folder() as folder:
        postgres = EmbeddedPostgres(folder, superuser_password=secrets.token_urlsafe(16))
        valkey = EmbeddedValkey(folder, password=secrets.token_urlsafe(16))
        with contextlib.ExitStack() as started:
            running = []
            for child in (postgres.child, valkey.child):
                running.append(Running(child, folder))
                started.callback(running[-1].stop)
                running[-1].wait_until_ready()
            owner = postgres.create_database(secrets.token_urlsafe(16))
            migrate(owner, app_password=APP_PASSWORD)
            database = TestDatabase(_as_url(owner), _as_app(owner))
            yield EmbeddedServers(*running, database, valkey.url, folder)


@contextlib.contextmanager
def _open_folder() -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(prefix="wacloud-tests-"))
    folder.chmod(0o711)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _copied(template: str) -> Iterator[TestDatabase]:
    name = f"test_{secrets.token_hex(6)}"
    source = str(conninfo_to_dict(template)["dbname"])
    server = make_conninfo(template, dbname="postgres")
    create = sql.SQL("create database {} template {}")
    _run(server, create.format(sql.Identifier(name), sql.Identifier(source)))
    owner = make_conninfo(template, dbname=name)
    try:
        yield TestDatabase(_as_url(owner), _as_app(owner))
    finally:
        _drop(server, name)


def _drop(server: str, name: str) -> None:
    """Whoever has just hung up may still be leaving, and the owner, no superuser, may not throw the app out."""
    deadline = time.monotonic() + 10
    while True:
        try:
            _run(server, sql.SQL("drop database {} with (force)").format(sql.Identifier(name)))
            return
        except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectInUse):
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def _run(dsn: str, statement: sql.Composed) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(statement)


def _as_app(owner: str) -> str:
    return _as_url(make_conninfo(owner, user="wacloud_app", password=APP_PASSWORD))


def _as_url(conninfo: str) -> str:
    parts = conninfo_to_dict(conninfo)
    who = f"{quote(str(parts['user']), safe='')}:{quote(str(parts.get('password', '')), safe='')}"
    return f"postgresql://{who}@{parts['host']}:{parts.get('port', 5432)}/{parts['dbname']}"
