"""Numbers, templates, media, subscriptions and tokens of the Graph twin."""

from __future__ import annotations

import hashlib
import hmac
import io
from typing import Any

import aiohttp
import pytest
from graph_harness import CUSTOMER, PNID, SECRET, TOKEN, WABA, Harness, code_of

from wacloud.twins.graph.samples import photo, voice_note

UNREGISTERED = "700800900100299"


async def upload(graph: Harness, content: bytes, mime_type: str, **fields: str) -> tuple[int, dict[str, Any]]:
    form = aiohttp.FormData()
    for name, value in {"messaging_product": "whatsapp", "type": mime_type, **fields}.items():
        form.add_field(name, value)
    form.add_field("file", io.BytesIO(content), filename="file.bin", content_type=mime_type)
    url = f"{graph.url}/v26.0/{PNID}/media"
    async with graph.http.post(url, data=form, headers={"Authorization": f"Bearer {TOKEN}"}) as answer:
        return answer.status, await answer.json()


async def test_an_upload_can_be_sent_fetched_and_deleted(graph: Harness) -> None:
    await graph.open_window()
    status, answer = await upload(graph, photo(), "image/png")
    assert status == 200
    media_id = answer["id"]
    assert (await graph.send("image", {"id": media_id, "caption": "Hoy"}))[0] == 200
    assert code_of(await graph.send("audio", {"id": media_id})) == (400, 131053)
    assert (await graph.send("document", {"id": media_id}))[0] == 200
    _, found = await graph.graph("GET", media_id)
    async with graph.http.get(found["url"], headers={"Authorization": f"Bearer {TOKEN}"}) as download:
        assert await download.read() == photo()
    other = await graph.graph("GET", f"{media_id}?phone_number_id=1")
    assert code_of(other) == (400, 100)
    assert code_of(await graph.graph("GET", media_id, token="token-two")) == (400, 100)
    assert await graph.graph("DELETE", media_id) == (200, {"success": True})
    assert code_of(await graph.graph("GET", media_id)) == (400, 100)
    assert code_of(await graph.send("image", {"id": media_id})) == (400, 131009)


async def test_the_address_of_a_file_dies_after_five_minutes(graph: Harness) -> None:
    _, answer = await upload(graph, voice_note(), "audio/ogg")
    _, found = await graph.graph("GET", answer["id"])
    twin = graph.server.twin
    now = twin.clock()
    twin.clock = lambda: now + 301
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with graph.http.get(found["url"], headers=headers) as late:
        assert late.status == 404
    _, found = await graph.graph("GET", answer["id"])
    async with graph.http.get(found["url"], headers=headers) as fresh:
        assert fresh.status == 200
    async with graph.http.get(found["url"].replace("hash=", "hash=x"), headers=headers) as forged:
        assert forged.status == 404
    twin.clock = lambda: now + 31 * 24 * 3600
    assert code_of(await graph.graph("GET", answer["id"])) == (400, 100)


@pytest.mark.parametrize(
    ("content", "mime_type", "code"),
    [
        (b"not a picture", "image/png", 131053),
        (b"\x89PNG\r\n\x1a\n" + bytes(5 * 1024 * 1024), "image/png", 131053),
        (b"GIF89a", "image/gif", 100),
        (b"", "text/plain", 131053),
    ],
    ids=["other content", "too large", "unknown type", "empty"],
)
async def test_uploads_meta_does_not_take_are_refused(
    graph: Harness, content: bytes, mime_type: str, code: int
) -> None:
    assert code_of(await upload(graph, content, mime_type)) == (400, code)


async def test_an_upload_has_to_be_complete(graph: Harness) -> None:
    assert code_of(await upload(graph, photo(), "image/png", messaging_product="x")) == (400, 100)
    assert code_of(await graph.graph("POST", f"{PNID}/media", {"a": 1})) == (400, 100)


async def test_templates_are_listed_by_pages(graph: Harness) -> None:
    names: list[str] = []
    path = f"{WABA}/message_templates?limit=4"
    _, page = await graph.graph("GET", path)
    names += [t["name"] for t in page["data"]]
    assert "previous" not in page["paging"]
    _, page = await graph.graph("GET", f"{path}&after={page['paging']['cursors']['after']}")
    names += [t["name"] for t in page["data"]]
    assert names == ["pedido_listo", "pedido_nombre", "oferta", "vieja", "pausada", "codigo"]
    assert "next" not in page["paging"]
    async with graph.http.get(page["paging"]["previous"], headers={"Authorization": f"Bearer {TOKEN}"}) as back:
        assert [t["name"] for t in (await back.json())["data"]] == names[:4]
    _, page = await graph.graph("GET", f"{WABA}/message_templates?status=APPROVED&fields=name,status")
    assert page["data"][0].keys() == {"id", "name", "status"}
    assert len(page["data"]) == 4
    _, one = await graph.graph("GET", f"{page['data'][0]['id']}?fields=name,components")
    assert one["components"][0]["type"] == "BODY"
    assert code_of(await graph.graph("GET", path, token="token-two")) == (400, 100)
    assert code_of(await graph.graph("GET", f"{path}&after=%21")) == (400, 100)


async def test_numbers_are_listed_and_read_by_fields(graph: Harness) -> None:
    _, listed = await graph.graph("GET", f"{WABA}/phone_numbers")
    assert [n["id"] for n in listed["data"]] == [PNID, UNREGISTERED]
    _, number = await graph.graph("GET", f"{PNID}?fields=status,throughput{{level}},is_pin_enabled")
    assert number == {
        "id": PNID,
        "status": "CONNECTED",
        "throughput": {"level": "STANDARD"},
        "is_pin_enabled": True,
    }
    _, waba = await graph.graph("GET", f"{WABA}?fields=name,currency")
    assert waba == {"id": WABA, "name": "Panadería", "currency": "EUR"}
    assert code_of(await graph.graph("GET", "123")) == (400, 100)
    assert code_of(await graph.graph("GET", f"{PNID}/nonsense")) == (400, 2500)


