"""Meta's sending limits as token buckets in Valkey, with a bucket of our own for when Valkey is away."""

import time
from collections import OrderedDict
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from wacloud.modules.whatsapp.application.ports import Wish

log = structlog.get_logger()

# One person and one number: a message every six seconds in the long run, 45 at once at most.
PAIR_EVERY_MS = 6000
PAIR_BURST = 45
# A number may use its second at once; more than that is what Meta answers 130429 to.
MEMORY = 50_000
FULL_PAIR_MS = PAIR_EVERY_MS * (PAIR_BURST - 1)

# GCRA: a bucket is the time at which it would be empty again. All buckets of a number share its hash tag, so one
# script sees them together. Returns the wait in milliseconds for each recipient, and takes what may go now.
_SCRIPT = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local every = tonumber(ARGV[1])
local burst = tonumber(ARGV[2])
local pair_every = tonumber(ARGV[3])
local pair_burst = tonumber(ARGV[4])
local answers = {}
local number_stop = tonumber(redis.call('GET', KEYS[1] .. ':stop') or '0')
local refused = 0
for i = 2, #KEYS do
  local wait = math.max(number_stop - now, 0)
  local number_at = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
  local pair_at = math.max(tonumber(redis.call('GET', KEYS[i]) or '0'), now)
  wait = math.max(wait, number_at + every - burst * every - now)
  wait = math.max(wait, pair_at + pair_every - pair_burst * pair_every - now)
  if wait <= 0 then
    redis.call('SET', KEYS[1], number_at + every, 'PX', math.ceil(burst * every + 60000))
    redis.call('SET', KEYS[i], pair_at + pair_every, 'PX', pair_every * pair_burst + 60000)
    answers[i - 1] = 0
  else
    -- One after the other, or all who were refused would come back at once and be refused again.
    answers[i - 1] = math.ceil(wait + refused * every)
    refused = refused + 1
  end
end
return answers
"""


# By Valkey's clock, as the buckets are: a worker's own may be minutes off.
_PAUSE = """
local t = redis.call('TIME')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
redis.call('SET', KEYS[1], now + ARGV[1], 'PX', ARGV[1] + 1000)
"""


class ValkeyThrottle:
    """See `ports.Throttle`. Shared by all workers; each falls back to its own count while Valkey is away."""

    def __init__(self, redis: "Redis") -> None:
        self._script: Any = redis.register_script(_SCRIPT)
        self._pause_script: Any = redis.register_script(_PAUSE)
        self._own = OwnThrottle()

    async def ask(self, wishes: Sequence[Wish]) -> Sequence[timedelta]:
        waits: dict[int, timedelta] = {}
        numbers: dict[str, list[int]] = {}
        for place, wish in enumerate(wishes):
            numbers.setdefault(wish.phone_number_id, []).append(place)
        try:
            for phone_number_id, places in numbers.items():
                number = _number_key(phone_number_id)
                keys = [number, *(f"{number}:{wishes[place].recipient}" for place in places)]
                per_second = max(wishes[places[0]].per_second, 1)
                answers = await self._script(keys=keys, args=[1000 / per_second, per_second, PAIR_EVERY_MS, PAIR_BURST])
                waits.update(
                    (place, timedelta(milliseconds=int(answer))) for place, answer in zip(places, answers, strict=True)
                )
        except (RedisError, OSError) as error:
            log.warning("throttle.valkey_away", error=str(error))
            missing = [place for place in range(len(wishes)) if place not in waits]
            for place, wait in zip(missing, await self._own.ask([wishes[i] for i in missing]), strict=True):
                waits[place] = wait
        return [waits[place] for place in range(len(wishes))]

    async def pause(self, phone_number_id: str, recipient: str | None, pause: timedelta) -> None:
        number = _number_key(phone_number_id)
        milliseconds = int(pause.total_seconds() * 1000)
        # For a person it is as if their bucket had just been used up, so that it drips again after the pause.
        key, full = (f"{number}:stop", 0) if recipient is None else (f"{number}:{recipient}", FULL_PAIR_MS)
        try:
            await self._pause_script(keys=[key], args=[milliseconds + full])
        except (RedisError, OSError) as error:
            log.warning("throttle.valkey_away", error=str(error))
            await self._own.pause(phone_number_id, recipient, pause)


class OwnThrottle:
    """The same buckets in this process's memory."""

    def __init__(self) -> None:
        self._buckets: OrderedDict[str, float] = OrderedDict()

    async def ask(self, wishes: Sequence[Wish]) -> Sequence[timedelta]:
        now = time.monotonic()
        waits: list[timedelta] = []
        refused = 0
        for wish in wishes:
            number, pair = _number_key(wish.phone_number_id), f"{wish.phone_number_id}:{wish.recipient}"
            per_second = max(wish.per_second, 1)
            every, pair_every = 1 / per_second, PAIR_EVERY_MS / 1000
            number_at = max(self._buckets.get(number, 0.0), now)
            pair_at = max(self._buckets.get(pair, 0.0), now)
            wait = max(
                number_at + every - per_second * every - now,
                pair_at + pair_every - PAIR_BURST * pair_every - now,
            )
            # Sums of floating seconds: the last of a burst may come out a hair above nothing.
            if wait < 1e-6:
                self._put(number, number_at + every)
                self._put(pair, pair_at + pair_every)
            else:
                wait += refused * every
                refused += 1
            waits.append(timedelta(seconds=max(wait, 0.0)))
        return waits

    async def pause(self, phone_number_id: str, recipient: str | None, pause: timedelta) -> None:
        until = time.monotonic() + pause.total_seconds()
        if recipient is None:
            self._put(_number_key(phone_number_id), until + 1)
        else:
            self._put(f"{phone_number_id}:{recipient}", until + FULL_PAIR_MS / 1000)

    def _put(self, key: str, value: float) -> None:
        self._buckets[key] = value
        self._buckets.move_to_end(key)
        while len(self._buckets) > MEMORY:
            self._buckets.popitem(last=False)


def _number_key(phone_number_id: str) -> str:
    return f"send:{{{phone_number_id}}}"
