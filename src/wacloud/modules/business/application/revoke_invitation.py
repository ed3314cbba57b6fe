"""Take an invitation back."""

from uuid import UUID

from wacloud.modules.business.application.ports import BusinessDeps
from wacloud.modules.business.application.record_audit import record_audit
from wacloud.modules.business.domain.audit import AuditEntry
from wacloud.modules.business.domain.invitation import InvitationNotFound
from wacloud.shared.application.caller import Caller
from wacloud.shared.domain.ids import BusinessId, UserId


async def revoke_invitation(
    deps: BusinessDeps, actor: UserId, business_id: BusinessId, invitation_id: UUID, caller: Caller
) -> None:
    """
    Its links are good for nothing any more. Taking it back twice does no harm.

    :raises InvitationNotFound: there is none, or it was accepted.
    :raises NotAllowed: the actor does not look after members (any more).
    """
    async with deps.db.tenant(business_id) as tx:
        team = await deps.members.lock(tx, business_id)
        team.check_manager(actor)
        invitation = await deps.invitations.find(tx, business_id, invitation_id)
        if invitation is None or invitation.accepted_at is not None:
            raise InvitationNotFound
        if invitation.revoked_at is not None:
            return
        await deps.invitations.revoke(tx, invitation)
        revoked = AuditEntry(
            action="business.invitation_revoked",
            actor_id=actor,
            business_id=business_id,
            detail={"invitation_id": str(invitation.id), "email": invitation.email},
        )
        await record_audit(deps, tx, revoked, caller=caller)
