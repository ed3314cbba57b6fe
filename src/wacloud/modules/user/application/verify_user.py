"""An address is proved to be a person's, inside the transaction of a module above."""

from datetime import datetime

from wacloud.modules.user.application.add_user import EmailTaken, possible_email
from wacloud.modules.user.application.ports import UserDeps
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import UserId


async def verify_user(
    deps: UserDeps, tx: Tx, user_id: UserId, at: datetime, *, name: str | None = None, language: str | None = None
) -> None:
    """Their address is theirs. A name or language given takes the place of what was written before that was known."""
    await deps.users.verify(tx, user_id, at, name, language)


async def change_user_email(deps: UserDeps, tx: Tx, user_id: UserId, email: str, at: datetime) -> None:
    """
    Give a person another address, which they have proved to be theirs.

    :raises EmailNotPossible: it is no address.
    :raises EmailTaken: somebody has it.
    """
    if not await deps.users.change_email(tx, user_id, possible_email(email), at):
        raise EmailTaken
