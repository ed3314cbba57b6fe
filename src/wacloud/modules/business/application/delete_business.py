"""Ask for the deletion of a business, and take that back while there is time."""

from datetime import datetime, timedelta

from wacloud.modules.business.application.ports import BusinessDeps
from wacloud.modules.business.application.record_audit import record_audit
from wacloud.modules.business.domain.audit import AuditEntry
from wacloud.modules.business.events import DeletionAsked, DeletionCancelled
from wacloud.shared.application.caller import Caller
from wacloud.shared.domain.ids import BusinessId, UserId

GRACE = timedelta(days=30)


async def ask_deletion(
    deps: BusinessDeps, actor: UserId, business_id: BusinessId, caller: Caller, *, typed_name: str | None = None
) -> datetime:
    """
    Let it be erased in 30 days; until then it is read only. Asking again changes nothing.

    :returns: when it will be erased.
    :raises NotAllowed: the actor is not its owner (any more).
    :raises NameNotRetyped: a name was typed, and it is not the business's.
    """
    async with deps.db.tenant(business_id) as tx:
        team = await deps.members.lock(tx, business_id)
        team.check_owner(actor)
        if typed_name is not None:
            team.check_name(typed_name)
        if team.erase_at is not None:
            return team.erase_at
        erase_at = deps.clock() + GRACE
        await deps.businesses.set_erase_at(tx, business_id, erase_at)
        asked = AuditEntry(
            action="business.deletion_asked",
            actor_id=actor,
            business_id=business_id,
            detail={"erase_at": erase_at.isoformat()},
        )
        await record_audit(deps, tx, asked, caller=caller)
        tx.publish(DeletionAsked(business_id=business_id, erase_at=erase_at))
    return erase_at


async def cancel_deletion(deps: BusinessDeps, actor: UserId, business_id: BusinessId, caller: Caller) -> None:
    """
    Keep it. Nothing happens where no deletion was asked for.

    :raises NotAllowed: the actor is not its owner (any more).
    """
    async with deps.db.tenant(business_id) as tx:
        team = await deps.members.lock(tx, business_id)
        team.check_owner(actor)
        if team.erase_at is None:
            return
        await deps.businesses.set_erase_at(tx, business_id, None)
        kept = AuditEntry(action="business.deletion_cancelled", actor_id=actor, business_id=business_id)
        await record_audit(deps, tx, kept, caller=caller)
        tx.publish(DeletionCancelled(business_id=business_id))
