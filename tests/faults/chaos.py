"""Whoever goes about killing processes at random moments."""

from __future__ import annotations

import asyncio
import contextlib
import random
from dataclasses import dataclass, field

from plant import Plant
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError


@dataclass(slots=True)
class Fall:
    """One process that died, and when it was there again."""

    who: str
    down_s: float
    back_at: float


@dataclass(slots=True)
class Chaos:
    """Harms one of `victims` after another, in random order and at random moments, each equally often."""

    plant: Plant
    redis_url: str
    victims: tuple[str, ...]
    random: random.Random
    longest_pause: float
    falls: list[Fall] = field(default_factory=list)
    _coming_back: dict[str, asyncio.Task[None]] = field(default_factory=dict)

    async def rage(self, seconds: float) -> None:
        """Whole rounds, for so long at least. Ends when everything is there again."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        try:
            while loop.time() < until:
                for who in self.random.sample(self.victims, len(self.victims)):
                    await asyncio.sleep(self.random.uniform(0.2, self.longest_pause))
                    await self._harm(who)
        finally:
            await asyncio.gather(*self._coming_back.values())

    async def _harm(self, who: str) -> None:
        # Of a kind, one at a time is down: what is wanted is harm under load, and a load needs somebody to talk to.
        kind = who.partition("-")[0]
        await asyncio.gather(*(task for other, task in self._coming_back.items() if other.startswith(kind)))
        down_s = self.random.uniform(0.1, 2.0)
        if who == "flush":
            async with Redis.from_url(self.redis_url, retry=Retry(NoBackoff(), 0)) as redis:
                with contextlib.suppress(RedisError):
                    await redis.flushall()
        elif who == "meta":
            self.plant.pause(who)
        else:
            self.plant.kill(who)
        self._coming_back[who] = asyncio.create_task(self._bring_back(who, down_s))

    async def _bring_back(self, who: str, down_s: float) -> None:
        await asyncio.sleep(down_s)
        if who == "meta":
            self.plant.resume(who)
        elif who != "flush":
            await self.plant.start(who)
        self.falls.append(Fall(who, down_s, asyncio.get_running_loop().time()))
