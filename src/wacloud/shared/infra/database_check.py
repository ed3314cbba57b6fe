"""What must hold before anything is served: durability is on, the roles are harmless, every table is guarded."""

from collections.abc import Sequence
from typing import Any, LiteralString

import psycopg

from wacloud.shared.infra.postgres import Connection

OLDEST_SERVER = 150000
BECOMES = ("authenticated", "wacloud_worker", "wacloud_system")


class DatabaseNotFit(Exception):
    """The database is not as it must be; each problem is a sentence."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


async def check_database(conn: Connection, *, allow_no_fsync: bool = False) -> None:
    """
    Look once, at start.

    :param allow_no_fsync: for test databases only.
    :raises DatabaseNotFit: it is not safe to serve.
    """
    problems: list[str] = []
    version = conn.info.server_version
    if version < OLDEST_SERVER:
        problems.append(f"PostgreSQL {version // 10000} is too old: 15 to 18 are supported")
    settings = {
        row.name: row.setting
        for row in await _rows(
            conn,
            "select name, setting from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit')",
        )
    }
    for name in ("fsync", "full_page_writes"):
        if settings.get(name) != "on" and not allow_no_fsync:
            problems.append(f"{name} is {settings.get(name)}: an acknowledged message could be lost")
    if settings.get("synchronous_commit") in ("off", None):
        problems.append("synchronous_commit is off: an acknowledged message could be lost")
    problems += await _role_problems(conn)
    try:
        problems += await _table_problems(conn)
    except psycopg.Error as error:
        problems.append(f"the tables cannot be inspected: {error}")
    if problems:
        raise DatabaseNotFit(problems)


async def _role_problems(conn: Connection) -> list[str]:
    rows = await _rows(
        conn,
        """
        select r.rolname, r.rolsuper, r.rolbypassrls, r.rolname = session_user as itself,
               pg_has_role(session_user, r.oid, 'member') as ours
        from pg_roles r
        where r.rolname = any(%s) or pg_has_role(session_user, r.oid, 'member') and not (
          select rolsuper from pg_roles where rolname = session_user) or r.rolname = session_user
        order by array_position(%s, r.rolname::text), r.rolname
        """,
        (list(BECOMES), list(BECOMES)),
    )
    roles = {row.rolname: row for row in rows if row.itself or row.rolname in BECOMES}
    problems = [
        f"role {row.rolname} is a superuser or bypasses row level security: every tenant would see every other"
        for row in roles.values()
        if row.rolsuper or row.rolbypassrls
    ]
    problems += [
        f"the login role may become {row.rolname}: it must be a member of nothing beyond its three roles"
        for row in rows
        if row.rolname not in roles
    ]
    for needed in BECOMES:
        if needed not in roles:
            problems.append(f"role {needed} is missing: run `wacloud migrate`")
        elif not roles[needed].ours:
            problems.append(f"the login role may not become {needed}")
    owned = await _rows(
        conn,
        """
        select 1 as one from pg_class c join pg_roles r on r.oid = c.relowner
        where c.relnamespace in (to_regnamespace('app'), to_regnamespace('private'))
          and (r.rolname = session_user or r.rolname = any(%s)) limit 1
        """,
        (list(BECOMES),),
    )
    if owned:
        problems.append("the login role, or one it becomes, owns tables: it could switch row level security off")
    return problems


async def _table_problems(conn: Connection) -> list[str]:
    rows = await _rows(
        conn,
        """
        select c.relname, c.relrowsecurity and c.relforcerowsecurity as guarded
        from pg_class c where c.relnamespace = to_regnamespace('app') and c.relkind in ('r', 'p')
        """,
    )
    if not rows:
        return ["there are no tables: run `wacloud migrate`"]
    return [f"table app.{row.relname} has no forced row level security" for row in rows if not row.guarded]


async def _rows(conn: Connection, sql: LiteralString, params: Sequence[Any] = ()) -> list[Any]:
    cursor = await conn.execute(sql, params)
    return await cursor.fetchall()
