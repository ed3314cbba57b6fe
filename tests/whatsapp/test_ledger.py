"""The ledger: nothing is missing from its sums, and behind each number stand its rows."""

import asyncio
import time

import pytest

from builders import meta
from rig import Rig, Shop, as_body, eventually

ROSA = "34600111222"


@pytest.fixture(scope="module")
async def busy(rig: Rig) -> Shop:
    """A shop to which everything has happened."""
    shop = await rig.shop()
    rig.says(shop, "De acuerdo.")
    rig.misbehave(shop, error_code=131026, text_contains="falla")
    rig.misbehave(shop, cut_before=True, text_contains="se corta")
    question = meta.text(ROSA, "¿Abrís hoy?")
    payloads = [
        meta.inbound_of(shop, question, contacts=[meta.contact(ROSA)]),
        meta.inbound_of(shop, meta.reaction(ROSA, question["id"], "👍")),
        meta.inbound(shop, "34611000001", "👍"),
        meta.inbound(shop, "34611000002", "Quiero hablar con una persona"),
        meta.inbound(shop, "34611000003", "¿Abrís?", at=time.time() - 90_000),
        *(meta.inbound(shop, f"3460000{n:04}", "¿Hay sitio?") for n in range(20)),
    ]
    await asyncio.gather(*(rig.post(as_body(payload)) for payload in payloads))
    await rig.settled(shop, webhooks=len(payloads))
    conversation = next(m.conversation_id for m in await rig.messages(shop) if m.body == "¿Abrís hoy?")
    for text in ("esto falla", "esto se corta", "esto llega"):
        await rig.send(shop, conversation, text)
    await rig.post(
        b'{"object": "whatsapp_business_account", "entry": [{"id": "%s", "changes": [' % shop.waba_id.encode()
    )
    await rig.settled(shop, webhooks=len(payloads) + 1)

    async def all_told():
        return not (await rig.ledger(shop)).outbound["sent"]

    await eventually(all_told)
    return shop


async def test_what_was_stored_is_what_was_answered_handed_over_ignored_or_waits(rig: Rig, busy: Shop):
    ledger = await rig.ledger(busy)
    inbound = dict(ledger.inbound)
    assert inbound.pop("stored") == sum(inbound.values()) == 25
    assert ledger.ignored_because == {"reaction": 1, "nothing_to_answer": 1}
    assert ledger.handed_over_because == {"asked_for_person": 1, "window_closed": 1}
    assert (ledger.inbound["answered"], ledger.inbound["handed_over"], ledger.inbound["ignored"]) == (21, 2, 2)
    assert ledger.failed_because == {"meta:131026": 1}
    assert (ledger.outbound["failed"], ledger.outbound["unconfirmed"]) == (1, 1)
    assert sum(ledger.outbound.values()) == 21 + 1 + 3
    received = dict(ledger.webhooks)
    assert received.pop("received") == sum(received.values())
    assert received["failed"] == 1


async def test_every_number_leads_to_as_many_rows(rig: Rig, busy: Shop):
    ledger = await rig.ledger(busy)
    for group, counts in (("webhooks", ledger.webhooks), ("inbound", ledger.inbound), ("outbound", ledger.outbound)):
        for state, count in counts.items():
            rows = await all_rows(rig, busy, group=group, state=state)
            assert len(rows) == count, (group, state)
            assert len({row.id for row in rows}) == count
            if state not in ("received", "stored"):
                assert {row.state for row in rows} <= {state}


async def test_every_reason_leads_to_as_many_rows(rig: Rig, busy: Shop):
    ledger = await rig.ledger(busy)
    for group, state, reasons in (
        ("inbound", "ignored", ledger.ignored_because),
        ("inbound", "handed_over", ledger.handed_over_because),
        ("outbound", "failed", ledger.failed_because),
    ):
        for reason, count in reasons.items():
            rows = await all_rows(rig, busy, group=group, state=state, reason=reason)
            assert [row.reason for row in rows] == [reason] * count


async def all_rows(rig: Rig, shop: Shop, **which):
    """Page after page."""
    rows, cursor = [], None
    while True:
        page, cursor = await rig.house.whatsapp.inbox.ledger_rows(shop.business_id, cursor=cursor, limit=7, **which)
        rows += page
        if cursor is None:
            return rows


async def test_the_ledger_by_program_says_the_same(rig: Rig, busy: Shop):
    async with rig.http.get(f"{rig.url}/api/whatsapp/ledger", headers=rig.bearer(busy)) as answer:
        told = await answer.json()
    ledger = await rig.ledger(busy)
    assert {key: told[key] for key in ("webhooks", "inbound", "outbound")} == {
        "webhooks": ledger.webhooks,
        "inbound": ledger.inbound,
        "outbound": ledger.outbound,
    }


async def test_a_business_sees_its_own_ledger_only(rig: Rig, busy: Shop):
    stranger = await rig.shop()
    async with rig.http.get(f"{rig.url}/api/whatsapp/ledger", headers=rig.bearer(stranger)) as answer:
        told = await answer.json()
    assert told["inbound"]["stored"] == told["webhooks"]["received"] == 0
    async with rig.http.get(f"{rig.url}/api/whatsapp/ledger") as answer:
        assert answer.status == 401


async def test_the_judge_on_the_other_side_counts_the_same(rig: Rig, busy: Shop):
    out = await rig.messages(busy, "out")
    accepted = [m for m in out if m.state in ("sent", "delivered", "read")]
    assert sorted(rig.accepted(busy)) == sorted(m.body for m in accepted)
