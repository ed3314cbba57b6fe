"""Tries counted in Valkey, each in one trip and one step."""

from datetime import timedelta
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from wacloud.modules.auth.domain.guessing import Refusal, Tries, TriesNotCounted

log = structlog.get_logger()

# Returns 0 and counts, or the milliseconds until one is free, and whether this is the first refusal of that time.
_TAKE = """
local used = tonumber(redis.call('GET', KEYS[1]) or '0')
if used >= tonumber(ARGV[1]) then
  local wait = math.max(redis.call('PTTL', KEYS[1]), 1)
  return {wait, redis.call('SET', KEYS[2], '1', 'NX', 'PX', wait) and 1 or 0}
end
if redis.call('INCR', KEYS[1]) == 1 then
  redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return {0, 0}
"""
# Only of a time that still runs: what is counted in the next one was not given back by this one.
_GIVE_BACK = """
if tonumber(redis.call('GET', KEYS[1]) or '0') > 0 then
  redis.call('DECR', KEYS[1])
end
"""


class ValkeyGuessLimits:
    """See `ports.GuessLimits`."""

    def __init__(self, redis: "Redis") -> None:
        self._take: Any = redis.register_script(_TAKE)
        self._give_back: Any = redis.register_script(_GIVE_BACK)

    async def take(self, tries: Tries) -> Refusal | None:
        within_ms = int(tries.limit.within.total_seconds() * 1000)
        try:
            keys = [_key(tries), f"{_key(tries)}:told"]
            wait_ms, is_first = await self._take(keys=keys, args=[tries.limit.most, within_ms])
        except RedisError as error:
            log.warning("guess_limits.away", error=type(error).__name__)
            raise TriesNotCounted from error
        return Refusal(timedelta(milliseconds=wait_ms), bool(is_first)) if wait_ms else None

    async def give_back(self, tries: Tries) -> None:
        try:
            await self._give_back(keys=[_key(tries)])
        except RedisError as error:
            log.info("guess_limits.not_given_back", error=type(error).__name__)


def _key(tries: Tries) -> str:
    return f"tries:{{{tries.key}}}"
