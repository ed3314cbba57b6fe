"""The schema on every server it has to run on: PostgreSQL 15 and 18, no superuser, plain and as on Supabase."""

import contextlib
import math
import operator
import random
import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import psycopg
import pytest
from psycopg.rows import namedtuple_row

from clusters import Cluster
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


@contextlib.contextmanager
def plain(cluster: Cluster) -> Iterator[Place]:
    """A rented PostgreSQL: the owner may create roles and databases, and there is nothing else."""
    cluster.run(f"create role renter login createrole createdb password '{PASSWORD}'")
    try:
        with cluster.database("renter") as name:
            yield Place(cluster, name, "renter")
    finally:
        cluster.drop_roles(*OURS, *SUPABASE, "renter")


@contextlib.contextmanager
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


@pytest.fixture(params=[plain, supabase])
def place(request: pytest.FixtureRequest, cluster: Cluster) -> Iterator[Place]:
    with request.param(cluster) as place:
        yield place


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
            assert len(await tx.rows("select id from app.users")) == 1
        async with db.system("test: partitions") as tx:
            assert await tx.rows("select private.ensure_partitions()") == []
            assert await tx.rows("select private.drop_old_partitions()") == []


def test_a_second_database_of_another_owner_on_the_same_server(cluster: Cluster):
    """The roles are the server's: whoever comes second finds them and may not touch them, nor has to."""
    with plain(cluster) as first:
        migrate(first.owner_dsn, app_password=PASSWORD)
        cluster.run(f"create role neighbour login createrole createdb password '{PASSWORD}'")
        try:
            with cluster.database("neighbour") as name:
                assert migrate(Place(cluster, name, "neighbour").owner_dsn, app_password=None)
        finally:
            cluster.drop_roles("neighbour")


def test_an_app_role_made_by_somebody_else_and_granted_nothing_is_told(own_cluster: Cluster):
    """Of PostgreSQL 16 and later: creating roles is no right over those of others."""
    own_cluster.run(
        f"create role renter login createrole password '{PASSWORD}'; create role wacloud_app nologin noinherit"
    )
    try:
        with own_cluster.database("renter") as name:
            own_cluster.run("create role authenticated nologin noinherit")
            owner = own_cluster.dsn(name, "renter", PASSWORD)
            with pytest.raises(CannotMigrate, match="permission denied to grant role"):
                migrate(owner, app_password=None)
    finally:
        own_cluster.drop_roles(*OURS, *SUPABASE, "renter")


