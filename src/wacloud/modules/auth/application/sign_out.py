"""Sign out, here or elsewhere."""

from typing import Literal

from wacloud.modules.auth.application.end_sessions import end
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.session import Because
from wacloud.shared.application.caller import Caller
from wacloud.shared.domain.ids import SessionId, UserId

# The words of Supabase's API: this session, all others, all.
Scope = Literal["local", "others", "global"]


async def sign_out(
    deps: AuthDeps, user_id: UserId, session_id: SessionId, caller: Caller, scope: Scope = "local"
) -> None:
    """End this session, all others of the person, or all."""
    because: Because = "signed_out" if scope == "local" else "revoked"
    async with deps.db.system("sign out") as tx:
        alive = [one.id for one in await deps.sessions.alive(tx, user_id, deps.clock())]
        ended = [one for one in alive if scope == "global" or (one == session_id) == (scope == "local")]
        await end(deps, tx, user_id, ended, because, caller)
    await deps.memory.forget(ended)
