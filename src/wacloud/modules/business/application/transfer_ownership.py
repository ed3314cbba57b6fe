"""Hand a business over to another of its members."""

from wacloud.modules.business.application.ports import BusinessDeps
from wacloud.modules.business.application.record_audit import record_audit
from wacloud.modules.business.domain.audit import AuditEntry
from wacloud.modules.business.events import MemberRoleChanged, OwnershipTransferred
from wacloud.shared.application.caller import Caller
from wacloud.shared.domain.ids import BusinessId, UserId


async def transfer_ownership(
    deps: BusinessDeps, actor: UserId, business_id: BusinessId, target: UserId, typed_name: str, caller: Caller
) -> None:
    """
    Make the target its owner, at once; the actor stays as an admin. The name is typed again, so that it is no slip.

    :raises NotAllowed: the actor is not its owner (any more), or names themselves.
    :raises MemberNotFound: the target is no member.
    :raises NameNotRetyped: the name is not the business's.
    :raises BusinessClosing: it is about to be deleted.
    """
    async with deps.db.tenant(business_id) as tx:
        team = await deps.members.lock(tx, business_id)
        team.hand_over(actor, target, typed_name)
        await deps.members.set_roles(tx, business_id, {target: "owner", actor: "admin"})
        handed_over = AuditEntry(
            action="business.ownership_transferred", actor_id=actor, business_id=business_id, user_id=target
        )
        await record_audit(deps, tx, handed_over, caller=caller)
        tx.publish(
            OwnershipTransferred(business_id=business_id, from_user_id=actor, to_user_id=target),
            MemberRoleChanged(business_id=business_id, user_id=target, role="owner"),
            MemberRoleChanged(business_id=business_id, user_id=actor, role="admin"),
        )
