"""The whole twin: what it knows, and what it does with time."""

from __future__ import annotations

import time
from collections.abc import Callable

from wacloud.twins.graph.state import State
from wacloud.twins.graph.statuses import Statuses
from wacloud.twins.graph.world import World


class Twin(State):
    def __init__(self, world: World, clock: Callable[[], float] = time.time) -> None:
        super().__init__(world, clock)
        self.statuses = Statuses(self)

    async def close(self) -> None:
        self.phones.close()
        await self.webhooks.close()
