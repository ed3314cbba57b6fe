"""A session whose person has just proved who they are."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.factor import StrongerSessionNeeded
from wacloud.modules.auth.domain.session import ABSOLUTE, Proof, Session, assurance_of
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.errors import NotSignedIn
from wacloud.shared.domain.ids import SessionId, UserId


async def prove_session(deps: AuthDeps, tx: Tx, user_id: UserId, session_id: SessionId, method: str) -> Session:
    """
    Note the proof inside a transaction of the caller's, who makes the memory forget the session after its commit.

    :raises NotSignedIn: the session has ended meanwhile.
    """
    now = deps.clock()
    held = await _held(deps, tx, user_id, session_id, now)
    amr = (*(proof for proof in held.amr if proof.method != method), Proof(method, int(now.timestamp())))
    proved = replace(
        held,
        aal=assurance_of(proof.method for proof in amr),
        amr=amr,
        verified_at=now,
        awaits_factor=False,
        not_after=held.created_at + ABSOLUTE,
    )
    await deps.sessions.prove(tx, proved)
    return proved


async def weaken_session(deps: AuthDeps, tx: Tx, user_id: UserId, session_id: SessionId) -> None:
    """Their last second factor is gone: what was proved with it says nothing any more. The same about the memory."""
    held = await _held(deps, tx, user_id, session_id, deps.clock())
    left = tuple(proof for proof in held.amr if assurance_of([proof.method]) == "aal1")
    await deps.sessions.prove(tx, replace(held, aal="aal1", amr=left))


async def check_strength(deps: AuthDeps, tx: Tx, user_id: UserId, session_id: SessionId) -> Sequence[str]:
    """
    What they can prove themselves with.

    :raises StrongerSessionNeeded: something, and this session was begun without it.
    """
    methods = await deps.factors.methods(tx, user_id)
    if methods and (await _held(deps, tx, user_id, session_id, deps.clock())).aal != "aal2":
        raise StrongerSessionNeeded
    return methods


async def _held(deps: AuthDeps, tx: Tx, user_id: UserId, session_id: SessionId, now: datetime) -> Session:
    held = await deps.sessions.find(tx, session_id, lock=True)
    if held is None or held.user_id != user_id or not held.is_alive(now):
        raise NotSignedIn
    return held
