"""The processes and stores a measurement runs on: started here, handed to `wacloud.bench`, stopped again."""

import contextlib
import os
import secrets
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from wacloud.bench.places import Say, Server, Stores
from wacloud.main.child import Child, Running, answers, free_port
from wacloud.main.embedded import APP, EmbeddedPostgres, EmbeddedValkey
from wacloud.main.subscriptions import to_jobs
from wacloud.shared.infra.crypto import SecretBox
from wacloud.shared.infra.migrations import migrate
from wacloud.shared.infra.postgres import PostgresDatabase, make_pool

BASE_URL = "http://127.0.0.1"
_PYTHON = (sys.executable, "-P", "-m")


@dataclass(frozen=True, slots=True)
class Secrets:
    """Made for one measurement."""

    app_secret: str = field(default_factory=lambda: secrets.token_hex(16))
    verify_token: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    secret_key: str = field(default_factory=lambda: secrets.token_urlsafe(32))


class Rig:
    """What is running for a measurement. Whatever it starts ends with it."""

    def __init__(self, folder: Path, stores: Stores, say: Say, stack: contextlib.ExitStack) -> None:
        self.folder = folder
        self.stores = stores
        self.say = say
        self.secrets = Secrets()
        self._stack = stack

    def encrypt(self, secret: str) -> str:
        """As serve and worker will open it."""
        return SecretBox([self.secrets.secret_key]).encrypt(secret)

    @contextlib.asynccontextmanager
    async def database(self) -> AsyncIterator[PostgresDatabase]:
        """The database as the app sees it, for looking and for making businesses."""
        pool = make_pool(self.stores.database_url, smallest=1, largest=3)
        async with pool:
            yield PostgresDatabase(pool, to_jobs=to_jobs)

    def start_server(self, name: str, *argv: str, graph_url: str = "http://127.0.0.1:9") -> Server:
        """Start a process of ours that takes `--port`, and wait until it answers."""
        port = free_port()
        running = self._start(name, *argv, "--port", str(port), graph_url=graph_url, is_ready=lambda: answers(port))
        return Server(port, running.process.pid)

    def start_worker(self, *argv: str, graph_url: str = "http://127.0.0.1:9") -> int:
        """Start a worker; returns its process id."""
        return self._start("worker", *argv, graph_url=graph_url, ready_line="worker ready").process.pid

    def start_twin(self, world: str, port: int) -> Server:
        """Start Meta's twin on a port that the others know already."""
        file = self.folder / "world.json"
        file.touch(mode=0o600)
        file.write_text(world)
        argv = [*_PYTHON, "wacloud.twins.graph", "--port", str(port), "--world", str(file)]
        child = Child("graph-twin", argv, is_ready=lambda: answers(port), cwd=self.folder)
        return Server(port, _run(self._stack, child, self.folder).process.pid)

    def _start(
        self,
        name: str,
        *argv: str,
        graph_url: str,
        is_ready: Callable[[], bool] = lambda: True,
        ready_line: str = "",
    ) -> Running:
        self.say(f"starting {name}")
        child = Child(
            name,
            [*_PYTHON, "wacloud", *argv],
            is_ready=is_ready,
            ready_line=ready_line,
            env=self._environment(graph_url),
            # Away from the `.env` of a real installation.
            cwd=self.folder,
        )
        return _run(self._stack, child, self.folder)

    def _environment(self, graph_url: str) -> dict[str, str]:
        passed = ("PATH", "HOME", "LANG", "LD_LIBRARY_PATH", "VIRTUAL_ENV", "TMPDIR", "PYTHONPATH")
        return {
            **{name: os.environ[name] for name in passed if name in os.environ},
            "APP_ENV": "test",
            "BASE_URL": BASE_URL,
            "LOG_LEVEL": "WARNING",
            "DATABASE_URL": self.stores.database_url,
            "REDIS_URL": self.stores.redis_url,
            "SECRET_KEYS": self.secrets.secret_key,
            "META_APP_SECRET": self.secrets.app_secret,
            "META_VERIFY_TOKEN": self.secrets.verify_token,
            "META_GRAPH_URL": graph_url,
            # Everybody under measurement signs in from this machine.
            "RATE_LIMITS": '{"login": 1000}',
            "PYTHONUNBUFFERED": "1",
        }


@contextlib.contextmanager
def open_rig(data: Path | None, database_url: str, redis_url: str, say: Say) -> Iterator[Rig]:
    """
    The stores named, or embedded ones with fsync on; in `data`, or in a folder that goes away afterwards.

    :raises CannotStart: something does not run.
    """
    with contextlib.ExitStack() as stack:
        folder = data.absolute() if data else _temporary_folder(stack)
        folder.mkdir(parents=True, exist_ok=True)
        if not database_url:
            database_url = _start_postgres(stack, folder, data is None, say)
            embedded = True
        else:
            embedded = False
        if not redis_url:
            say("starting Valkey")
            valkey = EmbeddedValkey(folder, password=secrets.token_urlsafe(16))
            _run(stack, valkey.child, folder)
            redis_url = valkey.url
        yield Rig(folder, Stores(database_url, redis_url, embedded), say, stack)


def _start_postgres(stack: contextlib.ExitStack, folder: Path, is_temporary: bool, say: Say) -> str:
    say("starting PostgreSQL")
    kept = folder / "superuser"
    if not kept.exists():
        kept.touch(mode=0o600)
        kept.write_text(secrets.token_urlsafe(16))
    postgres = EmbeddedPostgres(folder, superuser_password=kept.read_text())
    if is_temporary:
        stack.callback(shutil.rmtree, postgres.data, ignore_errors=True)
    _run(stack, postgres.child, folder)
    app_password = secrets.token_urlsafe(16)
    say("migrating")
    migrate(postgres.create_database(secrets.token_urlsafe(16)), app_password=app_password)
    return postgres.dsn(APP, app_password)


def _run(stack: contextlib.ExitStack, child: Child, logs: Path) -> Running:
    running = Running(child, logs)
    stack.callback(running.stop)
    running.wait_until_ready()
    return running


def _temporary_folder(stack: contextlib.ExitStack) -> Path:
    folder = Path(tempfile.mkdtemp(prefix="wacloud-bench-"))
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    # PostgreSQL's own account has to pass through; what is secret in here is so by itself.
    folder.chmod(0o711)
    return folder
