"""The settings: `.env.example` names and explains each."""

import itertools
import re
from pathlib import Path

from wacloud.main.settings import Settings

EXAMPLE = (Path(__file__).resolve().parents[2] / ".env.example").read_text()
OF_MIGRATE = {"MIGRATION_DATABASE_URL", "APP_DATABASE_PASSWORD"}


def test_the_example_has_every_setting_with_a_word_about_it():
    lines = EXAMPLE.splitlines()
    named = {}
    for before, line in itertools.pairwise(lines):
        if found := re.match(r"(?:# )?([A-Z][A-Z0-9_]+)=", line):
            named[found[1]] = before
    assert set(named) == {name.upper() for name in Settings.model_fields} | OF_MIGRATE
    for name, before in named.items():
        assert re.match(r"# (?!-|[A-Z0-9_]+=)", before), f"{name} is not explained"
