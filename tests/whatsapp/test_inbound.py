"""Webhooks in: accepted durably, understood whole, stored once, answered once."""

import asyncio
import json
import random
import time
from pathlib import Path

import pytest

from builders import meta
from rig import APP_SECRET, VERIFY_TOKEN, Rig, as_body, sign
from wacloud.modules.whatsapp.ui.webhook_view import webhook_view
from wacloud.shared.ui.i18n import translator

FIXTURES = Path(__file__).parents[2].parent / "shared" / "fixtures" / "whatsapp"


async def answers(rig: Rig, shop, text="De acuerdo."):
    async def say(_):
        return text

    rig.model.answers[str(shop.business_id)] = say


async def test_a_message_is_stored_answered_once_sent_and_delivered(rig: Rig):
    shop = await rig.shop()
    await answers(rig, shop, "Abrimos cada día.")
    assert await rig.post(as_body(meta.inbound(shop, "34600111222", "¿A qué hora abrís?"))) == 200
    await rig.settled(shop, webhooks=1)
    [question] = await rig.messages(shop)
    assert (question.state, question.body) == ("answered", "¿A qué hora abrís?")
    [reply] = await rig.messages(shop, "out")
    assert reply.body == "Abrimos cada día."
    assert question.answered_by == reply.id
    assert rig.accepted(shop) == ["Abrimos cada día."]
    ledger = await rig.settled(shop, webhooks=3)  # and the twin's two statuses
    assert ledger.outbound["delivered"] == 1


async def test_the_same_body_three_times_at_once_three_hundred_times_is_three_hundred_messages(rig: Rig):
    shop = await rig.shop(enabled=False)
    bodies = [as_body(meta.inbound(shop, f"346001{n:05}", f"mensaje {n}")) for n in range(300)]
    posts = [body for body in bodies for _ in range(3)]
    random.shuffle(posts)
    statuses = await asyncio.gather(*(rig.post(body) for body in posts))
    assert set(statuses) == {200}
    ledger = await rig.settled(shop, webhooks=300)
    assert ledger.webhooks == {"received": 300, "processed": 300, "failed": 0, "pending": 0}
    assert ledger.inbound["stored"] == 300
    assert len({m.wamid for m in await rig.messages(shop)}) == 300


async def test_a_message_id_in_another_body_is_not_a_second_message(rig: Rig):
    shop = await rig.shop(enabled=False)
    message = meta.text("34600111222", "hola")
    first = meta.envelope(shop.waba_id, meta.value(shop.phone_number_id, messages=[message]))
    again = meta.envelope(
        shop.waba_id,
        meta.value(shop.phone_number_id, contacts=[meta.contact("34600111222")], messages=[message, message]),
    )
    await rig.post(as_body(first))
    await rig.settled(shop, webhooks=1)
    await rig.post(as_body(again))
    ledger = await rig.settled(shop, webhooks=2)
    assert ledger.inbound["stored"] == 1


async def test_three_hundred_messages_of_one_person_stand_in_order(rig: Rig):
    shop = await rig.shop(enabled=False)
    start = time.time() - 300
    for n in range(0, 300, 20):
        batch = [as_body(meta.inbound(shop, "34600111222", f"{i:03}", at=start + i)) for i in range(n, n + 20)]
        random.shuffle(batch)
        assert set(await asyncio.gather(*(rig.post(body) for body in batch))) == {200}
    await rig.settled(shop, webhooks=300)
    assert [m.body for m in await rig.messages(shop)] == [f"{i:03}" for i in range(300)]


async def test_messages_of_one_second_stay_in_the_order_they_came(rig: Rig):
    shop = await rig.shop(enabled=False)
    now = time.time()
    messages = [meta.text("34600111222", f"{i:02}", at=now) for i in range(40)]
    await rig.post(as_body(meta.envelope(shop.waba_id, meta.value(shop.phone_number_id, messages=messages))))
    await rig.settled(shop, webhooks=1)
    assert [m.body for m in await rig.messages(shop)] == [f"{i:02}" for i in range(40)]


async def test_a_body_of_a_thousand_updates_is_stored_whole(rig: Rig):
    shop = await rig.shop(enabled=False)
    values = [
        meta.value(
            shop.phone_number_id,
            contacts=[meta.contact(f"3461{n:07}", f"Persona {n}")],
            messages=[meta.text(f"3461{n:07}", f"mensaje {n}")],
        )
        for n in range(1000)
    ]
    assert await rig.post(as_body(meta.envelope(shop.waba_id, *values))) == 200
    ledger = await rig.settled(shop, webhooks=1, seconds=60)
    assert ledger.inbound["stored"] == 1000


