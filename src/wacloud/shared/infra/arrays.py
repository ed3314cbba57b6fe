"""
Columns of values on their way to PostgreSQL.

Nearly every statement takes its rows as arrays, one for each column. The driver writes them element by element in
Python: 9 us for each JSON text, 2 us for each name; joined and quoted as one string it is a tenth of that.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import psycopg
from psycopg.abc import Buffer, DumperKey, PyFormat
from psycopg.adapt import AdaptersMap
from psycopg.types.array import BaseListDumper, ListDumper

_MICROSECOND = timedelta(microseconds=1)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


_WRITE: Mapping[type, Callable[[Any], str]] = {
    str: _quoted,
    UUID: str,
    int: str,
    float: repr,
    bool: lambda value: "t" if value else "f",
    datetime: lambda value: f'"{value.isoformat()}"',
    timedelta: lambda value: f'"{value // _MICROSECOND} microseconds"',
    bytes: lambda value: f'"\\\\x{value.hex()}"',
}


class ArrayDumper(ListDumper):
    """
    Writes a flat list of one common type at once; every other list as the driver does.

    It names no type: PostgreSQL takes it from the statement, where arrays are cast or compared to a column.
    """

    def get_key(self, obj: list[Any], format: PyFormat) -> DumperKey:  # noqa: A002 - the driver's name for it
        return self.cls if _element_type(obj) else super().get_key(obj, format)

    def upgrade(self, obj: list[Any], format: PyFormat) -> BaseListDumper:  # noqa: A002
        return self if _element_type(obj) else super().upgrade(obj, format)

    def dump(self, obj: list[Any]) -> Buffer | None:
        """:raises psycopg.DataError: a text holds NUL, which no column takes."""
        kind = _element_type(obj)
        if kind is None:
            return super().dump(obj)
        write = _WRITE[kind]
        written = "{" + ",".join(["NULL" if value is None else write(value) for value in obj]) + "}"
        if "\x00" in written:
            raise psycopg.DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
        return written.encode()


def _element_type(values: Sequence[Any]) -> type | None:
    kinds = set(map(type, values))
    kinds.discard(type(None))
    if len(kinds) == 1 and (kind := kinds.pop()) in _WRITE:
        return kind
    return None


def with_quick_arrays() -> AdaptersMap:
    """What a connection is to be made with (`context`)."""
    adapters = AdaptersMap(psycopg.adapters)
    adapters.register_dumper(list, ArrayDumper)
    return adapters
