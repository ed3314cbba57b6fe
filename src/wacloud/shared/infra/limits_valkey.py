"""Limits counted in Valkey: the times of the last tries of each caller, in one script and so in one round trip."""

from typing import Any

from redis.asyncio import Redis
from redis.exceptions import RedisError

from wacloud.shared.application.limits import CounterAway, Limit, Standing

# A log of times, not a count per minute: in no minute, wherever it begins, are there more. Refused tries are not
# logged, so that who keeps trying gets in again as soon as there is room. By Valkey's clock.
_SCRIPT = """
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local most = tonumber(ARGV[1])
local window = tonumber(ARGV[2]) * 1000000
redis.call('ZREMRANGEBYSCORE', KEYS[1], 0, now - window)
local n = redis.call('ZCARD', KEYS[1])
local allowed = 0
if n < most then
  redis.call('ZADD', KEYS[1], now, string.format('%.0f', now) .. ':' .. n)
  redis.call('PEXPIRE', KEYS[1], ARGV[2] * 1000)
  n = n + 1
  allowed = 1
end
local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
local wait = window
if oldest[2] then wait = tonumber(oldest[2]) + window - now end
return {allowed, most - n, string.format('%.0f', wait)}
"""


class ValkeyLimiter:
    """See `limits.RateLimiter`."""

    def __init__(self, redis: "Redis") -> None:
        self._script: Any = redis.register_script(_SCRIPT)

    async def count(self, limit: Limit, who: str) -> Standing:
        try:
            allowed, left, wait = await self._script(
                keys=[f"limit:{{{limit.name}:{who}}}"], args=[limit.most, limit.per_s]
            )
        except (RedisError, OSError) as error:
            raise CounterAway(str(error)) from error
        return Standing(bool(allowed), int(left), int(wait) / 1_000_000)