@pytest.mark.parametrize("schema", [None, "extensions", "public"])
def test_similarity_is_the_same_number_with_and_without_pgvector(own_cluster: Cluster, schema: str | None):
    """Installed wherever its owner put it, or available but not for the role that migrates."""
    with plain(own_cluster) as place:
        if schema:
            own_cluster.run(
                f"create schema if not exists {schema}; create extension vector schema {schema}", place.database
            )
        migrate(place.owner_dsn, app_password=PASSWORD)
        random.seed(20261123)
        pairs = [tuple([random.gauss(0, 1) for _ in range(512)] for _ in range(2)) for _ in range(20)]
        pairs += [(pairs[0][0], pairs[0][0]), (pairs[0][0], [-x for x in pairs[0][0]])]
        with psycopg.connect(place.app_dsn) as connection:
            connection.execute("set role wacloud_worker")
            for a, b in pairs:
                [[number]] = connection.execute("select private.similarity(%s::real[], %s::real[])", [a, b]).fetchall()
                cosine = sum(map(operator.mul, a, b)) / math.sqrt(sum(x * x for x in a) * sum(x * x for x in b))
                assert number == pytest.approx(cosine, abs=1e-6)
            connection.execute("reset role")
        with psycopg.connect(place.superuser_dsn) as connection:
            [[body]] = connection.execute("select prosrc from pg_proc where proname = 'similarity'").fetchall()
            assert ("vector" in body) == (schema == "public")


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
    assert "(business_id, created_at DESC, id DESC)" in indexes["messages_in_order"]
    assert "AT TIME ZONE 'utc'" in indexes["analytics_events_day"]
    assert "::date" in indexes["analytics_events_day"]


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
            union all select 'policy', oid::text, polcmd::text, polroles::text, pg_get_expr(polqual, polrelid)
              from pg_policy
            union all select 'function', oid::text, prosrc, proacl::text, proconfig::text from pg_proc
              where pronamespace in ('app'::regnamespace, 'private'::regnamespace)
            union all select 'member', roleid::text, member::text, admin_option::text, '' from pg_auth_members
            union all select 'setting', setrole::text, setdatabase::text, setconfig::text, '' from pg_db_role_setting
            order by 1, 2, 3, 4
        """).fetchall()


async def a_business(db: PostgresDatabase) -> Any:
    business, person = uuid.uuid4(), uuid.uuid4()
    async with db.system("test: make a business") as tx:
        await tx.execute(
            "insert into app.users (id, name, email) values (%s, 'P', %s)", (person, f"{person}@example.test")
        )
        await tx.execute(
            "insert into app.businesses (id, owner_id, name) values (%s, %s, 'Tienda')", (business, person)
        )
        await tx.execute("insert into app.members values (%s, %s, 'owner')", (business, person))
    return business


async def owner_of(db: PostgresDatabase, business: Any) -> Any:
    async with db.system("test: whose is it") as tx:
        row = await tx.row("select owner_id from app.businesses where id = %s", (business,))
        assert row
        return row.owner_id


# Time partitions, in a database of the test's own.


@pytest.fixture
def owner(new_database: Callable[[], Any]) -> Iterator["psycopg.Connection[Any]"]:
    with psycopg.connect(new_database().admin_dsn, row_factory=namedtuple_row, autocommit=True) as connection:
        yield connection


def leaves(owner: "psycopg.Connection[Any]", parent: str) -> dict[str, str]:
    rows = owner.execute(
        """
        select c.relname, pg_get_expr(c.relpartbound, c.oid) as bound
        from pg_inherits i join pg_class c on c.oid = i.inhrelid
        where i.inhparent = ('app.' || %s)::regclass order by 1
        """,
        [parent],
    ).fetchall()
    return {row.relname: row.bound for row in rows}


def test_partitions_are_made_ahead_in_utc_and_only_once(owner: "psycopg.Connection[Any]"):
    owner.execute("set timezone = 'America/Mexico_City'")
    assert owner.execute("select private.ensure_partitions()").fetchall() == []
    made = [row[0] for row in owner.execute("select private.ensure_partitions(6)")]
    assert len(made) == 4 * 3  # four tables, three more periods each
    assert owner.execute("select private.ensure_partitions(6)").fetchall() == []
    owner.execute("set timezone = 'UTC'")
    names = leaves(owner, "messages")
    now = datetime.now(UTC)
    this_month = names[f"messages_{now:%Y%m}"]
    assert this_month.startswith(f"FOR VALUES FROM ('{now:%Y-%m}-01 00:00:00+00')")
    assert names["messages_default"] == "DEFAULT"
    days = [name for name in leaves(owner, "finished_jobs") if not name.endswith("default")]
    assert days == [f"finished_jobs_{now + timedelta(days=n):%Y%m%d}" for n in range(7)]
    [[unguarded]] = owner.execute("""
        select count(*) from pg_class where relnamespace = 'app'::regnamespace and relkind = 'r' and relispartition
        and not (relrowsecurity and relforcerowsecurity)
    """).fetchall()
    assert unguarded == 0
    [[keys]] = owner.execute(
        "select count(*) from pg_indexes where tablename ~ '^webhook_inbox_' and indexdef ~ 'UNIQUE.*provider, digest'"
    ).fetchall()
    assert keys == len(leaves(owner, "webhook_inbox"))


@pytest.mark.parametrize("ahead", [-1, 61, 1_000_000])
def test_nobody_can_ask_for_a_million_partitions(owner: "psycopg.Connection[Any]", ahead: int):
    with pytest.raises(psycopg.errors.RaiseException, match="between 0 and 60"):
        owner.execute("select private.ensure_partitions(%s)", [ahead])


def test_old_partitions_go_and_what_has_no_retention_stays(owner: "psycopg.Connection[Any]"):
    monday = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    monday -= timedelta(days=monday.weekday())
    for weeks in (4, 7, 8):
        add_partition(owner, "webhook_inbox", monday - timedelta(weeks=weeks), timedelta(weeks=1))
    add_partition(owner, "messages", datetime(2020, 1, 1, tzinfo=UTC), timedelta(days=31))
    dropped = {row[0] for row in owner.execute("select private.drop_old_partitions()")}
    assert dropped == {f"webhook_inbox_{monday - timedelta(weeks=weeks):%Y%m%d}" for weeks in (7, 8)}
    assert "messages_20200101" in leaves(owner, "messages")
    assert f"webhook_inbox_{monday - timedelta(weeks=4):%Y%m%d}" in leaves(owner, "webhook_inbox")
    assert "webhook_inbox_default" in leaves(owner, "webhook_inbox")


async def test_a_row_no_partition_takes_is_kept_and_moves_once_there_is_one(new_database: Callable[[], Any]):
    """The worker was off for months: what was accepted meanwhile may not stop partitions from being made."""
    database = new_database()
    async with make_pool(database.app_dsn, smallest=1, largest=1) as pool:
        db = PostgresDatabase(pool)
        with psycopg.connect(database.admin_dsn, autocommit=True) as owner:
            for leaf in leaves_of_now(owner, "webhook_inbox"):
                owner.execute(f'drop table app."{leaf}"')
            inbox = PostgresWebhookInbox(db)
            await inbox.keep(RawWebhook("whatsapp", b"hello", {}))
            async with db.system("test: an old row") as tx:
                await tx.execute(
                    "insert into app.webhook_inbox (provider, body, digest, received_at) "
                    "values ('whatsapp', 'old', 'old', '2020-01-01')"
                )
                assert await where_rows_are(tx) == ["webhook_inbox_default"] * 2
                made = [row[0] for row in await tx.rows("select private.ensure_partitions()")]
                assert len(made) == 4
            async with db.system("test: look") as tx:
                assert await where_rows_are(tx) == sorted(["webhook_inbox_default", made[0]])
                assert await tx.rows("select private.ensure_partitions()") == []
            await inbox.keep(RawWebhook("whatsapp", b"hello", {}))
            assert sum((await inbox.counts()).values()) == 2
            [[forced]] = owner.execute(
                "select relforcerowsecurity from pg_class where relname = 'webhook_inbox_default'"
            ).fetchall()
            assert forced


async def test_the_inbox_keeps_a_body_once_across_the_border_of_two_partitions(new_database: Callable[[], Any]):
    database = new_database()
    now = datetime.now(UTC)
    monday = (now - timedelta(days=now.weekday())).replace(hour=0, minute=0, second=0, microsecond=0)
    with psycopg.connect(database.admin_dsn, autocommit=True) as owner:
        for weeks in (1, 2):
            add_partition(owner, "webhook_inbox", monday - timedelta(weeks=weeks), timedelta(weeks=1))
    async with make_pool(database.app_dsn, smallest=1, largest=1) as pool:
        db = PostgresDatabase(pool)
        inbox = PostgresWebhookInbox(db)
        for body, received_at in (
            (b"last week", monday - timedelta(seconds=1)),
            (b"eight days ago", now - timedelta(days=8)),
            (b"ten days ago", now - timedelta(days=10)),
        ):
            async with db.system("test: an older webhook") as tx:
                await tx.execute(
                    "insert into app.webhook_inbox (provider, body, digest, received_at) "
                    "values ('whatsapp', %s, sha256(%s), %s)",
                    (body, body, received_at),
                )
            for _ in range(2):
                await inbox.keep(RawWebhook("whatsapp", body, {}))
            await inbox.keep(RawWebhook("another vendor", body, {}))
        async with db.system("test: look") as tx:
            rows = await tx.rows(
                "select convert_from(body, 'utf8') as body, count(*) as n from app.webhook_inbox "
                "where provider = 'whatsapp' group by 1"
            )
        # Ten days are beyond what the house promises; the message inside is known by its wamid then.
        assert {row.body: row.n for row in rows} == {"last week": 1, "eight days ago": 1, "ten days ago": 2}
        assert (await inbox.counts())["another vendor", "pending"] == 3


def add_partition(owner: "psycopg.Connection[Any]", parent: str, start: datetime, width: timedelta) -> None:
    owner.execute(
        "select private.add_partition(('app.' || %s)::regclass, %s, %s, %s)",
        [parent, f"_{start:%Y%m%d}", start, start + width],
    )


def leaves_of_now(owner: "psycopg.Connection[Any]", parent: str) -> list[str]:
    rows = owner.execute(
        "select inhrelid::regclass::text from pg_inherits where inhparent = ('app.' || %s)::regclass", [parent]
    ).fetchall()
    return [row[0].removeprefix("app.") for row in rows if not row[0].endswith("_default")]


async def where_rows_are(tx: Any) -> list[str]:
    rows = await tx.rows("select tableoid::regclass::text as leaf from app.webhook_inbox order by 1")
    return [row.leaf.removeprefix("app.") for row in rows]
