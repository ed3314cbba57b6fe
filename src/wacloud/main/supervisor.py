"""Keeps child processes running: starts again what dies, stops all in reverse order."""

import contextlib
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import NoReturn

from wacloud.main.child import CannotStart, Child, Running, spawn

# Before the second start, the third, ...; a child that lived this long counts as well again.
PAUSES = (0.0, 1.0, 2.0, 4.0)
WELL_AFTER = 3.0


class Supervisor:
    """
    Keeps children running until it is told to stop.

    `say` gets one line for whatever a person should know.
    """

    def __init__(self, logs: Path, say: Callable[[str], None]) -> None:
        self._logs = logs
        self._say = say
        self._running: list[Running] = []

    def start(self, *children: Child) -> None:
        """
        Start children side by side.

        :raises CannotStart: one of them ended or did not become ready.
        """
        started = []
        for child in children:
            started.append(Running(child, self._logs))
            self._running.append(started[-1])
        for running in started:
            running.wait_until_ready()

    def run(self, name: str, argv: Sequence[str], env: Mapping[str, str], cwd: Path, within: float = 120.0) -> str:
        """
        Run a program to its end and return what it printed.

        :raises CannotStart: it failed or took too long.
        """
        errors = self._logs / f"{name}.log"
        with errors.open("ab") as log:
            start = log.tell()
            process = spawn(argv, env=env, cwd=cwd, stdout=subprocess.PIPE, stderr=log)
            try:
                printed, _ = process.communicate(timeout=within)
            except subprocess.TimeoutExpired:
                raise CannotStart(f"{name} took longer than {within:.0f} s. Log: {errors}") from None
            finally:
                process.kill()
                process.wait()
        if process.returncode != 0:
            said = errors.read_bytes()[start:].decode("utf-8", "replace").splitlines()[-8:]
            lines = "".join(f"\n    {line}" for line in said)
            raise CannotStart(f"{name} failed (exit code {process.returncode}). Log: {errors}{lines}")
        return printed.decode("utf-8", "replace")

    def watch(self) -> NoReturn:
        """
        Wait, and start again what dies. Ends only by an exception.

        :raises CannotStart: a child died five times in a row.
        """
        while True:
            self.look()
            time.sleep(0.2)

    def look(self) -> None:
        """Look at every child once."""
        now = time.monotonic()
        for running in self._running:
            if running.due:
                if now >= running.due:
                    running.launch()
            elif running.process.poll() is not None:
                self._bury(running, now)

    def _bury(self, running: Running, now: float) -> None:
        name = running.child.name
        if now - running.since > WELL_AFTER:
            running.deaths = 0
        running.deaths += 1
        if running.deaths > len(PAUSES):
            raise CannotStart(running.obituary(f"{name} died {running.deaths} times in a row"))
        pause = PAUSES[running.deaths - 1]
        when = f"in {pause:.0f} s" if pause else "now"
        self._say(f"{name} died ({running.how_it_ended()}); starting it again {when}. Log: {running.log}")
        running.due = now + pause

    def stop(self) -> None:
        """Stop all, the last started first. Ctrl-C during this ends at once what is left."""
        with _hurried(self.kill):
            for running in reversed(self._running):
                running.stop()
        self._running.clear()

    def kill(self) -> None:
        for running in self._running:
            running.kill()


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Inside, SIGTERM and SIGHUP do what Ctrl-C does: raise KeyboardInterrupt."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    with _handling((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), interrupt):
        yield


@contextlib.contextmanager
def _hurried(kill: Callable[[], None]) -> Iterator[None]:
    with _handling((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), lambda number, frame: kill()):
        yield


@contextlib.contextmanager
def _handling(numbers: Sequence[signal.Signals], handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)
