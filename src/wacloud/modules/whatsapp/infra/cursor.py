"""Where a page of a list ends: the time and the id of its last row."""

import base64
import json
from datetime import datetime


def write_cursor(at: datetime | None, rest: str) -> str:
    """For the next page's address."""
    told = json.dumps([at.isoformat() if at else None, rest]).encode()
    return base64.urlsafe_b64encode(told).decode().rstrip("=")


def read_cursor(cursor: str | None) -> tuple[datetime | None, str | None]:
    """A cursor that was tampered with is the same as none: the first page."""
    if not cursor:
        return None, None
    try:
        at, rest = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return datetime.fromisoformat(at), str(rest)[:40]
    except (ValueError, TypeError):
        return None, None
