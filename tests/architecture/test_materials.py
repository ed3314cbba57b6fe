"""F27: what the product stands on is pinned with hashes, names no index, and is listed in a bill of materials."""

import json
import re
import runpy
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
LOCKS = sorted((ROOT / "requirements").glob("*.lock"))


@pytest.fixture(scope="module")
def bill() -> dict[str, Any]:
    sbom = runpy.run_path(str(ROOT / "bin/_sbom.py"))
    return dict(json.loads(sbom["JsonV1Dot6"](sbom["bill"](ROOT)).output_as_string()))


def test_f27_the_bill_has_every_package_that_is_shipped_with_version_and_hashes(bill: dict[str, Any]) -> None:
    pinned = set(re.findall(r"^([\w.-]+)==([^\s;\\]+)", (ROOT / "requirements/run.lock").read_text(), re.MULTILINE))
    packages = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    pages = {
        (path.removeprefix("node_modules/"), package["version"])
        for path, package in packages.items()
        if path and not package.get("dev")
    }
    listed = {
        ("/".join(filter(None, (part.get("group"), part["name"]))), part["version"]) for part in bill["components"]
    }
    assert len(pinned) > 50
    assert listed == pinned | pages
    assert all(part["hashes"] and part["purl"] for part in bill["components"])
    [product] = [one for one in bill["dependencies"] if one["ref"] == bill["metadata"]["component"]["bom-ref"]]
    assert set(product["dependsOn"]) == {part["bom-ref"] for part in bill["components"]}


def test_f27_the_same_locks_make_the_same_bill() -> None:
    sbom = runpy.run_path(str(ROOT / "bin/_sbom.py"))
    one, other = (sbom["JsonV1Dot6"](sbom["bill"](ROOT)).output_as_string() for _ in range(2))
    assert one == other


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_f27_every_requirement_has_a_hash_and_none_an_address(lock: Path) -> None:
    of_python = runpy.run_path(str(ROOT / "bin/_sbom.py"))["of_python"]
    text = lock.read_text()
    assert [*of_python(text)]
    assert not re.search(r"https?://|--(extra-)?index-url|--find-links", text)
    with pytest.raises(ValueError, match="has no hash"):
        [*of_python(re.sub(r" *--hash=\S+( \\)?\n", "", text, count=text.count("--hash")))]


def test_f27_nothing_is_installed_that_has_another_hash() -> None:
    setup = (ROOT / "bin/_setup.py").read_text()
    # Into the environment, and a Node.js where there is none; npm's `ci` takes what the lock says and nothing else.
    assert setup.count('"--require-hashes"') == 2
    assert '[*npm, "ci",' in setup
