"""Child processes: started again when they die, given up in the end, stopped in order, never left behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from wacloud.main import supervisor as supervising
from wacloud.main.child import CannotStart, Child
from wacloud.main.supervisor import Supervisor

SLEEPER = "import time; time.sleep(60)"


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def supervisor(tmp_path: Path, said: list[str]) -> Iterator[Supervisor]:
    supervisor = Supervisor(tmp_path, said.append)
    yield supervisor
    supervisor.stop()


def python(name: str, program: str, **more: object) -> Child:
    return Child(name=name, argv=[sys.executable, "-c", program], **({"is_ready": lambda: True} | more))


def test_a_killed_child_is_started_again_with_one_line(supervisor: Supervisor, said: list[str]):
    supervisor.start(python("worker", SLEEPER))
    first = _pids("worker", supervisor)
    os.kill(first, signal.SIGKILL)
    _until(lambda: (supervisor.look(), _pids("worker", supervisor) != first)[1])
    assert len(said) == 1
    assert said[0].startswith("worker died (signal 9); starting it again now.")


def test_a_child_that_only_dies_is_given_up_with_the_end_of_its_log(
    supervisor: Supervisor, said: list[str], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(supervising, "PAUSES", (0.0, 0.01, 0.01, 0.01))
    supervisor.start(python("worker", "print('no such table'); raise SystemExit(3)"))
    with pytest.raises(CannotStart, match=r"worker died 5 times in a row \(exit code 3\)") as end:
        _until(supervisor.look)
    assert "no such table" in str(end.value)
    assert len(said) == 4


def test_a_child_that_ends_while_starting_says_why(supervisor: Supervisor):
    child = python("serve", "raise SystemExit('the port is taken')", is_ready=lambda: False)
    with pytest.raises(CannotStart, match="serve ended while starting") as end:
        supervisor.start(child)
    assert "the port is taken" in str(end.value)


def test_a_child_that_never_answers_is_given_up(supervisor: Supervisor):
    with pytest.raises(CannotStart, match="did not answer within 0 s"):
        supervisor.start(python("serve", SLEEPER, is_ready=lambda: False, ready_within=0.2))


def test_children_are_stopped_the_last_one_first(tmp_path: Path, supervisor: Supervisor):
    order = tmp_path / "order"
    for name in ("postgres", "serve"):
        ready = tmp_path / f"{name}.ready"
        program = (
            "import pathlib, signal, sys, time\n"
            f"def end(*_):\n  open({str(order)!r}, 'a').write('{name} ')\n  sys.exit()\n"
            f"signal.signal(signal.SIGTERM, end)\npathlib.Path({str(ready)!r}).touch()\ntime.sleep(60)"
        )
        supervisor.start(python(name, program, is_ready=ready.exists))
    supervisor.stop()
    assert order.read_text() == "serve postgres "


def test_no_child_outlives_a_killed_supervisor(tmp_path: Path):
    note = tmp_path / "pid"
    program = f"""
import os, pathlib, sys, time
from wacloud.main.child import Child
from wacloud.main.supervisor import Supervisor
note = pathlib.Path({str(note)!r})
write = f"import os, time; open({str(note)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
wrote = lambda: note.exists() and note.read_text() != ""
child = Child(name="child", argv=[sys.executable, "-c", write], is_ready=wrote)
supervisor = Supervisor(pathlib.Path({str(tmp_path)!r}), print)
supervisor.start(child)
print("started", flush=True)
supervisor.watch()
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "started\n"
        child = int(note.read_text())
        parent.kill()
    _until(lambda: not Path(f"/proc/{child}").exists() or "State:\tZ" in Path(f"/proc/{child}/status").read_text())


def _pids(name: str, supervisor: Supervisor) -> int:
    return next(one.process.pid for one in supervisor._running if one.child.name == name)


def _until(happened: Callable[[], object], within: float = 10.0) -> None:
    deadline = time.monotonic() + within
    while not happened():
        assert time.monotonic() < deadline
        time.sleep(0.02)
