"""A token for the mail about an invitation, made when the mail is."""

from uuid import UUID

from wacloud.modules.business.application.ports import BusinessDeps
from wacloud.modules.business.domain.invitation import InvitationNotGood, new_token
from wacloud.modules.business.domain.profile import BusinessNotFound
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId


async def fresh_invitation_token(
    deps: BusinessDeps, tx: Tx, business_id: BusinessId, invitation_id: UUID
) -> str | None:
    """
    The token to put into the mail, for `/invitations/<token>`; None where there is nothing to mail about any more.

    It is never stored, so it is in no table, job or backup. The token of an earlier mail opens nothing afterwards, so
    the mail is queued in this transaction or the token is none; the link its maker was shown stays good.
    """
    try:
        team = await deps.members.lock(tx, business_id)
        invitation = await deps.invitations.find(tx, business_id, invitation_id)
        if invitation is None:
            return None
        invitation.check_good(team, deps.clock())
    except (BusinessNotFound, InvitationNotGood):
        return None
    token, token_hash = new_token()
    await deps.invitations.set_mail_hash(tx, invitation, token_hash)
    return token
