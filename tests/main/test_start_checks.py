"""Start-up refuses a database that could lose what was acknowledged, or show one business another's data."""

from collections.abc import AsyncIterator, Iterator
from typing import Any

import psycopg
import pytest
from psycopg.rows import namedtuple_row

from clusters import Cluster
from wacloud.shared.infra.database_check import DatabaseNotFit, check_database
from wacloud.shared.infra.migrations import migrate

PASSWORD = "a password for tests"
ROLES = ("anon", "authenticated", "service_role", "wacloud_app", "wacloud_worker", "wacloud_system")


@pytest.fixture(scope="module")
def superuser_dsn(own_cluster: Cluster) -> Iterator[str]:
    own_cluster.run(f"create role checked_owner login createrole password '{PASSWORD}'")
    try:
        with own_cluster.database("checked_owner") as name:
            migrate(own_cluster.dsn(name, "checked_owner", PASSWORD), app_password=PASSWORD)
            yield own_cluster.dsn(name)
    finally:
        own_cluster.drop_roles(*ROLES, "checked_owner", "half_made")


@pytest.fixture
async def connection(superuser_dsn: str) -> AsyncIterator["psycopg.AsyncConnection[Any]"]:
    """The superuser in a transaction that is undone: roles and tables are changed in it, then it logs in as the app."""
    async with await psycopg.AsyncConnection.connect(superuser_dsn, row_factory=namedtuple_row) as connection:
        yield connection
        await connection.rollback()


async def problems(
    connection: "psycopg.AsyncConnection[Any]", *, login: str = "wacloud_app", **kinds: bool
) -> list[str]:
    await connection.execute(f"set local session authorization {login}")
    try:
        await check_database(connection, **{"allow_no_fsync": True, **kinds})
    except DatabaseNotFit as found:
        refusal = found
    else:
        return []
    for problem in refusal.problems:
        assert problem in str(refusal)
        assert "\n" not in problem
        assert 20 < len(problem) < 200
    return refusal.problems


async def test_a_database_as_it_must_be_is_served(connection):
    assert await problems(connection) == []


async def test_fsync_off_is_refused_unless_a_test_says_so(connection):
    """The cluster of the tests runs without; nothing but a test may pass `allow_no_fsync`."""
    assert await problems(connection, allow_no_fsync=False) == [
        "fsync is off: an acknowledged message could be lost",
        "full_page_writes is off: an acknowledged message could be lost",
    ]


async def test_synchronous_commit_off_is_refused(connection):
    await connection.execute("set local synchronous_commit = off")
    assert await problems(connection) == ["synchronous_commit is off: an acknowledged message could be lost"]


@pytest.mark.parametrize("level", ["local", "remote_write", "on", "remote_apply"])
async def test_every_other_synchronous_commit_writes_here_first(connection, level: str):
    await connection.execute(f"set local synchronous_commit = {level}")
    assert await problems(connection) == []


async def test_a_superuser_login_is_refused(connection):
    found = await problems(connection, login="postgres")
    assert "role postgres is a superuser or bypasses row level security: every tenant would see every other" in found


@pytest.mark.parametrize("role", ["wacloud_app", "wacloud_worker", "wacloud_system", "authenticated"])
@pytest.mark.parametrize("right", ["superuser", "bypassrls"])
async def test_a_role_that_row_level_security_does_not_bind_is_refused(connection, role: str, right: str):
    await connection.execute(f"alter role {role} {right}")
    assert await problems(connection) == [
        f"role {role} is a superuser or bypasses row level security: every tenant would see every other"
    ]


@pytest.mark.parametrize("role", ["wacloud_worker", "wacloud_system", "authenticated"])
async def test_a_missing_role_is_refused(connection, role: str):
    await connection.execute(
        f"revoke {role} from wacloud_app granted by checked_owner; alter role {role} rename to gone"
    )
    assert await problems(connection) == [f"role {role} is missing: run `wacloud migrate`"]


async def test_a_login_that_may_not_become_the_roles_is_refused(connection):
    await connection.execute("create role half_made nologin")
    assert await problems(connection, login="half_made") == [
        "the login role may not become authenticated",
        "the login role may not become wacloud_worker",
        "the login role may not become wacloud_system",
    ]


@pytest.mark.parametrize("role", ["service_role", "pg_read_all_data", "pg_write_all_data"])
async def test_a_login_that_may_become_somebody_mightier_is_refused(connection, role: str):
    """Of whoever bypasses or reads everything it would need no policy."""
    await connection.execute(f"grant {role} to wacloud_app")
    [problem] = await problems(connection)
    assert problem == f"the login role may become {role}: it must be a member of nothing beyond its three roles"


@pytest.mark.parametrize("change", ["disable row level security", "no force row level security"])
@pytest.mark.parametrize("table", ["messages", "users", "messages_default"])
async def test_a_table_without_forced_row_level_security_is_refused(connection, table: str, change: str):
    await connection.execute(f"alter table app.{table} {change}")
    assert await problems(connection) == [f"table app.{table} has no forced row level security"]


async def test_a_new_table_nobody_guarded_is_refused(connection):
    await connection.execute("create table app.forgotten (id int)")
    assert await problems(connection) == ["table app.forgotten has no forced row level security"]


@pytest.mark.parametrize("owner", ["wacloud_app", "wacloud_worker"])
async def test_a_table_that_belongs_to_the_login_or_to_a_role_it_becomes_is_refused(connection, owner: str):
    await connection.execute(f"alter table app.contacts owner to {owner}")
    assert await problems(connection) == [
        "the login role, or one it becomes, owns tables: it could switch row level security off"
    ]


async def test_an_empty_database_is_told_to_migrate(own_cluster: Cluster, superuser_dsn: str):
    with own_cluster.database() as name:
        dsn = own_cluster.dsn(name)
        async with await psycopg.AsyncConnection.connect(dsn, row_factory=namedtuple_row) as connection:
            assert await problems(connection) == ["there are no tables: run `wacloud migrate`"]


async def test_all_problems_are_told_at_once(connection):
    await connection.execute("alter role wacloud_worker bypassrls; alter table app.jobs disable row level security")
    await connection.execute("set local synchronous_commit = off")
    assert len(await problems(connection)) == 3
