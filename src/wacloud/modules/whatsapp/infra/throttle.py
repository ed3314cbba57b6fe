"""Meta's sending limits in Valkey, for all workers together, and a count of our own for when Valkey is away."""

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, cast

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from wacloud.modules.whatsapp.application.limits import Answer, Wish
from wacloud.modules.whatsapp.domain import sending_limits as limits
from wacloud.modules.whatsapp.domain.sending_limits import Limit, NumberPace, ahead_ms

log = structlog.get_logger()

# Who a portfolio has reached in the last 24 hours, as our own rows say: recipient -> when, in milliseconds.
ReachedPeople = Callable[[Wish], Awaitable[Mapping[str, int]]]

MEMORY = 50_000
FULL_PAIR_MS = limits.PAIR_EVERY_MS * (limits.PAIR_BURST - 1)
_GRANTED, _NOT_YET, _UNKNOWN = 1, 0, -1
_LIMITS: tuple[Limit, ...] = ("number", "pair", "account", "portfolio", "spam")

# All keys of a portfolio share its hash tag, so one script sees them together. The numbers are those of
# `domain/sending_limits.py`; the same rules stand there in Python.
_HEAD = f"""
local t = redis.call('TIME')
local now = t[1] * 1000 + t[2] / 1000
local base = KEYS[1]
local WINDOW, GROWTH = {limits.WINDOW_MS}, {limits.GROWTH_A_SECOND}
local function share_of(stored, at)
  return math.min(1, (tonumber(stored) or 1) + (now - (tonumber(at) or now)) / 1000 * GROWTH)
end
"""

_ASK = f"""{_HEAD}
local stops = {{}}
local function stop_of(what)
  if not stops[what] then stops[what] = tonumber(redis.call('GET', base .. what) or '0') end
  return stops[what]
end
local numbers = {{}}
local function number_of(id, per_second)
  local n = numbers[id]
  if n then return n end
  local key = base .. ':number:' .. id
  local h = redis.call('HMGET', key, 'stop', 'pace', 'share', 'share_at')
  n = {{key = key, slots = key .. ':slots', stop = tonumber(h[1]) or 0, pace = tonumber(h[2]) or 0, refused = 0}}
  n.allowed = math.max(1, math.floor(per_second * share_of(h[3], h[4]) + 1e-9))
  redis.call('LTRIM', n.slots, -n.allowed, -1)
  n.len = redis.call('LLEN', n.slots)
  n.last = tonumber(redis.call('LINDEX', n.slots, -1) or '0')
  numbers[id] = n
  return n
end
local reach = base .. ':reached'
local is_counted = redis.call('EXISTS', reach .. ':known') == 1
local is_swept = false
local answers = {{}}
for i = 1, #ARGV, 8 do
  local id, recipient, per_second, bulk = ARGV[i], ARGV[i + 1], tonumber(ARGV[i + 2]), ARGV[i + 3] == '1'
  local most_people, opens, waba = tonumber(ARGV[i + 5]), ARGV[i + 4] == '1', ARGV[i + 6]
  local n = number_of(id, per_second)
  if ARGV[i + 7] ~= '' and redis.call('LREM', n.slots, -1, ARGV[i + 7]) == 1 then n.len = n.len - 1 end
  local place = ''
  local pair = base .. ':pair:' .. id .. ':' .. recipient
  local pair_at = math.max(tonumber(redis.call('GET', pair) or '0'), now)
  local pair_wait = pair_at + {limits.PAIR_EVERY_MS} - {limits.PAIR_BURST * limits.PAIR_EVERY_MS} - now
  local state, wait, limit = {_NOT_YET}, 0, 0
  local is_new = false
  if opens and most_people >= 0 then
    if not is_counted then
      state = {_UNKNOWN}
    else
      if not is_swept then
        redis.call('ZREMRANGEBYSCORE', reach, '-inf', now - {limits.DAY_MS})
        is_swept = true
      end
      is_new = true
      if not redis.call('ZSCORE', reach, recipient) and redis.call('ZCARD', reach) >= most_people then
        local oldest = redis.call('ZRANGE', reach, 0, 0, 'WITHSCORES')
        wait, limit = (tonumber(oldest[2]) or now) + {limits.DAY_MS} - now, 3
      end
    end
  end
  if state ~= {_UNKNOWN} and limit == 0 then
    local at = math.max(now, n.stop, n.last)
    if n.len >= n.allowed then
      at = math.max(at, tonumber(redis.call('LINDEX', n.slots, -n.allowed)) + WINDOW)
    end
    if bulk then at = math.max(at, n.pace, now + {limits.BULK_LEAD_MS}) end
    local all = math.max(stop_of(':stop:' .. waba), bulk and stop_of(':bulk-stop:' .. waba) or 0)
    local spam = bulk and stop_of(':spam:' .. id) or 0
    wait = at - now
    if spam > now then
      wait, limit = math.max(wait, spam - now), 4
    elseif all > now then
      wait, limit = math.max(wait, all - now), 2
    elseif pair_wait > 0 then
      wait, limit = math.max(wait, pair_wait), 1
    elseif wait > (bulk and {limits.BULK_AHEAD_MS} or {limits.LIVE_AHEAD_MS}) then
      -- One after the other, or all who were refused would come back at once and be refused again.
      wait = wait + n.refused * WINDOW / n.allowed
      n.refused = n.refused + 1
    else
      state = {_GRANTED}
      place = string.format('%.3f', at)
      redis.call('RPUSH', n.slots, place)
      redis.call('LTRIM', n.slots, -n.allowed, -1)
      redis.call('PEXPIRE', n.slots, 10000)
      n.last, n.len = at, math.min(n.len + 1, n.allowed)
      if bulk then
        n.pace = at + WINDOW / n.allowed * {limits.CATCHING_UP}
        redis.call('HSET', n.key, 'pace', string.format('%.3f', n.pace))
        redis.call('PEXPIRE', n.key, 3600000)
      end
      redis.call('SET', pair, string.format('%.3f', pair_at + {limits.PAIR_EVERY_MS}), 'PX',
                 {int(limits.PAIR_EVERY_MS * limits.PAIR_BURST + 60_000)})
      if is_new then redis.call('ZADD', reach, now, recipient) end
    end
  end
  answers[#answers + 1] = {{state, math.ceil(math.max(wait, 0)), limit, place}}
end
if is_swept then
  redis.call('PEXPIRE', reach, {int(limits.DAY_MS * 1.1)})
  redis.call('PEXPIRE', reach .. ':known', {int(limits.DAY_MS)})
end
return answers
"""

