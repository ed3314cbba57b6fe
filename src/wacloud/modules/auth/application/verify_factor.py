"""The code of an app is typed: to confirm the app, or to lift the session with it."""

from collections.abc import Sequence
from uuid import UUID

from wacloud.modules.auth.application.check_code import note_refusal
from wacloud.modules.auth.application.end_sessions import end, end_all_but
from wacloud.modules.auth.application.guess import guess
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.application.prove_session import check_strength, prove_session
from wacloud.modules.auth.application.tell_factor_change import tell_factor_change
from wacloud.modules.auth.domain.factor import CodeNotGood, Factor, FactorNotFound, bare
from wacloud.modules.auth.domain.guessing import FACTORS_OF_ACCOUNT, FACTORS_OF_ACCOUNT_HOURLY, of_account
from wacloud.modules.auth.domain.one_time import LinkNotGood
from wacloud.modules.auth.domain.secret import hash_of
from wacloud.modules.auth.domain.session import Session
from wacloud.modules.user.api import find_user
from wacloud.shared.application.caller import Caller
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.errors import NotSignedIn
from wacloud.shared.domain.ids import SessionId, UserId


async def confirm_factor(
    deps: AuthDeps, user_id: UserId, session_id: SessionId, factor_id: UUID, code: str, caller: Caller
) -> Session:
    """
    A code shows that the app holds the secret: it counts from now on, and this session is as sure as can be. All
    other sessions of theirs end.

    :raises FactorNotFound: there is none that waits for it.
    :raises CodeNotGood: it is not the app's.
    :raises TooManyTries: too many were wrong lately.
    """
    return await _verify(deps, user_id, session_id, factor_id, code, caller, may_be_confirmed=False)


async def verify_factor(
    deps: AuthDeps,
    user_id: UserId,
    session_id: SessionId,
    factor_id: UUID,
    challenge_id: UUID,
    code: str,
    caller: Caller,
) -> Session:
    """
    The same after `challenge_factor`, for an app that is confirmed as well: then the session is lifted to aal2, and
    those of theirs that are below it end.

    :raises LinkNotGood: there is no such challenge of this factor, or it is too old. It is good once.
    :raises FactorNotFound: it is none of theirs.
    :raises CodeNotGood: it is not the app's, or was used before.
    :raises TooManyTries: too many were wrong lately.
    """
    async with deps.db.system("answer a challenge") as tx:
        challenge = await deps.one_time_tokens.find(tx, hash_of(str(challenge_id)), "factor_challenge", deps.clock())
        if challenge is None or challenge.user_id != user_id or challenge.detail["factor_id"] != str(factor_id):
            raise LinkNotGood
        if not await deps.one_time_tokens.use(tx, challenge):
            raise LinkNotGood
    return await _verify(deps, user_id, session_id, factor_id, code, caller, may_be_confirmed=True)


async def _verify(
    deps: AuthDeps,
    user_id: UserId,
    session_id: SessionId,
    factor_id: UUID,
    code: str,
    caller: Caller,
    *,
    may_be_confirmed: bool,
) -> Session:
    async with guess(
        deps,
        of_account(FACTORS_OF_ACCOUNT, str(user_id)),
        of_account(FACTORS_OF_ACCOUNT_HOURLY, str(user_id)),
    ):
        async with deps.db.system("verify a factor") as tx:
            await deps.sessions.take_turns(tx, user_id)
            factor = await _use(deps, tx, user_id, factor_id, code, may_be_confirmed)
            if factor is not None:
                proved, ended = await _settle(deps, tx, factor, session_id, caller)
        if factor is None:
            await note_refusal(deps, user_id, caller)
            raise CodeNotGood
    await deps.memory.forget([proved.id, *ended])
    return proved


async def _use(
    deps: AuthDeps, tx: Tx, user_id: UserId, factor_id: UUID, code: str, may_be_confirmed: bool
) -> Factor | None:
    now = deps.clock()
    for known in await deps.factors.totp_secrets(tx, user_id):
        factor = known.factor
        if factor.id != factor_id or not factor.is_there(now) or (factor.confirmed_at and not may_be_confirmed):
            continue
        step = deps.totp.step_of(known.secret, bare(code), now)
        is_right = step is not None and await deps.factors.use_step(tx, factor.id, step, now)
        return factor if is_right else None
    raise FactorNotFound


async def _settle(
    deps: AuthDeps, tx: Tx, factor: Factor, session_id: SessionId, caller: Caller
) -> tuple[Session, Sequence[SessionId]]:
    user = await find_user(deps.users, tx, factor.user_id)
    if user is None:
        raise NotSignedIn
    if factor.confirmed_at is not None:
        proved = await prove_session(deps, tx, user.id, session_id, "totp")
        below = [one.id for one in await deps.sessions.alive(tx, user.id, deps.clock()) if one.aal == "aal1"]
        await end(deps, tx, user.id, below, "factor_changed", caller)
        return proved, below
    await check_strength(deps, tx, user.id, session_id)
    await deps.factors.confirm_totp(tx, factor.id, deps.clock())
    proved = await prove_session(deps, tx, user.id, session_id, "totp")
    await tell_factor_change(deps, tx, user, "totp_added", caller, factor_id=factor.id)
    return proved, await end_all_but(deps, tx, user.id, session_id, "factor_changed", caller)
