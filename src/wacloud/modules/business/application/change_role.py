"""Give a member another role."""

from wacloud.modules.business.application.ports import BusinessDeps
from wacloud.modules.business.application.record_audit import record_audit
from wacloud.modules.business.domain.audit import AuditEntry
from wacloud.modules.business.events import MemberRoleChanged
from wacloud.shared.application.caller import Caller
from wacloud.shared.domain.ids import BusinessId, UserId


async def change_role(
    deps: BusinessDeps, actor: UserId, business_id: BusinessId, target: UserId, role: str, caller: Caller
) -> None:
    """
    Change it, judged by what everybody's role is at this moment; two who change each other come one after the other.

    :raises MemberNotFound: the target is no member.
    :raises NotAllowed: a subclass says which rule forbids it.
    :raises BusinessClosing: it is about to be deleted.
    """
    async with deps.db.tenant(business_id) as tx:
        team = await deps.members.lock(tx, business_id)
        before = team.change_role(actor, target, role)
        if before == role:
            return
        await deps.members.set_roles(tx, business_id, {target: role})
        changed = AuditEntry(
            action="business.role_changed",
            actor_id=actor,
            business_id=business_id,
            user_id=target,
            detail={"from": before, "to": role},
        )
        await record_audit(deps, tx, changed, caller=caller)
        tx.publish(MemberRoleChanged(business_id=business_id, user_id=target, role=role))
