"""Pictures customers send are shown to a model that sees; where none does, they are for a person."""

import base64
import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from builders.files import comes_in, jpeg, png
from builders.talking import ends, turns, writes
from rig import ACCOUNTS, Rig, open_rig

sys.path.insert(0, str(Path(__file__).parents[1] / "bot"))

from model_twin import ModelTwin, model_twin

SHOPS = iter(range(ACCOUNTS))


@asynccontextmanager
async def asking(app_dsn: str, redis_url: str, *, small: bool = False, **more) -> AsyncIterator[tuple[Rig, ModelTwin]]:
    async with model_twin(small=small) as twin:
        provider = {"openai_base_url": twin.url, "openai_api_keys": ["sk-one"], "openai_model": "gpt-6-luna", **more}
        async with open_rig(app_dsn, redis_url, settings=provider) as rig:
            # All of them share one database.
            rig._accounts = SHOPS
            yield rig, twin


@pytest.fixture(params=["responses", "chat"])
async def seeing(own_database, redis_url: str, request) -> AsyncIterator[tuple[Rig, ModelTwin]]:
    async with asking(own_database.app_dsn, redis_url, openai_api=request.param) as both:
        yield both


def shown(asked: dict) -> list[bytes]:
    """The pictures in a request, as bytes."""
    urls = [part for part in json.dumps(asked).split('"') if part.startswith("data:image/")]
    return [base64.b64decode(url.partition(",")[2]) for url in urls]


async def test_a_model_that_sees_is_shown_the_newest_two_pictures(seeing: tuple[Rig, ModelTwin]):
    rig, twin = seeing
    twin.state.clear()
    twin.answer = "Esa taza la tenemos en azul."
    shop = await rig.shop(quiet_ms=1500)
    sent = [jpeg(color="#123"), png(), jpeg(color="#a4f")]
    for content, kind in zip(sent, ("image/jpeg", "image/png", "image/jpeg"), strict=True):
        await comes_in(rig, shop, "image", content, kind)
    await rig.settled(shop, webhooks=3)
    assert rig.accepted(shop)[-1] == "Esa taza la tenemos en azul."
    assert shown(twin.requests[-1]) == sent[1:]
    told = json.dumps(twin.requests[-1], ensure_ascii=False)
    assert "the newest 2 of the pictures they sent are shown to you" in told
    assert "<new_messages>" in told


async def test_what_no_model_takes_is_for_a_person(seeing: tuple[Rig, ModelTwin]):
    rig, twin = seeing
    twin.state.clear()
    shop = await rig.shop(model="gpt-3.5-turbo")
    await comes_in(rig, shop, "image", jpeg(), "image/jpeg")
    await rig.settled(shop, webhooks=1)
    assert ends(await rig.messages(shop)) == {("handed_over", "cannot_read_media")}
    assert twin.requests == []


async def test_a_server_that_sees_nothing_is_not_shown_a_second_picture(own_database, redis_url: str):
    async with asking(own_database.app_dsn, redis_url, small=True, openai_vision=True) as (rig, twin):
        twin.answer = "Sí."
        shop = await rig.shop()
        await comes_in(rig, shop, "image", jpeg(), "image/jpeg")
        await rig.settled(shop, webhooks=1)
        assert ends(await rig.messages(shop)) == {("handed_over", "cannot_read_media")}
        assert [bool(shown(asked)) for asked in twin.requests] == [True]
        other = await rig.shop()
        await comes_in(rig, other, "image", jpeg(), "image/jpeg")
        await rig.settled(other, webhooks=1)
        assert ends(await rig.messages(other)) == {("handed_over", "cannot_read_media")}
        assert len(twin.requests) == 1
        # Words beside a picture are answered all the same.
        third = await rig.shop()
        await writes(rig, third, "¿Qué tal?")
        await rig.settled(third, webhooks=1)
        assert (await turns(rig, third))[0].outcome == "answered"
