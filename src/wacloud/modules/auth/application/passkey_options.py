"""A challenge for a device, and what the browser needs besides."""

import secrets
from collections.abc import Sequence

from wacloud.modules.auth.application.finish_sign_in import find_waiting
from wacloud.modules.auth.application.guess import count_try
from wacloud.modules.auth.application.passkey_ports import Challenge
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.guessing import PASSKEYS_FROM_ADDRESS, from_network
from wacloud.modules.auth.domain.passkey import Ceremony, Passkey
from wacloud.modules.user.api import find_user
from wacloud.shared.application.caller import Caller
from wacloud.shared.domain.errors import NotSignedIn
from wacloud.shared.domain.ids import UserId


async def options_to_register(deps: AuthDeps, user_id: UserId) -> str:
    """:raises PasskeysNotPossible: not at this address."""
    async with deps.db.system("begin to register a passkey") as tx:
        user = await find_user(deps.users, tx, user_id)
        known = await deps.passkeys.keys.of_person(tx, user_id)
    if user is None:
        raise NotSignedIn
    challenge = secrets.token_bytes(32)
    options = deps.passkeys.webauthn.options_to_register(user, challenge, known)
    await deps.passkeys.challenges.keep(challenge, Challenge("register", user_id))
    return options


async def options_to_sign_in(deps: AuthDeps, secret: str, caller: Caller) -> str:
    """
    `secret` is of a sign-in that waits for its second factor; without one, whoever has a passkey may come.

    :raises SecondFactorExpired: there is no such sign-in.
    :raises TooManyTries: too many were asked for from this network.
    :raises PasskeysNotPossible: not at this address.
    """
    await count_try(deps, from_network(PASSKEYS_FROM_ADDRESS, caller.address))
    user_id = (await find_waiting(deps, secret)).user_id if secret else None
    return await _options_to_prove(deps, "sign_in", user_id)


async def options_to_step_up(deps: AuthDeps, user_id: UserId) -> str:
    """:raises PasskeysNotPossible: not at this address."""
    return await _options_to_prove(deps, "step_up", user_id)


async def _options_to_prove(deps: AuthDeps, ceremony: Ceremony, user_id: UserId | None) -> str:
    known: Sequence[Passkey] = ()
    if user_id is not None:
        async with deps.db.system("which passkeys somebody has") as tx:
            known = await deps.passkeys.keys.of_person(tx, user_id)
    challenge = secrets.token_bytes(32)
    options = deps.passkeys.webauthn.options_to_prove(challenge, known)
    await deps.passkeys.challenges.keep(challenge, Challenge(ceremony, user_id))
    return options
