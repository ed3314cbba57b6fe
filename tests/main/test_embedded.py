"""PostgreSQL and Valkey from wheels: they start anywhere, and what is wrong is said in one line."""

import os
import secrets
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import redis

from wacloud.main.child import CannotStart, Running
from wacloud.main.embedded import EmbeddedPostgres, EmbeddedValkey


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="wacloud tests ", ignore_cleanup_errors=True) as name:
        os.chmod(name, 0o711)
        yield Path(name)


def test_servers_for_fault_tests_keep_what_was_committed_when_killed(embedded_servers):
    admin = embedded_servers.database.admin_dsn
    with psycopg.connect(admin) as connection:
        assert connection.execute("show fsync").fetchone() == ("on",)
        assert connection.execute("show synchronous_commit").fetchone() == ("on",)
        connection.execute("create table public.kept as select 42 as answer")
    with redis.Redis.from_url(embedded_servers.redis_url) as valkey:
        valkey.set("kept", "yes")
    for server in (embedded_servers.postgres, embedded_servers.valkey):
        server.kill()
        server.process.wait()
        server.launch()
        server.wait_until_ready()
    with psycopg.connect(admin) as connection:
        assert connection.execute("select answer from public.kept").fetchone() == (42,)
    with redis.Redis.from_url(embedded_servers.redis_url) as valkey:
        assert valkey.get("kept") == b"yes"


def test_each_new_database_is_migrated_and_alone(new_database):
    first, second = new_database(), new_database()
    with psycopg.connect(first.admin_dsn) as connection:
        assert connection.execute("select count(*) > 0 from public.schema_migrations").fetchone() == (True,)
        connection.execute("create table public.only_here ()")
    with psycopg.connect(second.admin_dsn) as connection:
        assert connection.execute("select to_regclass('public.only_here')").fetchone() == (None,)


def test_the_app_role_owns_nothing_and_bypasses_nothing(app_dsn):
    with psycopg.connect(app_dsn) as connection:
        role = "(select oid from pg_roles where rolname = current_user)"
        rights = connection.execute(
            f"select rolsuper, rolbypassrls, rolcreaterole, rolcreatedb from pg_roles where oid = {role}"
        ).fetchone()
        assert rights == (False, False, False, False)
        owned = connection.execute(f"select count(*) from pg_class where relowner = {role}").fetchone()
        assert owned == (0,)


def test_a_data_folder_of_another_version_is_refused_in_one_line(folder: Path):
    data = folder / "postgres"
    data.mkdir()
    (data / "PG_VERSION").write_text("9\n")
    with pytest.raises(CannotStart, match=r"made by PostgreSQL 9, this is 18") as refusal:
        EmbeddedPostgres(folder, superuser_password="x")
    assert "\n" not in str(refusal.value)


def test_a_folder_that_holds_something_else_is_left_alone(folder: Path):
    data = folder / "postgres"
    data.mkdir()
    (data / "letters.txt").write_text("mine")
    with pytest.raises(CannotStart, match="holds no PostgreSQL data"):
        EmbeddedPostgres(folder, superuser_password="x")
    assert (data / "letters.txt").read_text() == "mine"


def test_an_interrupted_first_start_leaves_nothing_half_made(folder: Path):
    half = folder / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text("18\n")
    postgres = EmbeddedPostgres(folder, superuser_password=secrets.token_hex(8), durable=False)
    running = Running(postgres.child, folder)
    try:
        running.wait_until_ready()
    finally:
        running.stop()
    assert not half.exists()


def test_damaged_data_is_told_in_one_line(folder: Path):
    postgres = EmbeddedPostgres(folder, superuser_password="x", durable=False)
    (postgres.data / "global" / "pg_control").write_bytes(b"")
    with pytest.raises(CannotStart, match="is damaged") as refusal:
        _start_and_stop(postgres, folder)
    assert "\n" not in str(refusal.value)


def test_a_lost_password_is_told_in_one_line(folder: Path):
    _start_and_stop(EmbeddedPostgres(folder, superuser_password="one", durable=False), folder)
    with pytest.raises(CannotStart, match="another password"):
        _start_and_stop(EmbeddedPostgres(folder, superuser_password="two", durable=False), folder)


def test_a_note_of_a_dead_postgres_whose_number_is_taken_again_does_not_matter(folder: Path):
    postgres = EmbeddedPostgres(folder, superuser_password="x", durable=False)
    (postgres.data / "postmaster.pid").write_text(f"{os.getpid()}\n{postgres.data}\n")
    _start_and_stop(EmbeddedPostgres(folder, superuser_password="x", durable=False), folder)


def test_a_postgres_that_outlived_its_demo_is_ended_first(folder: Path):
    first = EmbeddedPostgres(folder, superuser_password="x", durable=False)
    left_over = Running(first.child, folder)
    try:
        left_over.wait_until_ready()
        _start_and_stop(EmbeddedPostgres(folder, superuser_password="x", durable=False), folder)
        assert left_over.process.wait(5) == 0
    finally:
        left_over.stop()


def test_a_taken_port_is_told_in_one_line(folder: Path):
    valkey = EmbeddedValkey(folder, password="x")
    with socket.socket() as other:
        other.bind(("127.0.0.1", valkey.port))
        running = Running(valkey.child, folder)
        try:
            with pytest.raises(CannotStart, match=f"port {valkey.port} is in use"):
                running.wait_until_ready()
        finally:
            running.stop()


def _start_and_stop(postgres: EmbeddedPostgres, logs: Path) -> None:
    running = Running(postgres.child, logs)
    try:
        running.wait_until_ready()
    finally:
        running.stop()
