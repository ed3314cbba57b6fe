"""The phone of a business hears by WhatsApp that a number broke, where another of its numbers may write to it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from rig import Rig, Shop, eventually, open_rig
from wacloud.modules.whatsapp.application.check_numbers import check_numbers
from wacloud.shared.domain.ids import new_id
from wacloud.twins.graph.world import Number

OWNER = "34600999888"


@pytest.fixture(scope="module")
async def rig(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    async with open_rig(own_database.app_dsn, redis_url, settings={"meta_app_id": "1"}) as rig:
        yield rig


@pytest.fixture
async def shop(rig: Rig) -> Shop:
    """A shop that gave the phone of its owner."""
    shop = await rig.shop(enabled=False)
    async with rig.house.db.member(shop.user_id) as tx:
        await tx.execute("update app.businesses set phone = %s where id = %s", (f"+{OWNER}", shop.business_id))
    return shop


async def second_number(rig: Rig, shop: Shop) -> Shop:
    """The shop as seen from another number of its account."""
    other, number_id = f"71{shop.phone_number_id}", new_id()
    waba = rig.twin.twin.access.wabas[shop.waba_id]
    waba.numbers.append(Number(phone_number_id=other, display_phone_number="+34 910 99 99 99", verified_name="Dos"))
    rig.twin.twin.access.learn()
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute(
            "insert into app.phone_numbers "
            "(business_id, id, waba_id, phone_number_id, display_phone_number, access_token) "
            "select business_id, %s, waba_id, %s, '+34 910 99 99 99', access_token from app.phone_numbers",
            (number_id, other),
        )
    return replace(shop, phone_number_id=other, number_id=number_id, display="+34 910 99 99 99")


async def look(rig: Rig, shop: Shop) -> None:
    await check_numbers(rig.house.checkups, shop.business_id, shop.number_id)


async def told(rig: Rig, shop: Shop, times: int) -> list[str]:
    async def all_out() -> list[str] | None:
        await rig.hurry(shop)
        said = rig.accepted(shop)
        return said if len(said) == times else None

    return list(await eventually(all_out))


async def test_the_owner_hears_once_that_a_number_broke_and_once_that_it_works_again(rig: Rig, shop: Shop) -> None:
    other = await second_number(rig, shop)
    await rig.heard(other, OWNER)
    at_meta = rig.twin.twin.access.numbers[shop.phone_number_id][1]
    at_meta.status = "BANNED"
    for _ in range(3):
        await look(rig, shop)
    [said] = await told(rig, other, 1)
    assert said.startswith(f"⚠️ Tu número de WhatsApp {shop.display} ha dejado de funcionar.")
    assert f"/numbers/{shop.number_id}/doctor" in said
    at_meta.status = "CONNECTED"
    for _ in range(2):
        await look(rig, shop)
    assert (await told(rig, other, 2))[1] == f"✅ Tu número de WhatsApp {shop.display} vuelve a funcionar."
    assert rig.accepted(shop) == []


async def test_who_never_wrote_or_wrote_to_the_broken_number_alone_is_told_otherwise(rig: Rig, shop: Shop) -> None:
    other = await second_number(rig, shop)
    await rig.heard(shop, OWNER)
    rig.twin.twin.access.numbers[shop.phone_number_id][1].status = "BANNED"
    await look(rig, shop)
    rows = await rig.rows(shop, "select code from app.notices")
    assert "check_number_status" in {row.code for row in rows}
    assert rig.accepted(shop) == rig.accepted(other) == []
