"""The page of the security checklist names tests that exist, and every row."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ROWS = {"A": 14, "B": 12, "C": 14, "D": 10, "E": 19, "F": 27}
PAGE = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")


def test_every_row_of_the_checklist_is_answered():
    lines = dict(re.findall(r"^\| ([A-F]\d+) \| .+ \| (.+) \|$", PAGE, re.MULTILINE))
    assert set(lines) == {f"{section}{n}" for section, count in ROWS.items() for n in range(1, count + 1)}
    assert [row for row, told in lines.items() if "`test_" not in told and not told.startswith("no test: ")] == []


def test_every_test_it_names_is_there():
    there = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^(?:async )?def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert sorted(set(re.findall(r"`(test_\w+)`", PAGE)) - there) == []
