"""How far a sent message has come: forward only, whatever order, however often, even before we know the message."""

import asyncio
import itertools
import random
import time
from datetime import UTC, datetime
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from builders import meta
from rig import Rig, Shop, as_body, eventually
from wacloud.modules.whatsapp.application.mend import settle_unmatched_statuses
from wacloud.modules.whatsapp.application.receive_batch import Received, receive_batch
from wacloud.modules.whatsapp.application.stored import NewMessage, Number
from wacloud.modules.whatsapp.domain.callback import write_callback
from wacloud.modules.whatsapp.domain.identity import Sender
from wacloud.modules.whatsapp.domain.inbound import MetaError, StatusUpdate
from wacloud.shared.domain.ids import new_id

NOW = int(time.time()) - 100
UNDELIVERABLE = {"errors": [{"code": 131026, "title": "Message undeliverable"}]}


@pytest.fixture
async def shop(rig: Rig) -> Shop:
    return await rig.shop(enabled=False)


async def sent(rig: Rig, shop: Shop, number: int = 1, conversation: UUID | None = None) -> list[NewMessage]:
    """Messages as they stand once Meta has accepted them."""
    conversation = conversation or await rig.heard(shop)
    now = datetime.now(UTC)
    messages = [
        NewMessage(
            business_id=shop.business_id,
            id=new_id(),
            created_at=now,
            conversation_id=conversation,
            direction="out",
            author="bot",
            kind="text",
            body=f"mensaje {n}",
            content={},
            sent_at=now,
            state="sent",
            wamid=meta.wamid(),
        )
        for n in range(number)
    ]
    async with rig.house.db.tenant(shop.business_id) as tx:
        await rig.house.whatsapp.messages.add(tx, messages)
    return messages


async def tell(rig: Rig, shop: Shop, *statuses) -> None:
    """Deliver each status in a webhook of its own, and wait until they are processed."""
    before = (await rig.ledger(shop)).webhooks["processed"]
    for status in statuses:
        await rig.post(as_body(meta.statuses(shop, status)))

    async def done():
        return (await rig.ledger(shop)).webhooks["processed"] >= before + len(statuses)

    await eventually(done)


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(NOW + seconds, UTC)


async def test_statuses_in_reversed_order_end_at_read_with_their_own_times(rig: Rig, shop: Shop):
    [message] = await sent(rig, shop)
    for second, status in ((3, "read"), (2, "delivered"), (1, "sent")):
        await tell(rig, shop, meta.status(message.wamid, status, at=NOW + second))
    row = await rig.one(shop, message.id)
    assert (row.state, row.accepted_at, row.delivered_at, row.read_at) == ("read", at(1), at(2), at(3))


async def test_statuses_told_many_times_at_once_count_once(rig: Rig, shop: Shop):
    [message] = await sent(rig, shop)
    bodies = [
        as_body(meta.statuses(shop, meta.status(message.wamid, status, at=NOW + second, n=n)))
        for n in range(5)
        for second, status in ((1, "sent"), (2, "delivered"))
    ]
    random.shuffle(bodies)
    await asyncio.gather(*(rig.post(body) for body in bodies))
    ledger = await rig.settled(shop, webhooks=11)
    assert (ledger.outbound["delivered"], ledger.webhooks["processed"]) == (1, 11)
    assert (await rig.one(shop, message.id)).delivered_at == at(2)


async def test_what_was_read_was_delivered(rig: Rig, shop: Shop):
    [message] = await sent(rig, shop)
    await tell(rig, shop, meta.status(message.wamid, "read", at=NOW))
    row = await rig.one(shop, message.id)
    assert (row.state, row.delivered_at, row.read_at) == ("read", at(0), at(0))


async def test_a_voice_note_that_was_played_was_read(rig: Rig, shop: Shop):
    [message] = await sent(rig, shop)
    await tell(rig, shop, meta.status(message.wamid, "played", at=NOW))
    assert (await rig.one(shop, message.id)).state == "read"


