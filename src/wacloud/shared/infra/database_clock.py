"""One time for all processes: the database's."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta

import structlog

from wacloud.shared.application.clock import Clock
from wacloud.shared.application.db import StoreAway
from wacloud.shared.infra.postgres import PostgresDatabase

log = structlog.get_logger()

ASK_EVERY_S = 10.0
WORTH_SAYING = timedelta(seconds=5)


class DatabaseClock:
    """
    The time as the database tells it, so that machines whose clocks differ agree on when something is due.

    The database is asked now and then; in between the machine's own clock carries on from its answer.
    """

    def __init__(self, own: Clock) -> None:
        self._own = own
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        return self._own() + self._ahead

    @asynccontextmanager
    async def kept_by(self, db: PostgresDatabase) -> AsyncIterator[None]:
        """
        Right from the start, and kept right until the block ends.

        :raises StoreAway: the database cannot be asked at the start; later it is asked again.
        """
        await self.ask(db)
        keeper = asyncio.create_task(self._keep(db), name="clock of the database")
        try:
            yield
        finally:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)

    async def ask(self, db: PostgresDatabase) -> None:
        async with db.system("ask the time") as tx:
            asked = self._own()
            row = await tx.row("select clock_timestamp() as now")
            answered = self._own()
        assert row is not None
        ahead = row.now - (asked + (answered - asked) / 2)
        if abs(ahead) > WORTH_SAYING and abs(ahead - self._ahead) > WORTH_SAYING:
            log.warning("clock.wrong", this_machine_is_behind_by_s=round(ahead.total_seconds(), 1))
        self._ahead = ahead

    async def _keep(self, db: PostgresDatabase) -> None:
        while True:
            await asyncio.sleep(ASK_EVERY_S)
            try:
                await self.ask(db)
            except StoreAway:
                log.info("clock.not_asked")
