"""The schema on every server it has to run on: PostgreSQL 15 and 18, as an owner who is no superuser, as on Supabase."""

import random
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from clusters import Cluster
from psycopg.rows import namedtuple_row

from wacloud.shared.application.webhooks import RawWebhook
from wacloud.shared.infra.database_check import check_database
from wacloud.shared.infra.migrations import MIGRATIONS, CannotMigrate, migrate, read_migrations
from wacloud.shared.infra.postgres import PostgresDatabase, make_pool
from wacloud.shared.infra.webhook_inbox import PostgresWebhookInbox

OURS = ("wacloud_app", "wacloud_worker", "wacloud_system")
SUPABASE = ("anon", "authenticated", "service_role")
PASSWORD = "a password for tests"


@dataclass(frozen=True, slots=True)
class Place:
    """An empty database and the role that is to migrate it."""

    cluster: Cluster
    database: str
    owner: str

    @property
    def owner_dsn(self) -> str:
        return self.cluster.dsn(self.database, self.owner, PASSWORD)

    @property
    def superuser_dsn(self) -> str:
        return self.cluster.dsn(self.database)

    @property
    def app_dsn(self) -> str:
        return self.cluster.dsn(self.database, "wacloud_app", PASSWORD)


@pytest.fixture(params=["own_cluster", "oldest_cluster"], ids=["18", "15"])
def cluster(request: pytest.FixtureRequest) -> Cluster:
    found: Cluster = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def plain(cluster: Cluster) -> Iterator[Place]:
    """A rented PostgreSQL: the owner may create roles and databases, and there is nothing else."""
    cluster.run(f"create role renter login createrole createdb password '{PASSWORD}'")
    try:
        with cluster.database("renter") as name:
            yield Place(cluster, name, "renter")
    finally:
        cluster.drop_roles(*OURS, *SUPABASE, "renter")


@pytest.fixture
def supabase(cluster: Cluster) -> Iterator[Place]:
    """
    A hosted Supabase: its roles and its schema auth belong to others, the migrating role bypasses row level security.
    """
    cluster.run(f"""
        create role platform nologin;
        create role hosted login createrole createdb bypassrls password '{PASSWORD}';
        create role anon nologin; create role authenticated nologin; create role service_role nologin bypassrls;
        grant anon, authenticated, service_role to hosted with admin option;
    """)
    try:
        with cluster.database("hosted") as name:
            cluster.run(
                """
                create schema auth authorization platform;
                create schema extensions authorization hosted;
                create function auth.uid() returns uuid language sql stable as $$
                  select (nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub')::uuid $$;
                create function auth.jwt() returns jsonb language sql stable as $$
                  select nullif(current_setting('request.jwt.claims', true), '')::jsonb $$;
                alter function auth.uid() owner to platform;
                alter function auth.jwt() owner to platform;
                grant usage on schema auth to anon, authenticated, service_role, hosted;
                """,
                name,
            )
            yield Place(cluster, name, "hosted")
    finally:
        cluster.drop_roles(*OURS, "hosted", *SUPABASE, "platform")


@pytest.fixture(params=["plain", "supabase"])
def place(request: pytest.FixtureRequest) -> Place:
    found: Place = request.getfixturevalue(request.param)
    return found


async def test_the_migrations_run_without_a_superuser_and_twice_without_effect(place: Place):
    """And what they made lets the app work, each business for itself."""
    files = [migration.file for migration in read_migrations()]
    assert migrate(place.owner_dsn, app_password=PASSWORD) == files
    before = shape(place.superuser_dsn)
    assert migrate(place.owner_dsn, app_password=PASSWORD) == []
    assert shape(place.superuser_dsn) == before
    pool = make_pool(place.app_dsn, smallest=1, largest=1)
    async with pool:
        async with pool.connection() as connection:
            await check_database(connection, allow_no_fsync=True)
        db = PostgresDatabase(pool)
        one, other = [await a_business(db) for _ in range(2)]
        async with db.tenant(one) as tx:
            assert [row.id for row in await tx.rows("select id from app.businesses")] == [one]
        async with db.member(await owner_of(db, other)) as tx:
            assert [row.id for row in await tx.rows("select id from app.businesses")] == [other]
            assert len(await tx.rows("select from app.users")) == 1
        async with db.system("test: partitions") as tx:
            assert await tx.rows("select private.ensure_partitions()") == []
            assert await tx.rows("select private.drop_old_partitions()") == []


def test_a_second_database_of_another_owner_on_the_same_server(plain: Place):
    """The roles are the server's: whoever comes second finds them and may not touch them, nor has to."""
    migrate(plain.owner_dsn, app_password=PASSWORD)
    plain.cluster.run(f"create role neighbour login createrole createdb password '{PASSWORD}'")
    try:
        with plain.cluster.database("neighbour") as name:
            second = Place(plain.cluster, name, "neighbour")
            assert migrate(second.owner_dsn, app_password=None)
    finally:
        plain.cluster.drop_roles("neighbour")


def test_an_app_role_made_by_somebody_else_and_granted_nothing_is_told(own_cluster: Cluster):
    """Of PostgreSQL 16 and later: creating roles is no right over those of others."""
    own_cluster.run(f"create role renter login createrole password '{PASSWORD}'; create role wacloud_app nologin noinherit")
    try:
        with own_cluster.database("renter") as name, pytest.raises(CannotMigrate, match="permission denied to grant role"):
            owner = own_cluster.dsn(name, "renter", PASSWORD)
            own_cluster.run("create role authenticated nologin noinherit")
            migrate(owner, app_password=None)
    finally:
        own_cluster.drop_roles(*OURS, *SUPABASE, "renter")


