"""
Kill -9 under load: worker, server, Valkey and PostgreSQL die at random moments, Meta stands still now and then.

Nothing that was acknowledged is lost and no reply goes out twice. `FAULTS_LONG=1` runs the long version;
`FAULTS_SECONDS`, `FAULTS_RATE` (bodies a second) and `FAULTS_SEED` set either.
"""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import aiohttp
import pytest
from crowd import FAQ, Crowd
from plant import Plant, open_plant
from redis.asyncio import Redis
from rig import Rig
from verdict import Verdict, judge, settled, watch_transitions

from wacloud.main.wiring import House, open_house

if TYPE_CHECKING:
    from conftest import EmbeddedServers

LONG = bool(os.environ.get("FAULTS_LONG"))
SECONDS = float(os.environ.get("FAULTS_SECONDS", "600" if LONG else "26"))
RATE = float(os.environ.get("FAULTS_RATE", "100" if LONG else "60"))
SEED = int(os.environ.get("FAULTS_SEED", "0")) or random.randrange(1, 10**6)
SETTLES_WITHIN = 60.0

pytestmark = [pytest.mark.faults, pytest.mark.timeout(SECONDS * 2 + 240)]


@dataclass(slots=True)
class Fall:
    """One process that died, and how long its work stood still."""

    who: str
    down_s: float
    back_at: float
    died_at: float


@dataclass(slots=True)
class Chaos:
    """Kills one of `victims` after another, in random order and at random moments, each equally often."""

    plant: Plant
    redis_url: str
    victims: tuple[str, ...]
    random: random.Random
    falls: list[Fall] = field(default_factory=list)

    async def rage(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while loop.time() < until:
            for who in self.random.sample(self.victims, len(self.victims)):
                await asyncio.sleep(self.random.uniform(0.3, 2.5 if LONG else 1.2))
                if loop.time() >= until:
                    return
                await self._harm(who)

    async def _harm(self, who: str) -> None:
        loop = asyncio.get_running_loop()
        died_at = loop.time()
        if who == "flush":
            async with Redis.from_url(self.redis_url) as redis:
                await redis.flushall()
            self.falls.append(Fall(who, 0.0, loop.time(), died_at))
            return
        down_s = self.random.uniform(0.1, 2.0)
        if who == "meta":
            self.plant.pause(who)
            await asyncio.sleep(down_s)
            self.plant.resume(who)
        else:
            self.plant.kill(who)
            await asyncio.sleep(down_s)
            await self.plant.start(who)
        self.falls.append(Fall(who, down_s, loop.time(), died_at))


@asynccontextmanager
async def a_crowd(plant: Plant, seed: int) -> AsyncIterator[tuple[House, Crowd]]:
    """Three businesses with their knowledge, and the people who write to them."""
    async with open_house(plant.settings) as house, aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http:
        rig = Rig(house, plant.serve_urls[0], None, http)  # type: ignore[arg-type]
        shops = [await rig.shop(knowledge=FAQ, quiet_ms=quiet) for quiet in (0, 0, 150)]
        crowd = Crowd(http, plant.serve_urls, shops, RATE, random.Random(seed))
        try:
            yield house, crowd
        finally:
            await crowd.close()


async def tried(plant: Plant, house: House, crowd: Crowd, delivered_within: float = 30) -> Verdict:
    """Let everything come to rest, then judge."""
    loop = asyncio.get_running_loop()
    begun = loop.time()
    await crowd.everything_delivered(delivered_within)
    delivered = loop.time() - begun
    took = await settled(house, plant, crowd.http, crowd.shops, SETTLES_WITHIN)
    verdict = await judge(house, plant, crowd, admin_dsn=plant.servers.database.admin_dsn)
    verdict.tell(f"last body acknowledged {delivered:.1f} s after the load, all settled {took:.1f} s later")
    return verdict


async def test_kill_9_of_anything_loses_nothing_and_answers_nobody_twice(embedded_servers: EmbeddedServers) -> None:
    watch_transitions(embedded_servers.database.admin_dsn)
    with open_plant(embedded_servers) as plant:
        async with a_crowd(plant, SEED) as (house, crowd):
            victims = ("worker-1", "worker-2", "serve-1", "valkey", "postgres", "flush", "meta")
            chaos = Chaos(plant, embedded_servers.redis_url, victims, random.Random(SEED))
            try:
                await asyncio.gather(crowd.write(SECONDS), chaos.rage(SECONDS - 3))
                verdict = await tried(plant, house, crowd)
            except BaseException:
                print(plant.last_words())
                raise
    print(f"\nseed {SEED}: {RATE:.0f} bodies/s for {SECONDS:.0f} s, {crowd.repeats} repeated")
    for fall in chaos.falls:
        first = next((at for at in crowd.acks_at if at > fall.back_at), fall.back_at)
        print(f"  {fall.who:<9} down {fall.down_s:.1f} s; first acknowledgement {first - fall.back_at:.2f} s after it was back")
    print("\n".join(verdict.lines))
    assert not verdict.broken, "\n".join(verdict.broken)
    assert not crowd.without_retry_after
    assert {fall.who for fall in chaos.falls} >= {"postgres", "valkey", "serve-1"}
