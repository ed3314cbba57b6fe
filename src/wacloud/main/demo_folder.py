"""What a demo keeps in its folder: its lock, its keys and, while it runs, how to use it: `demo.json`, `demo.env`."""

import base64
import contextlib
import fcntl
import json
import os
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from wacloud.main.child import CannotStart


@dataclass(frozen=True, slots=True)
class DemoKeys:
    """Passwords and secrets, made once for each folder."""

    superuser_password: str
    owner_password: str
    app_password: str
    valkey_password: str
    secret_key: str
    app_id: str
    app_secret: str
    verify_token: str
    number_pin: str
    login_password: str
    resend_key: str
    resend_webhook_secret: str


@dataclass(frozen=True, slots=True)
class RunningDemo:
    """The content of `demo.json`: how to reach a demo that is ready."""

    base_url: str
    graph_url: str
    email: str
    password: str
    business_id: str
    waba_id: str
    phone_number_id: str
    app_secret: str
    verify_token: str


class DemoFolder:
    """:raises CannotStart: the folder cannot be made or written."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self.logs = self.path / "logs"
        self.world = self.path / "world.json"
        self.phones = self.path / "phones.jsonl"
        self._announced = self.path / "demo.json"
        self._settings = self.path / "demo.env"
        try:
            self.logs.mkdir(parents=True, exist_ok=True)
            # PostgreSQL's own account has to pass through; what is secret in here is so by itself.
            self.path.chmod(self.path.stat().st_mode | 0o711)
        except OSError as problem:
            raise CannotStart(f"The folder {self.path} cannot be used: {problem.strerror}.") from None

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """:raises CannotStart: another demo runs on this folder."""
        try:
            lock = (self.path / "demo.lock").open("a+")
        except OSError as problem:
            raise CannotStart(f"The folder {self.path} cannot be used: {problem.strerror}.") from None
        with lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                running = self.running()
                where = f" at {running.base_url}" if running else ""
                raise CannotStart(
                    f"A demo already runs on {self.path}{where}. Stop it, or name another folder with --data."
                ) from None
            yield

    def is_locked(self) -> bool:
        """Whether a demo runs on this folder, be it ready or not."""
        try:
            with self.locked():
                return False
        except CannotStart:
            return True

    def keys(self) -> DemoKeys:
        """:raises CannotStart: the file is there and cannot be understood."""
        file = self.path / "keys.json"
        new = DemoKeys(
            superuser_password=secrets.token_urlsafe(24),
            owner_password=secrets.token_urlsafe(24),
            app_password=secrets.token_urlsafe(24),
            valkey_password=secrets.token_urlsafe(24),
            secret_key=secrets.token_urlsafe(32),
            app_id=str(10**15 + secrets.randbelow(9 * 10**15)),
            app_secret=secrets.token_hex(16),
            verify_token=secrets.token_urlsafe(16),
            number_pin=f"{secrets.randbelow(10**6):06}",
            login_password=secrets.token_urlsafe(12),
            resend_key=f"re_{secrets.token_urlsafe(18)}",
            resend_webhook_secret=f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}",
        )
        try:
            kept = json.loads(file.read_text()) if file.exists() else {}
            known = {name: str(kept[name]) for name in asdict(new) if name in kept}
        except (OSError, ValueError, TypeError):
            raise CannotStart(f"{file} cannot be read. Use another folder, or delete {self.path}.") from None
        keys = DemoKeys(**{**asdict(new), **known})
        if asdict(keys) != kept:
            _write(file, asdict(keys))
        return keys

    def announce(self, demo: RunningDemo) -> None:
        _write(self._announced, asdict(demo))

    def withdraw(self) -> None:
        for file in (self._announced, self._settings):
            with contextlib.suppress(OSError):
                file.unlink(missing_ok=True)

    def write_settings(self, settings: Mapping[str, str]) -> None:
        """`demo.env`: what `wacloud --env-file` needs to act on this demo while it runs."""
        told = "# The settings of the demo that runs on this folder: wacloud --env-file demo.env jobs list\n"
        for name, value in settings.items():
            quoted = value.replace("\\", "\\\\").replace("'", "\\'")
            told += f"{name}='{quoted}'\n"
        _write_text(self._settings, told)

    def running(self) -> RunningDemo | None:
        """The demo that is ready on this folder, as far as its file says."""
        try:
            return RunningDemo(**json.loads(self._announced.read_text()))
        except (OSError, ValueError, TypeError):
            return None

    def write_world(self, world: Mapping[str, object]) -> None:
        _write(self.world, world)


def _write(file: Path, content: Mapping[str, object]) -> None:
    _write_text(file, json.dumps(content, indent=2, ensure_ascii=False) + "\n")


def _write_text(file: Path, content: str) -> None:
    """Whole or not at all, and for the owner's eyes only."""
    try:
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}-")
        with os.fdopen(handle, "w") as new:
            new.write(content)
        os.replace(name, file)
    except OSError as problem:
        raise CannotStart(f"{file} cannot be written: {problem.strerror}.") from None
