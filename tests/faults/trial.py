"""One run: an installation, a crowd that writes to it, and in the end the verdict."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import aiohttp
from crowd import FAQ, Crowd
from plant import Plant, open_plant
from verdict import Verdict, judge, settled, watch_transitions

from rig import Rig
from wacloud.main.wiring import House, open_house
from wacloud.modules.bot.application.knowledge import index_knowledge

if TYPE_CHECKING:
    from conftest import EmbeddedServers

LONG = bool(os.environ.get("FAULTS_LONG"))
RATE = float(os.environ.get("FAULTS_RATE", "100" if LONG else "40"))
SEED = int(os.environ.get("FAULTS_SEED", "0")) or random.randrange(1, 10**6)
SETTLES_WITHIN = 90.0


def seconds(short: float, long: float) -> float:
    """How long a load lasts: `FAULTS_SECONDS` where it is set."""
    return float(os.environ.get("FAULTS_SECONDS", long if LONG else short))


@dataclass(slots=True)
class Trial:
    """`house` looks into the database from outside; nothing runs in it."""

    plant: Plant
    house: House
    crowd: Crowd

    async def verdict(self, delivered_within: float = 60) -> Verdict:
        """Let everything come to rest, then judge."""
        loop = asyncio.get_running_loop()
        begun = loop.time()
        await self.crowd.everything_delivered(delivered_within)
        delivered = loop.time() - begun
        took = await settled(self.house, self.plant, self.crowd.http, self.crowd.shops, SETTLES_WITHIN)
        found = await judge(self.house, self.plant, self.crowd)
        for name, events in self.plant.complaints().items():
            found.tell(f"{name} says: {events}")
        found.tell(f"last body acknowledged {delivered:.1f} s after the load, all settled {took:.1f} s later")
        return found


@asynccontextmanager
async def a_trial(
    servers: EmbeddedServers, *, rate: float = RATE, serves: int = 2, workers: int = 2, skewed: Sequence[float] = ()
) -> AsyncIterator[Trial]:
    """Three businesses with their knowledge, the last of which waits for the rest of a burst."""
    watch_transitions(servers.database.admin_dsn)
    with open_plant(servers, serves=serves, workers=workers, skewed=skewed) as plant:
        try:
            async with (
                open_house(plant.settings) as house,
                aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as http,
            ):
                rig = Rig(house, plant.serve_urls[0], None, http)  # type: ignore[arg-type]
                shops = [await rig.shop(knowledge=FAQ, quiet_ms=quiet) for quiet in (0, 0, 150)]
                for shop in shops:
                    await index_knowledge(house.knowledge, shop.business_id)
                crowd = Crowd(http, plant.serve_urls, shops, rate, random.Random(SEED))
                try:
                    yield Trial(plant, house, crowd)
                finally:
                    await crowd.close()
        except BaseException:
            print(plant.last_words())
            raise


def report(found: Verdict, head: str, *more: str) -> None:
    """Print the findings, then fail where something is broken."""
    print("\n".join(["", f"{head} (seed {SEED})", *more, *found.lines]))
    assert not found.broken, "\n".join(found.broken)
