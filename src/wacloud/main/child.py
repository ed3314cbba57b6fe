"""
A program run as a child of ours: started, waited for, stopped, and never left behind.

Start children from the main thread: Linux ends them when the thread that started them ends, also by kill -9.
"""

import contextlib
import ctypes
import errno
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

STOP_WITHIN = 10.0
LOG_KEPT = 10_000_000
_PR_SET_PDEATHSIG = 1


class CannotStart(Exception):
    """Something needed does not run; the text says what and, where there is one, the way out."""


@dataclass(frozen=True, slots=True)
class Account:
    """The system account a child runs under, where it may not be the caller's."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Child:
    """
    A program we keep up.

    It is ready once it wrote `ready_line` and `is_ready` says yes; `explain` finds the cause of a death in its log.
    """

    name: str
    argv: Sequence[str]
    is_ready: Callable[[], bool] = lambda: True
    ready_line: str = ""
    env: Mapping[str, str] | None = None
    cwd: Path | None = None
    account: Account | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    ready_within: float = 30.0
    explain: Callable[[str], str | None] = field(default=lambda log: None)


class Running:
    """One child that was started, with its log file."""

    def __init__(self, child: Child, logs: Path) -> None:
        self.child = child
        self.log = logs / f"{child.name}.log"
        self.deaths = 0
        self.due = 0.0
        self._log_start = 0
        self.launch()

    def launch(self) -> None:
        self.due = 0.0
        self.since = time.monotonic()
        self._log_start = _make_room(self.log)
        with self.log.open("ab") as log:
            self.process = spawn(
                self.child.argv,
                env=self.child.env,
                cwd=self.child.cwd,
                account=self.child.account,
                stop_signal=self.child.stop_signal,
                stdout=log,
                stderr=log,
            )

    def wait_until_ready(self) -> None:
        """:raises CannotStart: it ended, or did not answer in time."""
        deadline = time.monotonic() + self.child.ready_within
        while not (self.child.ready_line in self.last_log() and self.child.is_ready()):
            if self.process.poll() is not None:
                raise CannotStart(self.obituary(f"{self.child.name} ended while starting"))
            if time.monotonic() > deadline:
                raise CannotStart(
                    self.obituary(f"{self.child.name} did not answer within {self.child.ready_within:.0f} s")
                )
            time.sleep(0.02)
        # A stranger on the same port would have answered as well.
        if self.process.poll() is not None:
            raise CannotStart(self.obituary(f"{self.child.name} ended while starting"))

    def stop(self, within: float = STOP_WITHIN) -> None:
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(self.child.stop_signal)
            try:
                self.process.wait(within)
            except subprocess.TimeoutExpired:
                self.kill()
        self.process.wait()

    def kill(self) -> None:
        """End the child and, as it leads a session of its own, whatever it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()

    def obituary(self, what: str) -> str:
        """What happened in one line; without a known cause the last lines of the log follow."""
        log = self.last_log()
        known = self.child.explain(log)
        if known:
            return f"{what}: {known} (log: {self.log})"
        last = "\n".join(f"    {line}" for line in log.splitlines()[-8:])
        return f"{what} ({self.how_it_ended()}). Log: {self.log}" + (f"\n{last}" if last else "")

    def how_it_ended(self) -> str:
        code = self.process.poll()
        if code is None:
            return "still running"
        return f"exit code {code}" if code >= 0 else f"signal {-code}"

    def last_log(self) -> str:
        """What this run of the child wrote, up to its last 20 kB."""
        with contextlib.suppress(OSError), self.log.open("rb") as log:
            end = log.seek(0, os.SEEK_END)
            log.seek(max(self._log_start, end - 20_000))
            return log.read().decode("utf-8", "replace")
        return ""


def spawn(
    argv: Sequence[str],
    *,
    env: Mapping[str, str] | None,
    cwd: Path | None = None,
    account: Account | None = None,
    stop_signal: signal.Signals = signal.SIGTERM,
    stdout: int | IO[bytes],
    stderr: int | IO[bytes],
) -> subprocess.Popen[bytes]:
    """
    Start a program that gets `stop_signal` when we are gone.

    :raises CannotStart: there is no such program, or it may not be run.
    """
    try:
        return subprocess.Popen(
            list(argv),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            env=None if env is None else dict(env),
            cwd=cwd,
            # Ctrl-C reaches the terminal's whole group; only the supervisor shall hear it, and stop in order.
            start_new_session=True,
            preexec_fn=_ending_with_parent(stop_signal),  # noqa: PLW1509 - it makes one system call
            user=None if account is None else account.uid,
            group=None if account is None else account.gid,
            extra_groups=None if account is None else [],
        )
    except OSError as problem:
        raise CannotStart(f"{argv[0]} cannot be started: {problem.strerror}.") from None


def _ending_with_parent(stop_signal: signal.Signals) -> Callable[[], None] | None:
    """What the child does before it becomes the program: ask Linux for `stop_signal` when we are gone."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None, use_errno=True)
    parent = os.getpid()

    def ask() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, int(stop_signal), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return ask


def answers(port: int) -> bool:
    """Whether something listens on this port of the loopback address."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.5):
        return True
    return False


def check_address(host: str, port: int) -> None:
    """:raises CannotStart: one cannot listen there."""
    try:
        for family, kind, protocol, _, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            with socket.socket(family, kind, protocol) as trial:
                trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    trial.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                trial.bind(address)
    except OSError as problem:
        if problem.errno == errno.EADDRINUSE:
            other = free_port(port + 1 if port < 65535 else 0)
            raise CannotStart(
                f"Port {port} is in use by another program. Choose another, for example --port {other}."
            ) from None
        raise CannotStart(f"Nobody can listen on {host}, port {port}: {problem.strerror or problem}.") from None


def is_free(port: int) -> bool:
    with socket.socket() as trial:
        trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port(wish: int = 0) -> int:
    """A port nobody uses, the wished one if it is free."""
    if wish and is_free(wish):
        return wish
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def _make_room(log: Path) -> int:
    """Put a long log aside; return where new lines will start."""
    with contextlib.suppress(FileNotFoundError):
        size = log.stat().st_size
        if size < LOG_KEPT:
            return size
        log.replace(log.with_suffix(".log.1"))
    return 0
