"""What one business or a busy database does must not be felt, seen or paid for by others."""

import asyncio
import time
from dataclasses import replace

import psycopg

from builders import meta
from rig import Rig, Shop, as_body, eventually
from wacloud.modules.whatsapp.ui.jobs import process_webhooks
from wacloud.shared.application.webhooks import StoredWebhook
from wacloud.shared.domain.ids import new_id


def body_of_two(one: Shop, words: str, other: Shop, secret: str) -> bytes:
    first, second = (meta.inbound(shop, "34600000001", say) for shop, say in ((one, words), (other, secret)))
    return as_body({**first, "entry": [*first["entry"], *second["entry"]]})


async def what_members_read(rig: Rig, shop: Shop) -> list[bytes]:
    async with rig.house.db.member(shop.user_id, read_only=True) as tx:
        return [row.body for row in await tx.rows("select body from app.webhook_inbox")]


async def states(rig: Rig, words: str) -> list[tuple[str, int]]:
    async with rig.house.db.system("test: look") as tx:
        rows = await tx.rows(
            "select state, attempts from app.webhook_inbox where part_of is null and position(%s in body) > 0",
            (words.encode(),),
        )
    return [(row.state, row.attempts) for row in rows]


async def test_of_a_shared_body_each_business_sees_its_own_part_only(rig: Rig):
    one, other = await rig.shop(enabled=False), await rig.shop(enabled=False)
    assert await rig.post(body_of_two(one, "para la una", other, "secreto de la otra")) == 200
    await rig.settled(one, webhooks=1)
    await rig.settled(other, webhooks=1)
    mine, theirs = await what_members_read(rig, one), await what_members_read(rig, other)
    assert b"para la una" in b"".join(mine)
    assert b"secreto de la otra" not in b"".join(mine)
    assert b"secreto de la otra" in b"".join(theirs)
    assert b"para la una" not in b"".join(theirs)


async def test_a_body_that_names_somebody_unknown_besides_is_shown_to_nobody_whole(rig: Rig):
    one = await rig.shop(enabled=False)
    nobody = replace(one, waba_id="1", phone_number_id="2")
    assert await rig.post(body_of_two(one, "para la una", nobody, "de una desconocida")) == 200
    await rig.settled(one, webhooks=1)
    assert b"de una desconocida" not in b"".join(await what_members_read(rig, one))


async def test_what_a_busy_database_could_not_take_costs_no_try_and_is_stored_later(rig: Rig, admin_dsn: str):
    shop = await rig.shop(enabled=False)
    words = f"aceptado {new_id()}"
    async with await psycopg.AsyncConnection.connect(admin_dsn) as other:
        await other.execute("lock table app.messages in access exclusive mode")
        assert await rig.post(as_body(meta.inbound(shop, "34600000006", words))) == 200

        async def was_given_back() -> bool:
            return await states(rig, words) == [("pending", 0)]

        await asyncio.sleep(9)  # the server gives up waiting for the lock after eight seconds
        assert await eventually(was_given_back, 10)
        await other.rollback()
    await rig.settled(shop, webhooks=1, seconds=30)
    assert [message.body for message in await rig.messages(shop)] == [words]


async def test_a_business_somebody_else_is_storing_for_holds_up_nobody(rig: Rig, admin_dsn: str):
    busy, free = await rig.shop(enabled=False), await rig.shop(enabled=False)
    async with await psycopg.AsyncConnection.connect(admin_dsn) as other:
        await other.execute("select pg_advisory_xact_lock(hashtextextended(%s, 20261123))", (str(busy.business_id),))
        bodies = [as_body(meta.inbound(busy, "34600000004", f"espera {n}")) for n in range(3)]
        assert {await rig.post(body) for body in bodies} == {200}
        assert await rig.post(as_body(meta.inbound(free, "34600000005", "libre"))) == 200
        await rig.settled(free, webhooks=1, seconds=5)
        assert await rig.messages(busy) == []
        await other.rollback()
    await rig.settled(busy, webhooks=3)
    assert [message.body for message in await rig.messages(busy)] == ["espera 0", "espera 1", "espera 2"]


async def test_what_waits_behind_another_worker_is_stored_in_the_order_it_came(rig: Rig, admin_dsn: str):
    busy = await rig.shop(enabled=False)
    lock = "select pg_advisory_xact_lock(hashtextextended(%s, 20261123))"
    async with await psycopg.AsyncConnection.connect(admin_dsn) as other:
        await other.execute(lock, (str(busy.business_id),))
        at = time.time() - 60
        for n in range(12):
            words = as_body(meta.inbound(busy, f"3460000001{n % 3}", f"n.º {n}", at=at + n))
            assert await rig.post(words) == 200
            await asyncio.sleep(0.03)
        # As many again while the first are being stored.
        await other.rollback()
        for n in range(12, 24):
            words = as_body(meta.inbound(busy, f"3460000001{n % 3}", f"n.º {n}", at=at + n))
            assert await rig.post(words) == 200
    await rig.settled(busy, webhooks=24)
    stored = await rig.rows(
        busy, "select body from app.messages where business_id = %s order by created_at, arrival", (busy.business_id,)
    )
    assert [row.body for row in stored] == [f"n.º {n}" for n in range(24)]


async def test_within_a_second_the_order_is_that_of_arrival_whoever_stores_first(rig: Rig):
    shop = await rig.shop(enabled=False)
    at = time.time() - 30
    bodies = [as_body(meta.inbound(shop, "34600000007", words, at=at)) for words in ("primero", "segundo")]
    now = rig.house.clock()
    for number, body in ((2_000_002, bodies[1]), (2_000_001, bodies[0])):
        await process_webhooks(rig.house.whatsapp, [StoredWebhook(number, "whatsapp", body, now, 1, None)])
    assert [message.body for message in await rig.messages(shop)] == ["primero", "segundo"]
