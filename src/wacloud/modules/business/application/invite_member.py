"""Invite somebody into a business by their e-mail address."""

from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from wacloud.modules.business.application.ports import BusinessDeps
from wacloud.modules.business.application.record_audit import record_audit
from wacloud.modules.business.application.stored import NewInvitation
from wacloud.modules.business.domain.audit import AuditEntry
from wacloud.modules.business.domain.invitation import (
    GOOD_FOR,
    KEPT_FOR,
    MOST_A_DAY,
    MOST_A_DAY_TO_ONE,
    AlreadyMember,
    Invitation,
    InvitationLimit,
    InvitationNotFound,
    new_token,
)
from wacloud.modules.business.domain.team import Team
from wacloud.modules.business.events import InvitationMade
from wacloud.modules.user.api import EmailNotPossible, canonical_email, is_possible_email
from wacloud.shared.application.caller import Caller
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId, UserId

A_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class MadeInvitation:
    """An invitation and the token of its link. It is told this once: only its hash is kept."""

    invitation: Invitation
    token: str


@dataclass(frozen=True, slots=True)
class Inviter:
    """Who invites, as the mail names them."""

    user_id: UserId
    name: str


async def invite_member(
    deps: BusinessDeps, inviter: Inviter, business_id: BusinessId, email: str, role: str, caller: Caller
) -> MadeInvitation:
    """
    Invite this address. One that is invited already gets a new link, and the old ones end.

    :raises EmailNotPossible: it is no address.
    :raises AlreadyMember: whoever has it is a member.
    :raises InvitationLimit: too many were sent today, to this address or in all.
    :raises NotAllowed: a subclass says which rule forbids it.
    :raises BusinessClosing: it is about to be deleted.
    """
    address = canonical_email(email)
    if not is_possible_email(address):
        raise EmailNotPossible
    colleagues = await deps.reader.members(inviter.user_id, business_id)
    if any(canonical_email(one.email) == address for one in colleagues):
        raise AlreadyMember
    async with deps.db.tenant(business_id) as tx:
        team = await deps.members.lock(tx, business_id)
        return await _make(deps, tx, team, inviter, address, role, caller)


async def send_invitation_again(
    deps: BusinessDeps, inviter: Inviter, business_id: BusinessId, invitation_id: UUID, caller: Caller
) -> MadeInvitation:
    """
    A new link for the same address and role, from whoever asks; it is good for a week again and the old ones end.

    :raises InvitationNotFound: there is none, or it was accepted.
    :raises InvitationLimit: too many were sent today, to this address or in all.
    :raises NotAllowed: a subclass says which rule forbids it.
    :raises BusinessClosing: it is about to be deleted.
    """
    async with deps.db.tenant(business_id) as tx:
        team = await deps.members.lock(tx, business_id)
        old = await deps.invitations.find(tx, business_id, invitation_id)
        if old is None or old.accepted_at is not None:
            raise InvitationNotFound
        return await _make(deps, tx, team, inviter, old.email, old.role, caller)


async def _make(
    deps: BusinessDeps, tx: Tx, team: Team, inviter: Inviter, email: str, role: str, caller: Caller
) -> MadeInvitation:
    now = deps.clock()
    team.check_may_give(inviter.user_id, role)
    to_one, to_all = await deps.invitations.sent_since(tx, team.business_id, email, now - A_DAY)
    if to_one >= MOST_A_DAY_TO_ONE or to_all >= MOST_A_DAY:
        raise InvitationLimit(retry_after=int(A_DAY.total_seconds()))
    await deps.invitations.forget_older(tx, team.business_id, now - KEPT_FOR)
    token, token_hash = new_token()
    invitation = await deps.invitations.add(
        tx,
        NewInvitation(
            business_id=team.business_id,
            email=email,
            role=role,
            invited_by=inviter.user_id,
            link_hash=token_hash,
            expires_at=now + GOOD_FOR,
        ),
    )
    invited = AuditEntry(
        action="business.invitation_made",
        actor_id=inviter.user_id,
        business_id=team.business_id,
        detail={"invitation_id": str(invitation.id), "email": email, "role": role},
    )
    await record_audit(deps, tx, invited, caller=caller)
    tx.publish(
        InvitationMade(
            business_id=team.business_id,
            invitation_id=invitation.id,
            email=email,
            language=team.language,
            role=role,
            business_name=team.business_name,
            inviter_name=inviter.name,
        )
    )
    return MadeInvitation(invitation, token)
