"""QUEUE_DRIVER=bullmq: BullMQ rings, PostgreSQL decides, and nothing hangs on a ring."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest
from bullmq import Queue, Worker
from redis.asyncio import Redis

from builders import meta
from rig import Rig, Shop, as_body, eventually
from wacloud.main.embedded import EmbeddedValkey
from wacloud.modules.whatsapp.application.outbox import Draft, put_in_outbox
from wacloud.shared.infra.dispatch_bullmq import WORKER_OPTIONS
from wacloud.shared.infra.rings_bullmq import connect


def answering(rig: Rig, shop: Shop, text: str = "Abrimos cada día.") -> None:
    async def say(_: Any) -> str:
        return text

    rig.model.answers[str(shop.business_id)] = say


async def queue_counts(url: str, name: str) -> dict[str, int]:
    redis = connect(url, connections=2, timeout_s=5)
    try:
        return await Queue(name, {"connection": redis}).getJobCounts(
            "waiting", "active", "delayed", "failed", "completed"
        )
    finally:
        await redis.aclose()


@pytest.mark.usefixtures("unswept")
async def test_a_message_is_answered_once_and_its_jobs_went_through_bullmq(bullmq_rig: Rig, valkey: EmbeddedValkey):
    rig = bullmq_rig
    shop = await rig.shop()
    answering(rig, shop)
    began = time.monotonic()
    assert await rig.post(as_body(meta.inbound(shop, "34600111222", "¿A qué hora abrís?"))) == 200
    await eventually(lambda: _accepted(rig, shop, 1))
    print(f"reply after {(time.monotonic() - began) * 1000:.0f} ms")
    ledger = await rig.settled(shop, webhooks=3)  # and the twin's two statuses
    assert rig.accepted(shop) == ["Abrimos cada día."]
    assert ledger.inbound["answered"] == 1
    assert ledger.outbound["delivered"] == 1
    await eventually(lambda: _completed(valkey.url, "whatsapp-messages", 3))
    for lane in ("wacloud-turns", "wacloud-sending"):
        counts = await queue_counts(valkey.url, lane)
        assert counts["completed"] >= 1, (lane, counts)
        assert counts["failed"] == 0


@pytest.mark.usefixtures("unswept")
async def test_a_burst_waits_for_its_end_and_gets_one_answer(bullmq_rig: Rig):
    rig = bullmq_rig
    shop = await rig.shop(quiet_ms=600)
    answering(rig, shop)
    for text in ("hola", "una cosa", "¿abrís", "el domingo?"):
        assert await rig.post(as_body(meta.inbound(shop, "34600111222", text))) == 200
        await asyncio.sleep(0.1)
    ledger = await rig.settled(shop, webhooks=6)
    assert rig.accepted(shop) == ["Abrimos cada día."]
    assert ledger.inbound["answered"] == 4


@pytest.mark.usefixtures("unswept")
async def test_many_at_once_are_each_answered_once(bullmq_rig: Rig):
    rig = bullmq_rig
    shop = await rig.shop()
    answering(rig, shop)
    bodies = [as_body(meta.inbound(shop, f"346001{n:05}", f"mensaje {n}")) for n in range(150)]
    assert set(await asyncio.gather(*(rig.post(body) for body in bodies))) == {200}
    ledger = await rig.settled(shop, webhooks=450)
    assert ledger.inbound["answered"] == 150
    assert len(rig.accepted(shop)) == 150
    assert ledger.webhooks == {"received": 450, "processed": 450, "failed": 0, "pending": 0}


@pytest.mark.usefixtures("unswept")
async def test_messages_of_one_conversation_are_sent_in_order(bullmq_rig: Rig):
    """Each send waits for the one before; when that ends, the next one is rung for."""
    rig = bullmq_rig
    shop = await rig.shop()
    answering(rig, shop, "primera")
    assert await rig.post(as_body(meta.inbound(shop, "34600111222", "hola"))) == 200
    await rig.settled(shop, webhooks=3)
    [said] = await rig.messages(shop, "out")
    async with rig.house.db.tenant(shop.business_id) as tx:
        drafts = [
            Draft(
                business_id=shop.business_id,
                conversation_id=said.conversation_id,
                cause=f"test:{n}",
                author="bot",
                body=f"mensaje {n}",
            )
            for n in range(10)
        ]
        await put_in_outbox(rig.house.whatsapp, tx, drafts)
    await eventually(lambda: _accepted(rig, shop, 11))
    assert rig.accepted(shop)[1:] == [f"mensaje {n}" for n in range(10)]


async def test_an_emptied_valkey_loses_no_work(
    waiting_rig: Rig, held_worker: Callable[[], None], valkey: EmbeddedValkey
):
    rig = waiting_rig
    shop = await rig.shop()
    answering(rig, shop)
    for n in range(20):
        assert await rig.post(as_body(meta.inbound(shop, f"346002{n:05}", "hola"))) == 200
    await eventually(lambda: _waiting(valkey.url, "whatsapp-messages", 20))
    await _flush(valkey.url)
    assert sum((await queue_counts(valkey.url, "whatsapp-messages")).values()) == 0
    held_worker()
    # And once more while it works.
    await eventually(lambda: _accepted(rig, shop, 1))
    await _flush(valkey.url)
    ledger = await rig.settled(shop, webhooks=60)
    assert ledger.inbound["answered"] == 20
    assert len(rig.accepted(shop)) == 20


async def test_without_valkey_webhooks_are_accepted_and_work_goes_on(bullmq_rig: Rig, valkey: EmbeddedValkey):
    rig = bullmq_rig
    shop = await rig.shop()
    answering(rig, shop)
    async with Redis.from_url(valkey.url) as redis:
        await redis.shutdown(nosave=True)
    began = time.monotonic()
    assert await rig.post(as_body(meta.inbound(shop, "34600111222", "hola"))) == 200
    assert time.monotonic() - began < 1
    await eventually(lambda: _accepted(rig, shop, 1), seconds=30)
    print(f"reply without Valkey after {time.monotonic() - began:.1f} s")
    assert rig.accepted(shop) == ["Abrimos cada día."]


async def test_a_webhook_whose_worker_died_is_processed_within_ten_seconds(
    waiting_rig: Rig, held_worker: Callable[[], None], valkey: EmbeddedValkey
):
    rig = waiting_rig
    shop = await rig.shop()
    answering(rig, shop)
    assert await rig.post(as_body(meta.inbound(shop, "34600111222", "hola"))) == 200
    # What a worker leaves behind that is killed right after it fetched the job and claimed the row.
    redis = connect(valkey.url, connections=2, timeout_s=15)
    dead = Worker("whatsapp-messages", None, {"connection": redis, **WORKER_OPTIONS})
    job = await eventually(lambda: dead.getNextJob("a token of the dead"))
    [claimed] = await rig.house.webhook_inbox.claim_these([job.data["webhook_id"]])
    await dead.close()
    await redis.aclose()
    died = time.monotonic()
    held_worker()
    await rig.settled(shop, webhooks=3, seconds=60)
    print(f"a dead worker's webhook was processed after {time.monotonic() - died:.1f} s")
    assert claimed.attempt == 1
    assert len(rig.accepted(shop)) == 1


async def test_a_strangers_job_fails_with_a_reason_and_harms_no_other(bullmq_rig: Rig, valkey: EmbeddedValkey):
    strange: list[tuple[str, Any]] = [
        ("process-message", {"webhook_id": "nonsense"}),
        ("process-message", {"webhook_id": True}),
        ("process-message", {"webhook_id": 10**30}),
        ("process-message", ["no", "object"]),
        ("something-else", {"webhook_id": 1}),
    ]
    redis = connect(valkey.url, connections=2, timeout_s=5)
    queue = Queue("whatsapp-messages", {"connection": redis})
    try:
        for name, data in strange:
            await queue.add(name, data, {"attempts": 3})
        of_no_row = await queue.add("process-message", {"webhook_id": 2**62})
        await eventually(of_no_row.isCompleted)
        failed = await queue.getFailed()
        assert len(failed) == len(strange)
        assert all("job here" in job.failedReason for job in failed)
    finally:
        await redis.aclose()


async def _accepted(rig: Rig, shop: Shop, count: int) -> bool:
    return len(rig.accepted(shop)) >= count


async def _waiting(url: str, queue: str, count: int) -> bool:
    return (await queue_counts(url, queue))["waiting"] >= count


async def _completed(url: str, queue: str, count: int) -> bool:
    return (await queue_counts(url, queue))["completed"] >= count


async def _flush(url: str) -> None:
    async with Redis.from_url(url) as redis:
        await redis.flushall()
