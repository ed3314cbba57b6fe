"""End one of a person's sessions, from another one."""

from wacloud.modules.auth.application.end_sessions import end
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.session import SessionNotFound
from wacloud.shared.application.caller import Caller
from wacloud.shared.domain.ids import SessionId, UserId


async def revoke_session(deps: AuthDeps, user_id: UserId, session_id: SessionId, caller: Caller) -> None:
    """
    End one of a person's sessions.

    :raises SessionNotFound: it is not theirs, or has ended.
    """
    async with deps.db.system("end a session") as tx:
        if session_id not in [one.id for one in await deps.sessions.alive(tx, user_id, deps.clock())]:
            raise SessionNotFound
        await end(deps, tx, user_id, [session_id], "revoked", caller)
    await deps.memory.forget([session_id])
