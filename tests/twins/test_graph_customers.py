"""Customers of the Graph twin: what they write, what their phones show, who they are to a business."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from typing import Any

import pytest
from graph_harness import CUSTOMER, PNID, TOKEN, Harness

INBOUND: list[dict[str, Any]] = [
    {"type": "text", "text": {"body": "Hola"}},
    {"type": "image", "image": {"caption": "esta"}},
    {"type": "audio", "audio": {}},
    {"type": "document", "document": {}},
    {"type": "sticker", "sticker": {}},
    {"type": "video", "video": {"base64": "AAAA", "mime_type": "video/mp4"}},
    {"type": "location", "location": {"latitude": 40.41, "longitude": -3.7, "name": "Tienda"}},
    {"type": "contacts", "contacts": [{"name": {"formatted_name": "Ana"}}], "origin": "other"},
    {
        "type": "interactive",
        "interactive": {"type": "button_reply", "button_reply": {"id": "a", "title": "A"}},
    },
    {"type": "button", "button": {"payload": "STOP", "text": "Baja"}},
    {"type": "order", "order": {"catalog_id": "77", "product_items": []}},
    {"type": "reaction", "reaction": {"message_id": "wamid.X", "emoji": "👍"}},
    {
        "type": "edit",
        "edit": {"original_message_id": "wamid.X", "message": {"type": "text", "text": {"body": "b"}}},
    },
    {"type": "revoke", "revoke": {"original_message_id": "wamid.X"}},
    {"type": "unsupported", "errors": [{"code": 131051}], "unsupported": {"type": "poll"}},
    {"type": "hologram_2027", "hologram_2027": {"new": True}},
]


@pytest.mark.parametrize("message", INBOUND, ids=lambda m: str(m["type"]))
async def test_every_inbound_type_becomes_metas_payload(graph: Harness, message: dict[str, Any]) -> None:
    answer = await graph.inbound(message)
    assert answer["callback"]["status"] == 200
    (received,) = graph.callback.messages
    kind = message["type"]
    assert received["id"] == answer["wamid"]
    assert (received["from"], received["from_user_id"]) == (CUSTOMER, "ES.9f3k20xx17")
    assert isinstance(received["timestamp"], str)
    assert received["type"] == kind
    for key, value in message.items():
        if isinstance(value, dict):
            assert {k: v for k, v in value.items() if k != "base64"}.items() <= received[key].items()
        else:
            assert received[key] == value
    assert graph.callback.values[0]["contacts"] == [
        {
            "profile": {"name": "Rosa", "username": "rosa.pan"},
            "wa_id": CUSTOMER,
            "user_id": "ES.9f3k20xx17",
        }
    ]


@pytest.mark.parametrize(
    ("kind", "mime_type", "start"),
    [
        ("image", "image/png", b"\x89PNG"),
        ("audio", "audio/ogg; codecs=opus", b"OggS"),
        ("sticker", "image/webp", b"RIFF"),
        ("document", "application/pdf", b"%PDF"),
    ],
)
async def test_a_customers_file_can_be_fetched_with_the_token(
    graph: Harness, kind: str, mime_type: str, start: bytes
) -> None:
    await graph.inbound({"type": kind, kind: {}})
    media = graph.callback.messages[0][kind]
    assert media["mime_type"] == mime_type
    status, found = await graph.graph("GET", f"{media['id']}?phone_number_id={PNID}")
    assert status == 200
    async with graph.http.get(found["url"], headers={"Authorization": f"Bearer {TOKEN}"}) as answer:
        content = await answer.read()
        assert answer.headers["content-type"] == mime_type
    assert content.startswith(start)
    assert found["file_size"] == len(content)
    assert found["sha256"] == hashlib.sha256(content).hexdigest()
    assert base64.b64decode(media["sha256"]).hex() == found["sha256"]
    async with graph.http.get(media["url"]) as answer:
        assert answer.status == 401


async def test_someone_who_hides_the_phone_shows_it_nowhere(graph: Harness) -> None:
    person = {"name": "Noa", "username": "noa.k", "hides_phone": True}
    made = await graph.control("POST", "customers", person)
    await graph.inbound({"type": "text", "text": {"body": "Hola"}}, customer=made["bsuid"])
    assert made["wa_id"] not in json.dumps(graph.callback.values)
    assert graph.callback.values[0]["contacts"][0]["profile"]["username"] == "noa.k"
    _, answer = await graph.text(to=..., recipient=made["bsuid"])
    await graph.statuses_of(answer["messages"][0]["id"], 2)
    assert made["wa_id"] not in json.dumps(graph.callback.values)
    assert graph.callback.statuses[0]["recipient_user_id"] == made["bsuid"]


async def test_each_portfolio_sees_another_user_id_of_the_same_person(graph: Harness) -> None:
    body = {"phone_number_id": "700800900100300", "customer": CUSTOMER}
    await graph.control("POST", "inbound", body | {"message": {"type": "text", "text": {"body": "x"}}})
    await graph.open_window()
    ids = [m["from_user_id"] for m in graph.callback.messages]
    assert ids[1] == "ES.9f3k20xx17"
    assert ids[0] != ids[1]


async def test_a_tap_answers_the_message_it_was_on(graph: Harness) -> None:
    await graph.open_window()
    action = {"buttons": [{"type": "reply", "reply": {"id": "t10", "title": "10:00"}}]}
    _, sent = await graph.send("interactive", {"type": "button", "body": {"text": "¿Hora?"}, "action": action})
    wamid = sent["messages"][0]["id"]
    await graph.inbound({"type": "tap", "message_id": wamid, "id": "t10"})
    answer = graph.callback.messages[-1]
    assert answer["interactive"] == {
        "type": "button_reply",
        "button_reply": {"id": "t10", "title": "10:00"},
    }
    assert answer["context"] == {"from": "34910000001", "id": wamid}
    sections = [{"title": "Pan", "rows": [{"id": "b", "title": "Barra", "description": "1 €"}]}]
    _, sent = await graph.send(
        "interactive",
        {"type": "list", "body": {"text": "Elige"}, "action": {"button": "Ver", "sections": sections}},
    )
    await graph.inbound({"type": "tap", "message_id": sent["messages"][0]["id"], "id": "b"})
    reply = graph.callback.messages[-1]["interactive"]["list_reply"]
    assert reply == {"id": "b", "title": "Barra", "description": "1 €"}
    _, sent = await graph.send(
        "template",
        {
            "name": "pedido_listo",
            "language": {"code": "es"},
            "components": [
                {"type": "body", "parameters": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}
            ],
        },
    )
    await graph.inbound({"type": "tap", "message_id": sent["messages"][0]["id"], "id": "Gracias"})
    assert graph.callback.messages[-1]["button"] == {"payload": "Gracias", "text": "Gracias"}


async def test_what_cannot_be_sent_is_said_clearly(graph: Harness) -> None:
    for body, said in (
        ({"phone_number_id": "1", "customer": CUSTOMER, "message": {"type": "text"}}, "phone_number_id"),
        ({"phone_number_id": PNID, "customer": "nobody", "message": {"type": "text"}}, "nobody"),
        ({"phone_number_id": PNID, "customer": CUSTOMER, "message": {"type": "text"}}, "text.body"),
        ({"phone_number_id": PNID, "customer": CUSTOMER, "message": {"type": "video"}}, "sample"),
        ({"phone_number_id": PNID, "customer": CUSTOMER}, "message"),
        ([], "object"),
    ):
        async with graph.http.post(f"{graph.url}/_twin/inbound", json=body) as answer:
            assert answer.status == 400
            assert said in (await answer.json())["error"]
    assert graph.callback.received == []


async def test_the_phone_shows_both_sides_ticks_and_typing(graph: Harness) -> None:
    wamid = await graph.open_window()
    typing = {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": wamid,
        "typing_indicator": {"type": "text"},
    }
    assert (await graph.graph("POST", f"{PNID}/messages", typing)) == (200, {"success": True})
    thread = (await graph.control("GET", f"phones/{CUSTOMER}"))["threads"][0]
    assert thread["typing"] is True
    assert thread["window_open"] is True
    assert thread["messages"][0]["status"] == "read"
    _, answer = await graph.text("Buenas", context={"message_id": wamid})
    await graph.statuses_of(answer["messages"][0]["id"], 2)
    thread = (await graph.control("GET", f"phones/{CUSTOMER}"))["threads"][0]
    assert thread["typing"] is False
    mine, theirs = thread["messages"]
    assert (mine["from"], theirs["from"]) == ("customer", "business")
    assert (theirs["text"], theirs["status"], theirs["reply_to"]) == ("Buenas", "delivered", wamid)
    ledger = await graph.ledger()
    assert (ledger["reads"], ledger["typing"], ledger["messages"]["seen"]) == (1, 1, 1)


async def test_a_read_receipt_needs_a_message_of_this_number(graph: Harness) -> None:
    body = {"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.none"}
    status, answer = await graph.graph("POST", f"{PNID}/messages", body)
    assert (status, answer["error"]["code"]) == (400, 131009)


async def test_edits_reactions_and_revokes_change_the_bubble(graph: Harness) -> None:
    wamid = await graph.open_window()
    edited = {"type": "text", "text": {"body": "Hola!"}}
    await graph.inbound({"type": "edit", "edit": {"original_message_id": wamid, "message": edited}})
    await graph.inbound({"type": "reaction", "reaction": {"message_id": wamid, "emoji": "👍"}})
    await graph.inbound({"type": "revoke", "revoke": {"original_message_id": wamid}})
    (bubble,) = (await graph.control("GET", f"phones/{CUSTOMER}"))["threads"][0]["messages"]
    assert (bubble["text"], bubble["edited"], bubble["revoked"]) == ("Hola!", True, True)
    assert bubble["reactions"] == {"customer": "👍"}


async def test_an_open_phone_follows_along_and_reads(graph: Harness) -> None:
    await graph.open_window()
    seen: list[tuple[str, dict[str, Any]]] = []

    async def watch() -> None:
        url = f"{graph.url}/_twin/phones/{CUSTOMER}/events?reading=1"
        async with graph.http.get(url) as stream:
            assert stream.headers["content-type"] == "text/event-stream"
            name = ""
            async for line in stream.content:
                if line.startswith(b"event: "):
                    name = line[7:].strip().decode()
                elif line.startswith(b"data: "):
                    seen.append((name, json.loads(line[6:])))

    watching = asyncio.create_task(watch())
    await graph.until(lambda: seen)
    _, answer = await graph.text("Buenas")
    wamid = answer["messages"][0]["id"]
    statuses = await graph.statuses_of(wamid, 3)
    assert {s["status"] for s in statuses} == {"sent", "delivered", "read"}
    await graph.until(lambda: len(seen) >= 5)
    assert seen[0][0] == "phone"
    assert [e[1]["status"] for e in seen if e[0] == "status"] == ["sent", "delivered", "read"]
    assert next(e[1]["text"] for e in seen if e[0] == "message") == "Buenas"
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
    _, answer = await graph.text("¿Sigues ahí?")
    await graph.statuses_of(answer["messages"][0]["id"], 2)
    await graph.control("POST", f"phones/{CUSTOMER}/read", {"phone_number_id": PNID})
    await graph.statuses_of(answer["messages"][0]["id"], 3)


async def test_people_without_whatsapp_or_who_block_get_nothing(graph: Harness) -> None:
    await graph.control("PATCH", "defaults", {"window": "off"})
    for number, trait in (
        ("34600000011", {"on_whatsapp": False}),
        ("34600000012", {"blocks_business": True}),
    ):
        await graph.control("POST", "customers", {"name": "X", "wa_id": number, **trait})
        _, answer = await graph.text(to=f"+{number}")
        (failed,) = await graph.statuses_of(answer["messages"][0]["id"], 1)
        assert failed["errors"][0]["code"] == 131026


async def test_the_owner_writing_on_the_phone_app_is_echoed(graph: Harness) -> None:
    body = {
        "phone_number_id": PNID,
        "customer": CUSTOMER,
        "message": {"type": "text", "text": {"body": "Soy yo"}},
    }
    answer = await graph.control("POST", "echo", body)
    change = json.loads(graph.callback.received[0][1])["entry"][0]["changes"][0]
    assert change["field"] == "smb_message_echoes"
    assert change["value"]["message_echoes"][0] | {"timestamp": "0"} == {
        "from": "34910000001",
        "to": CUSTOMER,
        "to_user_id": "ES.9f3k20xx17",
        "id": answer["wamid"],
        "timestamp": "0",
        "type": "text",
        "text": {"body": "Soy yo"},
    }


async def test_pages_of_other_sites_may_not_control_the_twin(graph: Harness) -> None:
    for origin, status in (("https://evil.example", 403), ("http://127.0.0.1:8000", 200)):
        async with graph.http.get(f"{graph.url}/_twin/world", headers={"Origin": origin}) as answer:
            assert answer.status == status
    world = await graph.control("GET", "world")
    assert TOKEN not in json.dumps(world)
