"""Somebody shows that mail to their address reaches them."""

from dataclasses import dataclass

from wacloud.modules.auth.application.end_sessions import end_all_but
from wacloud.modules.auth.application.find_mailed import is_code_of
from wacloud.modules.auth.application.guess import guess
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.asker import asker_in
from wacloud.modules.auth.domain.credential import LONGEST_PASSWORD, NotTheSignUp
from wacloud.modules.auth.domain.guessing import (
    CODES_OF_ACCOUNT,
    LINKS_FROM_ADDRESS,
    PASSWORDS_FROM_ADDRESS,
    PASSWORDS_OF_ACCOUNT,
    from_network,
    of_account,
)
from wacloud.modules.auth.domain.one_time import LEAD_IN, LinkNotGood, OneTimeToken
from wacloud.modules.auth.domain.secret import hash_of
from wacloud.modules.business.api import AuditEntry, record_audit
from wacloud.modules.user.api import User, find_user, verify_user
from wacloud.shared.application.caller import Caller
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import SessionId, UserId


@dataclass(frozen=True, slots=True)
class Holder:
    """Whoever is signed in where a link is opened or a code is typed."""

    user_id: UserId
    session_id: SessionId


async def verify_email(
    deps: AuthDeps, secret: str, caller: Caller, *, password: str = "", holder: Holder | None = None
) -> str:
    """
    The mailed link alone proves that somebody reads this mailbox, not that it was they who signed up. So it takes
    the password typed at sign-up as well, or a session begun with it; that password is the one that stays, what
    others typed at a sign-up with this address is void, and their sessions end. Somebody whose address was used by
    a stranger gets the account by `reset_password`.

    Returns where the program goes on that signed them up, if one did.

    :raises LinkNotGood: it was used, is too old, not the newest, or none of ours.
    :raises NotTheSignUp: the password is not one of this account's sign-ups; the link still works.
    :raises TooManyTries: with links from this network, or with passwords of this account.
    """
    async with guess(deps, from_network(LINKS_FROM_ADDRESS, caller.address)):
        async with deps.db.system("verify an address") as tx:
            token = await deps.one_time_tokens.find(tx, hash_of(secret), "verify_email", deps.clock())
            user = await find_user(deps.users, tx, token.user_id) if token else None
            credential = await deps.credentials.find(tx, token.user_id) if token else None
        if token is None or user is None or user.is_disabled:
            raise LinkNotGood
    if holder is not None and holder.user_id == token.user_id:
        await _verify(deps, token, user, caller, kept=holder.session_id)
        return asker_in(token.detail).redirect_to
    async with guess(
        deps,
        from_network(PASSWORDS_FROM_ADDRESS, caller.address),
        of_account(PASSWORDS_OF_ACCOUNT, user.email),
    ):
        if not 0 < len(password) <= LONGEST_PASSWORD:
            raise NotTheSignUp
        typed_now = await deps.passwords.verify(token.detail.get("password_hash"), password)
        typed_first = await deps.passwords.verify(credential.password_hash if credential else None, password)
        if not typed_now and not typed_first:
            raise NotTheSignUp
    await _verify(deps, token, user, caller, with_typed=typed_now)
    return asker_in(token.detail).redirect_to


async def verify_code(deps: AuthDeps, holder: Holder, code: str, caller: Caller) -> None:
    """
    The same by the six digits of the mail, typed where they are signed in.

    :raises LinkNotGood: it is not the one of the newest mail.
    :raises TooManyTries: ten in a day were wrong.
    """
    async with guess(deps, of_account(CODES_OF_ACCOUNT, str(holder.user_id))):
        async with deps.db.system("verify an address") as tx:
            token = await deps.one_time_tokens.newest(tx, holder.user_id, "verify_email", deps.clock())
            user = await find_user(deps.users, tx, holder.user_id)
        if token is None or user is None or not is_code_of(token, "".join(code.split())):
            raise LinkNotGood
    await _verify(deps, token, user, caller, kept=holder.session_id)


async def _verify(
    deps: AuthDeps,
    token: OneTimeToken,
    user: User,
    caller: Caller,
    *,
    kept: SessionId | None = None,
    with_typed: bool = False,
) -> None:
    async with deps.db.system("verify an address") as tx:
        if not await deps.one_time_tokens.use(tx, token):
            raise LinkNotGood
        ended = await _settle(deps, tx, token, user, caller, kept, with_typed)
    await deps.memory.forget([*ended, *([kept] if kept else [])])


async def _settle(
    deps: AuthDeps,
    tx: Tx,
    token: OneTimeToken,
    user: User,
    caller: Caller,
    kept: SessionId | None,
    with_typed: bool,
) -> list[SessionId]:
    now = deps.clock()
    typed = token.detail if with_typed else {}
    await verify_user(deps.users, tx, user.id, now, name=typed.get("name"), language=typed.get("language"))
    if with_typed:
        await deps.credentials.put(tx, user.id, typed["password_hash"], now)
    await deps.one_time_tokens.drop(tx, user.id, *LEAD_IN)
    ended = await end_all_but(deps, tx, user.id, kept, "email_verified", caller)
    await record_audit(
        deps.businesses,
        tx,
        AuditEntry(action="auth.email_verified", actor_id=user.id, user_id=user.id),
        caller=caller,
    )
    return list(ended)
