"""
Where PostgreSQL may live when the demo is started as root.

PostgreSQL refuses to run as root, so it gets an account that may nothing, which cannot enter root's home
nor what lies under it. Programs and data it could not reach are put where it can.
"""

import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from pathlib import Path

from wacloud.main.child import Account, CannotStart

ELSEWHERE = Path("/var/lib/wacloud")
# An account made for the purpose comes first.
ACCOUNTS = ("wacloud", "nobody")


def unprivileged_account() -> Account | None:
    """The account PostgreSQL runs under: None is the caller's own, which will do unless it is root."""
    if os.geteuid() != 0:
        return None
    for name in ACCOUNTS:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise CannotStart(f"PostgreSQL refuses to run as root, and there is no account named {' or '.join(ACCOUNTS)}.")


def reachable_programs(account: Account | None, package: Path, libraries: Path, version: str) -> Path:
    """
    The PostgreSQL installation of the wheel, or a copy of it that the account can run.

    The copy keeps the wheel's layout, because the programs find their libraries by relative path.
    """
    programs = package / "pginstall"
    if account is None or can_reach(account, programs / "bin" / "postgres"):
        return programs
    home = ELSEWHERE / f"postgresql-{version}"
    copied = home / package.name / "pginstall"
    if copied.is_dir() and home.stat().st_uid == 0:
        return copied
    try:
        ELSEWHERE.mkdir(mode=0o755, parents=True, exist_ok=True)
        ELSEWHERE.chmod(0o755)
        with tempfile.TemporaryDirectory(dir=ELSEWHERE, prefix="copying-") as unfinished:
            new = Path(unfinished) / "new"
            skip = shutil.ignore_patterns("include", "__pycache__", "*.a")
            shutil.copytree(programs, new / package.name / "pginstall", symlinks=True, ignore=skip)
            shutil.copytree(libraries, new / libraries.name, symlinks=True)
            for path in (new, *new.rglob("*")):
                if not path.is_symlink():
                    path.chmod(path.stat().st_mode | (0o755 if path.is_dir() else 0o444))
            shutil.rmtree(home, ignore_errors=True)
            new.rename(home)
    except OSError as problem:
        raise CannotStart(
            f"PostgreSQL does not run as root, and it could not be copied to {home} for the account "
            f"{account.name}: {problem.strerror}."
        ) from None
    return copied


def reachable_folder(account: Account | None, folder: Path) -> Path:
    """
    A folder for PostgreSQL's data: the wished one, or one elsewhere that always belongs to it.

    :raises CannotStart: it cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if account is None:
            return folder
        if can_reach(account, folder):
            return folder
        name = hashlib.sha256(str(folder.resolve()).encode()).hexdigest()[:12]
        elsewhere = ELSEWHERE / f"data-{name}"
        elsewhere.mkdir(mode=0o755, parents=True, exist_ok=True)
        ELSEWHERE.chmod(0o755)
        return elsewhere
    except OSError as problem:
        raise CannotStart(f"The data folder {folder} cannot be made: {problem.strerror}.") from None


def can_reach(account: Account, path: Path) -> bool:
    """Asked of the system itself: rights, parents, access lists and mount options all count."""
    try:
        asked = subprocess.run(
            ["/usr/bin/test", "-x", str(path)],
            user=account.uid,
            group=account.gid,
            extra_groups=[],
            cwd="/",
            check=False,
        )
    except OSError:
        return False
    return asked.returncode == 0
