"""Join a business by an invitation: look at it first, then accept it."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from wacloud.modules.business.application.ports import BusinessDeps
from wacloud.modules.business.application.record_audit import record_audit
from wacloud.modules.business.domain.audit import AuditEntry
from wacloud.modules.business.domain.invitation import (
    AlreadyMember,
    Invitation,
    InvitationForAnother,
    InvitationNotGood,
    hash_of,
)
from wacloud.modules.business.domain.team import Team
from wacloud.modules.business.events import InvitationAccepted
from wacloud.modules.user.api import canonical_email, find_user
from wacloud.shared.application.caller import Caller
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId, UserId


@dataclass(frozen=True, slots=True)
class OpenInvitation:
    """What somebody with the link may know before they accept."""

    business_name: str
    inviter_name: str
    email: str
    role: str
    expires_at: datetime


async def look_at_invitation(deps: BusinessDeps, token: str) -> OpenInvitation:
    """
    Read it; nothing is used up.

    :raises InvitationNotGood: nobody made it, or it is used, ended or expired.
    """
    business_id, invitation_id = await _place_of(deps, token)
    async with deps.db.tenant(business_id) as tx:
        team, invitation = await _good_one(deps, tx, business_id, invitation_id, token)
        assert invitation.invited_by is not None
        inviter = await find_user(deps.users, tx, invitation.invited_by)
    return OpenInvitation(
        business_name=team.business_name,
        inviter_name=inviter.name if inviter else "",
        email=invitation.email,
        role=invitation.role,
        expires_at=invitation.expires_at,
    )


async def accept_invitation(deps: BusinessDeps, user_id: UserId, email: str, token: str, caller: Caller) -> BusinessId:
    """
    Make this person a member, with the business and the role that were stored when it was made.

    It lets in one person once; of many who try at the same time, one.

    :raises InvitationNotGood: nobody made it, it is used, ended or expired, or its maker may not invite any more.
    :raises InvitationForAnother: this person has another address than the one that was invited.
    :raises AlreadyMember: they belong to it already.
    """
    business_id, invitation_id = await _place_of(deps, token)
    async with deps.db.tenant(business_id) as tx:
        team, invitation = await _good_one(deps, tx, business_id, invitation_id, token)
        if canonical_email(email) != invitation.email:
            raise InvitationForAnother
        if user_id in team.roles:
            raise AlreadyMember
        await deps.members.add(tx, business_id, user_id, invitation.role)
        await deps.invitations.accept(tx, invitation)
        joined = AuditEntry(
            action="business.invitation_accepted",
            actor_id=user_id,
            business_id=business_id,
            user_id=user_id,
            detail={"invitation_id": str(invitation.id), "role": invitation.role},
        )
        await record_audit(deps, tx, joined, caller=caller)
        tx.publish(
            InvitationAccepted(
                business_id=business_id, invitation_id=invitation.id, user_id=user_id, role=invitation.role
            )
        )
    return business_id


async def _place_of(deps: BusinessDeps, token: str) -> tuple[BusinessId, UUID]:
    async with deps.db.system("find whose invitation it is") as tx:
        place = await deps.invitations.place_of(tx, hash_of(token))
    if place is None:
        raise InvitationNotGood
    return place


async def _good_one(
    deps: BusinessDeps, tx: Tx, business_id: BusinessId, invitation_id: UUID, token: str
) -> tuple[Team, Invitation]:
    """The team is locked, so what is found good here stays so until the commit."""
    team = await deps.members.lock(tx, business_id)
    invitation = await deps.invitations.find(tx, business_id, invitation_id)
    if invitation is None or not await deps.invitations.is_opened_by(tx, invitation, hash_of(token)):
        raise InvitationNotGood
    invitation.check_good(team, deps.clock())
    return team, invitation
