"""
Begin a session. Every way in ends here: password, passkey, mailed link, and what comes later.

Whoever calls it has checked the proof. What holds for all ways, holds in this file: so does the question for the second
factor.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from wacloud.modules.auth.application.end_sessions import end
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.factor import FactorMethod
from wacloud.modules.auth.domain.one_time import ONE_TIME_LIFETIMES, OneTimeToken
from wacloud.modules.auth.domain.secret import hash_of, new_secret
from wacloud.modules.auth.domain.session import ABSOLUTE, AWAITING, KEPT, MOST, Proof, Session, assurance_of
from wacloud.modules.auth.domain.token import Claims
from wacloud.modules.business.api import AuditEntry, memberships_of, record_audit
from wacloud.modules.notification.api import Mail
from wacloud.modules.user.api import User, find_user
from wacloud.shared.application.caller import Caller
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.errors import NotSignedIn
from wacloud.shared.domain.ids import SessionId, new_id


@dataclass(frozen=True, slots=True)
class Entrance:
    """
    Somebody who is in, and what their tokens will say. `refresh_token` is for programs; a browser has its cookie.

    `outdone` are sessions that ended for it: hand both to `remember_entrance` once the transaction is committed.
    """

    user: User
    begun: Session
    refresh_token: str | None
    outdone: Sequence[SessionId] = ()

    @property
    def claims(self) -> Claims:
        """For a token of this session."""
        return Claims(self.user.id, self.begun.acting_in, self.begun.id, self.begun.aal, self.begun.amr)


@dataclass(frozen=True, slots=True)
class SecondFactorNeeded:
    """Somebody who proved one factor of two. `token` is good for the second step alone, for five minutes, once."""

    user: User
    token: str
    methods: Sequence[FactorMethod]


async def let_in(
    deps: AuthDeps, tx: Tx, user: User, caller: Caller, *, methods: Sequence[str], for_program: bool
) -> Entrance | SecondFactorNeeded:
    """
    Let in whoever has one factor and proved it; whoever has two is asked for the other one (`finish_sign_in`).

    :raises NotSignedIn: nobody may sign in as them.
    """
    await deps.sessions.take_turns(tx, user.id)
    asked = await deps.factors.methods(tx, user.id)
    if not asked or assurance_of(methods) == "aal2":
        return await begin_session(deps, tx, user, caller, methods=methods, for_program=for_program)
    if user.is_disabled:
        raise NotSignedIn("disabled")
    now, secret = deps.clock(), new_secret()
    await deps.one_time_tokens.forget_old(tx, user.id, now)
    waiting = OneTimeToken(
        new_id(),
        user.id,
        "second_factor",
        now + ONE_TIME_LIFETIMES["second_factor"],
        detail={"methods": list(methods), "for_program": for_program},
    )
    await deps.one_time_tokens.put(tx, waiting, hash_of(secret), now)
    return SecondFactorNeeded(user, secret, asked)


async def let_in_program(deps: AuthDeps, tx: Tx, user: User, caller: Caller, *, methods: Sequence[str]) -> Entrance:
    """
    The same as Supabase's clients expect it: whoever has two factors and proved one gets a session that opens nothing
    but what leads to the other (`verify_factor`).

    :raises NotSignedIn: nobody may sign in as them.
    """
    await deps.sessions.take_turns(tx, user.id)
    awaits = assurance_of(methods) == "aal1" and bool(await deps.factors.methods(tx, user.id))
    return await begin_session(deps, tx, user, caller, methods=methods, for_program=True, awaits_factor=awaits)


async def begin_session(
    deps: AuthDeps,
    tx: Tx,
    user: User,
    caller: Caller,
    *,
    methods: Sequence[str],
    for_program: bool,
    awaits_factor: bool = False,
) -> Entrance:
    """
    They start in the business they joined first. Links that lead in, mailed before, are void from here on.

    Of more than twenty sessions the one not used for longest ends. A browser never seen before is told by mail.

    `awaits_factor`: somebody who has two factors and proved one; for five minutes the session opens nothing but what
    leads to `verify_factor`.

    :raises NotSignedIn: nobody may sign in as them.
    """
    now = deps.clock()
    await deps.sessions.take_turns(tx, user.id)
    # Proving who they are took its time: whoever was disabled meanwhile is out.
    held = await find_user(deps.users, tx, user.id)
    if held is None or held.is_disabled:
        raise NotSignedIn("disabled")
    await deps.sessions.forget_old(tx, user.id, now - KEPT - ABSOLUTE)
    is_known = await deps.sessions.knows_browser(tx, user.id, caller.user_agent)
    memberships = await memberships_of(deps.businesses, tx, user.id)
    begun = Session(
        id=SessionId(new_id()),
        user_id=user.id,
        acting_in=memberships[0].business_id if memberships else None,
        aal=assurance_of(methods),
        amr=tuple(Proof(method, int(now.timestamp())) for method in methods),
        address=caller.address,
        user_agent=caller.user_agent,
        created_at=now,
        last_seen_at=now,
        not_after=now + (AWAITING if awaits_factor else ABSOLUTE),
        verified_at=now,
        awaits_factor=awaits_factor,
    )
    await deps.sessions.add(tx, begun)
    others = [one.id for one in await deps.sessions.alive(tx, user.id, now) if one.id != begun.id]
    outdone = others[MOST - 1 :]
    await end(deps, tx, user.id, outdone, "too_many", caller)
    refresh_token = None
    if for_program:
        refresh_token = new_secret()
        await deps.refresh_tokens.add(tx, begun.id, user.id, 1, hash_of(refresh_token), now)
    await deps.one_time_tokens.drop(tx, user.id, "reset_password", "magic_link")
    if not is_known:
        await deps.mails.queue(
            tx,
            Mail(
                to=user.email,
                template="new_sign_in",
                language=user.language,
                values={"device": caller.user_agent, "address": caller.address},
                user_id=user.id,
            ),
        )
    await record_audit(
        deps.businesses,
        tx,
        AuditEntry(
            action="auth.signed_in",
            actor_id=user.id,
            user_id=user.id,
            detail={"session_id": begun.id, "methods": list(methods)},
        ),
        caller=caller,
    )
    return Entrance(user, begun, refresh_token, outdone)


async def remember_entrance(deps: AuthDeps, entrance: Entrance) -> Entrance:
    """After the commit."""
    await deps.memory.remember(entrance.begun, entrance.begun.created_at)
    await deps.memory.forget(entrance.outdone)
    return entrance
