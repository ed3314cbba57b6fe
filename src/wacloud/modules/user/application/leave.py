"""Leave: the person goes, what they did for a business stays without them."""

from wacloud.modules.user.application.ports import UserDeps
from wacloud.shared.application.caller import NOBODY, Caller
from wacloud.shared.domain.errors import NotFound
from wacloud.shared.domain.ids import UserId


async def leave(deps: UserDeps, user_id: UserId, *, caller: Caller = NOBODY) -> None:
    """
    Take away name, address, choices, memberships and credentials, all of it or nothing.

    The address may be used by somebody new afterwards. Entries of the audit log stay: they name ids only.

    :raises AppError: another module refuses, for one because a business would have no owner.
    """
    async with deps.db.system("leave") as tx:
        # Held, so that two requests do not both go through the farewells.
        if await deps.users.find_locked(tx, user_id) is None:
            raise NotFound
        for farewell in deps.farewells:
            await farewell(tx, user_id)
        await deps.users.anonymise(tx, user_id)
        await deps.audit(tx, user_id, "user.left", {}, caller)