# By Valkey's clock, as all of it is: a worker's own may be minutes off.
_STOP_KEY = f"""{_HEAD}
local until_ms = now + tonumber(ARGV[2])
local key = base .. ARGV[1]
if until_ms > tonumber(redis.call('GET', key) or '0') then
  redis.call('SET', key, string.format('%.3f', until_ms), 'PX', math.ceil(tonumber(ARGV[2]) + 1000))
end
"""

_STOP_NUMBER = f"""{_HEAD}
local key = base .. ':number:' .. ARGV[1]
local h = redis.call('HMGET', key, 'stop', 'hits', 'share', 'share_at')
local stop = tonumber(h[1]) or 0
if now < stop + {limits.FIRST_STOP_MS / 4} then return end
local hits = now < stop + {limits.CALM_MS} and (tonumber(h[2]) or 0) + 1 or 0
local cut = hits > 0 and {limits.NEXT_CUT} or {limits.FIRST_CUT}
local share = math.max(share_of(h[3], h[4]) * cut, {limits.LEAST_SHARE})
local pause = math.min({limits.FIRST_STOP_MS} * 2 ^ hits, {limits.LONGEST_STOP_MS})
redis.call('HSET', key, 'stop', string.format('%.3f', now + pause), 'hits', hits, 'share', tostring(share),
           'share_at', string.format('%.3f', now))
redis.call('PEXPIRE', key, 3600000)
"""