async def test_a_number_is_registered_with_its_pin(graph: Harness) -> None:
    body = {"messaging_product": "whatsapp", "pin": "000000"}
    assert code_of(await graph.graph("POST", f"{PNID}/register", body)) == (400, 133005)
    assert code_of(await graph.graph("POST", f"{PNID}/register", body | {"pin": "1"})) == (400, 131009)
    for number in (UNREGISTERED, PNID):
        right = body | {"pin": "123456"}
        assert await graph.graph("POST", f"{number}/register", right) == (200, {"success": True})
        assert (await graph.graph("GET", f"{number}?fields=status"))[1]["status"] == "CONNECTED"
    assert await graph.graph("POST", f"{PNID}/deregister") == (200, {"success": True})
    await graph.open_window()
    assert code_of(await graph.text()) == (400, 133010)
    for _ in range(7):
        await graph.graph("POST", f"{PNID}/register", body)
    assert code_of(await graph.graph("POST", f"{PNID}/register", body)) == (400, 133016)


async def test_a_number_is_verified_by_a_code(graph: Harness) -> None:
    number = graph.server.twin.access.numbers[UNREGISTERED][1]
    number.code_verified = False
    register = {"messaging_product": "whatsapp", "pin": "111111"}
    assert code_of(await graph.graph("POST", f"{UNREGISTERED}/register", register)) == (400, 133006)
    ask = {"code_method": "SMS", "language": "es"}
    assert (await graph.graph("POST", f"{UNREGISTERED}/request_code", ask))[0] == 200
    assert code_of(await graph.graph("POST", f"{UNREGISTERED}/request_code", {})) == (400, 100)
    assert code_of(await graph.graph("POST", f"{UNREGISTERED}/verify_code", {"code": "1"})) == (400, 100)
    assert (await graph.graph("POST", f"{UNREGISTERED}/verify_code", {"code": "123-456"}))[0] == 200
    assert (await graph.graph("POST", f"{UNREGISTERED}/register", register))[0] == 200


async def test_the_profile_is_kept_within_its_limits(graph: Harness) -> None:
    path = f"{PNID}/whatsapp_business_profile"
    body = {"messaging_product": "whatsapp", "about": "Pan del día", "websites": ["https://pan.test"]}
    assert await graph.graph("POST", path, body) == (200, {"success": True})
    _, answer = await graph.graph("GET", f"{path}?fields=about")
    assert answer == {"data": [{"messaging_product": "whatsapp", "about": "Pan del día"}]}
    assert code_of(await graph.graph("POST", path, body | {"about": "x" * 140})) == (400, 100)
    assert code_of(await graph.graph("POST", path, body | {"websites": ["a", "b", "c"]})) == (400, 100)
    assert code_of(await graph.graph("POST", path, body | {"colour": "red"})) == (400, 100)


async def test_signup_codes_and_tokens(graph: Harness) -> None:
    query = f"client_id=4242&client_secret={SECRET}"
    app = await graph.graph("GET", f"oauth/access_token?{query}&grant_type=client_credentials", token=None)
    app_token = app[1]["access_token"]
    _, exchanged = await graph.graph("GET", f"oauth/access_token?{query}&code=signup-code", token=None)
    assert exchanged["access_token"] == TOKEN
    used = await graph.graph("GET", f"oauth/access_token?{query}&code=signup-code", token=None)
    assert code_of(used) == (400, 100)
    _, debug = await graph.graph("GET", f"debug_token?input_token={TOKEN}", token=app_token)
    assert debug["data"]["is_valid"] is True
    assert debug["data"]["granular_scopes"][0]["target_ids"] == [WABA]
    _, debug = await graph.graph("GET", "debug_token?input_token=nobody", token=app_token)
    assert debug["data"]["is_valid"] is False
    subscription = {
        "object": "whatsapp_business_account",
        "callback_url": graph.callback.url,
        "verify_token": "t0k3n",
        "fields": "messages",
    }
    assert (await graph.graph("POST", "4242/subscriptions", subscription, token=app_token))[0] == 200
    wrong = subscription | {"verify_token": "wrong"}
    assert code_of(await graph.graph("POST", "4242/subscriptions", wrong, token=app_token)) == (400, 100)
    assert code_of(await graph.graph("POST", "4242/subscriptions", subscription)) == (400, 100)


async def test_a_wrong_appsecret_proof_is_refused(graph: Harness) -> None:
    proof = hmac.new(SECRET.encode(), TOKEN.encode(), hashlib.sha256).hexdigest()
    assert (await graph.graph("GET", f"{PNID}?appsecret_proof={proof}"))[0] == 200
    assert code_of(await graph.graph("GET", f"{PNID}?appsecret_proof=00")) == (400, 100)


async def test_a_waba_can_be_added_while_it_runs(graph: Harness) -> None:
    number = {"phone_number_id": "711", "display_phone_number": "+34 910 000 009", "verified_name": "Tres"}
    waba = {"waba_id": "911", "name": "Tres", "access_token": "token-three", "numbers": [number]}
    await graph.control("POST", "wabas", waba)
    message = {"type": "text", "text": {"body": "Hola"}}
    body = {"phone_number_id": "711", "customer": CUSTOMER, "message": message}
    await graph.control("POST", "inbound", body)
    assert graph.callback.messages[0]["text"]["body"] == "Hola"
    assert (await graph.graph("GET", "711", token="token-three"))[0] == 200