async def test_a_message_may_fail_after_it_was_sent_and_says_why(rig: Rig, shop: Shop):
    [message] = await sent(rig, shop)
    await tell(rig, shop, meta.status(message.wamid, "failed", at=NOW, **UNDELIVERABLE))
    row = await rig.one(shop, message.id)
    assert (row.state, row.reason, row.error["code"], row.failed_at) == ("failed", "meta:131026", 131026, at(0))
    assert (await rig.ledger(shop)).failed_because == {"meta:131026": 1}


@pytest.mark.parametrize("order", list(itertools.permutations(["failed", "delivered"])))
async def test_a_delivery_proves_a_failure_wrong_whichever_comes_first(rig: Rig, shop: Shop, order):
    [message] = await sent(rig, shop)
    for status in order:
        more = UNDELIVERABLE if status == "failed" else {}
        await tell(rig, shop, meta.status(message.wamid, status, at=NOW, **more))
    row = await rig.one(shop, message.id)
    assert (row.state, row.reason, row.error, row.failed_at) == ("delivered", None, None, at(0))


async def test_unknown_words_and_kinds_are_kept_and_change_nothing(rig: Rig, shop: Shop):
    [message] = await sent(rig, shop)
    await tell(
        rig,
        shop,
        meta.status(message.wamid, "warning", at=NOW),
        meta.status(message.wamid, "captured", at=NOW, type="payment"),
        meta.status(message.wamid, "RINGING", at=NOW, type="call"),
    )
    assert (await rig.one(shop, message.id)).state == "sent"
    kept = await rig.rows(shop, "select event, value from app.account_events order by event")
    assert {row.event for row in kept} == {"warning", "captured", "RINGING"}
    assert {row.value["wamid"] for row in kept} == {message.wamid}


async def test_a_status_of_an_unknown_message_waits_for_it(rig: Rig, shop: Shop):
    conversation = await rig.heard(shop)
    wamid = meta.wamid()
    await tell(rig, shop, meta.status(wamid, "delivered", at=NOW + 1), meta.status(wamid, "sent", at=NOW))
    assert len(await rig.rows(shop, "select * from app.unmatched_statuses")) == 2
    [message] = await sent(rig, shop, conversation=conversation)
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute("update app.messages set wamid = %s where id = %s", (wamid, message.id))
        await tx.execute("update app.message_keys set key = %s where message_id = %s", (f"wamid:{wamid}", message.id))
    await settle_unmatched_statuses(rig.house.whatsapp)
    row = await rig.becomes(shop, message.id, "delivered")
    assert (row.accepted_at, row.delivered_at) == (at(0), at(1))
    assert await rig.rows(shop, "select * from app.unmatched_statuses") == []


async def test_statuses_that_never_find_their_message_hide_nobody_elses_and_none_of_their_own(rig: Rig, shop: Shop):
    foreign = await rig.shop(enabled=False)
    strange = [meta.status(meta.wamid(), "delivered", at=NOW) for _ in range(1000)]
    for one in (shop, foreign):
        await tell_body(rig, one, strange)
    async with rig.house.db.tenant(foreign.business_id) as tx:
        await tx.execute("update app.unmatched_statuses set received_at = now() - interval '1 hour', look_at = now()")
    conversation = await rig.heard(shop)
    wamid = meta.wamid()
    await tell(rig, shop, meta.status(wamid, "delivered", at=NOW + 1))
    [message] = await sent(rig, shop, conversation=conversation)
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute("update app.messages set wamid = %s where id = %s", (wamid, message.id))
        await tx.execute("update app.message_keys set key = %s where message_id = %s", (f"wamid:{wamid}", message.id))
    for _ in range(2):
        await settle_unmatched_statuses(rig.house.whatsapp)
    await rig.becomes(shop, message.id, "delivered", seconds=30)
    for one in (shop, foreign):
        assert len(await rig.rows(one, "select wamid from app.unmatched_statuses")) == 1000
    # What found nothing is looked for more and more rarely.
    soon = "select wamid from app.unmatched_statuses where look_at < now() + interval '50 minutes'"

    async def none_is_due_soon() -> bool:
        # The housekeeping of the running worker does the same at the same time, and each skips what the other holds.
        await settle_unmatched_statuses(rig.house.whatsapp)
        return not await rig.rows(foreign, soon)

    await eventually(none_is_due_soon)


