"""A member goes: by their own wish, or because somebody takes them out."""

from wacloud.modules.business.application.ports import BusinessDeps
from wacloud.modules.business.application.record_audit import record_audit
from wacloud.modules.business.domain.audit import AuditEntry
from wacloud.modules.business.events import MemberRemoved
from wacloud.shared.application.caller import Caller
from wacloud.shared.domain.ids import BusinessId, UserId


async def remove_member(
    deps: BusinessDeps, actor: UserId, business_id: BusinessId, target: UserId, caller: Caller
) -> None:
    """
    Take the target out of the business, or leave it where that is the actor.

    What they were talking about is nobody's afterwards, and what they invited to is good for nothing. That they are
    gone is announced, so that their sessions and streams here end.

    :raises MemberNotFound: the target is no member.
    :raises NotAllowed: the target's role is above the actor's.
    :raises LastOwner: nobody else owns it.
    """
    async with deps.db.tenant(business_id) as tx:
        team = await deps.members.lock(tx, business_id)
        role = team.remove(actor, target)
        await deps.members.remove(tx, business_id, target)
        gone = AuditEntry(
            action="business.member_left" if actor == target else "business.member_removed",
            actor_id=actor,
            business_id=business_id,
            user_id=target,
            detail={"role": role},
        )
        await record_audit(deps, tx, gone, caller=caller)
        tx.publish(MemberRemoved(business_id=business_id, user_id=target))
