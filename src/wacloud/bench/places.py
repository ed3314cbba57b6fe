"""What a measurement is given: the stores, and the processes to look at."""

import os
import platform
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import psycopg
from redis.asyncio import Redis

from wacloud.bench.cpu import is_named, parent_named
from wacloud.shared.infra.postgres import PostgresDatabase

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Server:
    """A process that listens on this machine."""

    port: int
    pid: int


@dataclass(frozen=True, slots=True)
class Stores:
    """PostgreSQL and Valkey, embedded or named by the caller."""

    database_url: str
    redis_url: str
    embedded: bool


async def store_pids(stores: Stores) -> dict[str, int | None]:
    """The processes of the stores; None for one that is not on this machine."""
    async with await psycopg.AsyncConnection.connect(stores.database_url) as conn:
        row = await (await conn.execute("select pg_backend_pid()")).fetchone()
        # While the back end lives: afterwards nobody can say whose child it was.
        postgres = parent_named(row[0], "postgres") if row else None
    redis = Redis.from_url(stores.redis_url)
    try:
        valkey = int((await redis.info("server"))["process_id"])
    finally:
        await redis.aclose()
    named = any(is_named(valkey, name) for name in ("valkey", "redis"))
    return {"postgres": postgres, "valkey": valkey if named else None}


async def conditions(db: PostgresDatabase, stores: Stores) -> Mapping[str, Any]:
    """What a reader needs to know before comparing these figures with others."""
    async with db.system("what is measured on") as tx:
        rows = await tx.rows(
            "select name, setting from pg_settings where name in "
            "('server_version', 'fsync', 'synchronous_commit', 'full_page_writes', 'wal_sync_method')"
        )
    return {
        "cpus": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "load_before": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "embedded": stores.embedded,
        **{row.name: row.setting for row in rows},
    }
