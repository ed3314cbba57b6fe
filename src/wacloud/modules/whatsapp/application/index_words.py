"""What is said goes into the index of words some minutes later; whoever searches reads the newest messages directly."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Protocol

from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId

# A message is stored with the time its transaction began, and seen when that ends: longer than any of them takes.
SETTLED_AFTER = timedelta(minutes=2)
AT_ONCE = 5_000
AT_A_TIME = 2  # businesses
LOOKED_AT_ONCE = 500


class WordIndex(Protocol):
    """Which words were said in which conversation."""

    async def add(self, tx: Tx, business_id: BusinessId, settled_after: timedelta, most: int) -> int:
        """Take in the words of the next messages that are not in yet; returns how many messages that were."""
        ...

    async def with_news(
        self, tx: Tx, businesses: Sequence[BusinessId], settled_after: timedelta
    ) -> Sequence[BusinessId]:
        """Those of the businesses that have messages which are not in yet."""
        ...


async def index_words(deps: WhatsappDeps, index: WordIndex) -> int:
    """
    Take in what was said since, of every business; returns how many messages that was.

    In rounds, a part of each business in every one: whoever has years of messages coming in delays nobody by more
    than a part. Who has something new is looked at again before each round. Each part is for good.
    """
    number = 0
    left_to = set[BusinessId]()  # somebody else is at these
    while waiting := [one for one in await _with_news(deps, index) if one not in left_to]:
        some = asyncio.Semaphore(AT_A_TIME)

        async def take_in(business_id: BusinessId, some: asyncio.Semaphore = some) -> int:
            async with some, deps.db.tenant(business_id) as tx:
                return await index.add(tx, business_id, SETTLED_AFTER, AT_ONCE)

        async with asyncio.TaskGroup() as group:
            tasks = {one: group.create_task(take_in(one)) for one in waiting}
        taken = {one: task.result() for one, task in tasks.items()}
        left_to |= {one for one, messages in taken.items() if not messages}
        number += sum(taken.values())
    return number


async def _with_news(deps: WhatsappDeps, index: WordIndex) -> Sequence[BusinessId]:
    async with deps.db.system("list businesses with numbers") as tx:
        businesses: Sequence[BusinessId] = await deps.numbers.businesses(tx)
    found: list[BusinessId] = []
    for some in _batched(businesses, LOOKED_AT_ONCE):
        async with deps.db.tenant(*some, read_only=True) as tx:
            found += await index.with_news(tx, some, SETTLED_AFTER)
    return found


def _batched(businesses: Sequence[BusinessId], size: int) -> Iterator[Sequence[BusinessId]]:
    """So many at a time."""
    for first in range(0, len(businesses), size):
        yield businesses[first : first + size]