class ValkeyThrottle:
    """See `limits.Throttle`. Shared by all workers; each falls back to its own count while Valkey is away."""

    def __init__(self, redis: "Redis", reached: ReachedPeople) -> None:
        self._redis = redis
        self._reached = reached
        self._ask: Any = redis.register_script(_ASK)
        self._stop_key: Any = redis.register_script(_STOP_KEY)
        self._stop_number: Any = redis.register_script(_STOP_NUMBER)
        self._own = OwnThrottle()

    async def ask(self, wishes: Sequence[Wish]) -> Sequence[Answer]:
        answers: dict[int, Answer] = {}
        portfolios: dict[str, list[int]] = {}
        for place, wish in enumerate(wishes):
            portfolios.setdefault(wish.portfolio_id, []).append(place)
        try:
            for places in portfolios.values():
                await self._ask_portfolio(wishes, places, answers)
        except (RedisError, OSError) as error:
            log.warning("throttle.valkey_away", error=str(error))
            missing = [place for place in range(len(wishes)) if place not in answers]
            own = await self._own.ask([wishes[place] for place in missing])
            answers.update(zip(missing, own, strict=True))
        return [answers[place] for place in range(len(wishes))]

    async def _ask_portfolio(self, wishes: Sequence[Wish], places: Sequence[int], answers: dict[int, Answer]) -> None:
        base = _base(wishes[places[0]])
        for _ in range(3):
            asked = [wishes[place] for place in places]
            told = await self._ask(keys=[base], args=[part for wish in asked for part in _arguments(wish)])
            unknown: list[int] = []
            for place, (state, wait, limit, slot) in zip(places, told, strict=True):
                if state == _UNKNOWN:
                    unknown.append(place)
                else:
                    after = timedelta(milliseconds=int(wait))
                    answers[place] = (
                        Answer(after, True, None, _words(slot))
                        if state == _GRANTED
                        else Answer(after, False, _LIMITS[int(limit)])
                    )
            if not unknown:
                return
            await self._count_people(wishes[unknown[0]])
            places = unknown
        # Valkey forgets it as soon as it is told: without this count only Meta keeps the limit.
        for place in places:
            answers.update({place: (await self._own.ask([wishes[place]]))[0]})

    async def _count_people(self, wish: Wish) -> None:
        """Valkey has lost, or never had, whom this portfolio has written to: our rows know."""
        reach = f"{_base(wish)}:reached"
        people = await self._reached(wish)
        if people:
            # Who was counted meanwhile keeps the later time.
            await self._redis.zadd(reach, cast(Any, dict(people)), gt=True)
            await self._redis.pexpire(reach, int(limits.DAY_MS * 1.1))
        await self._redis.set(f"{reach}:known", 1, px=int(limits.DAY_MS))

    async def stop(self, wish: Wish, scope: Limit, pause: timedelta) -> None:
        milliseconds = int(pause.total_seconds() * 1000)
        try:
            if scope == "number":
                await self._stop_number(keys=[_base(wish)], args=[wish.phone_number_id])
            elif scope == "pair":
                # It is as if their bucket had just been used up, so that it drips again after the pause.
                pair = f":pair:{wish.phone_number_id}:{wish.recipient}"
                await self._stop_key(keys=[_base(wish)], args=[pair, milliseconds + FULL_PAIR_MS])
            elif scope == "spam":
                await self._stop_key(keys=[_base(wish)], args=[f":spam:{wish.phone_number_id}", milliseconds])
            else:
                await self._stop_key(keys=[_base(wish)], args=[f":stop:{wish.waba_id}", milliseconds])
        except (RedisError, OSError) as error:
            log.warning("throttle.valkey_away", error=str(error))
            await self._own.stop(wish, scope, pause)

    async def ease(self, wish: Wish, pause: timedelta) -> None:
        try:
            await self._stop_key(
                keys=[_base(wish)], args=[f":bulk-stop:{wish.waba_id}", int(pause.total_seconds() * 1000)]
            )
        except (RedisError, OSError) as error:
            log.warning("throttle.valkey_away", error=str(error))
            await self._own.ease(wish, pause)


