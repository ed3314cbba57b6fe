"""Whoever is signed in proves again who they are, before something that matters."""

from wacloud.modules.auth.application.check_code import check_code
from wacloud.modules.auth.application.list_factors import ways_to_prove
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.application.prove_password import prove_password
from wacloud.modules.auth.application.prove_session import prove_session
from wacloud.modules.auth.domain.factor import CodeNotGood
from wacloud.modules.business.api import AuditEntry, record_audit
from wacloud.shared.application.caller import Caller
from wacloud.shared.domain.ids import SessionId, UserId


async def step_up(
    deps: AuthDeps, user_id: UserId, session_id: SessionId, caller: Caller, *, code: str = "", password: str = ""
) -> None:
    """
    With a code; whoever has no second factor, with their password.

    :raises CodeNotGood: it is not right, was used before, or a password came from somebody who has a second factor.
    :raises WrongPassword: that is not theirs.
    :raises TooManyTries: too many were wrong lately.
    """
    if await ways_to_prove(deps, user_id) == ["password"]:
        await prove_password(deps, user_id, password, caller)
        await note_step_up(deps, user_id, session_id, "password", caller)
    elif not code:
        raise CodeNotGood
    else:
        await note_step_up(deps, user_id, session_id, await check_code(deps, user_id, code, caller), caller)


async def note_step_up(deps: AuthDeps, user_id: UserId, session_id: SessionId, method: str, caller: Caller) -> None:
    """:raises NotSignedIn: the session has ended meanwhile."""
    async with deps.db.system("step up") as tx:
        await prove_session(deps, tx, user_id, session_id, method)
        await record_audit(
            deps.businesses,
            tx,
            AuditEntry(action="auth.stepped_up", actor_id=user_id, user_id=user_id, detail={"method": method}),
            caller=caller,
        )
    await deps.memory.forget([session_id])
