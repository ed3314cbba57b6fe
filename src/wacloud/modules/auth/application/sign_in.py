"""Let somebody in by e-mail address and password."""

from uuid import UUID

from wacloud.modules.auth.application.guess import guess
from wacloud.modules.auth.application.let_in import (
    Entrance,
    SecondFactorNeeded,
    let_in,
    let_in_program,
    remember_entrance,
)
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.credential import LONGEST_PASSWORD, Credential, EmailNotConfirmed, InvalidCredentials
from wacloud.modules.auth.domain.guessing import (
    PASSWORDS_FROM_ADDRESS,
    PASSWORDS_OF_ACCOUNT,
    from_network,
    of_account,
)
from wacloud.modules.business.api import AuditEntry, record_audit
from wacloud.modules.user.api import User, canonical_email, find_user_by_email
from wacloud.shared.application.caller import Caller
from wacloud.shared.domain.ids import UserId

_NOBODY = UserId(UUID(int=0))


async def sign_in(
    deps: AuthDeps,
    email: str,
    password: str,
    caller: Caller,
    *,
    for_program: bool = True,
    as_supabase: bool = False,
) -> Entrance | SecondFactorNeeded:
    """
    Check the password and begin a session, or ask for the second factor; `for_program` gives it a refresh token.

    `as_supabase`: whoever has not proved their address is left out; who has a second factor gets a session that waits.

    An address nobody has takes the same work and gets the same answer as a wrong password. A hash made with
    weaker parameters than today's is replaced.

    :raises InvalidCredentials: nobody has this address, the password is wrong, or the person is disabled.
    :raises EmailNotConfirmed: the password is right, the address not proved, and that was asked for.
    :raises TooManyTries: for this address, or from this network; the password was not looked at.
    :raises TriesNotCounted: nobody can count now, so nobody gets in.
    """
    if len(password) > LONGEST_PASSWORD:
        raise InvalidCredentials
    async with guess(
        deps,
        from_network(PASSWORDS_FROM_ADDRESS, caller.address),
        of_account(PASSWORDS_OF_ACCOUNT, canonical_email(email)),
    ):
        user, credential = await _check(deps, email, password, caller)
    if as_supabase and not user.is_verified:
        raise EmailNotConfirmed
    stronger = None
    if deps.passwords.is_outdated(credential.password_hash):
        stronger = await deps.passwords.hash(password)
    async with deps.db.system("sign in") as tx:
        # The check took its time: whoever changed the password meanwhile ended all sessions, and this is none of them.
        await deps.sessions.take_turns(tx, user.id)
        if await deps.credentials.find(tx, user.id) != credential:
            raise InvalidCredentials
        if stronger is not None:
            await deps.credentials.replace_hash(tx, credential, stronger)
        entrance: Entrance | SecondFactorNeeded
        if as_supabase:
            entrance = await let_in_program(deps, tx, user, caller, methods=("password",))
        else:
            entrance = await let_in(deps, tx, user, caller, methods=("password",), for_program=for_program)
    return await remember_entrance(deps, entrance) if isinstance(entrance, Entrance) else entrance


async def _check(deps: AuthDeps, email: str, password: str, caller: Caller) -> tuple[User, Credential]:
    async with deps.db.system("sign in") as tx:
        user = await find_user_by_email(deps.users, tx, email)
        credential = await deps.credentials.find(tx, user.id if user else _NOBODY)
    is_right = await deps.passwords.verify(credential.password_hash if credential else None, password)
    if user is None or credential is None or not is_right or user.is_disabled:
        async with deps.db.system("sign in") as tx:
            await record_audit(
                deps.businesses,
                tx,
                AuditEntry(action="auth.sign_in_refused", actor_kind="unknown", user_id=user.id if user else None),
                caller=caller,
            )
        raise InvalidCredentials
    return user, credential