async def test_a_status_that_found_no_message_for_eight_days_is_dropped_and_a_late_match_is_not(rig: Rig, shop: Shop):
    conversation = await rig.heard(shop)
    wamid, never, young = (meta.wamid() for _ in range(3))
    await tell(rig, shop, *(meta.status(one, "delivered", at=NOW) for one in (wamid, never, young)))
    [message] = await sent(rig, shop, conversation=conversation)
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute("update app.messages set wamid = %s where id = %s", (wamid, message.id))
        await tx.execute("update app.message_keys set key = %s where message_id = %s", (f"wamid:{wamid}", message.id))
        await tx.execute(
            "update app.unmatched_statuses set look_at = now(), received_at = now() - interval '193 hours' "
            "where wamid <> %s",
            (young,),
        )
    await settle_unmatched_statuses(rig.house.whatsapp)
    await rig.becomes(shop, message.id, "delivered")
    assert [row.wamid for row in await rig.rows(shop, "select wamid from app.unmatched_statuses")] == [young]


class HeldBack:
    """Our own record of what Meta answered comes late."""

    def __init__(self, rig: Rig, monkeypatch: pytest.MonkeyPatch) -> None:
        self.gate = asyncio.Event()
        deliveries = rig.house.whatsapp.deliveries
        record = deliveries.record

        async def late(tx, results):
            async with asyncio.timeout(20):
                await self.gate.wait()
            return await record(tx, results)

        monkeypatch.setattr(deliveries, "record", late)


async def test_a_status_that_comes_before_our_own_record_is_applied_by_our_id(rig: Rig, shop: Shop, monkeypatch):
    conversation = await rig.heard(shop)
    held = HeldBack(rig, monkeypatch)
    _, answer = await rig.send(shop, conversation, "hola")
    before = await rig.becomes(shop, answer["message_id"], "delivered")
    held.gate.set()
    await eventually(lambda: nothing_open(rig, shop))
    row = await rig.one(shop, answer["message_id"])
    assert (row.state, row.reason, row.wamid) == ("delivered", None, before.wamid)


async def test_a_failure_that_comes_before_our_own_record_keeps_its_reason(rig: Rig, shop: Shop, monkeypatch):
    conversation = await rig.heard(shop)
    held = HeldBack(rig, monkeypatch)
    rig.misbehave(shop, fail_later=131026)
    _, answer = await rig.send(shop, conversation, "hola")
    await rig.becomes(shop, answer["message_id"], "failed")
    held.gate.set()
    await eventually(lambda: nothing_open(rig, shop))
    row = await rig.one(shop, answer["message_id"])
    assert (row.state, row.reason, row.error["code"]) == ("failed", "meta:131026", 131026)


async def test_a_status_without_our_id_that_comes_before_our_own_record_is_applied_later(
    rig: Rig, shop: Shop, monkeypatch
):
    conversation = await rig.heard(shop)
    held = HeldBack(rig, monkeypatch)
    rig.misbehave(shop, drop_callback_data=True)
    _, answer = await rig.send(shop, conversation, "hola")

    async def kept():
        return len(await rig.rows(shop, "select * from app.unmatched_statuses")) == 2

    await eventually(kept)
    assert (await rig.one(shop, answer["message_id"])).state == "dispatching"
    held.gate.set()
    await rig.becomes(shop, answer["message_id"], "sent")
    await settle_unmatched_statuses(rig.house.whatsapp)
    await rig.becomes(shop, answer["message_id"], "delivered")


async def nothing_open(rig: Rig, shop: Shop) -> bool:
    return not await rig.jobs(shop)


