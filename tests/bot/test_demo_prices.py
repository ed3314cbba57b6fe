"""The demo's bot, without a model, tells the prices of its counter: the right one or none."""

import io
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest

from rig import Rig, Shop, open_rig
from wacloud.main.seed_bot import add_sources
from wacloud.main.seed_data import shop as demo
from wacloud.modules.bot.application.edit_sources import list_sources
from wacloud.modules.bot.application.knowledge import index_knowledge
from wacloud.modules.bot.application.read_source import embed_chunks, read_source

PRICES = {"1,60 €", "4,80 €", "1,90 €", "2,20 €", "32,00 €"}


@pytest.fixture(scope="module")
async def rig(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    async with open_rig(own_database.app_dsn, redis_url, with_worker=False) as rig:
        rig.house.db.taker = None
        yield rig


@pytest.fixture(scope="module")
async def counter(rig: Rig) -> Shop:
    shop = await rig.shop(knowledge=list(demo.FAQ))
    async with rig.house.db.tenant(shop.business_id) as tx:
        await add_sources(tx, shop.business_id)
    await index_knowledge(rig.house.knowledge, shop.business_id)
    for source in (await list_sources(rig.house.sources, shop.business_id))[0]:
        await read_source(rig.house.sources, shop.business_id, source.id)
        await embed_chunks(rig.house.sources, shop.business_id, source.id, 1)
    return shop


@pytest.mark.parametrize(
    ("asked", "price"),
    [
        ("¿Cuánto cuesta la hogaza de centeno?", "4,80 €"),
        ("cuanto vale la barra", "1,60 €"),
        ("precio del cruasan", "1,90 €"),
        ("a como la napolitana", "2,20 €"),
        ("kuanto vale la ogaza", "4,80 €"),
        ("how much is the napolitana?", "2,20 €"),
        ("quanto custa a barra?", "1,60 €"),
        ("¿Cuánto vale el roscón de reyes de trufa?", None),
        ("precio del pan de molde", None),
        ("cuanto cuesta una pizza", None),
    ],
)
async def test_a_price_is_of_what_was_asked_for(rig: Rig, counter: Shop, asked: str, price: str | None) -> None:
    body = {"messages": [asked]}
    async with rig.http.post(f"{rig.url}/api/bot/try", headers=rig.bearer(counter), json=body) as answer:
        told = await answer.json()
    assert told["model"] is None
    named = {one for one in PRICES if one in told["text"]}
    assert named == ({price} if price else set()), told["text"]


async def test_a_table_that_was_sent_as_a_file_tells_one_row_with_its_currency(rig: Rig) -> None:
    shop = await rig.shop()
    form = aiohttp.FormData()
    table = "Producto,Precio\nBarra,1.60\nHogaza de centeno,4.80\nCruasán,1.90\n"
    form.add_field("file", io.BytesIO(table.encode()), filename="tarifa.csv")
    async with rig.http.post(f"{rig.url}/api/bot/knowledge/files", data=form, headers=rig.bearer(shop)) as answer:
        assert answer.status == 201
    [source] = (await list_sources(rig.house.sources, shop.business_id))[0]
    await read_source(rig.house.sources, shop.business_id, source.id)
    await embed_chunks(rig.house.sources, shop.business_id, source.id, 1)
    for asked, wanted in (
        ("cuanto vale la barra", "Barra\nPrecio: 1,60 €"),
        ("¿Cuánto cuesta la hogaza de centeno?", "Hogaza de centeno\nPrecio: 4,80 €"),
    ):
        body = {"messages": [asked]}
        async with rig.http.post(f"{rig.url}/api/bot/try", headers=rig.bearer(shop), json=body) as answer:
            assert (await answer.json())["text"] == wanted
