"""Somebody who is signed in chooses another password."""

from wacloud.modules.auth.application.end_sessions import end_all_but
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.application.prove_password import prove_password
from wacloud.modules.auth.domain.password_rules import check_password
from wacloud.modules.business.api import AuditEntry, memberships_of, record_audit
from wacloud.modules.notification.api import Mail
from wacloud.shared.application.caller import Caller
from wacloud.shared.domain.ids import SessionId, UserId


async def change_password(
    deps: AuthDeps, user_id: UserId, session_id: SessionId, current: str, password: str, caller: Caller
) -> None:
    """
    All other sessions of theirs end, and links mailed before are void.

    :raises WrongPassword: that is not the current one.
    :raises TooManyTries: the current one was guessed too often.
    :raises AppError: the new one will not do.
    """
    user = await prove_password(deps, user_id, current, caller)
    async with deps.db.member(user_id, read_only=True) as tx:
        memberships = await memberships_of(deps.businesses, tx, user_id)
    check_password(password, user.name, user.email, *(one.business_name for one in memberships))
    password_hash = await deps.passwords.hash(password)
    async with deps.db.system("change a password") as tx:
        await deps.credentials.put(tx, user.id, password_hash, deps.clock())
        await deps.one_time_tokens.drop(tx, user.id, "reset_password", "magic_link", "second_factor", "change_email")
        ended = await end_all_but(deps, tx, user.id, session_id, "password_changed", caller)
        await deps.mails.queue(
            tx,
            Mail(to=user.email, template="password_changed", language=user.language, values={}, user_id=user.id),
        )
        await record_audit(
            deps.businesses,
            tx,
            AuditEntry(action="auth.password_changed", actor_id=user.id, user_id=user.id),
            caller=caller,
        )
    await deps.memory.forget(ended)
