"""A device made a passkey for its person."""

from wacloud.modules.auth.application.end_sessions import end_all_but
from wacloud.modules.auth.application.enrol_factor import make_room
from wacloud.modules.auth.application.passkey_ports import Challenge
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.application.prove_session import check_strength, prove_session
from wacloud.modules.auth.application.tell_factor_change import tell_factor_change
from wacloud.modules.auth.domain.factor import Factor, checked_name
from wacloud.modules.auth.domain.passkey import Passkey, PasskeyNotGood
from wacloud.modules.user.api import find_user
from wacloud.shared.application.caller import Caller
from wacloud.shared.domain.errors import NotSignedIn
from wacloud.shared.domain.ids import SessionId, UserId, new_id


async def register_passkey(
    deps: AuthDeps, user_id: UserId, session_id: SessionId, name: str, answer: str, caller: Caller
) -> Factor:
    """
    It counts at once: the device has just checked its person. All other sessions of theirs end.

    :raises PasskeyNotGood: it answers no challenge of this person's, or was made for another site.
    :raises TooManyFactors: they have ten.
    :raises StrongerSessionNeeded: they have a second factor, and this session was begun without it.
    :raises FactorName: the name will not do.
    """
    name = checked_name(name)
    challenge = deps.passkeys.webauthn.challenge_in(answer)
    if await deps.passkeys.challenges.take(challenge) != Challenge("register", user_id):
        raise PasskeyNotGood
    new = deps.passkeys.webauthn.registered(answer, challenge)
    now = deps.clock()
    async with deps.db.system("register a passkey") as tx:
        await make_room(deps, tx, user_id, now)
        await check_strength(deps, tx, user_id, session_id)
        user = await find_user(deps.users, tx, user_id)
        if user is None:
            raise NotSignedIn
        made = Passkey(new_id(), user_id, name, new.credential_id, new.public_key, new.sign_count, now)
        if not await deps.passkeys.keys.add(tx, made):
            raise PasskeyNotGood
        await prove_session(deps, tx, user_id, session_id, "passkey")
        await tell_factor_change(deps, tx, user, "passkey_added", caller, factor_id=made.id)
        ended = await end_all_but(deps, tx, user_id, session_id, "factor_changed", caller)
    await deps.memory.forget([session_id, *ended])
    return Factor(made.id, user_id, "passkey", name, now, now)
