"""A person gives up a factor, or all of them."""

from collections.abc import Sequence
from uuid import UUID

from wacloud.modules.auth.application.end_sessions import end_all_but
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.application.prove_session import check_strength, weaken_session
from wacloud.modules.auth.application.tell_factor_change import FactorChange, tell_factor_change
from wacloud.modules.auth.domain.factor import Factor, FactorNotFound
from wacloud.modules.user.api import find_user
from wacloud.shared.application.caller import Caller
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.errors import NotSignedIn
from wacloud.shared.domain.ids import SessionId, UserId


async def remove_factor(
    deps: AuthDeps, user_id: UserId, session_id: SessionId, factor_id: UUID, caller: Caller
) -> None:
    """
    All other sessions end. With the last factor the backup codes go as well, and this session is one of a single
    factor again.

    :raises FactorNotFound: it is none of theirs.
    :raises StrongerSessionNeeded: it counts, and this session was begun without a second factor.
    """
    await _remove(deps, user_id, session_id, factor_id, caller)


async def remove_all_factors(deps: AuthDeps, user_id: UserId, session_id: SessionId, caller: Caller) -> None:
    """
    The same for all of them: from now on a password is enough.

    :raises FactorNotFound: they have none.
    :raises StrongerSessionNeeded: this session was begun without a second factor.
    """
    await _remove(deps, user_id, session_id, None, caller)


async def _remove(
    deps: AuthDeps, user_id: UserId, session_id: SessionId, factor_id: UUID | None, caller: Caller
) -> None:
    async with deps.db.system("remove a factor") as tx:
        await deps.sessions.take_turns(tx, user_id)
        known = await deps.factors.all(tx, user_id)
        gone = [one for one in known if factor_id in (None, one.id) and one.is_there(deps.clock())]
        if not gone:
            raise FactorNotFound
        counted = [one for one in gone if one.confirmed_at is not None]
        if counted:
            await check_strength(deps, tx, user_id, session_id)
        await deps.factors.remove(tx, user_id, [one.id for one in gone])
        ended = await _settle(deps, tx, user_id, session_id, counted, caller) if counted else []
    await deps.memory.forget([session_id, *ended])


async def _settle(
    deps: AuthDeps, tx: Tx, user_id: UserId, session_id: SessionId, gone: Sequence[Factor], caller: Caller
) -> Sequence[SessionId]:
    user = await find_user(deps.users, tx, user_id)
    if user is None:
        raise NotSignedIn
    for one in gone:
        what: FactorChange = "totp_removed" if one.kind == "totp" else "passkey_removed"
        await tell_factor_change(deps, tx, user, what, caller, factor_id=one.id)
    if not await deps.factors.methods(tx, user_id):
        await deps.backup_codes.drop(tx, user_id)
        await weaken_session(deps, tx, user_id, session_id)
    return await end_all_but(deps, tx, user_id, session_id, "factor_changed", caller)
