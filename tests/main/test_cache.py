"""The cache: what is kept is never older than the last change; without Valkey everything is read where it belongs."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from redis.asyncio import Redis

from wacloud.shared.application.cache import CACHE_TTL, Kept
from wacloud.shared.domain.ids import BusinessId, new_id
from wacloud.shared.infra.cache_valkey import ValkeyCache


@dataclass(frozen=True)
class Price:
    euros: int


PRICE = Kept("price", "business.read", Price)


class Source:
    """Counts how often it was read."""

    def __init__(self, euros: int = 1) -> None:
        self.euros, self.reads, self.gate = euros, 0, asyncio.Event()
        self.gate.set()

    async def read(self) -> Price | None:
        self.reads += 1
        found = Price(self.euros)
        await self.gate.wait()
        return found


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator["Redis"]:
    redis = Redis.from_url(redis_url)
    yield redis
    await redis.aclose()


@pytest.fixture
def place() -> BusinessId:
    return BusinessId(new_id())


async def test_it_is_read_once_and_again_after_a_change(redis: "Redis", place: BusinessId):
    cache, source = ValkeyCache(redis), Source()
    assert [await cache.get_or(place, PRICE, source.read) for _ in range(3)] == [Price(1)] * 3
    assert source.reads == 1
    source.euros = 2
    await cache.forget(place, PRICE)
    assert await ValkeyCache(redis).get_or(place, PRICE, source.read) == Price(2)
    assert source.reads == 2


async def test_keys_name_the_business_and_the_permission_and_run_out(redis: "Redis", place: BusinessId):
    await ValkeyCache(redis).get_or(place, PRICE, Source().read)
    [key] = [key async for key in redis.scan_iter(f"cache:*{place}*")]
    assert key.decode() == f"cache:{{{place}}}:business.read:price"
    assert 0 < await redis.ttl(key) <= CACHE_TTL["api"].total_seconds() == 300


async def test_one_business_never_gets_what_is_anothers(redis: "Redis", place: BusinessId):
    cache = ValkeyCache(redis)
    await cache.get_or(place, PRICE, Source(1).read)
    assert await cache.get_or(BusinessId(new_id()), PRICE, Source(2).read) == Price(2)
    other_scope = Kept("price", "audit.read", Price)
    assert await cache.get_or(place, other_scope, Source(3).read) == Price(3)


async def test_what_was_read_before_a_change_is_not_kept_after_it(redis: "Redis", place: BusinessId):
    slow, cache = Source(1), ValkeyCache(redis)
    slow.gate.clear()
    reading = asyncio.create_task(cache.get_or(place, PRICE, slow.read))
    while not slow.reads:
        await asyncio.sleep(0.001)
    await ValkeyCache(redis).forget(place, PRICE)
    # Whoever comes after the change neither waits for what began before it, nor gets it.
    assert await asyncio.wait_for(cache.get_or(place, PRICE, Source(2).read), 2) == Price(2)
    slow.gate.set()
    assert await reading == Price(1)
    assert await cache.get_or(place, PRICE, Source(9).read) == Price(2)


async def test_of_fifty_at_once_one_reads(redis: "Redis", place: BusinessId, monkeypatch: pytest.MonkeyPatch):
    source, cache, look = Source(), ValkeyCache(redis), redis.mget
    source.gate.clear()
    looked = 0

    async def mget(keys: list[str]) -> object:
        nonlocal looked
        found = await look(keys)
        looked += 1
        if looked == 50:  # nobody has found it, and everybody waits for the one who reads
            source.gate.set()
        return found

    monkeypatch.setattr(redis, "mget", mget)
    asking = [asyncio.create_task(cache.get_or(place, PRICE, source.read)) for _ in range(50)]
    assert await asyncio.gather(*asking) == [Price(1)] * 50
    assert source.reads == 1


async def test_whoever_waits_for_somebody_that_fails_reads_themselves(redis: "Redis", place: BusinessId):
    cache, gate = ValkeyCache(redis), asyncio.Event()

    async def fails() -> Price | None:
        await gate.wait()
        raise RuntimeError("their own trouble")

    first = asyncio.create_task(cache.get_or(place, PRICE, fails))
    await asyncio.sleep(0.05)
    second = asyncio.create_task(cache.get_or(place, PRICE, Source(2).read))
    await asyncio.sleep(0.05)
    gate.set()
    with pytest.raises(RuntimeError):
        await first
    assert await second == Price(2)


async def test_nothing_is_not_kept(redis: "Redis", place: BusinessId):
    async def nothing() -> Price | None:
        return None

    cache = ValkeyCache(redis)
    assert await cache.get_or(place, PRICE, nothing) is None
    assert await cache.get_or(place, PRICE, Source(4).read) == Price(4)


@pytest.mark.parametrize("spoilt", [b"", b"{", b'{"euros": "many"}', b"null", b"\xff\xfe"])
async def test_what_cannot_be_read_is_as_nothing(redis: "Redis", place: BusinessId, spoilt: bytes):
    await redis.set(f"cache:{{{place}}}:business.read:price", spoilt)
    assert await ValkeyCache(redis).get_or(place, PRICE, Source(5).read) == Price(5)


async def test_without_valkey_everything_is_read_and_nothing_fails(place: BusinessId):
    away: Any = Redis.from_url("redis://127.0.0.1:1", socket_connect_timeout=1)
    cache, source = ValkeyCache(away), Source()
    for _ in range(2):
        assert await cache.get_or(place, PRICE, source.read) == Price(1)
    await cache.forget(place, PRICE)
    assert source.reads == 2
    await away.aclose()
