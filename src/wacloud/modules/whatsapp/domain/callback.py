"""Our own message id on its way through Meta and back (biz_opaque_callback_data, at most 512 characters)."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

_PREFIX = "wacloud1"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def write_callback(message_id: UUID, created_at: datetime) -> str:
    """Name the row: its id, and its time in microseconds, which tells the partition."""
    return f"{_PREFIX}.{message_id.hex}.{(created_at - _EPOCH) // timedelta(microseconds=1)}"


def read_callback(data: str | None) -> tuple[UUID, datetime] | None:
    """The row named by `data`, or None where it is not of our making."""
    parts = (data or "").split(".")
    if len(parts) != 3 or parts[0] != _PREFIX or not parts[2].isdigit() or len(parts[2]) > 17:
        return None
    try:
        return UUID(parts[1]), _EPOCH + timedelta(microseconds=int(parts[2]))
    except (ValueError, OverflowError):
        return None
