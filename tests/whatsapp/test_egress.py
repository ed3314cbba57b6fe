"""The way out: of every call that fails it is known whether it may have arrived."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from uuid import uuid4

import pytest
from aiohttp import web

from wacloud.modules.whatsapp.application.stored import Outgoing
from wacloud.modules.whatsapp.infra.cloud_api import GraphApi
from wacloud.shared.domain.ids import BusinessId
from wacloud.shared.infra.http import open_egress


class SlowMeta:
    """Accepts everything, after a while."""

    def __init__(self) -> None:
        self.received: list[str] = []
        self.url = ""

    async def accept(self, request: web.Request) -> web.Response:
        text = (await request.json())["text"]["body"]
        self.received.append(text)
        await asyncio.sleep(1)
        return web.json_response({"messages": [{"id": f"wamid.{text}"}]})


@pytest.fixture
async def slow_meta() -> AsyncIterator[SlowMeta]:
    meta = SlowMeta()
    app = web.Application()
    app.router.add_post("/{anything:.*}", meta.accept)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    meta.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield meta
    await runner.cleanup()


def message(text: str) -> Outgoing:
    now = datetime.now(UTC)
    return Outgoing(
        business_id=BusinessId(uuid4()),
        id=uuid4(),
        created_at=now,
        conversation_id=uuid4(),
        state="dispatching",
        kind="text",
        body=text,
        content={},
        quoted_wamid=None,
        dispatch_attempt=1,
        last_inbound_at=now,
        number_id=uuid4(),
        phone_number_id="7001",
        access_token="token",
        throughput=80,
        number_state="connected",
        held_until=None,
        held_because=None,
        recipient_phone="34600111222",
        recipient_bsuid=None,
        waba_id="9001",
        portfolio_id="9001",
        messaging_limit=None,
        bulk=False,
    )


async def test_a_message_that_found_no_free_connection_is_known_as_not_sent(slow_meta: SlowMeta):
    async with open_egress(at_once=1, total_s=10, wait_s=0.3) as session:
        api = GraphApi(session, base_url=slow_meta.url, version="v26.0", decrypt=lambda token: token)
        first = asyncio.create_task(api.send(message("uno"), "1"))
        await asyncio.sleep(0.1)
        second = await api.send(message("dos"), "2")
        assert (await first).verdict == "accepted"
    assert (second.verdict, second.reason) == ("retry", "meta_unreachable")
    assert slow_meta.received == ["uno"]
