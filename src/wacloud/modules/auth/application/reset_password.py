"""The link for a forgotten password was opened: set a new one."""

from wacloud.modules.auth.application.end_sessions import end_all_but
from wacloud.modules.auth.application.guess import guess
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.guessing import LINKS_FROM_ADDRESS, from_network
from wacloud.modules.auth.domain.one_time import LEAD_IN, LinkNotGood
from wacloud.modules.auth.domain.password_rules import check_password
from wacloud.modules.auth.domain.secret import hash_of
from wacloud.modules.business.api import AuditEntry, memberships_of, record_audit
from wacloud.modules.notification.api import Mail
from wacloud.modules.user.api import find_user, verify_user
from wacloud.shared.application.caller import Caller


async def reset_password(deps: AuthDeps, secret: str, password: str, caller: Caller) -> None:
    """
    Set the password, end every session. Whoever reads the mailbox owns the account: where its address was not
    verified it is now, and nothing stays of what a stranger may have written at sign-up.

    It lets nobody in: a second factor is asked at the sign-in that follows, as always.

    :raises LinkNotGood: it was used, is too old, not the newest, none of ours, or somebody signed in since.
    :raises AppError: the password will not do; the link still works.
    """
    async with guess(deps, from_network(LINKS_FROM_ADDRESS, caller.address)):
        async with deps.db.system("reset a password") as tx:
            token = await deps.one_time_tokens.find(tx, hash_of(secret), "reset_password", deps.clock())
            user = await find_user(deps.users, tx, token.user_id) if token else None
            memberships = await memberships_of(deps.businesses, tx, token.user_id) if token else ()
        if token is None or user is None or user.is_disabled:
            raise LinkNotGood
    check_password(password, user.name, user.email, *(one.business_name for one in memberships))
    password_hash = await deps.passwords.hash(password)
    async with deps.db.system("reset a password") as tx:
        if not await deps.one_time_tokens.use(tx, token):
            raise LinkNotGood
        now = deps.clock()
        await deps.credentials.put(tx, user.id, password_hash, now)
        if not user.is_verified:
            await verify_user(deps.users, tx, user.id, now, name=user.email.partition("@")[0][:120])
        await deps.one_time_tokens.drop(tx, user.id, *LEAD_IN, "verify_email", "change_email", "reauthenticate")
        ended = await end_all_but(deps, tx, user.id, None, "password_changed", caller)
        await deps.mails.queue(
            tx,
            Mail(to=user.email, template="password_changed", language=user.language, values={}, user_id=user.id),
        )
        await record_audit(
            deps.businesses,
            tx,
            AuditEntry(action="auth.password_reset", actor_id=user.id, user_id=user.id),
            caller=caller,
        )
    await deps.memory.forget(ended)
