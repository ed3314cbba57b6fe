"""Somebody begins to use an authenticator app."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.application.prove_session import check_strength
from wacloud.modules.auth.domain.factor import (
    MOST_FACTORS,
    PENDING,
    Factor,
    FactorNotFound,
    TooManyFactors,
    checked_name,
)
from wacloud.modules.business.api import AuditEntry, record_audit
from wacloud.modules.user.api import find_user
from wacloud.shared.application.caller import Caller
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.errors import NotSignedIn
from wacloud.shared.domain.ids import SessionId, UserId, new_id


@dataclass(frozen=True, slots=True)
class Enrolment:
    """An app that waits to be confirmed. Only until then its secret can be read: as letters, and as the URI of a QR."""

    factor: Factor
    secret: str
    uri: str

    @property
    def expires_at(self) -> datetime:
        """Until when it may be confirmed."""
        return self.factor.created_at + PENDING


async def enrol_factor(deps: AuthDeps, user_id: UserId, session_id: SessionId, name: str, caller: Caller) -> Enrolment:
    """
    Make a secret. Nothing changes until a code of it is shown (`confirm_factor`); other apps go on working.

    :raises TooManyFactors: they have ten.
    :raises StrongerSessionNeeded: they have a second factor, and this session was begun without it.
    :raises FactorName: the name will not do.
    """
    name = checked_name(name)
    now, secret = deps.clock(), deps.totp.new_secret()
    async with deps.db.system("enrol a factor") as tx:
        await make_room(deps, tx, user_id, now)
        await check_strength(deps, tx, user_id, session_id)
        user = await find_user(deps.users, tx, user_id)
        if user is None:
            raise NotSignedIn
        factor = Factor(new_id(), user_id, "totp", name, now)
        await deps.factors.add_totp(tx, factor, secret)
        await record_audit(
            deps.businesses,
            tx,
            AuditEntry(
                action="auth.factor_enrolled", actor_id=user_id, user_id=user_id, detail={"factor_id": factor.id}
            ),
            caller=caller,
        )
    return Enrolment(factor, secret, deps.totp.uri(secret, user.email))


async def pending_enrolment(deps: AuthDeps, user_id: UserId, factor_id: UUID) -> Enrolment:
    """
    The same again, for whoever mistyped the code.

    :raises FactorNotFound: it is confirmed, too old, or none of theirs.
    """
    async with deps.db.system("show an enrolment again") as tx:
        secrets = await deps.factors.totp_secrets(tx, user_id)
        user = await find_user(deps.users, tx, user_id)
    for known in secrets:
        factor = known.factor
        is_pending = factor.confirmed_at is None and factor.is_there(deps.clock())
        if user is not None and factor.id == factor_id and is_pending:
            return Enrolment(factor, known.secret, deps.totp.uri(known.secret, user.email))
    raise FactorNotFound


async def make_room(deps: AuthDeps, tx: Tx, user_id: UserId, now: datetime) -> None:
    """
    Forget what was not confirmed in time.

    :raises TooManyFactors: there is no room left.
    """
    await deps.sessions.take_turns(tx, user_id)
    known = await deps.factors.all(tx, user_id)
    gone = [one.id for one in known if not one.is_there(now)]
    if len(known) - len(gone) >= MOST_FACTORS:
        raise TooManyFactors
    await deps.factors.remove(tx, user_id, gone)
