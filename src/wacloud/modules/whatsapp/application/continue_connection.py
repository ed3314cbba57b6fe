"""
Go on with a connection: note that a step begins, do it, record what came of it, in a transaction each.

Two who press at once do not do a step twice; who is gone half-way has left a mark, and after a while the step may be
tried again. What is recorded late, after somebody began anew, is not recorded.
"""

import asyncio
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from wacloud.modules.business.api import AuditEntry, record_audit
from wacloud.modules.whatsapp.application.connecting_ports import AccountAtMeta, ConnectingDeps
from wacloud.modules.whatsapp.application.connection_steps import STEPS
from wacloud.modules.whatsapp.domain.connecting import (
    Connection,
    ConnectionBusy,
    ConnectionMovedOn,
    Given,
    MetaProblem,
    Move,
    Problem,
    Step,
    problem_of,
)
from wacloud.shared.application.caller import NOBODY, Caller
from wacloud.shared.domain.errors import FaultyFields
from wacloud.shared.domain.ids import BusinessId, UserId

STEP_MAY_TAKE_S: Final = 60
# Meta's time of a message and our clock need not agree.
CLOCKS_DIFFER: Final = timedelta(minutes=1)


async def continue_connection(
    deps: ConnectingDeps,
    by: UserId,
    business_id: BusinessId,
    connection_id: UUID,
    step: Step,
    given: Given,
    caller: Caller = NOBODY,
) -> Connection:
    """
    Do the step it stands at, and all that follow and need nobody. Where one fails, its `problem` says why.

    :raises ConnectionUnknown: the business has no such connection.
    :raises ConnectionMovedOn: it is not at this step (any more).
    :raises ConnectionBusy: somebody is at it.
    :raises FaultyFields: something this step needs is missing or wrong; nothing was done.
    """
    if step == "test":
        return await _test(deps, by, business_id, connection_id, given, caller)
    while True:
        begun = await _begin(deps, business_id, connection_id, step)
        try:
            move = await _do(deps, begun, given)
        except FaultyFields:
            await _record(deps, by, begun, Move(step=begun.step, problem=begun.problem), caller)
            raise
        now = await _record(deps, by, begun, move, caller)
        if not move.goes_on:
            return now
        step, given = now.step, Given()


async def _begin(deps: ConnectingDeps, business_id: BusinessId, connection_id: UUID, step: Step) -> Connection:
    now = deps.whatsapp.clock()
    async with deps.whatsapp.db.tenant(business_id) as tx:
        begun = await deps.connections.begin(tx, business_id, connection_id, step, now)
        if begun is None:
            found = await deps.connections.get(tx, business_id, connection_id)
            raise ConnectionBusy if found.state == "open" and found.is_busy(now) else ConnectionMovedOn
    return begun


async def _do(deps: ConnectingDeps, begun: Connection, given: Given) -> Move:
    do = STEPS.get(begun.step)
    if do is None:
        raise ConnectionMovedOn
    try:
        async with asyncio.timeout(STEP_MAY_TAKE_S):
            return await do(deps, begun, given)
    except MetaProblem as error:
        return Move(step=begun.step, problem=problem_of(begun.step, error, deps.whatsapp.clock()))
    except TimeoutError:
        return Move(step=begun.step, problem=Problem(begun.step, "meta_away"))


async def _record(deps: ConnectingDeps, by: UserId, begun: Connection, move: Move, caller: Caller) -> Connection:
    now = deps.whatsapp.clock()
    async with deps.whatsapp.db.tenant(begun.business_id) as tx:
        recorded = await deps.connections.record(tx, begun, move, now)
        if recorded is None:
            raise ConnectionMovedOn
        if move.at_meta is not None:
            account = AccountAtMeta(recorded.facts.get("waba_name"), recorded.facts.get("portfolio_id"))
            await deps.numbers.note_connected(tx, recorded, move.at_meta, account, now)
            connected = AuditEntry(
                action="whatsapp.number_connected",
                actor_id=by,
                business_id=begun.business_id,
                detail={"waba_id": recorded.waba_id, "phone_number_id": recorded.phone_number_id, "way": recorded.way},
            )
            await record_audit(deps.whatsapp.business, tx, connected, caller=caller)
    return recorded


async def _test(
    deps: ConnectingDeps, by: UserId, business_id: BusinessId, connection_id: UUID, given: Given, caller: Caller
) -> Connection:
    """Done as soon as a customer's message has come in, or somebody does without."""
    async with deps.whatsapp.db.tenant(business_id, read_only=True) as tx:
        found = await deps.connections.get(tx, business_id, connection_id)
        if found.state != "open" or found.step != "test" or found.number_id is None:
            raise ConnectionMovedOn
        since = datetime.fromisoformat(found.facts["connected_at"]) - CLOCKS_DIFFER
        has_heard = await deps.numbers.heard_since(tx, business_id, found.number_id, since)
    if not has_heard and not given.skip:
        return found
    begun = await _begin(deps, business_id, connection_id, "test")
    return await _record(deps, by, begun, Move(step="done", facts={"heard": has_heard}), caller)
