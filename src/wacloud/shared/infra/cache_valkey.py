"""The cache in Valkey: `cache:{<business>}:<permission>:<name>`, which in a cluster lies in one place per business."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar, cast

import msgspec
import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from wacloud.shared.application.cache import CACHE_TTL, Kept
from wacloud.shared.domain.ids import BusinessId

log = structlog.get_logger()

T = TypeVar("T")

# Whoever read before a change and comes to keep it after finds another mark than the one they began with. A mark is
# there for longer than anything takes to be read.
_MARKED_MS = 600_000
_KEEP = """
if (redis.call('GET', KEYS[2]) or '') == ARGV[1] then
  redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3])
end
"""
_FORGET = """
redis.call('DEL', KEYS[1])
redis.call('INCR', KEYS[2])
redis.call('PEXPIRE', KEYS[2], ARGV[1])
"""


class ValkeyCache:
    """See `application.cache.Cache`. Of those who miss the same thing at once in this process, one reads it."""

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis
        self._keep: Any = redis.register_script(_KEEP)
        self._forget: Any = redis.register_script(_FORGET)
        # By the mark as well: whoever comes after a change does not wait for what was begun before it.
        self._under_way: dict[tuple[str, bytes], asyncio.Future[Any]] = {}

    async def get_or(self, business_id: BusinessId, kept: Kept[T], load: Callable[[], Awaitable[T | None]]) -> T | None:
        keys = _keys(business_id, kept)
        try:
            found, marked = await self._redis.mget(keys)
        except (RedisError, OSError) as error:
            log.info("cache.away", error=type(error).__name__)
            return await load()
        if found is not None:
            try:
                return msgspec.json.decode(found, type=kept.kind)
            except msgspec.MsgspecError:
                log.warning("cache.not_readable", name=kept.name)
        mark = cast(bytes, marked or b"")
        before = self._under_way.get((keys[0], mark))
        if before is not None:
            await asyncio.wait([before])
            # Whoever was before may have failed, for a reason of their own.
            theirs: T | None = before.result()
            return theirs if theirs is not None else await load()
        return await self._load(kept, keys, mark, load)

    async def forget(self, business_id: BusinessId, kept: Kept[Any]) -> None:
        try:
            await self._forget(keys=_keys(business_id, kept), args=[_MARKED_MS])
        except (RedisError, OSError) as error:
            # It is kept for some minutes at most anyway.
            log.warning("cache.not_forgotten", name=kept.name, error=type(error).__name__)

    async def _load(
        self, kept: Kept[T], keys: list[str], mark: bytes, load: Callable[[], Awaitable[T | None]]
    ) -> T | None:
        flight: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._under_way[keys[0], mark] = flight
        loaded = None
        try:
            loaded = await load()
            if loaded is not None:
                await self._keep_loaded(kept, keys, mark, loaded)
        finally:
            # Not before it is kept: whoever looked for it in between finds it here.
            del self._under_way[keys[0], mark]
            flight.set_result(loaded)
        return loaded

    async def _keep_loaded(self, kept: Kept[T], keys: list[str], mark: bytes, loaded: T) -> None:
        lives_ms = int(CACHE_TTL[kept.of].total_seconds() * 1000)
        try:
            await self._keep(keys=keys, args=[mark, msgspec.json.encode(loaded), lives_ms])
        except (RedisError, OSError) as error:
            log.info("cache.not_kept", name=kept.name, error=type(error).__name__)


def _keys(business_id: BusinessId, kept: Kept[Any]) -> list[str]:
    place = f"cache:{{{business_id}}}"
    return [f"{place}:{kept.scope}:{kept.name}", f"{place}:changed:{kept.name}"]
