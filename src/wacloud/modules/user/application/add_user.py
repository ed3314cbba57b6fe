"""Add a person, inside the transaction of a module above."""

from datetime import datetime

from wacloud.modules.user.application.ports import UserDeps
from wacloud.modules.user.domain.user import canonical_email, checked_name, is_possible_email
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.errors import AppError
from wacloud.shared.domain.ids import UserId


class EmailNotPossible(AppError):
    """This is no e-mail address."""


class EmailTaken(AppError):
    """Somebody has this e-mail address already."""

    kind = "conflict"


def possible_email(email: str) -> str:
    """
    The address as it is stored and compared.

    :raises EmailNotPossible: it is none.
    """
    address = canonical_email(email)
    if not is_possible_email(address):
        raise EmailNotPossible
    return address


async def add_user(
    deps: UserDeps, tx: Tx, *, name: str, email: str, language: str = "es", verified_at: datetime | None
) -> UserId:
    """
    Add a person with an address nobody has; `verified_at` is None until they have shown that it is theirs.

    :raises NameNotPossible: the name is none, too long, or not to be seen.
    :raises EmailNotPossible: it is no address.
    :raises EmailTaken: somebody has it.
    """
    user_id = await deps.users.add(tx, checked_name(name), possible_email(email), language, verified_at)
    if user_id is None:
        raise EmailTaken
    return user_id
