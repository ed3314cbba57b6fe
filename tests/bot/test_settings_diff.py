"""What differs between two configurations, what comes of two drafts at once, and the form they are written in."""

from decimal import Decimal
from typing import get_args

import pytest

from wacloud.modules.bot.domain.answer import Why
from wacloud.modules.bot.domain.settings import BotSettings
from wacloud.modules.bot.domain.settings_diff import changes_between
from wacloud.modules.bot.domain.settings_merge import merge_drafts
from wacloud.modules.bot.ui import studio_words
from wacloud.modules.bot.ui.studio_form import NAMES, as_form, read_form
from wacloud.shared.domain.errors import FaultyFields

ALL_OTHER = BotSettings(
    name="Olmo",
    instructions="Di «el taller».\n\nNunca prometas plazos.",
    model="gpt-6-luna",
    temperature=0.3,
    refused_topics=("política", "fútbol"),
    budget_month_usd=Decimal("12.50"),
    hand_over_when_upset=False,
    quiet_ms=100,
)


def test_a_text_is_compared_word_by_word_and_a_list_line_by_line() -> None:
    [instructions, topics] = changes_between(
        BotSettings(instructions="uno dos tres", refused_topics=("a", "b")),
        BotSettings(instructions="uno cuatro tres", refused_topics=("a", "c", "b")),
    )
    assert [(part.kind, part.text) for part in instructions.parts] == [
        ("same", "uno "),
        ("gone", "dos "),
        ("new", "cuatro "),
        ("same", "tres"),
    ]
    assert [(part.kind, part.text) for part in topics.parts] == [("same", "a"), ("new", "c"), ("same", "b")]


@pytest.mark.parametrize(("before", "after"), [("", "a  b\nc"), ("a  b\nc", ""), ("x y", "y x"), ("á 🎉", "á 🎉 b")])
def test_the_parts_put_together_are_the_two_texts(before: str, after: str) -> None:
    [change] = changes_between(BotSettings(instructions=before), BotSettings(instructions=after))
    assert "".join(part.text for part in change.parts if part.kind != "new") == before
    assert "".join(part.text for part in change.parts if part.kind != "gone") == after


def test_of_two_who_edit_each_keeps_what_only_they_changed() -> None:
    base = BotSettings()
    mine = BotSettings(name="Mío", tone="brief", quiet_ms=100)
    theirs = BotSettings(name="Suyo", fallback_text="Un momento.", quiet_ms=100)
    merged = merge_drafts(base, mine, theirs)
    assert merged.settings == BotSettings(name="Mío", tone="brief", quiet_ms=100, fallback_text="Un momento.")
    assert (merged.only_theirs, merged.both) == (("fallback_text",), ("name",))


@pytest.mark.parametrize("settings", [BotSettings(), ALL_OTHER])
def test_a_form_says_what_was_written_into_it(settings: BotSettings) -> None:
    assert read_form(as_form(settings)) == settings


def test_a_number_may_have_a_comma_and_must_be_one() -> None:
    form = as_form(BotSettings()) | {"budget_day_usd": "2,5"}
    assert read_form(form).budget_day_usd == Decimal("2.50")
    wrong = {"temperature": "nan", "budget_day_usd": "inf", "quiet_ms": "soon", "replies_per_day": ""}
    with pytest.raises(FaultyFields) as refused:
        read_form(form | wrong)
    assert {fault.field for fault in refused.value.faults} == set(wrong)


def test_every_field_and_every_why_has_words() -> None:
    assert set(studio_words.FIELDS) == set(NAMES)
    assert set(studio_words.WHYS) >= set(get_args(Why))


def test_what_another_release_says_is_shown_as_it_is() -> None:
    assert studio_words.why_in_words("of_tomorrow", str) == "of tomorrow"
