"""CPU time and memory of processes, read from the kernel's own accounts. Linux only; elsewhere it is not known."""

import os
from collections.abc import Mapping
from pathlib import Path

_TICK = os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


def cpu_seconds(pid: int) -> float | None:
    """What a process has used so far, all its threads together."""
    try:
        # Nanoseconds, where the kernel keeps them; the classic account counts hundredths of a second.
        spent = sum(int(task.read_text().split()[0]) for task in Path(f"/proc/{pid}/task").glob("*/schedstat"))
        if spent:
            return spent / 1e9
        own, system, _, _ = _times(pid)
        return own + system
    except (OSError, ValueError, IndexError):
        return None


def family_cpu_seconds(pid: int) -> float | None:
    """What a process and its children have used so far, those that have ended included."""
    try:
        _, _, children, children_system = _times(pid)
        living = [cpu_seconds(child) or 0.0 for child in children_of(pid)]
        return (cpu_seconds(pid) or 0.0) + children + children_system + sum(living)
    except (OSError, ValueError, IndexError):
        return None


def waited_seconds(pid: int) -> float | None:
    """How long a process has been ready to run while others had the CPU: on a calm machine nearly nothing."""
    try:
        return sum(int(task.read_text().split()[1]) for task in Path(f"/proc/{pid}/task").glob("*/schedstat")) / 1e9
    except (OSError, ValueError, IndexError):
        return None


def memory_mb(pid: int) -> float | None:
    """What a process holds in memory now."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    except (OSError, ValueError, IndexError):
        return None


def children_of(pid: int) -> list[int]:
    """The living children of a process."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(child) for child in task.read_text().split()]
    return found


def parent_named(pid: int, name: str) -> int | None:
    """The parent of a process, if both carry this name: the server behind a PostgreSQL back end."""
    try:
        parent = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
        return parent if is_named(pid, name) and is_named(parent, name) else None
    except (OSError, ValueError, IndexError):
        return None


def is_named(pid: int, name: str) -> bool:
    """Whether a process of this machine carries this name; a server on another machine has no process here."""
    try:
        return name in Path(f"/proc/{pid}/comm").read_text()
    except OSError:
        return False


def readings(processes: Mapping[str, int | None]) -> dict[str, float | None]:
    """What each of these has used so far; PostgreSQL with all its back ends."""
    return {
        name: None if pid is None else family_cpu_seconds(pid) if name == "postgres" else cpu_seconds(pid)
        for name, pid in processes.items()
    }


def spent(before: Mapping[str, float | None], after: Mapping[str, float | None]) -> dict[str, float | None]:
    """What each used between two readings."""
    used: dict[str, float | None] = {}
    for name, start in before.items():
        end = after.get(name)
        used[name] = None if start is None or end is None else max(end - start, 0.0)
    return used


def _times(pid: int) -> tuple[float, float, float, float]:
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    own, system, children, children_system = (int(ticks) / _TICK for ticks in fields[11:15])
    return own, system, children, children_system