class OwnThrottle:
    """The same for one process. Of people reached in a day it knows nothing: there only Meta keeps the limit."""

    def __init__(self, clock_ms: Callable[[], float] = lambda: time.monotonic() * 1000) -> None:
        self._clock_ms = clock_ms
        self._numbers: OrderedDict[str, NumberPace] = OrderedDict()
        self._pairs: OrderedDict[str, float] = OrderedDict()
        self._stops: OrderedDict[str, float] = OrderedDict()

    async def ask(self, wishes: Sequence[Wish]) -> Sequence[Answer]:
        now = self._clock_ms()
        refused: dict[str, int] = {}
        return [self._answer(wish, now, refused) for wish in wishes]

    def _answer(self, wish: Wish, now: float, refused: dict[str, int]) -> Answer:
        number = self._number(wish)
        if wish.instead:
            number.give_back(float(wish.instead))
        allowed = number.allowed(wish.per_second, now)
        slot = number.next_slot(allowed, now, bulk=wish.bulk)
        pair, waba = f"{wish.phone_number_id}:{wish.recipient}", wish.waba_id
        pair_at = max(self._pairs.get(pair, 0.0), now)
        # Sums of floating numbers: the last of a burst may come out a hair above nothing.
        pair_wait = pair_at + limits.PAIR_EVERY_MS - limits.PAIR_BURST * limits.PAIR_EVERY_MS - now - 1e-3
        all_stop = max(self._stops.get(waba, 0.0), self._stops.get(f"{waba}:bulk", 0.0) if wish.bulk else 0.0)
        spam_stop = self._stops.get(f"{wish.phone_number_id}:spam", 0.0) if wish.bulk else 0.0
        if spam_stop > now:
            return _not_yet(max(slot, spam_stop) - now, "spam")
        if all_stop > now:
            return _not_yet(max(slot, all_stop) - now, "account")
        if pair_wait > 0:
            return _not_yet(max(slot - now, pair_wait), "pair")
        if slot - now > ahead_ms(bulk=wish.bulk):
            rank = refused.get(wish.phone_number_id, 0)
            refused[wish.phone_number_id] = rank + 1
            return _not_yet(slot - now + rank * limits.WINDOW_MS / allowed, "number")
        number.take(slot, allowed, bulk=wish.bulk)
        _put(self._pairs, pair, pair_at + limits.PAIR_EVERY_MS)
        return Answer(timedelta(milliseconds=slot - now), True, None, repr(slot))

    async def stop(self, wish: Wish, scope: Limit, pause: timedelta) -> None:
        now, milliseconds = self._clock_ms(), pause.total_seconds() * 1000
        if scope == "number":
            self._number(wish).stop(now)
        elif scope == "pair":
            _put(self._pairs, f"{wish.phone_number_id}:{wish.recipient}", now + milliseconds + FULL_PAIR_MS)
        elif scope == "spam":
            _put(self._stops, f"{wish.phone_number_id}:spam", now + milliseconds)
        else:
            _put(self._stops, wish.waba_id, now + milliseconds)

    async def ease(self, wish: Wish, pause: timedelta) -> None:
        _put(self._stops, f"{wish.waba_id}:bulk", self._clock_ms() + pause.total_seconds() * 1000)

    def _number(self, wish: Wish) -> NumberPace:
        number = self._numbers.setdefault(wish.phone_number_id, NumberPace())
        self._numbers.move_to_end(wish.phone_number_id)
        while len(self._numbers) > MEMORY:
            self._numbers.popitem(last=False)
        return number


def _not_yet(milliseconds: float, limit: Limit) -> Answer:
    return Answer(timedelta(milliseconds=milliseconds), False, limit)


def _put(kept: OrderedDict[str, float], key: str, value: float) -> None:
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > MEMORY:
        kept.popitem(last=False)


def _base(wish: Wish) -> str:
    return f"send:{{{wish.portfolio_id}}}"


def _arguments(wish: Wish) -> tuple[str | int, ...]:
    most = -1 if wish.people_a_day is None else wish.people_a_day
    return (
        wish.phone_number_id,
        wish.recipient,
        max(wish.per_second, 1),
        int(wish.bulk),
        int(wish.opens),
        most,
        wish.waba_id,
        wish.instead,
    )


def _words(told: bytes | str) -> str:
    return told.decode() if isinstance(told, bytes) else told
