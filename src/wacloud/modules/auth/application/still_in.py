"""Who of many may stay: for streams, which ask once and then go on."""

from collections.abc import Collection, Mapping

from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.business.api import demanding_among, members_among
from wacloud.modules.user.api import able_among
from wacloud.shared.domain.ids import BusinessId, SessionId, UserId

# A person, the business they look at, and the session they came with (None: something that has none).
Place = tuple[UserId, BusinessId, SessionId | None]


async def still_in(deps: AuthDeps, places: Collection[Place]) -> Mapping[Place, str]:
    """
    The role of those whose session lives, who still belong to the business and are not disabled. Four reads for all.

    Where a business demands a second factor, whoever came without one may not stay.
    """
    now = deps.clock()
    async with deps.db.system("who may keep looking") as tx:
        alive = await deps.sessions.alive_among(tx, {held for _, _, held in places if held is not None}, now)
        members = await members_among(deps.businesses, tx, {(user, business) for user, business, _ in places})
        able = await able_among(deps.users, tx, {user for user, _, _ in places})
        demanding = await demanding_among(deps.businesses, tx, {business for _, business, _ in places})
    return {
        (user, business, held): members[user, business]
        for user, business, held in places
        if user in able
        and (user, business) in members
        and (held is None or held in alive)
        and (held is None or business not in demanding or alive[held] == "aal2")
    }
