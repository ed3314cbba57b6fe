"""What is said goes into the index of words some minutes later; whoever searches reads the newest messages directly."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Protocol

from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId

# A message is stored with the time its transaction began, and seen when that ends: longer than any of them takes.
SETTLED_AFTER = timedelta(minutes=2)
AT_ONCE = 5_000


class WordIndex(Protocol):
    """Which words were said in which conversation."""

    async def add(self, tx: Tx, business_id: BusinessId, settled_after: timedelta, most: int) -> int:
        """Take in the words of the next messages that are not in yet; returns how many messages that were."""
        ...


async def index_words(deps: WhatsappDeps, index: WordIndex) -> int:
    """Take in what was said since, of every business; each part is for good. Returns how many messages that were."""
    async with deps.db.system("list businesses with numbers") as tx:
        businesses: Sequence[BusinessId] = await deps.numbers.businesses(tx)
    number = 0
    for business_id in businesses:
        taken = AT_ONCE
        while taken == AT_ONCE:
            async with deps.db.tenant(business_id) as tx:
                taken = await index.add(tx, business_id, SETTLED_AFTER, AT_ONCE)
            number += taken
    return number
