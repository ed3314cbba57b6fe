"""How many tokens each business may use: a bucket in Valkey that fills up evenly, and one here while Valkey is away."""

import time
from collections import OrderedDict
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from wacloud.shared.domain.ids import BusinessId

log = structlog.get_logger()

_MOST_HERE = 10_000
# The level then, and when that was. By Valkey's clock, in one round trip, exact however many come at once.
_SCRIPT = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local most = tonumber(ARGV[1])
local wanted = math.min(tonumber(ARGV[2]), most)
local kept = redis.call('HMGET', KEYS[1], 'level', 'at')
local level = tonumber(kept[1]) or most
local at = tonumber(kept[2]) or now
level = math.min(most, level + math.max(now - at, 0) * most / 60000)
local taken = 0
if level >= wanted then
  level = level - wanted
  taken = 1
end
redis.call('HSET', KEYS[1], 'level', string.format('%.3f', level), 'at', string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[1], 120000)
return taken
"""


class ValkeyTokenBuckets:
    """See `application.guards.TokenBuckets`. A bucket holds one minute's tokens; who wants more than that gets all."""

    def __init__(self, redis: "Redis", per_minute: int) -> None:
        self._script: Any = redis.register_script(_SCRIPT)
        self._per_minute = per_minute
        self._here: OrderedDict[BusinessId, tuple[float, float]] = OrderedDict()

    async def take(self, business_id: BusinessId, tokens: int) -> bool:
        try:
            return bool(await self._script(keys=[f"model:tokens:{{{business_id}}}"], args=[self._per_minute, tokens]))
        except (RedisError, OSError) as error:
            log.info("model.bucket_away", error=type(error).__name__)
            return self._take_here(business_id, tokens)

    def _take_here(self, business_id: BusinessId, tokens: int) -> bool:
        """Each worker counts for itself then: more goes through than otherwise, never all of it."""
        now = time.monotonic()
        level, at = self._here.pop(business_id, (float(self._per_minute), now))
        level = min(self._per_minute, level + (now - at) * self._per_minute / 60)
        wanted = min(tokens, self._per_minute)
        taken = level >= wanted
        self._here[business_id] = (level - wanted if taken else level, now)
        while len(self._here) > _MOST_HERE:
            self._here.popitem(last=False)
        return taken
