"""Who there is, for the operator."""

from collections.abc import Sequence

from wacloud.modules.user.application.ports import UserDeps
from wacloud.modules.user.domain.user import User

MOST = 200


async def list_users(deps: UserDeps) -> Sequence[User]:
    """The newest two hundred; whoever has left is none of them."""
    async with deps.db.system("list people") as tx:
        return await deps.users.newest(tx, MOST)
