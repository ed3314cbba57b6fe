"""The demo: its folder, what it refuses in one line, and the whole of it once."""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from dotenv import dotenv_values

from wacloud.main.child import CannotStart, free_port
from wacloud.main.demo import SETTINGS, for_commands, run_demo, world_of
from wacloud.main.demo_folder import DemoFolder, RunningDemo
from wacloud.twins.graph.world import world_from_file

ANNOUNCED = RunningDemo(
    base_url="http://127.0.0.1:1",
    graph_url="http://127.0.0.1:2",
    email="a@example.com",
    password="b",
    business_id="c",
    waba_id="d",
    phone_number_id="e",
    app_secret="f",
    verify_token="g",
)


@pytest.fixture
def path() -> Iterator[Path]:
    """A folder that PostgreSQL's own account may enter too."""
    with tempfile.TemporaryDirectory(prefix="wacloud demo ", ignore_cleanup_errors=True) as name:
        os.chmod(name, 0o711)
        yield Path(name) / "demo"


def test_keys_are_made_once_for_a_folder_and_for_the_owner_only(path: Path):
    keys = DemoFolder(path).keys()
    assert DemoFolder(path).keys() == keys
    assert (path / "keys.json").stat().st_mode & 0o777 == 0o600


def test_keys_that_cannot_be_read_are_told_in_one_line(path: Path):
    folder = DemoFolder(path)
    (path / "keys.json").write_text("{broken")
    with pytest.raises(CannotStart, match=r"keys\.json cannot be read") as refusal:
        folder.keys()
    assert "\n" not in str(refusal.value)


def test_a_running_demo_is_announced_with_what_one_needs_to_use_it(path: Path):
    folder = DemoFolder(path)
    folder.announce(ANNOUNCED)
    content = json.loads((path / "demo.json").read_text())
    ids = {"business_id", "waba_id", "phone_number_id"}
    assert content.keys() == ids | {
        "base_url",
        "graph_url",
        "email",
        "password",
        "app_secret",
        "verify_token",
    }
    assert folder.running() == ANNOUNCED
    folder.withdraw()
    assert folder.running() is None


def test_the_settings_of_a_running_demo_are_for_the_owner_only_and_read_as_they_were_written(path: Path):
    folder = DemoFolder(path)
    settings = {"SECRET_KEYS": r"it's a $HOME \ 'key' # of its own", "BASE_URL": "http://127.0.0.1:1"}
    folder.write_settings(settings)
    assert (path / "demo.env").stat().st_mode & 0o777 == 0o600
    assert dotenv_values(path / "demo.env", interpolate=False) == settings
    folder.withdraw()
    assert not (path / "demo.env").exists()


def test_the_commands_ask_the_twin_of_a_model_that_runs(path: Path):
    env = dict.fromkeys(SETTINGS, "x") | {"OPENAI_BASE_URL": "http://127.0.0.1:9/v1", "OPENAI_MODEL": "gpt-6-luna"}
    folder = DemoFolder(path)
    folder.write_settings(for_commands(env, model_twin=True))
    told = dotenv_values(path / "demo.env")
    assert told["OPENAI_BASE_URL"] == "http://127.0.0.1:9/v1"
    assert (told["OPENAI_MODEL"], told["OPENAI_API_KEYS"]) == ("gpt-6-luna", "")
    assert (path / "demo.env").stat().st_mode & 0o777 == 0o600


def test_a_key_of_the_callers_stays_in_their_shell():
    env = dict.fromkeys(SETTINGS, "x") | {"OPENAI_API_KEYS": "sk-of-mine"}
    assert "OPENAI_API_KEYS" not in for_commands(env)


def test_a_second_demo_on_the_same_folder_is_refused(path: Path, capsys: pytest.CaptureFixture[str]):
    folder = DemoFolder(path)
    with folder.locked():
        folder.announce(ANNOUNCED)
        assert run_demo(free_port(), path) == 1
    assert f"A demo already runs on {path} at http://127.0.0.1:1." in capsys.readouterr().err
    assert not folder.is_locked()


def test_a_busy_port_is_told_in_one_line(path: Path, capsys: pytest.CaptureFixture[str]):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert run_demo(port, path) == 1
    told = capsys.readouterr().err.strip()
    assert re.fullmatch(rf"The demo stopped: Port {port} is in use .* --port \d+\.", told)


def test_a_file_where_the_folder_should_be_is_told_in_one_line(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    (tmp_path / "taken").write_text("")
    assert run_demo(free_port(), tmp_path / "taken") == 1
    assert "cannot be used: Not a directory." in capsys.readouterr().err


def test_the_twin_gets_a_world_it_understands(path: Path):

    folder = DemoFolder(path)
    seeded = {
        "waba_id": "900",
        "phone_number_id": "700",
        "access_token": "token",
        "display_phone_number": "+34 910 000 001",
        "verified_name": "Tienda",
    }
    folder.write_world(world_of(folder.keys(), seeded, "http://127.0.0.1:1/api/webhooks/whatsapp"))
    world = world_from_file(folder.world)
    assert world.wabas[0].numbers[0].phone_number_id == "700"


@pytest.mark.faults
def test_one_message_goes_through_the_whole_demo_and_nothing_stays_behind(path: Path):
    done = subprocess.run(
        [sys.executable, "-m", "wacloud.main.demo", "--check", "--data", str(path)],
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
        env={name: value for name, value in os.environ.items() if not name.endswith(("_API_URL", "_GRAPH_URL"))},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Check passed." in done.stdout
    assert not (path / "demo.json").exists()
    assert [line for line in _command_lines() if str(path).encode() in line] == []


def _command_lines() -> Iterator[bytes]:
    for process in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            yield process.read_bytes()
