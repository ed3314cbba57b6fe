"""End sessions, inside the transaction of what makes them end."""

from collections.abc import Sequence

from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.session import Because
from wacloud.modules.business.api import AuditEntry, record_audit
from wacloud.shared.application.caller import Caller
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import SessionId, UserId


async def end_all_but(
    deps: AuthDeps, tx: Tx, user_id: UserId, kept: SessionId | None, because: Because, caller: Caller
) -> Sequence[SessionId]:
    """
    End the others inside a transaction of the caller's, who makes the memory forget them after its commit.

    `kept` None ends all.
    """
    # Whoever is just signing in comes before, and is ended, or after, and finds what was changed.
    await deps.sessions.take_turns(tx, user_id)
    others = [one.id for one in await deps.sessions.alive(tx, user_id, deps.clock()) if one.id != kept]
    await end(deps, tx, user_id, others, because, caller)
    return others


async def end(
    deps: AuthDeps, tx: Tx, user_id: UserId, ids: Sequence[SessionId], because: Because, caller: Caller
) -> None:
    """End these and say so in the audit log."""
    if not ids:
        return
    await deps.sessions.end(tx, user_id, ids, because, deps.clock())
    await record_audit(
        deps.businesses,
        tx,
        *(
            AuditEntry(
                action="auth.signed_out" if because == "signed_out" else "auth.session_revoked",
                actor_id=user_id,
                user_id=user_id,
                detail={"session_id": session_id, "because": because},
            )
            for session_id in ids
        ),
        caller=caller,
    )
