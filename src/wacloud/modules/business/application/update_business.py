"""Change what a business says of itself."""

from wacloud.modules.business.application.ports import BusinessDeps
from wacloud.modules.business.application.record_audit import record_audit
from wacloud.modules.business.domain.audit import AuditEntry
from wacloud.modules.business.domain.profile import Description
from wacloud.shared.application.caller import Caller
from wacloud.shared.domain.ids import BusinessId, UserId


async def update_business(
    deps: BusinessDeps, actor: UserId, business_id: BusinessId, described: Description, caller: Caller
) -> None:
    """
    Change what is told, leave the rest.

    :raises NotAllowed: the actor does not look after this business (any more).
    :raises BusinessClosing: it is about to be deleted.
    """
    fields = sorted({*described.changed(), *(described.texts or {})})
    if not fields:
        return
    async with deps.db.tenant(business_id) as tx:
        team = await deps.members.lock(tx, business_id)
        team.check_open()
        team.check_manager(actor)
        await deps.businesses.describe(tx, business_id, described)
        changed = AuditEntry(
            action="business.updated", actor_id=actor, business_id=business_id, detail={"fields": ", ".join(fields)}
        )
        await record_audit(deps, tx, changed, caller=caller)
