"""The second step of a sign-in."""

from wacloud.modules.auth.application.check_code import check_code
from wacloud.modules.auth.application.let_in import Entrance, begin_session, remember_entrance
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.factor import FactorMethod, SecondFactorExpired
from wacloud.modules.auth.domain.one_time import OneTimeToken
from wacloud.modules.auth.domain.secret import hash_of
from wacloud.modules.user.api import find_user
from wacloud.shared.application.caller import Caller


async def finish_sign_in(deps: AuthDeps, secret: str, code: str, caller: Caller) -> Entrance:
    """
    Whoever proved the first factor has this secret (`let_in`); a code of an app or a backup code lets them in.

    :raises SecondFactorExpired: the secret was used, is too old, or something was changed since.
    :raises CodeNotGood: the code is not right, or was used before; the secret still works.
    :raises TooManyTries: too many were wrong lately.
    """
    waiting = await find_waiting(deps, secret)
    return await enter(deps, waiting, await check_code(deps, waiting.user_id, code, caller), caller)


async def find_waiting(deps: AuthDeps, secret: str) -> OneTimeToken:
    """:raises SecondFactorExpired: there is no sign-in that waits for a second factor by this secret."""
    async with deps.db.system("find a sign-in that waits") as tx:
        waiting = await deps.one_time_tokens.find(tx, hash_of(secret), "second_factor", deps.clock())
    if waiting is None:
        raise SecondFactorExpired
    return waiting


async def enter(deps: AuthDeps, waiting: OneTimeToken, method: FactorMethod, caller: Caller) -> Entrance:
    """
    Both are proved.

    :raises SecondFactorExpired: somebody else used it, or the password was changed meanwhile.
    """
    async with deps.db.system("finish a sign-in") as tx:
        await deps.sessions.take_turns(tx, waiting.user_id)
        user = await find_user(deps.users, tx, waiting.user_id)
        if user is None or not await deps.one_time_tokens.use(tx, waiting):
            raise SecondFactorExpired
        entrance = await begin_session(
            deps,
            tx,
            user,
            caller,
            methods=(*waiting.detail["methods"], method),
            for_program=waiting.detail["for_program"],
        )
    return await remember_entrance(deps, entrance)
