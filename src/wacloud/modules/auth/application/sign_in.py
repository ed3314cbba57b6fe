"""Let somebody in by e-mail address and password."""

from dataclasses import dataclass
from uuid import UUID

from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.credential import LONGEST_PASSWORD, InvalidCredentials
from wacloud.modules.auth.domain.token import Claims
from wacloud.modules.business.api import memberships_of
from wacloud.modules.user.api import User, find_user_by_email
from wacloud.shared.domain.ids import UserId

_NOBODY = UserId(UUID(int=0))


@dataclass(frozen=True, slots=True)
class Entrance:
    """Somebody who has proved who they are, and what a token of theirs will say."""

    user: User
    claims: Claims


async def sign_in(deps: AuthDeps, email: str, password: str) -> Entrance:
    """
    Check the password; they start in the business they joined first.

    An address nobody has takes the same work and gets the same answer as a wrong password. A hash made with
    weaker parameters than today's is replaced.

    :raises InvalidCredentials: nobody has this address, or the password is wrong.
    """
    if len(password) > LONGEST_PASSWORD:
        raise InvalidCredentials
    async with deps.db.system("sign in") as tx:
        user = await find_user_by_email(deps.users, tx, email)
        credential = await deps.credentials.find(tx, user.id if user else _NOBODY)
    is_right = await deps.passwords.verify(credential.password_hash if credential else None, password)
    if user is None or credential is None or not is_right:
        raise InvalidCredentials
    if deps.passwords.is_outdated(credential.password_hash):
        new_hash = await deps.passwords.hash(password)
        async with deps.db.system("sign in") as tx:
            await deps.credentials.replace_hash(tx, credential, new_hash)
    async with deps.db.member(user.id, read_only=True) as tx:
        memberships = await memberships_of(deps.businesses, tx, user.id)
    return Entrance(user, Claims(user.id, memberships[0].business_id if memberships else None))
