"""Add a person, inside the transaction of a module above."""

from datetime import datetime

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


LONGEST_NAME = 120


class PersonNameLength(AppError):
    """A name has 1 to 120 characters."""


def tidy_name(name: str) -> str:
    """
    A name as it is stored: on one line, with nothing invisible in it.

    :raises PersonNameLength: nothing is left of it, or too much.
    """
    tidy = "".join(character for character in " ".join(name.split()) if character.isprintable())
    if not 1 <= len(tidy) <= LONGEST_NAME:
        raise PersonNameLength
    return tidy


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

    :raises PersonNameLength: the name is none, or too long.

    :raises EmailNotPossible: it is no address.
    :raises EmailTaken: somebody has it.
    """
    user_id = await deps.users.add(tx, tidy_name(name), possible_email(email), language, verified_at)
    if user_id is None:
        raise EmailTaken
    return user_id
