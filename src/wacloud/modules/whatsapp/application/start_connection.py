"""Begin to connect a number, look at what has begun, begin anew, or leave it."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from wacloud.modules.business.api import AuditEntry, record_audit
from wacloud.modules.whatsapp.application.connecting_ports import ConnectingDeps
from wacloud.modules.whatsapp.domain.connecting import (
    COEXISTENCE_EVENT,
    Connection,
    ConnectionMovedOn,
    Way,
    WayNotOpen,
)
from wacloud.shared.application.caller import NOBODY, Caller
from wacloud.shared.domain.errors import AppError
from wacloud.shared.domain.ids import BusinessId, UserId, new_id

MOST_OPEN: Final = 20
LISTED: Final = 50
_SESSION: Final = ("waba_id", "phone_number_id", "business_id", "current_step", "error_message", "error_id")


class TooManyConnections(AppError):
    """Too many numbers are being connected. Finish or leave one of them first."""

    kind = "conflict"


async def start_connection(
    deps: ConnectingDeps,
    by: UserId,
    business_id: BusinessId,
    way: Way,
    number_id: UUID | None = None,
    caller: Caller = NOBODY,
) -> Connection:
    """
    Nothing is asked of Meta yet. With `number_id` one of the business's numbers is connected again.

    :raises WayNotOpen: this installation does not have it.
    :raises NumberUnknown: the business has no such number.
    :raises TooManyConnections: twenty are open.
    """
    if way not in deps.ways:
        raise WayNotOpen
    async with deps.whatsapp.db.tenant(business_id) as tx:
        if await deps.connections.open_count(tx, business_id) >= MOST_OPEN:
            raise TooManyConnections
        number = await deps.numbers.get(tx, business_id, number_id) if number_id else None
        made = await deps.connections.add(tx, business_id, new_id(), way, by, number)
        begun = AuditEntry(
            action="whatsapp.connection_begun", actor_id=by, business_id=business_id, detail={"way": way}
        )
        await record_audit(deps.whatsapp.business, tx, begun, caller=caller)
    return made


async def get_connection(deps: ConnectingDeps, business_id: BusinessId, connection_id: UUID) -> Connection:
    """:raises ConnectionUnknown: the business has no such connection."""
    async with deps.whatsapp.db.tenant(business_id, read_only=True) as tx:
        return await deps.connections.get(tx, business_id, connection_id)


async def list_connections(deps: ConnectingDeps, business_id: BusinessId) -> Sequence[Connection]:
    """The newest first."""
    async with deps.whatsapp.db.tenant(business_id, read_only=True) as tx:
        return await deps.connections.newest(tx, business_id, LISTED)


async def note_session(
    deps: ConnectingDeps, business_id: BusinessId, connection_id: UUID, event: str, data: Mapping[str, Any]
) -> Connection:
    """
    What Meta's dialog told the browser, before or after the code, or instead of it. Its ids are hints and no more.

    :raises ConnectionUnknown: the business has no such connection.
    :raises ConnectionMovedOn: it is over, or was never one of the dialog.
    """
    session: dict[str, Any] = {name: str(data[name])[:300] for name in _SESSION if data.get(name) is not None}
    session |= {"event": event[:80], "is_coexistence": event == COEXISTENCE_EVENT}
    async with deps.whatsapp.db.tenant(business_id) as tx:
        found = await deps.connections.get(tx, business_id, connection_id)
        noted = None
        if found.way == "embedded":
            noted = await deps.connections.note_session(tx, business_id, connection_id, session)
    if noted is None:
        raise ConnectionMovedOn
    return noted


async def leave_connection(
    deps: ConnectingDeps,
    by: UserId,
    business_id: BusinessId,
    connection_id: UUID,
    *,
    restart: bool = False,
    caller: Caller = NOBODY,
) -> Connection:
    """
    Abandon it, or with `restart` go back to its beginning. A number that came to its place stays there.

    :raises ConnectionUnknown: the business has no such connection.
    :raises ConnectionMovedOn: it is at its end.
    """
    async with deps.whatsapp.db.tenant(business_id) as tx:
        await deps.connections.get(tx, business_id, connection_id)
        now = deps.whatsapp.clock()
        if not await deps.connections.end(tx, business_id, connection_id, restart=restart, now=now):
            raise ConnectionMovedOn
        if not restart:
            left = AuditEntry(action="whatsapp.connection_abandoned", actor_id=by, business_id=business_id)
            await record_audit(deps.whatsapp.business, tx, left, caller=caller)
        return await deps.connections.get(tx, business_id, connection_id)
