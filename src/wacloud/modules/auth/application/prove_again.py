"""Whoever is signed in shows that it is they, before a password or an address changes."""

from wacloud.modules.auth.application.find_mailed import is_code_of
from wacloud.modules.auth.application.guess import count_try, guess
from wacloud.modules.auth.application.mail_link import mail_code
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.application.prove_password import prove_password
from wacloud.modules.auth.domain.credential import ReauthenticationNeeded
from wacloud.modules.auth.domain.guessing import CODES_OF_ACCOUNT, MAILS_FROM, MAILS_TO, from_network, of_account
from wacloud.modules.auth.domain.one_time import LinkNotGood
from wacloud.modules.user.api import User, find_user
from wacloud.shared.application.caller import Caller
from wacloud.shared.domain.errors import NotSignedIn
from wacloud.shared.domain.ids import SessionId, UserId


async def prove_again(
    deps: AuthDeps, user_id: UserId, session_id: SessionId, caller: Caller, *, password: str = "", code: str = ""
) -> User:
    """
    By having proved it a moment ago, which is how somebody who came by a mail, because they forgot their password, gets
    another; or by the password, or a code mailed for it, where they have no second factor.

    :raises ReauthenticationNeeded: none of them.
    :raises WrongPassword: that is not the current one.
    :raises LinkNotGood: that is not the code of the newest mail.
    :raises TooManyTries: too many wrong ones.
    """
    async with deps.db.member(user_id, read_only=True) as tx:
        user = await find_user(deps.users, tx, user_id)
        held = await deps.sessions.find(tx, session_id)
    if user is None or held is None:
        raise NotSignedIn
    if password and held.aal == "aal1":
        return await prove_password(deps, user_id, password, caller)
    if code and held.aal == "aal1":
        return await _by_code(deps, user_id, "".join(code.split()))
    if not held.is_fresh(deps.clock()):
        raise ReauthenticationNeeded
    return user


async def mail_proof(deps: AuthDeps, user_id: UserId, caller: Caller) -> None:
    """
    Mail the code for it.

    :raises TooManyTries: too many mails to this address or from this network.
    """
    async with deps.db.member(user_id, read_only=True) as tx:
        user = await find_user(deps.users, tx, user_id)
    if user is None:
        raise NotSignedIn
    await count_try(deps, from_network(MAILS_FROM, caller.address), of_account(MAILS_TO, user.email))
    async with deps.db.system("mail a code to somebody who is signed in") as tx:
        await mail_code(deps, tx, user, "reauthenticate", "reauthentication")


async def _by_code(deps: AuthDeps, user_id: UserId, typed: str) -> User:
    async with guess(deps, of_account(CODES_OF_ACCOUNT, str(user_id))), deps.db.system("check a mailed code") as tx:
        user = await find_user(deps.users, tx, user_id)
        token = await deps.one_time_tokens.newest(tx, user_id, "reauthenticate", deps.clock())
        if user is None or token is None or not is_code_of(token, typed):
            raise LinkNotGood
        if not await deps.one_time_tokens.use(tx, token):
            raise LinkNotGood
    return user
