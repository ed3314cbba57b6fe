"""Somebody shows a passkey: to sign in, alone or as the second step, or to prove again who they are."""

from wacloud.modules.auth.application.check_code import note_refusal
from wacloud.modules.auth.application.finish_sign_in import enter, find_waiting
from wacloud.modules.auth.application.guess import guess
from wacloud.modules.auth.application.let_in import Entrance, begin_session, remember_entrance
from wacloud.modules.auth.application.passkey_ports import Challenge
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.application.step_up import note_step_up
from wacloud.modules.auth.domain.guessing import PASSKEYS_FROM_ADDRESS, from_network
from wacloud.modules.auth.domain.passkey import Ceremony, Passkey, PasskeyNotGood
from wacloud.modules.user.api import User, find_user
from wacloud.shared.application.caller import Caller
from wacloud.shared.domain.ids import SessionId, UserId


async def sign_in_by_passkey(
    deps: AuthDeps, answer: str, caller: Caller, *, secret: str = "", for_program: bool = True
) -> Entrance:
    """
    A passkey is two factors at once: the device, and what it checked of its person. `secret` is of a sign-in that waits
    for its second factor: then it has to be a passkey of the same person.

    :raises SecondFactorExpired: there is no such sign-in any more.
    :raises PasskeyNotGood: whatever is wrong with it, and whoever it belongs to.
    :raises TooManyTries: too many from this network were not good.
    """
    waiting = await find_waiting(deps, secret) if secret else None
    async with guess(deps, from_network(PASSKEYS_FROM_ADDRESS, caller.address)):
        user = await _use(deps, answer, "sign_in", waiting.user_id if waiting else None, caller)
    if waiting is not None:
        return await enter(deps, waiting, "passkey", caller)
    async with deps.db.system("sign in by passkey") as tx:
        entrance = await begin_session(deps, tx, user, caller, methods=("passkey",), for_program=for_program)
    return await remember_entrance(deps, entrance)


async def step_up_by_passkey(
    deps: AuthDeps, user_id: UserId, session_id: SessionId, answer: str, caller: Caller
) -> None:
    """:raises PasskeyNotGood: it is none of theirs, or answers no challenge of this purpose."""
    await _use(deps, answer, "step_up", user_id, caller)
    await note_step_up(deps, user_id, session_id, "passkey", caller)


async def _use(deps: AuthDeps, answer: str, ceremony: Ceremony, user_id: UserId | None, caller: Caller) -> User:
    """`user_id` is whose it has to be; None: anybody's."""
    challenge = deps.passkeys.webauthn.challenge_in(answer)
    if await deps.passkeys.challenges.take(challenge) != Challenge(ceremony, user_id):
        raise PasskeyNotGood
    credential_id = deps.passkeys.webauthn.credential_in(answer)
    async with deps.db.system("whose passkey it is") as tx:
        key = await deps.passkeys.keys.find(tx, credential_id)
        user = await find_user(deps.users, tx, key.user_id) if key else None
    if key is None or user is None or user.is_disabled or user_id not in (None, user.id):
        raise PasskeyNotGood
    try:
        count = deps.passkeys.webauthn.proved(answer, challenge, key)
    except PasskeyNotGood:
        await note_refusal(deps, user.id, caller, "passkey")
        raise
    if not await _note_use(deps, key, count):
        await note_refusal(deps, user.id, caller, "sign_count")
        raise PasskeyNotGood
    return user


async def _note_use(deps: AuthDeps, key: Passkey, count: int) -> bool:
    async with deps.db.system("use a passkey") as tx:
        return await deps.passkeys.keys.note_use(tx, key, count, deps.clock())
