"""Changes go from any process to every serve process through Valkey, and come back after it was away."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from typing import Any
from uuid import uuid4

import pytest
import pytest_asyncio
from redis.asyncio import Redis

from wacloud.main.child import Running
from wacloud.main.embedded import EmbeddedValkey
from wacloud.shared.application.live import Change, Here
from wacloud.shared.domain.ids import BusinessId, UserId
from wacloud.shared.infra import live_valkey
from wacloud.shared.infra.live_valkey import ValkeyAnnouncer, ValkeyChanges


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of their own: what workers of other tests still announce would be heard here."""
    folder = tmp_path_factory.mktemp("valkey")
    valkey = EmbeddedValkey(folder, password=secrets.token_urlsafe(16))
    running = Running(valkey.child, folder)
    try:
        running.wait_until_ready()
        yield valkey.url
    finally:
        running.stop()


@pytest_asyncio.fixture(loop_scope="session")
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = Redis.from_url(redis_url)
    yield client
    await client.aclose()


async def upcoming(changes: Any) -> Change | Here | None:
    found: Change | Here | None = await asyncio.wait_for(anext(changes), 5)
    return found


async def test_what_is_announced_arrives_and_listening_begins_by_saying_so(redis: Redis, redis_url: str) -> None:
    business, conversation = BusinessId(uuid4()), uuid4()
    async with aclosing(ValkeyChanges(redis_url).listen()) as changes:
        assert await upcoming(changes) is None
        announcer = ValkeyAnnouncer(redis)
        announcer.announce([Change(business, conversation), Change(business, conversation)])
        assert await upcoming(changes) == Change(business, conversation)
        await announcer.drained()


async def test_who_is_at_a_conversation_is_heard_everywhere(redis: Redis, redis_url: str) -> None:
    here = Here(BusinessId(uuid4()), uuid4(), UserId(uuid4()), "José Ángel", "typing")
    async with aclosing(ValkeyChanges(redis_url).listen()) as changes:
        assert await upcoming(changes) is None
        await redis.publish(f"here:{here.business_id}", "nonsense")
        await ValkeyAnnouncer(redis).say_here(here)
        assert await upcoming(changes) == here


async def test_announcing_never_raises_and_never_waits() -> None:
    nowhere = Redis.from_url("redis://127.0.0.1:1/0", socket_connect_timeout=0.2)
    announcer = ValkeyAnnouncer(nowhere)
    announcer.announce([Change(BusinessId(uuid4()), uuid4())])
    announcer.announce([])
    await announcer.drained()
    await announcer.say_here(Here(BusinessId(uuid4()), uuid4(), UserId(uuid4()), "Ana", "looking"))
    await nowhere.aclose()


async def test_a_swarm_is_announced_in_few_messages(redis: Redis, redis_url: str) -> None:
    business = BusinessId(uuid4())
    wanted = {uuid4() for _ in range(100)}
    async with aclosing(ValkeyChanges(redis_url).listen()) as changes:
        assert await upcoming(changes) is None
        before = (await redis.info("commandstats")).get("cmdstat_publish", {}).get("calls", 0)
        announcer = ValkeyAnnouncer(redis)
        for conversation in wanted:
            announcer.announce([Change(business, conversation)])
        found = set()
        while found != wanted:
            change = await upcoming(changes)
            assert change is not None
            found.add(change.conversation_id)
        calls = (await redis.info("commandstats"))["cmdstat_publish"]["calls"] - before
        assert calls <= 2


async def test_listening_comes_back_and_says_that_something_may_be_missing(
    redis: Redis, redis_url: str, monkeypatch: Any
) -> None:
    monkeypatch.setattr(live_valkey, "_PAUSE_S", 0.05)
    business, conversation = BusinessId(uuid4()), uuid4()
    async with aclosing(ValkeyChanges(redis_url).listen()) as changes:
        assert await upcoming(changes) is None
        await redis.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        assert await upcoming(changes) is None
        await redis.publish("live:not-a-business", "x")
        await redis.publish(f"live:{business}", conversation.hex)
        assert await upcoming(changes) == Change(business, conversation)


async def test_a_connection_that_is_only_quiet_is_kept(redis: Redis, redis_url: str, monkeypatch: Any) -> None:
    monkeypatch.setattr(live_valkey, "_SILENCE_S", 0.1)
    business, conversation = BusinessId(uuid4()), uuid4()
    async with aclosing(ValkeyChanges(redis_url).listen()) as changes:
        assert await upcoming(changes) is None
        waiting = asyncio.ensure_future(anext(changes))
        await asyncio.sleep(0.5)
        await redis.publish(f"live:{business}", conversation.hex)
        assert await asyncio.wait_for(waiting, 5) == Change(business, conversation)
