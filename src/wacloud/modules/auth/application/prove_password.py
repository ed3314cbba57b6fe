"""Ask for the password again, before something that matters."""

from wacloud.modules.auth.application.guess import guess
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.credential import LONGEST_PASSWORD, WrongPassword
from wacloud.modules.auth.domain.guessing import (
    PASSWORDS_FROM_ADDRESS,
    PASSWORDS_OF_ACCOUNT,
    from_network,
    of_account,
)
from wacloud.modules.user.api import User, find_user
from wacloud.shared.application.caller import Caller
from wacloud.shared.domain.errors import NotSignedIn
from wacloud.shared.domain.ids import UserId


async def prove_password(deps: AuthDeps, user_id: UserId, password: str, caller: Caller) -> User:
    """
    Whoever sits in front of an open session shows that it is theirs, before something that matters.

    Wrong ones count with those at the sign-in.

    :raises WrongPassword: it is not theirs.
    :raises TooManyTries: of this account, or from this network.
    """
    async with deps.db.system("prove a password") as tx:
        user = await find_user(deps.users, tx, user_id)
        credential = await deps.credentials.find(tx, user_id)
    if user is None:
        raise NotSignedIn
    if not 0 < len(password) <= LONGEST_PASSWORD:
        raise WrongPassword
    async with guess(
        deps,
        from_network(PASSWORDS_FROM_ADDRESS, caller.address),
        of_account(PASSWORDS_OF_ACCOUNT, user.email),
    ):
        if not await deps.passwords.verify(credential.password_hash if credential else None, password):
            raise WrongPassword
    return user
