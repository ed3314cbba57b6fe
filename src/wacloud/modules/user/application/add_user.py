"""Add a person, inside the transaction of a module above."""

from wacloud.modules.user.application.ports import UserDeps
from wacloud.modules.user.domain.user import canonical_email, is_possible_email
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.errors import AppError
from wacloud.shared.domain.ids import UserId


class EmailNotPossible(AppError):
    """This is no e-mail address."""


class EmailTaken(AppError):
    """Somebody has this e-mail address already."""

    kind = "conflict"


async def add_user(deps: UserDeps, tx: Tx, *, name: str, email: str, language: str = "es") -> UserId:
    """
    Add a person with an address nobody has.

    :raises EmailNotPossible: it is no address.
    :raises EmailTaken: somebody has it.
    """
    address = canonical_email(email)
    if not is_possible_email(address):
        raise EmailNotPossible
    user_id = await deps.users.add(tx, name, address, language)
    if user_id is None:
        raise EmailTaken
    return user_id
