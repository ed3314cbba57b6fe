"""Columns of values arrive as they left, whatever is in them."""

from datetime import UTC, timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from wacloud.shared.infra.arrays import with_quick_arrays

TEXTS = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))
TIMES = st.datetimes(timezones=st.just(UTC)).filter(lambda at: 1 < at.year < 9999)
COLUMNS = {
    "text[]": TEXTS | st.sampled_from(["", "NULL", "null", "{}", '"', "\\", "a,b", " ", "\n", '{"a": "\\"b"}']),
    "uuid[]": st.uuids(),
    "bigint[]": st.integers(-(2**63), 2**63 - 1),
    "float8[]": st.floats(allow_nan=False),
    "boolean[]": st.booleans(),
    "timestamptz[]": TIMES,
    "interval[]": st.timedeltas(timedelta(days=-10_000), timedelta(days=10_000)),
    "bytea[]": st.binary(max_size=40),
}


@pytest.fixture(scope="module")
def connection(shared_database: Any):
    with psycopg.connect(shared_database.app_dsn, autocommit=True, context=with_quick_arrays()) as connection:
        yield connection


@pytest.mark.parametrize("column", COLUMNS)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_column_comes_back_as_it_went(connection: Any, column: str, data: Any):
    values = data.draw(st.lists(COLUMNS[column] | st.none(), max_size=6))
    [rows] = connection.execute(f"select array(select v from unnest(%s::{column}) as u(v))", (values,)).fetchone()
    assert rows == values


@pytest.mark.parametrize("values", [["a\x00b"], ["fine", "\x00"]])
def test_a_nul_is_refused_and_nothing_is_cut_off(connection: Any, values: list[str]):
    with pytest.raises(psycopg.DataError, match="NUL"):
        connection.execute("select %s::text[]", (values,))


def test_half_a_character_is_refused(connection: Any):
    with pytest.raises(UnicodeEncodeError):
        connection.execute("select %s::text[]", (["half \ud83d"],))


def test_other_lists_are_written_as_the_driver_does(connection: Any):
    nested, documents = connection.execute(
        "select %s::int[], %s::jsonb[]", ([[1, 2], [3, 4]], [Jsonb({"a": 1}), Jsonb([])])
    ).fetchone()
    assert (nested, documents) == ([[1, 2], [3, 4]], [{"a": 1}, []])


def test_a_list_is_compared_to_a_column_without_a_cast(connection: Any):
    ids = [UUID(int=1), UUID(int=2)]
    assert connection.execute("select %s::uuid = any(%s)", (ids[0], ids)).fetchone() == (True,)
    assert connection.execute("select oid from pg_class where relname = any(%s)", (["pg_class"],)).fetchall()
