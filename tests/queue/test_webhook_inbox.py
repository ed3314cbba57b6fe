"""The inbox table on its own: claims, results and leases."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from queue_rig import Queue, open_queue

from wacloud.shared.application.webhooks import Processed, RawWebhook, StoredWebhook
from wacloud.shared.infra.webhook_inbox import PostgresWebhookInbox


@pytest.fixture
async def queue(own_database: Any) -> AsyncIterator[Queue]:
    async with open_queue(own_database.app_dsn) as queue:
        yield queue


@pytest.fixture
async def inbox(queue: Queue) -> AsyncIterator[PostgresWebhookInbox]:
    inbox = PostgresWebhookInbox(queue.db)
    yield inbox
    await pass_time(queue, 3600)
    while left := [*await inbox.claim(1000), *await inbox.claim_retried()]:
        await inbox.settle([Processed(webhook, error="of another test", final=True) for webhook in left])


async def pass_time(queue: Queue, seconds: float) -> None:
    async with queue.db.system("test: let time pass") as tx:
        await tx.execute(
            "update app.webhook_inbox set run_at = run_at - %(s)s * interval '1 second', "
            "leased_until = leased_until - %(s)s * interval '1 second' where state = 'pending'",
            {"s": seconds},
        )


async def kept(inbox: PostgresWebhookInbox, *bodies: str, lane: int = 0) -> list[StoredWebhook]:
    for body in bodies:
        await inbox.keep(RawWebhook("whatsapp", body.encode(), {}, lane=lane))
    return list(await inbox.claim(1000))


async def test_what_carries_messages_comes_first_then_the_oldest(inbox: PostgresWebhookInbox):
    for n, lane in enumerate((1, 0, 1, 0)):
        await inbox.keep(RawWebhook("whatsapp", f"first {n}".encode(), {}, lane=lane))
    assert [webhook.body for webhook in await inbox.claim(2)] == [b"first 1", b"first 3"]
    assert [webhook.body for webhook in await inbox.claim(2)] == [b"first 0", b"first 2"]


async def test_two_megabytes_are_claimed_at_once_and_what_is_larger_alone(inbox: PostgresWebhookInbox):
    for n, size in enumerate((900_000, 900_000, 900_000, 3_000_000, 10)):
        await inbox.keep(RawWebhook("whatsapp", f"{n}".encode() + bytes(size), {}))
    claims = []
    while claimed := await inbox.claim(100):
        claims.append([webhook.body[:1] for webhook in claimed])
    assert claims == [[b"0", b"1", b"2"], [b"3"], [b"4"]]


async def test_what_is_given_back_may_be_claimed_again_as_if_it_never_was(inbox: PostgresWebhookInbox, queue: Queue):
    [webhook] = await kept(inbox, "not now")
    await inbox.give_back([webhook], timedelta(seconds=5))
    assert await inbox.claim(10) == []
    await pass_time(queue, 5.1)
    [again] = await inbox.claim(10)
    assert (again.id, again.attempt) == (webhook.id, 1)


@pytest.mark.parametrize("words", ["zero \x00 byte", "half a \ud83d pair", "é" * 50_000])
async def test_whatever_a_result_says_it_and_its_neighbours_are_settled(inbox: PostgresWebhookInbox, words: str):
    """A batch is settled in one statement: what one body quotes may not fail three hundred others."""
    bad, good = await kept(inbox, f"bad {len(words)}{words[:4]!r}", f"good {len(words)}{words[:4]!r}")
    await inbox.settle([Processed(bad, error=words, notes=(words,), final=True), Processed(good)])
    [failed] = await inbox.failed(1)
    assert failed.id == bad.id
    assert failed.error[:4] == words[:4]
    assert await inbox.claim(10) == []


async def test_a_failure_is_tried_again_later_and_later_and_then_kept(inbox: PostgresWebhookInbox, queue: Queue):
    [webhook] = await kept(inbox, "broken")
    for attempt, pause in ((1, 2), (2, 4), (3, 0)):
        assert webhook.attempt == attempt
        await inbox.settle([Processed(webhook, error=f"no {attempt}")])
        assert await inbox.claim_retried() == []
        await pass_time(queue, pause + 0.1)
        again = await inbox.claim_retried()
        assert len(again) == (attempt < 3)
        webhook = again[0] if again else webhook
    [failed] = await inbox.failed(1)
    assert (failed.id, failed.error) == (webhook.id, "no 3")
    assert len(await inbox.replay(ids=[webhook.id])) == 1
    [replayed] = await inbox.claim(10)
    assert replayed.attempt == 1
    await inbox.settle([Processed(replayed)])


async def test_a_worker_that_lost_its_lease_settles_nothing(inbox: PostgresWebhookInbox, queue: Queue):
    [lost] = await kept(inbox, "slow")
    await pass_time(queue, 60)
    [held] = await inbox.claim_retried()
    await inbox.settle([Processed(lost, error="too late", final=True)])
    await inbox.renew([lost])
    assert (await inbox.counts()).get(("whatsapp", "pending")) == 1
    await inbox.settle([Processed(held)])
    assert (await inbox.counts()).get(("whatsapp", "pending")) is None


async def test_a_body_that_kills_its_worker_is_kept_as_failed_after_three(inbox: PostgresWebhookInbox, queue: Queue):
    [webhook] = await kept(inbox, "killer")
    for _ in range(2):
        await pass_time(queue, 60)
        [webhook] = await inbox.claim_retried()
    await pass_time(queue, 60)
    assert await inbox.claim_retried() == []
    assert await inbox.give_up_on_killers() == 1
    [failed] = await inbox.failed(1)
    assert (failed.id, failed.error) == (webhook.id, "its worker died each time")