async def test_a_business_cannot_move_the_messages_of_another(rig: Rig, shop: Shop):
    stranger = await rig.shop(enabled=False)
    [message] = await sent(rig, shop)
    data = write_callback(message.id, message.created_at)
    await tell(
        rig,
        stranger,
        meta.status(message.wamid, "read", at=NOW),
        meta.status(meta.wamid(), "read", at=NOW, biz_opaque_callback_data=data),
    )
    assert (await rig.one(shop, message.id)).state == "sent"
    assert len(await rig.rows(stranger, "select * from app.unmatched_statuses")) == 2


async def test_a_status_of_a_message_that_came_in_changes_nothing(rig: Rig, shop: Shop):
    await rig.heard(shop)
    [message] = await rig.messages(shop)
    await tell(rig, shop, meta.status(message.wamid, "read", at=NOW))
    assert (await rig.one(shop, message.id)).state == "handed_over"


async def test_a_body_of_a_thousand_statuses_moves_them_all(rig: Rig, shop: Shop):
    messages = await sent(rig, shop, 250)
    items = [
        meta.status(message.wamid, status, at=NOW + second)
        for message in messages
        for second, status in ((1, "sent"), (2, "delivered"), (3, "read"), (3, "read"))
    ]
    random.shuffle(items)
    await tell_body(rig, shop, items)
    assert (await rig.ledger(shop)).outbound["read"] == 250
    assert {(m.delivered_at, m.read_at) for m in await rig.messages(shop, "out")} == {(at(2), at(3))}


async def tell_body(rig: Rig, shop: Shop, items) -> None:
    before = (await rig.ledger(shop)).webhooks["processed"]
    await rig.post(as_body(meta.statuses(shop, *items)))

    async def done():
        return (await rig.ledger(shop)).webhooks["processed"] > before

    await eventually(done)


STEPS = [("sent", 1), ("delivered", 2), ("read", 3), ("played", 4), ("failed", 2)]
COMPARED = ("state", "reason", "error", "accepted_at", "delivered_at", "read_at", "failed_at")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.sampled_from(STEPS), min_size=1, max_size=6).flatmap(
        lambda steps: st.tuples(st.just(steps), st.permutations(steps), st.integers(1, 6))
    )
)
async def test_any_order_of_any_repeats_in_any_batches_ends_the_same(rig: Rig, case):
    told, otherwise, size = case
    shop = await shop_of_this_test(rig)
    [one], [other] = [await sent(rig, shop, conversation=CONVERSATION[shop.business_id]) for _ in range(2)]
    await apply(rig, shop, one, [told])
    await apply(rig, shop, other, [otherwise[n : n + size] for n in range(0, len(otherwise), size)])
    first, second = await rig.one(shop, one.id), await rig.one(shop, other.id)
    assert [getattr(first, name) for name in COMPARED] == [getattr(second, name) for name in COMPARED]


SHOPS: list[Shop] = []
CONVERSATION: dict[UUID, UUID] = {}


async def shop_of_this_test(rig: Rig) -> Shop:
    if not SHOPS:
        SHOPS.append(await rig.shop(enabled=False))
        CONVERSATION[SHOPS[0].business_id] = await rig.heard(SHOPS[0])
    return SHOPS[0]


async def apply(rig: Rig, shop: Shop, message: NewMessage, batches) -> None:
    number = Number(shop.business_id, shop.number_id, shop.phone_number_id, shop.waba_id)
    for batch in batches:
        updates = [
            StatusUpdate(
                waba_id=shop.waba_id,
                phone_number_id=shop.phone_number_id,
                wamid=message.wamid or "",
                status=status,
                at=at(second),
                recipient=Sender(),
                errors=(MetaError(131026, "Message undeliverable"),) if status == "failed" else (),
            )
            for status, second in batch
        ]
        await receive_batch(rig.house.whatsapp, [Received(shop.business_id, number, update) for update in updates])
