"""Where a person is signed in."""

from collections.abc import Sequence

from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.session import Session
from wacloud.shared.domain.ids import UserId


async def list_sessions(deps: AuthDeps, user_id: UserId) -> Sequence[Session]:
    """Those that can be used, the one used last first."""
    async with deps.db.member(user_id, read_only=True) as tx:
        return await deps.sessions.alive(tx, user_id, deps.clock())
