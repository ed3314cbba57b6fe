"""Listens to PostgreSQL's NOTIFY and rings: a lost ring costs time, never work."""

import asyncio
from collections.abc import Callable

import psycopg
import structlog

log = structlog.get_logger()

WEBHOOKS = "wacloud_webhooks"
JOBS = "wacloud_jobs"


async def listen(dsn: str, on_webhooks: Callable[[str], None], on_job: Callable[[str], None]) -> None:
    """
    Listen until cancelled, on a connection of its own (direct: a pooler in transaction mode passes nothing on).

    Each is called with the lane. After every reconnect everything ("*") is rung once, for what was missed meanwhile.
    """
    pause = 0.2
    while True:
        try:
            async with await psycopg.AsyncConnection.connect(
                dsn, autocommit=True, connect_timeout=5, application_name="wacloud-bell"
            ) as conn:
                await conn.execute(f"listen {WEBHOOKS}")
                await conn.execute(f"listen {JOBS}")
                pause = 0.2
                on_webhooks("*")
                on_job("*")
                async for notice in conn.notifies():
                    if notice.channel == WEBHOOKS:
                        on_webhooks(notice.payload)
                    else:
                        on_job(notice.payload)
        except (psycopg.Error, OSError) as error:
            log.warning("bell.lost", error=str(error).strip(), again_in_s=pause)
        await asyncio.sleep(pause)
        pause = min(pause * 2, 5.0)
