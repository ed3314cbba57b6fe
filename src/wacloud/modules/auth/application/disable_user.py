"""The operator keeps a person out, or lets them in again."""

from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.one_time import ONE_TIME_LIFETIMES
from wacloud.modules.business.api import AuditEntry, record_audit
from wacloud.modules.user.api import find_user_by_email, set_user_disabled
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.errors import NotFound
from wacloud.shared.domain.ids import UserId


class UserNotFound(NotFound):
    """Nobody has this address."""


async def disable_user(deps: AuthDeps, email: str) -> None:
    """
    They are signed out everywhere at once, every link that was mailed to them is void, and no way leads in. What they
    did and where they belong stays. Nobody is mailed. Of somebody who is disabled already, what is left ends.

    :raises UserNotFound: nobody has this address.
    """
    async with deps.db.system("disable a person") as tx:
        user_id = await _held(deps, tx, email)
        now = deps.clock()
        await set_user_disabled(deps.users, tx, user_id, now)
        await deps.one_time_tokens.drop(tx, user_id, *ONE_TIME_LIFETIMES)
        ended = [one.id for one in await deps.sessions.alive(tx, user_id, now)]
        await deps.sessions.end(tx, user_id, ended, "revoked", now)
        disabled = AuditEntry(
            action="auth.user_disabled", actor_kind="system", user_id=user_id, detail={"sessions": len(ended)}
        )
        await record_audit(deps.businesses, tx, disabled)
    await deps.memory.forget(ended)


async def enable_user(deps: AuthDeps, email: str) -> None:
    """
    They may sign in again, with the password they had. What was ended stays so.

    :raises UserNotFound: nobody has this address.
    """
    async with deps.db.system("enable a person") as tx:
        user_id = await _held(deps, tx, email)
        await set_user_disabled(deps.users, tx, user_id, None)
        enabled = AuditEntry(action="auth.user_enabled", actor_kind="system", user_id=user_id)
        await record_audit(deps.businesses, tx, enabled)


async def _held(deps: AuthDeps, tx: Tx, email: str) -> UserId:
    """The person, who cannot begin a session until the transaction ends."""
    user = await find_user_by_email(deps.users, tx, email)
    if user is None:
        raise UserNotFound
    await deps.sessions.take_turns(tx, user.id)
    return user.id
