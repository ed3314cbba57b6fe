"""Messages of a number that may not send wait quietly: one probe looks for all of them, and they go in their order."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from test_message_templates import page

from rig import Rig, Shop, eventually
from wacloud.modules.whatsapp.application import holds
from wacloud.modules.whatsapp.application.holds import WAKE_HELD

PEOPLE = 12
SLEEPS = "j.waits_for is not null and j.run_at > now() + interval '1 minute'"


@pytest.fixture
async def shop(rig: Rig) -> Shop:
    return await rig.shop(enabled=False)


async def set_number(rig: Rig, shop: Shop, state: str, because: str | None = None, until: Any = None) -> None:
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute(
            "update app.phone_numbers set state = %s, held_because = %s, held_until = %s where business_id = %s",
            (state, because, until, shop.business_id),
        )


async def queue(rig: Rig, shop: Shop) -> list[UUID]:
    """Two messages each to some people, of a number that may not send."""
    conversations = [await rig.heard(shop, f"3460011{n:04}") for n in range(PEOPLE)]
    await set_number(rig, shop, "held", "account_review")
    for turn in ("uno", "dos"):
        for n, conversation_id in enumerate(conversations):
            assert (await rig.send(shop, conversation_id, f"{turn} {n}"))[0] in (200, 201, 202)
    return conversations


async def asleep(rig: Rig, shop: Shop) -> int:
    rows = await rig.rows(
        shop, f"select count(*) as n from app.jobs j where j.business_id = %s and {SLEEPS}", (shop.business_id,)
    )
    return int(rows[0].n)


async def claims(rig: Rig, shop: Shop) -> int:
    rows = await rig.rows(
        shop,
        "select sum(claims) as n from app.jobs where business_id = %s and kind = 'whatsapp.dispatch_message'",
        (shop.business_id,),
    )
    return int(rows[0].n)


async def probes(rig: Rig, shop: Shop) -> list[Any]:
    return [job for job in await rig.jobs(shop) if job.kind == WAKE_HELD]


async def test_one_probe_looks_for_all_and_nobody_else_does(rig: Rig, shop: Shop):
    await queue(rig, shop)

    async def all_asleep() -> bool:
        return await asleep(rig, shop) == PEOPLE

    await eventually(all_asleep)
    before = await claims(rig, shop)
    async with rig.house.db.system("test: the probe looks again and again") as tx:
        hurry = "update app.jobs set run_at = now() where business_id = %s and kind = %s"
        for _ in range(3):
            await tx.execute(hurry, (shop.business_id, WAKE_HELD))
    # Each person's first message was looked at once; their second waits behind it.
    assert (await claims(rig, shop), before) == (PEOPLE, PEOPLE)
    assert len(await probes(rig, shop)) == 1


async def test_what_waits_goes_out_when_it_opens_in_each_persons_order(
    rig: Rig, shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(holds, "HELD_CHECK", timedelta(milliseconds=200))
    await queue(rig, shop)

    async def all_asleep() -> bool:
        return await asleep(rig, shop) == PEOPLE

    await eventually(all_asleep)
    await set_number(rig, shop, "connected")

    async def all_out() -> bool:
        return len(rig.accepted(shop)) == 2 * PEOPLE

    await eventually(all_out)
    told = rig.accepted(shop)
    assert all(told.index(f"uno {n}") < told.index(f"dos {n}") for n in range(PEOPLE))

    async def all_quiet() -> bool:
        return await probes(rig, shop) == []

    await eventually(all_quiet)


async def test_a_hold_that_ends_by_itself_is_looked_at_when_it_does(rig: Rig, shop: Shop):
    conversation_id = await rig.heard(shop)
    await set_number(rig, shop, "held", "account_restricted", rig.house.clock() + timedelta(seconds=2))
    await rig.send(shop, conversation_id, "hola")

    async def is_out() -> bool:
        return rig.accepted(shop) == ["hola"]

    await eventually(is_out)


async def test_what_waits_behind_a_held_one_says_so_in_the_thread_and_in_the_ledger(
    rig: Rig, shop: Shop, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(holds, "HELD_CHECK", timedelta(milliseconds=200))
    conversation_id, other = await rig.heard(shop), await rig.heard(shop, "34600115555")
    await set_number(rig, shop, "held", "account_review")
    for text in ("uno", "dos", "tres"):
        await rig.send(shop, conversation_id, text)

    async def first_is_held() -> bool:
        return await asleep(rig, shop) == 1

    await eventually(first_is_held)
    thread = await rig.house.whatsapp.inbox.thread(shop.user_id, shop.business_id, conversation_id)
    assert thread is not None
    why = {one.body: one.reason for one in thread.messages if one.direction == "out"}
    assert why == {"uno": "number_held:account_review", "dos": "behind_earlier", "tres": "behind_earlier"}
    _, shown = await page(rig, shop, f"/inbox/{conversation_id}?lang=es")
    assert shown.count("un mensaje anterior de esta conversación tiene que salir antes") == 2
    assert shown.count("ahora no se envía nada desde este número") == 1

    inbox = rig.house.whatsapp.inbox
    counted = (await inbox.ledger(shop.business_id)).waiting_because
    assert counted == {"number_held:account_review": 1, "behind_earlier": 2}
    rows, _ = await inbox.ledger_rows(shop.business_id, group="outbound", state="queued", reason="behind_earlier")
    assert [row.body for row in rows] == ["tres", "dos"]

    # What another conversation waits for is its own.
    await rig.send(shop, other, "cuatro")

    async def fourth_is_held() -> bool:
        return await asleep(rig, shop) == 2

    await eventually(fourth_is_held)
    assert (await inbox.ledger(shop.business_id)).waiting_because == {
        "number_held:account_review": 2,
        "behind_earlier": 2,
    }

    await set_number(rig, shop, "connected")

    async def all_out() -> bool:
        return len(rig.accepted(shop)) == 4

    await eventually(all_out)
    assert (await inbox.ledger(shop.business_id)).waiting_because == {}
