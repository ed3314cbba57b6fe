"""What the project stands on is pinned with hashes and names no index; the tests' set holds the demo's."""

import json
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))
ICONS = ROOT / "src/wacloud/shared/ui/static/icons.txt"


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_python_package_is_pinned_with_a_hash(lock: Path):
    packages = re.split(r"(?m)^(?=[A-Za-z0-9])", lock.read_text())[1:]
    assert packages
    for package in packages:
        assert re.match(r"[A-Za-z0-9._-]+(\[[a-z,]+\])?==\S+", package), package
        assert "--hash=sha256:" in package
    assert "://" not in lock.read_text()


def test_the_demo_needs_nothing_the_tests_do_not_have():
    assert _pins("run.lock") <= _pins("dev.lock")


def test_every_npm_package_that_may_be_fetched_has_its_hash_and_no_address():
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    del packages[""]
    for name, package in packages.items():
        assert "resolved" not in package, name
        fetched = "linux" in package.get("os", ["linux"]) and not {"arm"} & set(package.get("cpu", []))
        assert "integrity" in package or not fetched, name


def test_the_list_of_icons_names_each_once():
    names = [line for line in ICONS.read_text().splitlines() if line and not line.startswith("#")]
    assert len(names) == len(set(names))


def _pins(lock: str) -> set[str]:
    text = (ROOT / "requirements" / lock).read_text()
    return set(re.findall(r"(?m)^[A-Za-z0-9._-]+(?:\[[a-z,]+\])?==[^\s;]+", text))