async def test_a_body_of_three_megabytes_is_taken_and_one_beyond_the_limit_refused_clearly(rig: Rig):
    shop = await rig.shop(enabled=False)
    body = as_body(meta.inbound(shop, "34600111222", "x" * (3 * 1024 * 1024 - 600)))
    assert len(body) < 3 * 1024 * 1024
    assert await rig.post(body) == 200
    ledger = await rig.settled(shop, webhooks=1, seconds=60)
    assert ledger.inbound["stored"] == 1
    assert await rig.post(b"{" + b" " * (5 * 1024 * 1024) + b"}") == 413


@pytest.mark.parametrize(
    "signature",
    [None, "", "sha256=", "sha256=" + "0" * 64, "sha1=" + "0" * 40, "right, doubled", "other secret", "sha256=ñ"],
)
async def test_a_wrong_signature_is_refused_and_nothing_is_stored(rig: Rig, signature):
    shop = await rig.shop(enabled=False)
    body = as_body(meta.inbound(shop, "34600111222", "hola"))
    given = {"right, doubled": f"{sign(body)}, {sign(body)}", "other secret": sign(body, "another")}.get(
        signature or "", signature
    )
    if given == "sha256=ñ":
        given = "sha256=" + "f" * 63 + "g"
    assert await rig.post(body, signature=given) == 401
    assert await rig.post(body + b" ", signature=sign(body)) == 401
    ledger = await rig.ledger(shop)
    assert ledger.webhooks["received"] == 0


async def test_the_problem_of_a_wrong_signature_is_problem_json(rig: Rig):
    async with rig.http.post(f"{rig.url}/api/webhooks/whatsapp", data=b"{}") as answer:
        problem = json.loads(await answer.read())
        assert answer.status == 401
        assert answer.content_type == "application/problem+json"
    assert problem["code"] == "signature_wrong"


async def test_the_handshake_returns_the_challenge_as_plain_text(rig: Rig):
    query = {"hub.mode": "subscribe", "hub.challenge": "<b>88012345</b>", "hub.verify_token": VERIFY_TOKEN}
    async with rig.http.get(f"{rig.url}/api/webhooks/whatsapp", params=query) as answer:
        assert (answer.status, await answer.text(), answer.content_type) == (200, "<b>88012345</b>", "text/plain")


@pytest.mark.parametrize(
    "change",
    [
        {"hub.verify_token": "wrong"},
        {"hub.mode": "unsubscribe"},
        {"hub.challenge": "x" * 10_000},
        {"hub.verify_token": ""},
    ],
)
async def test_a_handshake_that_is_not_metas_is_refused(rig: Rig, change):
    query = {"hub.mode": "subscribe", "hub.challenge": "1", "hub.verify_token": VERIFY_TOKEN} | change
    async with rig.http.get(f"{rig.url}/api/webhooks/whatsapp", params=query) as answer:
        assert answer.status == 403


async def test_signed_nonsense_is_kept_and_shown_as_failed(rig: Rig):
    body = b'{"object": "whatsapp_business_account", "entry": [' + str(time.time_ns()).encode()
    assert await rig.post(body) == 200

    async def failed():
        return [w for w in await rig.house.webhook_inbox.failed() if w.bytes == len(body)]

    from rig import eventually  # noqa: PLC0415

    [webhook] = await eventually(failed)
    assert webhook.error


async def test_a_webhook_of_a_stranger_is_kept_and_processed_once_its_number_is_connected(rig: Rig):
    shop = await rig.shop(enabled=False)
    async with rig.house.db.system("test: a number not connected yet") as tx:
        pass
    stranger = type(shop)(
        shop.business_id, shop.user_id, shop.waba_id, f"8{shop.phone_number_id}", shop.number_id, shop.display
    )
    assert await rig.post(as_body(meta.inbound(stranger, "34600111222", "¿hay alguien?"))) == 200
    ledger = await rig.settled(shop, webhooks=1)
    assert ledger.webhooks["failed"] == 1
    async with rig.house.db.system("test: connect the number") as tx:
        await tx.execute(
            "insert into app.phone_numbers (business_id, waba_id, phone_number_id, display_phone_number, access_token) "
            "values (%s, %s, %s, '+34', %s)",
            (shop.business_id, shop.waba_id, stranger.phone_number_id, rig.house.secrets.encrypt("t")),
        )
    failed = [w.id for w in await rig.house.webhook_inbox.failed() if w.business_id == shop.business_id]
    assert len(await rig.house.webhook_inbox.replay(ids=failed)) == 1

    async def stored():
        return (await rig.ledger(shop)).inbound["stored"] == 1

    from rig import eventually  # noqa: PLC0415

    await eventually(stored)


