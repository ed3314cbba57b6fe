"""Where a page of a list ends: the time and the id of its last row."""

import base64
import json
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from wacloud.shared.domain.errors import Fault, FaultyFields

T = TypeVar("T")

_LONGEST_NUMBER = 18  # more digits may not fit into a bigint


def write_cursor(at: datetime | None, rest: str) -> str:
    """For the next page's address."""
    told = json.dumps([at.isoformat() if at else None, rest]).encode()
    return base64.urlsafe_b64encode(told).decode().rstrip("=")


def read_cursor(cursor: str | None, read_rest: Callable[[str], T]) -> tuple[datetime | None, T | None]:
    """
    The time and what `read_rest` makes of the id: `as_uuid` or `as_number`.

    :raises FaultyFields: it was not written here, or changed on its way: the first page again would be a page twice.
    """
    if not cursor:
        return None, None
    try:
        at, rest = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        moment, last = datetime.fromisoformat(at), read_rest(rest)
    except (ValueError, TypeError, AttributeError):
        moment, last = None, None
    if moment is None or moment.tzinfo is None:
        raise FaultyFields([Fault("cursor", "not_a_cursor")])
    return moment, last


def as_uuid(written: str) -> UUID:
    """:raises ValueError: it is none."""
    return UUID(written)


def as_number(written: str) -> int:
    """:raises ValueError: it is no whole number that fits into a column."""
    # A superscript two is a digit to Python and none to PostgreSQL.
    if not (written.isascii() and written.isdigit() and len(written) <= _LONGEST_NUMBER):
        raise ValueError(written)
    return int(written)
