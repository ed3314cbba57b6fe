"""Where a page of the audit log ends: the time and the id of its last row."""

import base64
import binascii
from datetime import datetime
from uuid import UUID


def write_cursor(at: datetime, id_: UUID) -> str:
    """For the next page's address."""
    return base64.urlsafe_b64encode(f"{at.isoformat()} {id_}".encode()).decode().rstrip("=")


def read_cursor(cursor: str | None) -> tuple[datetime | None, UUID | None]:
    """A cursor that was tampered with is the same as none: the first page."""
    if not cursor:
        return None, None
    try:
        at, _, id_ = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition(" ")
        moment, last = datetime.fromisoformat(at), UUID(id_)
    except (ValueError, binascii.Error):
        return None, None
    return (moment, last) if moment.tzinfo else (None, None)
