"""Where a page of the audit log ends: the time and the id of its last row."""

import base64
from datetime import datetime
from uuid import UUID

from wacloud.shared.domain.errors import Fault, FaultyFields


def write_cursor(at: datetime, id_: UUID) -> str:
    """For the next page's address."""
    return base64.urlsafe_b64encode(f"{at.isoformat()} {id_}".encode()).decode().rstrip("=")


def read_cursor(cursor: str | None) -> tuple[datetime | None, UUID | None]:
    """
    The time and the id.

    :raises FaultyFields: it was not written here, or changed on its way.
    """
    if not cursor:
        return None, None
    try:
        at, _, id_ = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().partition(" ")
        moment, last = datetime.fromisoformat(at), UUID(id_)
    except ValueError:
        moment, last = None, None
    if moment is None or moment.tzinfo is None:
        raise FaultyFields([Fault("cursor", "not_a_cursor")])
    return moment, last
