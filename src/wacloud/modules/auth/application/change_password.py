"""Somebody who is signed in chooses another password."""

from wacloud.modules.auth.application.end_sessions import end_all_but
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.application.prove_password import prove_password
from wacloud.modules.auth.domain.credential import SamePassword
from wacloud.modules.auth.domain.one_time import LEAD_IN
from wacloud.modules.auth.domain.password_rules import check_password
from wacloud.modules.business.api import AuditEntry, memberships_of, record_audit
from wacloud.modules.notification.api import Mail
from wacloud.modules.user.api import User
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
    await set_password(deps, user, session_id, password, caller)


async def set_password(
    deps: AuthDeps, user: User, session_id: SessionId, password: str, caller: Caller, *, must_differ: bool = False
) -> None:
    """
    The same, of somebody who has shown again that it is they.

    :raises SamePassword: it is the one they have, and `must_differ`.
    :raises AppError: it will not do.
    """
    async with deps.db.member(user.id, read_only=True) as tx:
        memberships = await memberships_of(deps.businesses, tx, user.id)
    check_password(password, user.name, user.email, *(one.business_name for one in memberships))
    if must_differ:
        async with deps.db.system("change a password") as tx:
            credential = await deps.credentials.find(tx, user.id)
        if await deps.passwords.verify(credential.password_hash if credential else None, password):
            raise SamePassword
    password_hash = await deps.passwords.hash(password)
    async with deps.db.system("change a password") as tx:
        await deps.credentials.put(tx, user.id, password_hash, deps.clock())
        await deps.one_time_tokens.drop(tx, user.id, *LEAD_IN, "change_email", "reauthenticate")
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
