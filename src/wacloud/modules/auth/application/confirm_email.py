"""The link at a new e-mail address was opened."""

from wacloud.modules.auth.application.guess import guess
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.guessing import LINKS_FROM_ADDRESS, from_network
from wacloud.modules.auth.domain.one_time import LEAD_IN, LinkNotGood, OneTimeToken
from wacloud.modules.auth.domain.secret import hash_of
from wacloud.modules.business.api import AuditEntry, record_audit
from wacloud.modules.notification.api import Mail
from wacloud.modules.user.api import EmailTaken, User, change_user_email, find_user
from wacloud.shared.application.caller import Caller
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import UserId


async def confirm_email(deps: AuthDeps, user_id: UserId, secret: str, caller: Caller) -> None:
    """
    The link was opened by the person who asked for it, signed in: their address changes, the old one is told.

    :raises LinkNotGood: it was used, is too old, not the newest, somebody else's, or the address is taken by now.
    """
    async with guess(deps, from_network(LINKS_FROM_ADDRESS, caller.address)):
        async with deps.db.system("confirm an address") as tx:
            token = await deps.one_time_tokens.find(tx, hash_of(secret), "change_email", deps.clock())
            user = await find_user(deps.users, tx, user_id)
        if token is None or user is None or token.user_id != user_id:
            raise LinkNotGood
    try:
        async with deps.db.system("confirm an address") as tx:
            if not await deps.one_time_tokens.use(tx, token):
                raise LinkNotGood
            await take_new_email(deps, tx, user, token, caller)
    except EmailTaken:
        raise LinkNotGood from None


async def take_new_email(deps: AuthDeps, tx: Tx, user: User, token: OneTimeToken, caller: Caller) -> None:
    """
    The address of the link is theirs from now on, inside a transaction in which the link was used up.

    :raises EmailTaken: somebody has it by now.
    """
    await change_user_email(deps.users, tx, user.id, token.detail["email"], deps.clock())
    await deps.one_time_tokens.drop(tx, user.id, *LEAD_IN, "verify_email", "reauthenticate")
    await deps.mails.queue(
        tx,
        Mail(to=user.email, template="email_changed", language=user.language, values={}, user_id=user.id),
    )
    await record_audit(
        deps.businesses,
        tx,
        AuditEntry(action="auth.email_changed", actor_id=user.id, user_id=user.id),
        caller=caller,
    )
