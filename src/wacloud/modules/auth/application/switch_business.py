"""Act in another of one's businesses."""

from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.session import SessionNotFound
from wacloud.modules.auth.domain.token import Claims
from wacloud.modules.business.api import BusinessNotFound, find_membership
from wacloud.shared.domain.ids import BusinessId, SessionId, UserId


async def switch_business(deps: AuthDeps, user_id: UserId, session_id: SessionId, business_id: BusinessId) -> Claims:
    """
    From now on this session acts there: a browser at once, a program with the tokens it gets from here on.

    :raises BusinessNotFound: they do not belong to it, or there is none.
    """
    async with deps.db.system("act in another business") as tx:
        if await find_membership(deps.businesses, tx, user_id, business_id) is None:
            raise BusinessNotFound
        held = await deps.sessions.find(tx, session_id, lock=True)
        if held is None or held.user_id != user_id or not held.is_alive(deps.clock()):
            raise SessionNotFound
        await deps.sessions.act_in(tx, session_id, business_id)
    await deps.memory.forget([session_id])
    return Claims(user_id, business_id, session_id, held.aal, held.amr)
