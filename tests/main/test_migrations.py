"""The migration runner: each file once, whole or not at all, and never a changed one."""

import shutil
from pathlib import Path

import psycopg
import pytest

from wacloud.shared.infra.migrations import MIGRATIONS, CannotMigrate, migrate, read_migrations


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the project's migrations with one more."""
    for file in MIGRATIONS.glob("*.sql"):
        shutil.copy(file, tmp_path)
    (tmp_path / "29990101000000_more.sql").write_text("create table public.more (id int);\nselect 1;")
    return tmp_path


def test_each_file_is_applied_once(new_database, folder: Path):
    dsn = new_database().admin_dsn
    assert migrate(dsn, app_password=None, folder=folder) == ["29990101000000_more.sql"]
    assert migrate(dsn, app_password=None, folder=folder) == []


def test_a_failing_file_leaves_nothing_and_names_its_line(new_database, folder: Path):
    dsn = new_database().admin_dsn
    (folder / "29990101000001_worse.sql").write_text("create table public.half ();\n\nselect nothing from nowhere;")
    with pytest.raises(CannotMigrate, match=r'29990101000001_worse.sql failed in line 3: relation "nowhere"'):
        migrate(dsn, app_password=None, folder=folder)
    with psycopg.connect(dsn) as connection:
        found = connection.execute("select to_regclass('public.more')::text, to_regclass('public.half')::text")
        assert found.fetchone() == ("more", None)


def test_an_applied_file_that_changed_is_refused(new_database, folder: Path):
    dsn = new_database().admin_dsn
    migrate(dsn, app_password=None, folder=folder)
    (folder / "29990101000000_more.sql").write_text("select 2;")
    with pytest.raises(CannotMigrate, match=r"29990101000000_more.sql was applied and has changed"):
        migrate(dsn, app_password=None, folder=folder)


def test_other_line_ends_are_no_change(new_database, folder: Path):
    dsn = new_database().admin_dsn
    migrate(dsn, app_password=None, folder=folder)
    more = folder / "29990101000000_more.sql"
    more.write_bytes(more.read_bytes().replace(b"\n", b"\r\n"))
    assert migrate(dsn, app_password=None, folder=folder) == []


def test_a_file_may_not_end_its_transaction(new_database, folder: Path):
    (folder / "29990101000001_commits.sql").write_text("create table public.stays (); commit;")
    with pytest.raises(CannotMigrate, match="ends the transaction"):
        migrate(new_database().admin_dsn, app_password=None, folder=folder)


def test_a_misnamed_file_and_a_version_used_twice_are_refused(tmp_path: Path):
    (tmp_path / "29990101000000_one.sql").write_text("select 1;")
    (tmp_path / "29990101000000_two.sql").write_text("select 1;")
    with pytest.raises(CannotMigrate, match="same version"):
        read_migrations(tmp_path)
    (tmp_path / "29990101000000_two.sql").rename(tmp_path / "three.sql")
    with pytest.raises(CannotMigrate, match="named YYYYMMDDHHMMSS"):
        read_migrations(tmp_path)


def test_no_database_is_told_in_one_line():
    with pytest.raises(CannotMigrate, match="cannot be reached") as refusal:
        migrate("postgresql://nobody:x@127.0.0.1:1/nothing", app_password=None)
    assert "\n" not in str(refusal.value)
