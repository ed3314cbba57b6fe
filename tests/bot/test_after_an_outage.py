"""Nobody worked for hours: what waits then is answered in one, or is a person's."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest

from builders.talking import ends, turns, writes
from builders.thinking import new_messages
from rig import Rig, ScriptedModel, Shop, open_rig
from wacloud.main.wiring import Swaps, open_house
from wacloud.main.worker import Worker


@pytest.fixture(scope="module")
async def idle(own_database, redis_url: str) -> AsyncIterator[Rig]:
    """An installation that takes webhooks and whose worker is away."""
    async with open_rig(own_database.app_dsn, redis_url, model=ScriptedModel(), with_worker=False) as rig:
        yield rig


async def echo(prompt) -> str:
    return f"Sobre {new_messages(prompt)}"


async def work_later(rig: Rig, shop: Shop, later: timedelta, webhooks: int) -> None:
    """A worker begins so much later than the rig's clock says, and works until nothing is left."""

    def clock() -> datetime:
        return datetime.now(UTC) + later

    async with open_house(rig.house.settings, Swaps(model=rig.model, clock=clock)) as house:
        worker = Worker(house)
        working = asyncio.create_task(worker.run())
        try:
            await rig.settled(shop, webhooks=webhooks)
        finally:
            worker.stop()
            await working


async def test_everything_unanswered_gets_one_answer(idle: Rig):
    shop = await idle.shop()
    idle.says(shop, echo)
    for word in ("uno", "dos", "tres"):
        await writes(idle, shop, word)
    await work_later(idle, shop, timedelta(hours=5), 3)
    assert idle.accepted(shop) == ["Sobre uno, dos, tres"]
    [turn] = await turns(idle, shop)
    assert turn.message_count == 3


async def test_people_get_what_is_too_old(idle: Rig):
    shop = await idle.shop(too_old_hours=20)
    idle.says(shop, echo)
    await writes(idle, shop, "uno")
    await writes(idle, shop, "dos")
    await work_later(idle, shop, timedelta(hours=21), 2)
    assert idle.accepted(shop) == []
    assert ends(await idle.messages(shop)) == {("handed_over", "too_old")}
    assert idle.asked(shop) == []