async def test_a_body_of_two_businesses_is_each_ones_own_share(rig: Rig):
    one, other = await rig.shop(enabled=False), await rig.shop(enabled=False)
    body = meta.inbound(one, "34600111222", "secreto de uno")
    body["entry"] += meta.inbound(other, "34600333444", "secreto de otro")["entry"]
    await rig.post(as_body(body))
    for shop, own, foreign in ((one, "de uno", "de otro"), (other, "de otro", "de uno")):
        ledger = await rig.settled(shop, webhooks=1)
        assert ledger.inbound["stored"] == 1
        assert ledger.webhooks["received"] == 1
        [message] = await rig.messages(shop)
        assert message.body.endswith(own)
        rows, _ = await rig.house.whatsapp.inbox.ledger_rows(shop.business_id, group="webhooks", state="processed")
        own_ids = await rig.house.whatsapp.inbox.own_ids(shop.business_id)
        [opened] = [webhook_view(row, own_ids, translator("es"), with_body=True) for row in rows]
        assert own in str(opened)
        assert foreign not in str((rows, opened))


async def test_an_element_nested_without_end_is_noted_and_its_neighbour_of_another_business_arrives(rig: Rig):
    shop, other = await rig.shop(enabled=False), await rig.shop(enabled=False)
    strange = meta.text("34600111222", "")
    del strange["text"]
    body = meta.inbound_of(shop, {**strange, "type": "zzz", "zzz": "DEEP"})
    body["entry"] += meta.inbound(other, "34600333444", "hola")["entry"]
    raw = as_body(body).replace(b'"DEEP"', b"[" * 3_000 + b"]" * 3_000)
    assert await rig.post(raw) == 200
    await rig.settled(other, webhooks=1)
    [message], [neighbour] = await rig.messages(shop), await rig.messages(other)
    assert (message.kind, neighbour.body) == ("unsupported", "hola")
    async with rig.house.db.system("test: look at the whole body") as tx:
        [kept] = await tx.rows(
            "select * from app.webhook_inbox where part_of is null and position(%s in body) > 0",
            (strange["id"].encode(),),
        )
    assert kept.body == raw
    assert kept.state == "processed"
    assert "body: nested too deeply, so a part was left out" in kept.notes


@pytest.mark.skipif(not FIXTURES.is_dir(), reason="the folder of public Meta payloads is not beside the project")
async def test_every_public_payload_is_accepted_and_none_crashes_the_worker(rig: Rig):
    shop = await rig.shop(enabled=False)
    files = sorted(FIXTURES.glob("*.json"))
    assert len(files) >= 60
    for file in files:
        payload = json.loads(file.read_text())
        for entry in payload["entry"]:
            entry["id"] = shop.waba_id
            for change in entry["changes"]:
                if "metadata" in change["value"]:
                    change["value"]["metadata"]["phone_number_id"] = shop.phone_number_id
        assert await rig.post(as_body(payload)) == 200, file.name
    ledger = await rig.settled(shop, webhooks=len(files) - 1, seconds=60)
    assert ledger.webhooks["failed"] == 0, await rig.house.webhook_inbox.failed()
    states = {m.state for m in await rig.messages(shop)}
    assert states <= {"handed_over", "ignored"}
    events = await rig.rows(shop, "select distinct field from app.account_events")
    assert {"account_update", "security", "flows", "message_template_status_update"} <= {e.field for e in events}


async def test_while_the_database_is_away_the_answer_is_503(rig: Rig, monkeypatch):
    shop = await rig.shop(enabled=False)
    from wacloud.shared.application.db import StoreAway  # noqa: PLC0415

    def away(*args, **kwargs):
        raise StoreAway("away")

    monkeypatch.setattr(rig.house.webhook_inbox._db, "_transaction", away)
    body = as_body(meta.inbound(shop, "34600111222", "hola"))
    headers = {"x-hub-signature-256": sign(body, APP_SECRET)}
    async with rig.http.post(f"{rig.url}/api/webhooks/whatsapp", data=body, headers=headers) as answer:
        assert answer.status == 503
        assert int(answer.headers["retry-after"]) >= 1
    monkeypatch.undo()
    assert await rig.post(body) == 200
