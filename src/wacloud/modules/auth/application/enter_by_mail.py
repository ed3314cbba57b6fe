"""Somebody shows what was mailed to an address, and is let in."""

from collections.abc import Sequence

from wacloud.modules.auth.application.confirm_email import take_new_email
from wacloud.modules.auth.application.end_sessions import end_all_but
from wacloud.modules.auth.application.find_mailed import Mailed
from wacloud.modules.auth.application.let_in import (
    Entrance,
    SecondFactorNeeded,
    let_in,
    let_in_program,
    remember_entrance,
)
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.one_time import LEAD_IN, LinkNotGood
from wacloud.modules.business.api import AuditEntry, record_audit
from wacloud.modules.user.api import EmailTaken, find_user, verify_user
from wacloud.shared.application.caller import Caller
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import SessionId


async def enter_by_mail(
    deps: AuthDeps, mailed: Mailed, caller: Caller, *, is_asker: bool, for_program: bool = True
) -> Entrance | SecondFactorNeeded:
    """
    Use it up and begin a session, or ask a browser for the second factor. An address not proved yet is proved by it.

    `is_asker`: they also showed that it was they who asked for the mail, so what was typed with it is theirs: the
    password of a sign-up, the name. Otherwise it may be a stranger's who used the address, and is void, as are their
    sessions; whoever reads the mailbox sets a password of their own.

    :raises LinkNotGood: somebody was quicker, or a new address is taken by now.
    """
    purpose = mailed.token.detail.get("of", mailed.token.purpose)
    try:
        async with deps.db.system("enter by a mail") as tx:
            if not await deps.one_time_tokens.use(tx, mailed.token):
                raise LinkNotGood
            if purpose == "change_email":
                await take_new_email(deps, tx, mailed.user, mailed.token, caller)
            await deps.sessions.take_turns(tx, mailed.user.id)
            ended: Sequence[SessionId] = ()
            user = await find_user(deps.users, tx, mailed.user.id)
            if user is not None and not user.is_verified:
                ended = await _prove_address(deps, tx, mailed, is_asker, caller)
                user = await find_user(deps.users, tx, mailed.user.id)
            if user is None:
                raise LinkNotGood
            method = "recovery" if purpose == "reset_password" else "otp"
            entrance: Entrance | SecondFactorNeeded
            if for_program:
                entrance = await let_in_program(deps, tx, user, caller, methods=(method,))
            else:
                entrance = await let_in(deps, tx, user, caller, methods=(method,), for_program=False)
    except EmailTaken:
        raise LinkNotGood from None
    await deps.memory.forget(ended)
    return await remember_entrance(deps, entrance) if isinstance(entrance, Entrance) else entrance


async def _prove_address(deps: AuthDeps, tx: Tx, mailed: Mailed, is_asker: bool, caller: Caller) -> Sequence[SessionId]:
    user, now = mailed.user, deps.clock()
    typed = mailed.token.detail if is_asker else {}
    name = typed.get("name") or user.email.partition("@")[0][:120]
    await verify_user(deps.users, tx, user.id, now, name=name, language=typed.get("language"))
    if "password_hash" in typed:
        await deps.credentials.put(tx, user.id, typed["password_hash"], now)
    else:
        await deps.credentials.drop(tx, user.id)
    await deps.one_time_tokens.drop(tx, user.id, *LEAD_IN, "verify_email", "change_email")
    ended = await end_all_but(deps, tx, user.id, None, "email_verified", caller)
    await record_audit(
        deps.businesses,
        tx,
        AuditEntry(action="auth.email_verified", actor_id=user.id, user_id=user.id),
        caller=caller,
    )
    return ended
