"""The tokens of a session that has become another one: its person proved more."""

from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.application.refresh_session import Refreshed
from wacloud.modules.auth.domain.secret import hash_of, new_secret
from wacloud.modules.auth.domain.token import Claims
from wacloud.modules.user.api import find_user
from wacloud.shared.domain.errors import NotSignedIn
from wacloud.shared.domain.ids import SessionId, UserId


async def continue_session(deps: AuthDeps, user_id: UserId, session_id: SessionId) -> Refreshed:
    """
    The refresh token before works no more: it was given away for less.

    :raises NotSignedIn: the session has ended meanwhile.
    """
    token, now = new_secret(), deps.clock()
    async with deps.db.system("continue a session") as tx:
        held = await deps.sessions.find(tx, session_id, lock=True)
        user = await find_user(deps.users, tx, user_id)
        if held is None or user is None or held.user_id != user.id or not held.is_alive(now):
            raise NotSignedIn
        await deps.refresh_tokens.replace(tx, held.id, user.id, hash_of(token), now)
    return Refreshed(user, Claims(user.id, held.acting_in, held.id, held.aal, held.amr), token)
