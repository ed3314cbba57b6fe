"""A new access token for a refresh token, which is used up by it."""

from collections.abc import Sequence
from dataclasses import dataclass

from wacloud.modules.auth.application.ports import AuthDeps, Link
from wacloud.modules.auth.domain.secret import hash_of
from wacloud.modules.auth.domain.session import (
    ALREADY_USED,
    IDLE,
    REFRESH_GRACE,
    SESSION_ENDED,
    RefreshTokenNotGood,
    Session,
)
from wacloud.modules.auth.domain.token import Claims
from wacloud.modules.business.api import AuditEntry, record_audit
from wacloud.modules.notification.api import Mail
from wacloud.modules.user.api import User, find_user
from wacloud.shared.application.caller import Caller
from wacloud.shared.application.db import Tx


@dataclass(frozen=True, slots=True)
class Refreshed:
    """What the next tokens say."""

    user: User
    claims: Claims
    refresh_token: str


async def refresh_session(deps: AuthDeps, shown: str, caller: Caller) -> Refreshed:
    """
    A token that was used before is answered with the same successor as the first time, as long as that one is
    unused, or for ten seconds. Later it must have been stolen, from or by whoever shows it: the session ends.

    :raises RefreshTokenNotGood: it is none of ours, its session has ended, or it ends now.
    """
    async with deps.db.system("refresh a session") as tx:
        session_id = await deps.refresh_tokens.session_of(tx, hash_of(shown))
        # Whoever comes second waits here, and finds the successor the first one got.
        held = await deps.sessions.find(tx, session_id, lock=True) if session_id else None
        refreshed = await _refresh(deps, tx, held, shown, caller) if held else ""
    if held is not None:
        await deps.memory.forget([held.id])
    if isinstance(refreshed, str):
        raise RefreshTokenNotGood(refreshed)
    return refreshed


async def _refresh(deps: AuthDeps, tx: Tx, held: Session, shown: str, caller: Caller) -> Refreshed | str:
    """Or why not. What ends here is committed, so nothing is raised."""
    now = deps.clock()
    user = await find_user(deps.users, tx, held.user_id)
    chain = await deps.refresh_tokens.chain_from(tx, held.id, hash_of(shown))
    if user is None or user.is_disabled or not held.is_alive(now) or held.awaits_factor:
        return SESSION_ENDED
    if not chain or now - chain[-1].created_at >= IDLE:
        return SESSION_ENDED
    first, newest = chain[0], chain[-1]
    if first.used_at is None:
        successor = deps.tokens.successors(shown)[0]
        await deps.refresh_tokens.add(tx, held.id, user.id, first.generation + 1, hash_of(successor), now)
    elif newest.generation == first.generation + 1 or now - first.used_at <= REFRESH_GRACE:
        found = _follow(deps, shown, chain)
        if found is None:
            return SESSION_ENDED
        successor = found
    else:
        await _end(deps, tx, user, held, caller)
        return ALREADY_USED
    await deps.sessions.touch(tx, held.id, now)
    return Refreshed(user, Claims(user.id, held.acting_in, held.id, held.aal, held.amr), successor)


def _follow(deps: AuthDeps, shown: str, chain: Sequence[Link]) -> str | None:
    """From the token shown to the one at the end of its chain. None where the secret it was made with is gone."""
    at = shown
    for link in chain[1:]:
        fitting = [token for token in deps.tokens.successors(at) if hash_of(token) == link.hash]
        if not fitting:
            return None
        at = fitting[0]
    return at


async def _end(deps: AuthDeps, tx: Tx, user: User, held: Session, caller: Caller) -> None:
    await deps.sessions.end(tx, user.id, [held.id], "refresh_reused", deps.clock())
    await deps.mails.queue(
        tx,
        Mail(to=user.email, template="session_ended_by_reuse", language=user.language, values={}, user_id=user.id),
    )
    await record_audit(
        deps.businesses,
        tx,
        AuditEntry(action="auth.refresh_reused", actor_kind="unknown", user_id=user.id, detail={"session_id": held.id}),
        caller=caller,
    )
