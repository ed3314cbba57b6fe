"""Bodies that nobody has signed yet: they cost little, and none holds the door for long."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
import uvicorn

from builders import meta
from rig import Rig, as_body, serving, sign
from wacloud.main.web import make_app
from wacloud.modules.whatsapp.ui.webhook_body import BodyReader
from wacloud.modules.whatsapp.ui.webhook_door import webhook_door
from wacloud.shared.ui.serving import PromptServer

LIKE_A_SIGNATURE = "sha256=" + "0" * 64
MB = 1024 * 1024


class Caller:
    """A connection by hand: it sends what and when it likes."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def head(self, length: int, signature: str | None) -> None:
        lines = ["POST /api/webhooks/whatsapp HTTP/1.1", "host: here", f"content-length: {length}"]
        if signature is not None:
            lines.append(f"x-hub-signature-256: {signature}")
        await self.send("\r\n".join([*lines, "", ""]).encode())

    async def send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()

    async def status(self) -> int:
        async with asyncio.timeout(5):
            return int((await self._reader.readline()).split()[1])

    async def is_hung_up(self) -> bool:
        async with asyncio.timeout(5):
            await self._reader.read()
        return True

    def close(self) -> None:
        self._writer.close()


@asynccontextmanager
async def door(rig: Rig, reader: BodyReader) -> AsyncIterator[int]:
    """The rig's application behind a door of its own; yields the port."""
    app = webhook_door(make_app(rig.house), rig.house.webhook_keys, rig.house.webhook_inbox, reader=reader)
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", access_log=False, lifespan="off")
    async with serving(PromptServer(config)) as port:
        yield port


@asynccontextmanager
async def calling(port: int) -> AsyncIterator[Caller]:
    caller = Caller(*await asyncio.open_connection("127.0.0.1", port))
    try:
        yield caller
    finally:
        caller.close()


@pytest.mark.parametrize("signature", [None, "", "sha256=abc", "sha256=" + "0" * 65, "sha256=" + "G" * 64])
async def test_without_a_signature_the_body_is_not_waited_for(rig: Rig, signature):
    async with door(rig, BodyReader()) as port, calling(port) as caller:
        await caller.head(3 * MB, signature)
        assert await caller.status() == 401


@pytest.mark.parametrize("length", [4 * MB + 1, 10**40])
async def test_a_body_that_says_it_is_too_large_is_not_waited_for(rig: Rig, length: int):
    async with door(rig, BodyReader()) as port, calling(port) as caller:
        await caller.head(length, LIKE_A_SIGNATURE)
        assert await caller.status() in (413, 400)


async def test_a_body_that_does_not_come_is_given_up_and_its_connection_closed(rig: Rig):
    async with door(rig, BodyReader(read_s=0.3)) as port, calling(port) as caller:
        await caller.head(2 * MB, LIKE_A_SIGNATURE)
        await caller.send(b"x" * MB)
        assert await caller.status() == 408
        assert await caller.is_hung_up()


async def test_a_signed_body_that_comes_in_pieces_is_kept(rig: Rig):
    shop = await rig.shop(enabled=False)
    body = as_body(meta.inbound(shop, "34600111222", "hola"))
    async with door(rig, BodyReader(read_s=5)) as port, calling(port) as caller:
        await caller.head(len(body), sign(body))
        for start in range(0, len(body), 100):
            await caller.send(body[start : start + 100])
            await asyncio.sleep(0.02)
        assert await caller.status() == 200
    await rig.settled(shop, webhooks=1)


async def test_when_too_much_is_arriving_the_rest_is_told_to_come_again(rig: Rig):
    shop = await rig.shop(enabled=False)
    body = as_body(meta.inbound(shop, "34600111222", "hola"))
    async with door(rig, BodyReader(most_arriving=2 * MB)) as port, calling(port) as one, calling(port) as other:
        await one.head(4 * MB, LIKE_A_SIGNATURE)
        await one.send(b"x" * (2 * MB - 128 * 1024))
        await asyncio.sleep(0.2)
        await other.head(3 * MB, LIKE_A_SIGNATURE)
        await other.send(b"x" * MB)
        assert await other.status() == 503
        # What is whole at once holds nothing and is taken all the same.
        async with calling(port) as small:
            await small.head(len(body), sign(body))
            await small.send(body)
            assert await small.status() == 200
    await rig.settled(shop, webhooks=1)


async def test_a_flood_without_signature_is_shed_and_what_meta_signed_is_taken_all_the_same(rig: Rig):
    shop = await rig.shop(enabled=False)
    answers = Counter(await asyncio.gather(*(rig.post(b"{}", signature=None) for _ in range(1100))))
    try:
        assert set(answers) == {401, 429}
        assert answers[401] <= 1000
        signed = [as_body(meta.inbound(shop, "34600000009", f"firmado {n}")) for n in range(20)]
        assert set(await asyncio.gather(*(rig.post(body) for body in signed))) == {200}
    finally:
        await rig.house.redis.delete("limit:{unsigned_webhook:everybody}")
