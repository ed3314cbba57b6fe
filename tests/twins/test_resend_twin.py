"""The Resend twin refuses what Resend refuses, and knows a mail by its key."""

import asyncio
import base64
import hashlib
import hmac
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from wacloud.twins.resend.server import RunningTwin, open_twin

SECRET = "whsec_" + base64.b64encode(b"a secret").decode()
MAIL = {"from": "Nube <a@mail.example.com>", "to": ["ana@example.com"], "subject": "Hola", "text": "Hola"}


@pytest.fixture
async def twin() -> AsyncIterator[RunningTwin]:
    async with open_twin(key="re_key") as twin:
        yield twin


async def send(twin: RunningTwin, body: Any = MAIL, *, key: str | None = None, bearer: str = "re_key") -> Any:
    headers = {"authorization": f"Bearer {bearer}"} | ({"idempotency-key": key} if key else {})
    async with (
        aiohttp.ClientSession() as http,
        http.post(f"{twin.url}/emails", json=body, headers=headers) as answer,
    ):
        return answer.status, await answer.json(), answer.headers


async def get(twin: RunningTwin, path: str) -> Any:
    headers = {"authorization": "Bearer re_key"}
    async with aiohttp.ClientSession() as http, http.get(twin.url + path, headers=headers) as answer:
        return answer.status, await answer.json()


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"from": ""}, "missing_required_field"),
        ({"to": []}, "missing_required_field"),
        ({"text": ""}, "missing_required_field"),
        ({"to": ["nobody"]}, "validation_error"),
        ({"to": ["a@b.test"] * 51}, "validation_error"),
        ({"to": ["a@b.test\r\nBcc: c@d.test"]}, "validation_error"),
        ({"subject": "a\r\nBcc: c@d.test"}, "validation_error"),
        ({"tags": [{"name": "a b", "value": "c"}]}, "validation_error"),
    ],
    ids=str,
)
async def test_what_resend_refuses(twin: RunningTwin, change: dict[str, Any], name: str):
    status, problem, _ = await send(twin, {**MAIL, **change})
    assert (status, problem["statusCode"], problem["name"]) == (422, 422, name)
    assert not twin.state.mails


async def test_keys(twin: RunningTwin):
    assert (await send(twin, bearer="re_other"))[:1] == (403,)
    status, first, _ = await send(twin, key="one")
    assert status == 200
    assert (await send(twin, key="one"))[1] == first
    status, problem, _ = await send(twin, {**MAIL, "subject": "Otra"}, key="one")
    assert (status, problem["name"]) == (409, "invalid_idempotent_request")
    assert len(twin.state.mails) == 1
    assert (await send(twin))[1] != first


async def test_more_than_five_a_second_are_too_many(twin: RunningTwin):
    answers = await asyncio.gather(*(send(twin) for _ in range(8)))
    refused = [answer for answer in answers if answer[0] == 429]
    assert len(refused) == 3
    assert refused[0][1]["name"] == "rate_limit_exceeded"
    assert refused[0][2]["retry-after"] == "1"


async def test_a_mail_is_shown_whole_and_listed_without_its_text(twin: RunningTwin):
    _, sent, _ = await send(twin)
    status, mail = await get(twin, f"/emails/{sent['id']}")
    assert (status, mail["text"], mail["last_event"]) == (200, "Hola", "delivered")
    _, listed = await get(twin, "/emails?limit=5")
    assert [one["id"] for one in listed["data"]] == [sent["id"]]
    assert "text" not in listed["data"][0]
    assert (await get(twin, "/emails/nothing"))[0] == 404


async def test_webhooks_are_signed_and_tried_again():
    heard: list[tuple[bytes, Any]] = []

    async def hear(request: web.Request) -> web.Response:
        heard.append((await request.read(), request.headers.copy()))
        return web.Response(status=503 if len(heard) == 1 else 200)

    app = web.Application()
    app.add_routes([web.post("/", hear)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
    async with open_twin(webhook_url=url, webhook_secret=SECRET) as twin:
        await send(twin, {**MAIL, "to": ["bounced@resend.dev"], "tags": [{"name": "mail_id", "value": "7"}]})
        for _ in range(300):
            if len(heard) >= 3:
                break
            await asyncio.sleep(0.02)
    await runner.cleanup()
    assert {b"email.sent" in body for body, _ in heard} == {True, False}
    assert any(b'"Permanent"' in body and b'"mail_id": "7"' in body for body, _ in heard)
    for body, headers in heard:
        signed = f"{headers['svix-id']}.{headers['svix-timestamp']}.".encode() + body
        digest = base64.b64encode(hmac.digest(b"a secret", signed, hashlib.sha256)).decode()
        assert headers["svix-signature"] == f"v1,{digest}"


async def test_pages_of_other_sites_may_not_play_with_it(twin: RunningTwin):
    async with aiohttp.ClientSession() as http:
        for origin, status in (("https://evil.example", 403), ("http://127.0.0.1:8000", 200)):
            async with http.delete(f"{twin.url}/_twin", headers={"origin": origin}) as answer:
                assert answer.status == status
