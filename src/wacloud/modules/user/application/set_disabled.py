"""Whether a person may use the product, inside the transaction of a module above."""

from datetime import datetime

from wacloud.modules.user.application.ports import UserDeps
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import UserId


async def set_user_disabled(deps: UserDeps, tx: Tx, user_id: UserId, at: datetime | None) -> None:
    """From then on they may not; None: they may (again)."""
    await deps.users.set_disabled(tx, user_id, at)