@pytest.mark.parametrize("schema", ["extensions", "public"])
def test_similarity_is_the_same_number_with_and_without_pgvector(own_cluster: Cluster, schema: str):
    random.seed(20261123)
    pairs = [[[random.gauss(0, 1) for _ in range(512)] for _ in range(2)] for _ in range(20)]
    pairs += [[a, a] for a, _ in pairs[:3]] + [[a, [-x for x in a]] for a, _ in pairs[:3]]

    def similarities(install: str) -> tuple[bool, list[float]]:
        own_cluster.run(f"create role renter login createrole password '{PASSWORD}'")
        try:
            with own_cluster.database("renter") as name:
                own_cluster.run(install, name)
                migrate(own_cluster.dsn(name, "renter", PASSWORD), app_password=None)
                with psycopg.connect(own_cluster.dsn(name)) as connection:
                    [[body]] = connection.execute("select prosrc from pg_proc where proname = 'similarity'").fetchall()
                    values = [
                        connection.execute("select private.similarity(%s::real[], %s::real[])", pair).fetchall()[0][0]
                        for pair in pairs
                    ]
                    return "vector" in body, values
        finally:
            own_cluster.drop_roles(*OURS, *SUPABASE, "renter")

    by_extension, with_vector = similarities(
        f"create schema if not exists {schema}; create extension vector with schema {schema};"
        f"grant usage on schema {schema} to public"
    )
    by_hand, without = similarities("select 1")
    assert (by_extension, by_hand) == (True, False)
    assert with_vector == pytest.approx(without, abs=1e-6)
    assert with_vector[-1] == pytest.approx(-1, abs=1e-6)


def test_migrations_are_named_as_supabase_names_them():
    names = [path.name for path in sorted(MIGRATIONS.glob("*.sql"))]
    assert names
    for name in names:
        found = re.fullmatch(r"(\d{14})_[a-z][a-z0-9_]*\.sql", name)
        assert found, f"{name}: YYYYMMDDHHMMSS_name.sql"
        datetime.strptime(found[1], "%Y%m%d%H%M%S").replace(tzinfo=UTC)


def test_the_designs_indexes_are_there(look: Callable[..., Any]):
    indexes = {row.indexname: row.indexdef for row in look("select * from pg_indexes where schemaname = 'app'")}
    assert "(owner_id)" in indexes["businesses_owner"]
    assert "(business_id, created_at DESC)" in indexes["messages_newest"]
    assert "AT TIME ZONE 'utc'" in indexes["analytics_events_day"]
    assert "::date" in indexes["analytics_events_day"]


def test_every_foreign_key_has_an_index_that_begins_with_it(look: Callable[..., Any]):
    """Otherwise deleting a business, or merging two contacts, reads whole tables."""
    rows = look("""
        select k.conrelid::regclass::text as child, k.conname,
               exists (select from pg_index i where i.indrelid = k.conrelid and i.indpred is null
                       and (i.indkey::int2[])[0:cardinality(k.conkey) - 1] @> k.conkey) as covered
        from pg_constraint k join pg_class c on c.oid = k.conrelid
        where k.contype = 'f' and k.connamespace = 'app'::regnamespace and not c.relispartition
    """)
    few_rows = {"phone_numbers_business_id_waba_id_fkey"}  # a business has a handful of numbers
    assert {row.conname for row in rows if not row.covered} <= few_rows


@pytest.fixture
def look(admin_dsn: str) -> Iterator[Callable[..., Any]]:
    with psycopg.connect(admin_dsn, row_factory=namedtuple_row, autocommit=True) as connection:
        yield lambda query, params=(): connection.execute(query, params).fetchall()


def shape(dsn: str) -> list[Any]:
    """All that a migration can leave: relations, policies, functions, rights, members, settings of roles."""
    with psycopg.connect(dsn) as connection:
        return connection.execute("""
            select 'class', oid::text, relkind::text, relacl::text, relrowsecurity::text from pg_class
              where relnamespace in ('app'::regnamespace, 'private'::regnamespace)
            union all select 'policy', oid::text, polcmd::text, polroles::text, pg_get_expr(polqual, polrelid) from pg_policy
            union all select 'function', oid::text, prosrc, proacl::text, proconfig::text from pg_proc
              where pronamespace in ('app'::regnamespace, 'private'::regnamespace)
            union all select 'member', roleid::text, member::text, admin_option::text, '' from pg_auth_members
            union all select 'setting', setrole::text, setdatabase::text, setconfig::text, '' from pg_db_role_setting
            order by 1, 2, 3, 4
        """).fetchall()


async def a_business(db: PostgresDatabase) -> Any:
    business, person = uuid.uuid4(), uuid.uuid4()
    async with db.system("test: make a business") as tx:
        await tx.execute("insert into app.users (id, name, email) values (%s, 'P', %s)", (person, f"{person}@example.test"))
        await tx.execute("insert into app.businesses (id, owner_id, name) values (%s, %s, 'Tienda')", (business, person))
        await tx.execute("insert into app.members values (%s, %s, 'owner')", (business, person))
    return business


async def owner_of(db: PostgresDatabase, business: Any) -> Any:
    async with db.system("test: whose is it") as tx:
        row = await tx.row("select owner_id from app.businesses where id = %s", (business,))
        assert row
        return row.owner_id
