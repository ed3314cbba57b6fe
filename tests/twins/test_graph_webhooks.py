"""Webhooks of the Graph twin: signed over their bytes, retried until acknowledged, in Meta's shape."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import io
import json

import pytest
from graph_harness import CUSTOMER, PNID, SECRET, WABA, Harness, code_of


async def test_the_signature_covers_the_very_bytes_that_are_sent(graph: Harness) -> None:
    await graph.inbound({"type": "text", "text": {"body": "¿Qué tal? 👍 <a@b/c> 5%"}})
    headers, body = graph.callback.received[0]
    expected = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    assert headers["X-Hub-Signature-256"] == f"sha256={expected}"
    assert headers["Content-Type"] == "application/json"
    text = body.decode("ascii")
    assert r"\u00bfQu\u00e9 tal? \ud83d\udc4d \u003Ca\u0040b\/c> 5\u0025" in text
    assert json.loads(body)["entry"][0]["changes"][0]["value"]["messages"][0]["text"]["body"].startswith("¿")
    again = json.dumps(json.loads(body), separators=(",", ":")).encode()
    assert hmac.new(SECRET.encode(), again, hashlib.sha256).hexdigest() != expected


async def test_half_a_surrogate_pair_travels_as_an_escape(graph: Harness) -> None:
    raw = json.dumps(
        {
            "phone_number_id": PNID,
            "customer": CUSTOMER,
            "message": {"type": "text", "text": {"body": "\ud83d"}},
        }
    )
    async with graph.http.post(f"{graph.url}/_twin/inbound", data=raw) as answer:
        assert answer.status == 200
    assert b'"body":"\\ud83d"' in graph.callback.received[0][1]


async def test_sent_and_delivered_follow_an_accepted_message(graph: Harness) -> None:
    await graph.open_window()
    _, answer = await graph.text(biz_opaque_callback_data="msg_01")
    wamid = answer["messages"][0]["id"]
    sent, delivered = await graph.statuses_of(wamid, 2)
    assert (sent["status"], delivered["status"]) == ("sent", "delivered")
    assert sent["recipient_id"] == CUSTOMER
    assert sent["recipient_user_id"] == "ES.9f3k20xx17"
    assert {sent["biz_opaque_callback_data"], delivered["biz_opaque_callback_data"]} == {"msg_01"}
    assert isinstance(sent["timestamp"], str)
    assert "pricing" not in sent
    assert delivered["pricing"] == {
        "billable": False,
        "pricing_model": "PMP",
        "type": "free_customer_service",
        "category": "service",
    }
    value = next(v for v in graph.callback.values if v.get("statuses", [{}])[0].get("status") == "sent")
    assert value["contacts"] == [{"profile": {"name": "Rosa"}, "wa_id": CUSTOMER, "user_id": "ES.9f3k20xx17"}]
    assert value["metadata"] == {"display_phone_number": "34910000001", "phone_number_id": PNID}
    assert json.loads(graph.callback.received[-1][1])["entry"][0]["id"] == WABA


async def test_a_message_beyond_the_free_ones_of_the_month_is_billed(graph: Harness) -> None:
    await graph.control("PATCH", "defaults", {"free_service_deliveries": 1, "pricing_on": "delivered"})
    await graph.open_window()
    kinds = []
    for _ in range(2):
        _, answer = await graph.text()
        statuses = await graph.statuses_of(answer["messages"][0]["id"], 2)
        kinds.append(next(s["pricing"]["type"] for s in statuses if "pricing" in s))
    assert kinds == ["free_customer_service", "regular"]


async def test_an_answer_to_an_ad_opens_the_free_entry_point(graph: Harness) -> None:
    referral = {"source_type": "ad", "source_id": "1200", "source_url": "https://fb.me/x"}
    await graph.inbound({"type": "text", "text": {"body": "Hola"}, "referral": referral})
    assert graph.callback.messages[0]["referral"] == referral
    _, answer = await graph.text()
    sent, delivered = await graph.statuses_of(answer["messages"][0]["id"], 2)
    assert int(sent["conversation"]["expiration_timestamp"]) > 71 * 3600
    assert delivered["pricing"]["type"] == "free_entry_point"


async def test_read_comes_by_itself_when_so_set_and_never_from_someone_without_receipts(
    graph: Harness,
) -> None:
    delays = {"sent": 1, "delivered": 5, "read": 10}
    await graph.control("PATCH", "defaults", {"status_delays_ms": delays, "window": "off"})
    _, answer = await graph.text()
    assert [s["status"] for s in await graph.statuses_of(answer["messages"][0]["id"], 3)][2] == "read"
    await graph.control("POST", "customers", {"name": "Luis", "wa_id": "34600000002", "read_receipts": False})
    _, answer = await graph.text(to="+34600000002")
    await graph.statuses_of(answer["messages"][0]["id"], 2)
    await graph.text()
    await graph.until(lambda: len(graph.callback.statuses) >= 8)
    assert (await graph.ledger())["statuses"]["read"] == 2


async def test_statuses_can_come_in_one_webhook(graph: Harness) -> None:
    await graph.control("PATCH", "defaults", {"batch_statuses": {"most": 50, "wait_ms": 60}})
    await graph.open_window()
    for _ in range(5):
        await graph.text()
    await graph.until(lambda: len(graph.callback.statuses) == 10)
    batched = [v for v in graph.callback.values if "statuses" in v]
    assert len(batched) < 5
    assert len(batched[0]["contacts"]) == 1


async def test_an_unacknowledged_webhook_is_tried_again_with_the_same_bytes(graph: Harness) -> None:
    graph.callback.answers = [500, 302]
    answer = await graph.inbound({"type": "text", "text": {"body": "Hola"}})
    assert answer["callback"]["status"] == 500
    await graph.until(lambda: len(graph.callback.received) == 3)
    assert len({body for _, body in graph.callback.received}) == 1
    await graph.until(lambda: not graph.server.twin.webhooks.undelivered)
    ledger = await graph.ledger()
    webhooks = ledger["webhooks"]
    assert (webhooks["queued"], webhooks["acknowledged"], webhooks["retried"]) == (1, 1, 2)
    assert webhooks["failed_attempts"] == 2


async def test_a_callback_that_is_away_loses_nothing(graph: Harness) -> None:
    await graph.control("PATCH", "defaults", {"retry_delays_s": [60.0]})
    await graph.control("POST", "callback", {"callback_url": "http://127.0.0.1:9/none"})
    answer = await graph.inbound({"type": "text", "text": {"body": "Hola"}})
    assert answer["callback"]["status"] == 0
    waiting = await graph.control("GET", "webhooks")
    assert len(waiting["undelivered"]) == 1
    phone = await graph.control("GET", f"phones/{CUSTOMER}")
    assert phone["threads"][0]["messages"][0]["status"] == "sent"
    changed = await graph.control(
        "POST", "callback", {"callback_url": graph.callback.url, "verify_token": "t0k3n", "handshake": True}
    )
    assert changed["handshake"]["status"] == 200
    assert changed["retried"] == 1
    await graph.until(lambda: graph.callback.received)
    await graph.until(lambda: not graph.server.twin.webhooks.undelivered)
    phone = await graph.control("GET", f"phones/{CUSTOMER}")
    assert phone["threads"][0]["messages"][0]["status"] == "delivered"


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok", 200, "ok"),
        (b"HTTP/1.0 200 OK\r\n\r\nuntil the end", 200, "until the end"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n", 200, "ok"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\nonly half", 0, "NotAnswered"),
        (b"220 mail.example ESMTP\r\n", 0, "ValueError"),
        (b"", 0, "NotAnswered"),
        (None, 0, "TimeoutError"),
    ],
)
async def test_a_callback_may_answer_in_odd_ways(graph: Harness, answer: bytes | None, status: int, said: str) -> None:
    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        if answer is None:
            await reader.read()
        else:
            writer.write(answer)
        writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    await graph.control("PATCH", "defaults", {"retry_delays_s": [60.0], "webhook_timeout_s": 0.2})
    await graph.control("POST", "callback", {"callback_url": f"http://127.0.0.1:{port}/"})
    got = (await graph.control("POST", "webhook", {"body": "{}"}))["callback"]
    assert got["status"] == status
    assert said in (got["error"] or got["body"])
    server.close()


async def test_a_raw_body_is_signed_and_sent_unchanged(graph: Harness) -> None:
    raw = b'{"a":  1, "\xc3\xb1": "not ours to tidy"}'
    answer = await graph.control("POST", "webhook", {"body_base64": base64.b64encode(raw).decode()})
    assert answer["callback"]["status"] == 200
    headers, body = graph.callback.received[0]
    assert body == raw
    assert headers["X-Hub-Signature-256"].endswith(hmac.new(SECRET.encode(), raw, hashlib.sha256).hexdigest())


async def test_a_body_of_3_mb_is_sent_whole(graph: Harness) -> None:
    raw = b'{"filler":"' + b"x" * 3_000_000 + b'"}'
    order = io.BytesIO(json.dumps({"body": raw.decode()}).encode())
    async with graph.http.post(f"{graph.url}/_twin/webhook", data=order) as answer:
        assert (await answer.json())["callback"]["status"] == 200
    assert graph.callback.received[0][1] == raw


async def test_webhooks_go_out_only_while_the_app_is_subscribed(graph: Harness) -> None:
    assert (await graph.graph("DELETE", f"{WABA}/subscribed_apps"))[1] == {"success": True}
    answer = await graph.inbound({"type": "text", "text": {"body": "Hola"}})
    assert answer["callback"] is None
    assert (await graph.graph("GET", f"{WABA}/subscribed_apps"))[1] == {"data": []}
    override = {"override_callback_uri": graph.callback.url, "verify_token": "t0k3n"}
    assert (await graph.graph("POST", f"{WABA}/subscribed_apps", override))[1] == {"success": True}
    await graph.inbound({"type": "text", "text": {"body": "Hola"}})
    assert len(graph.callback.received) == 1
    wrong = override | {"verify_token": "wrong"}
    assert code_of(await graph.graph("POST", f"{WABA}/subscribed_apps", wrong)) == (400, 100)


async def test_a_template_decision_is_announced_by_an_integer_id_and_time(graph: Harness) -> None:
    template = {"name": "nueva", "language": "es", "components": [{"type": "BODY", "text": "Hola"}]}
    await graph.control("POST", "templates", {"waba_id": WABA, "template": template})
    entry = json.loads(graph.callback.received[0][1])["entry"][0]
    assert isinstance(entry["time"], int)
    assert entry["changes"][0]["field"] == "message_template_status_update"
    assert isinstance(entry["changes"][0]["value"]["message_template_id"], int)
    assert (await graph.send("template", {"name": "nueva", "language": {"code": "es"}}))[0] == 200
