"""The whole twin: what it knows, and what it does with time."""

from __future__ import annotations

import time
from collections.abc import Callable

from wacloud.twins.graph.history import put_on_phones
from wacloud.twins.graph.keeping import Keeper
from wacloud.twins.graph.state import State
from wacloud.twins.graph.statuses import Statuses
from wacloud.twins.graph.world import World


class Twin(State):
    def __init__(self, world: World, clock: Callable[[], float] = time.time, keeper: Keeper | None = None) -> None:
        super().__init__(world, clock, keeper)
        self.statuses = Statuses(self)
        put_on_phones(self)

    async def close(self) -> None:
        self.phones.close()
        await self.webhooks.close()
        if self._keeper is not None:
            self._keeper.close()
