"""What is published answers, and stays as it was."""

from decimal import Decimal

import pytest

from wacloud.modules.bot.application.model import Published
from wacloud.modules.bot.domain.settings import BotSettings
from wacloud.modules.bot.infra.bot_versions import PostgresBotVersions, read_config, write_config
from wacloud.shared.domain.ids import BusinessId
from wacloud.shared.infra.postgres import PostgresDatabase

WANTED = BotSettings(
    name="Olmo",
    fallback_text="Un momento.",
    quiet_ms=100,
    refused_topics=("política", "fútbol"),
    budget_month_usd=Decimal("12.50"),
    temperature=0.3,
)


async def test_what_was_published_last_answers(db: PostgresDatabase, business_id: BusinessId) -> None:
    versions = PostgresBotVersions()
    async with db.tenant(business_id) as tx:
        assert (await versions.published(tx, [business_id]))[business_id] == Published()
        assert await versions.publish(tx, business_id, WANTED, note="Precios nuevos") == 1
        assert await versions.publish(tx, business_id, BotSettings()) == 2
        assert await versions.publish(tx, business_id, WANTED, restored_from=1) == 3
        assert (await versions.published(tx, [business_id]))[business_id] == Published(True, 3, WANTED)


def test_every_field_comes_back_as_it_was_kept() -> None:
    assert write_config(BotSettings()) == {}
    assert read_config(write_config(WANTED)) == WANTED


@pytest.mark.parametrize("kept", [{"tone": "rude"}, {"of_tomorrow": 1}, {"quiet_ms": "soon"}, {"refused_topics": 3}])
def test_what_another_release_kept_does_not_stop_the_bot(kept: dict[str, object]) -> None:
    assert read_config(kept) == BotSettings()


def test_each_fault_is_named_with_its_limit() -> None:
    assert BotSettings().faults() == []
    wrong = BotSettings(
        name=" ",
        tone="rude",  # type: ignore[arg-type]
        instructions="x" * 4001,
        quiet_ms=5000,
        temperature=3,
        hand_over_after=0,
        refused_topics=("",),
        budget_day_usd=Decimal(-1),
    )
    assert {(fault.field, fault.code, fault.limit) for fault in wrong.faults()} == {
        ("name", "required", None),
        ("tone", "unknown", None),
        ("instructions", "too_long", 4000),
        ("max_wait_ms", "shorter_than_quiet_ms", 5000),
        ("temperature", "too_much", 2),
        ("hand_over_after", "too_little", 1),
        ("refused_topics.0", "length", 80),
        ("budget_day_usd", "too_little", 0),
    }
