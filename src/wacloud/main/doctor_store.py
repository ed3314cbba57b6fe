"""What `wacloud doctor` sees of the database, Valkey, secrets and queues."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final

import psycopg
from psycopg.rows import namedtuple_row
from redis.asyncio import Redis
from redis.exceptions import RedisError, ResponseError

from wacloud.main.doctor import Line
from wacloud.main.secrets_cli import SEALED, count
from wacloud.main.settings import AppEnv, Settings
from wacloud.shared.application.db import StoreAway
from wacloud.shared.infra.crypto import CannotDecrypt, SecretBox
from wacloud.shared.infra.database_check import DatabaseNotFit, check_database
from wacloud.shared.infra.migrations import read_migrations
from wacloud.shared.infra.postgres import PostgresDatabase, make_pool

MOST_SKEW_S: Final = 5
LATE_S: Final = 300
# The clock of every worker queues something every ten seconds.
SILENT_S: Final = 90


async def look_at_database(settings: Settings) -> Sequence[Line]:
    if not settings.database_url:
        return [Line("database", "broken", "DATABASE_URL is not set", "set it in .env")]
    try:
        connection = await psycopg.AsyncConnection.connect(
            settings.database_url, autocommit=True, connect_timeout=4, row_factory=namedtuple_row
        )
    except psycopg.OperationalError as error:
        why = (str(error).strip() or "no answer").splitlines()[0][:200]
        if "@" in why:
            # A password with an @ in it is taken for a part of the host, and quoted.
            why = type(error).__name__
        return [Line("database", "broken", f"cannot be reached: {why}", "start it, or correct DATABASE_URL")]
    except psycopg.Error:
        fix = "it reads postgresql://wacloud_app:password@host:5432/database"
        return [Line("database", "broken", "DATABASE_URL is none", fix)]
    async with connection:
        version = connection.info.server_version
        lines = [Line("database", "ok", f"PostgreSQL {version // 10000}.{version % 10000}, reached")]
        try:
            await check_database(connection, allow_no_fsync=settings.app_env is AppEnv.TEST)
            told = "durable, the role owns and bypasses nothing, every table guarded"
            lines.append(Line("database rules", "ok", told))
        except DatabaseNotFit as unfit:
            fix = "`wacloud migrate` sets roles and rules; durability is the server's own setting"
            lines += [Line("database rules", "broken", problem, fix) for problem in unfit.problems]
        lines.append(await _migrations(connection))
        lines.append(await _skew(connection))
    return lines


async def _migrations(connection: Any) -> Line:
    wanted = {one.version for one in read_migrations()}
    try:
        rows = await (await connection.execute("select private.schema_versions() as version")).fetchall()
    except psycopg.Error:
        return Line("migrations", "broken", "the schema is of an older version", "run `wacloud migrate`")
    have = {row.version for row in rows}
    if not have:
        return Line("migrations", "warning", "nobody wrote down which were applied", "run `wacloud migrate`")
    if missing := sorted(wanted - have):
        return Line(
            "migrations", "broken", f"{len(missing)} are missing, from {missing[0]} on", "run `wacloud migrate`"
        )
    if newer := sorted(have - wanted):
        told = f"the database is of a newer version ({newer[-1]}) than this program"
        return Line("migrations", "warning", told, "update the program")
    return Line("migrations", "ok", f"all {len(wanted)} applied")


async def _skew(connection: Any) -> Line:
    before = datetime.now(UTC)
    [row] = await (await connection.execute("select clock_timestamp() as at")).fetchall()
    after = datetime.now(UTC)
    skew = (row.at - (before + (after - before) / 2)).total_seconds()
    told = f"{abs(skew):.1f} s {'behind' if skew > 0 else 'ahead of'} the database"
    if abs(skew) > MOST_SKEW_S:
        return Line("clock", "warning", told, "let both machines keep their time by NTP")
    return Line("clock", "ok", told)


async def look_at_valkey(settings: Settings) -> Sequence[Line]:
    if not settings.redis_url:
        return [Line("valkey", "broken", "REDIS_URL is not set", "set it in .env")]
    try:
        redis = Redis.from_url(settings.redis_url, socket_timeout=4, socket_connect_timeout=4)
    except ValueError:
        return [Line("valkey", "broken", "REDIS_URL is none", "it reads redis://host:6379/0")]
    try:
        info = await redis.info()
    except RedisError as error:
        told = f"cannot be reached: {type(error).__name__}"
        return [Line("valkey", "broken", told, "start it, or correct REDIS_URL")]
    else:
        name, version = ("Valkey", info["valkey_version"]) if "valkey_version" in info else ("Redis", None)
        lines = [Line("valkey", "ok", f"{name} {version or info.get('redis_version', '?')}, reached")]
        lines.append(await _eviction(redis, settings))
        lines.append(_persistence(info))
        return lines
    finally:
        await redis.aclose()


async def _eviction(redis: Any, settings: Settings) -> Line:
    try:
        policy = (await redis.config_get("maxmemory-policy")).get("maxmemory-policy", "?")
    except ResponseError:
        return Line("valkey memory", "ok", "its policy is not told: the server lets nobody ask")
    if policy.startswith("allkeys"):
        state, fix = "warning", "set maxmemory-policy to noeviction: else people are signed out when it is full"
        if settings.queue_driver == "bullmq":
            state, fix = "broken", "set maxmemory-policy to noeviction: BullMQ loses jobs otherwise"
        return Line("valkey memory", "broken" if state == "broken" else "warning", f"policy {policy}", fix)
    return Line("valkey memory", "ok", f"policy {policy}")


def _persistence(info: dict[str, Any]) -> Line:
    """Nothing in it is needed: work is in the database, and what it forgets costs logins and speed."""
    if info.get("aof_enabled"):
        return Line("valkey storage", "ok", "kept on disk (append-only file)")
    if info.get("rdb_last_save_time") and info.get("rdb_changes_since_last_save") is not None:
        return Line("valkey storage", "ok", "in memory, with snapshots at most: a restart may cost logins, no work")
    return Line("valkey storage", "ok", "in memory: a restart costs logins, no work")


async def look_at_contents(settings: Settings) -> Sequence[Line]:
    """Secrets and queues: through a small pool of their own."""
    if not settings.database_url:
        return []
    pool = make_pool(
        settings.database_url,
        smallest=1,
        largest=2,
        timeout_s=4,
        transaction_pooled=settings.db_pool_mode == "transaction",
    )
    try:
        await pool.open()
        db = PostgresDatabase(pool)
        return [*await _secrets(db, settings), *await _queues(db)]
    except StoreAway:
        # The lines about the database say why.
        return []
    except psycopg.Error as error:
        told = f"could not be looked at: {type(error).__name__}"
        return [Line("contents", "broken", told, "see the lines about the database")]
    finally:
        await pool.close(timeout=1)


async def _secrets(db: PostgresDatabase, settings: Settings) -> list[Line]:
    if not settings.secret_keys:
        return [Line("secrets", "broken", "SECRET_KEYS is not set: nothing stored can be read", "set it in .env")]
    box = SecretBox(settings.secret_keys)
    by_key: dict[str, int] = {}
    for _, key, number in await count(db):
        by_key[key] = by_key.get(key, 0) + number
    lines = []
    for key, number in sorted(by_key.items()):
        told = box.told_of(key)
        text = f"{number:,} under key {key} ({told})"
        if told == "newest":
            lines.append(Line("secrets", "ok", text))
        elif told == "older":
            lines.append(Line("secrets", "warning", text, "run `wacloud secrets reseal`, then the old key can go"))
        else:
            lines.append(Line("secrets", "broken", text, "add that key to SECRET_KEYS, or what it protects is lost"))
    if bad := await _unreadable(db, box):
        fix = "the value was changed in the database: connect the number again, or restore it"
        lines.append(Line("secrets", "broken", f"one in {bad} does not open under its own key", fix))
    return lines or [Line("secrets", "ok", "none stored yet")]


async def _unreadable(db: PostgresDatabase, box: SecretBox) -> str | None:
    """One of each table and key: the mark alone says nothing of the rest."""
    async with db.system("try secrets") as tx:
        for table, column in SEALED:
            rows = await tx.rows(
                f"select distinct on (split_part({column}, '.', 2)) {column} as sealed from app.{table} "
                f"where {column} is not null"
            )
            for row in rows:
                try:
                    box.decrypt(row.sealed)
                except CannotDecrypt:
                    if (
                        box.told_of(row.sealed.split(".")[1] if row.sealed.count(".") else "")
                        != "not among SECRET_KEYS"
                    ):
                        return table
    return None


async def _queues(db: PostgresDatabase) -> list[Line]:
    async with db.system("look at the queues") as tx:
        [jobs] = await tx.rows(
            "select count(*) filter (where state = 'parked') as parked, "
            "count(*) filter (where state <> 'parked') as open, "
            "extract(epoch from clock_timestamp() - min(run_at) filter (where state = 'ready'))::float as late "
            "from app.jobs"
        )
        [webhooks] = await tx.rows(
            "select count(*) filter (where state = 'failed') as failed, "
            "extract(epoch from clock_timestamp() - min(received_at) filter (where state = 'pending'))::float as late "
            "from app.webhook_inbox where state <> 'processed' and part_of is null"
        )
        [clock] = await tx.rows(
            "select extract(epoch from clock_timestamp() - min(next_at))::float as late, count(*) as n "
            "from app.schedules where every <= interval '1 minute'"
        )
    lines = []
    if not clock.n:
        lines.append(Line("workers", "broken", "no worker has ever run here", "start `wacloud worker`"))
    elif clock.late > SILENT_S:
        lines.append(Line("workers", "broken", f"none has been alive for {_age(clock.late)}", "start `wacloud worker`"))
    else:
        lines.append(Line("workers", "ok", "at least one is alive"))
    late = max(jobs.late or 0, 0)
    text = f"{jobs.open:,} open, the oldest due for {_age(late)}"
    fix = "start more workers, or see `wacloud jobs list`"
    lines.append(Line("jobs", "ok", text) if late < LATE_S else Line("jobs", "warning", text, fix))
    if jobs.parked:
        fix = "`wacloud jobs list` says why, `wacloud jobs replay` tries again"
        lines.append(Line("parked jobs", "warning", f"{jobs.parked:,} were given up", fix))
    if webhooks.failed:
        fix = "`wacloud webhooks list` says why, `wacloud webhooks replay` tries again"
        lines.append(Line("webhooks", "warning", f"{webhooks.failed:,} could not be processed", fix))
    elif webhooks.late is not None and webhooks.late > LATE_S:
        text = f"the oldest waits for {_age(webhooks.late)}"
        lines.append(Line("webhooks", "warning", text, "start more workers"))
    else:
        lines.append(Line("webhooks", "ok", "none failed, none waits long"))
    return lines


def _age(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.0f} h"
