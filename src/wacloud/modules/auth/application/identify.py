"""Find out who a token belongs to, as the database knows them now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from wacloud.modules.auth.application.admit_outsider import admit_outsider
from wacloud.modules.auth.application.outside import Outside
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.session import SESSION_ENDED, Session
from wacloud.modules.auth.domain.token import Claims, Purpose
from wacloud.modules.business.api import Membership, memberships_of
from wacloud.modules.user.api import User, find_user
from wacloud.shared.domain.errors import NotSignedIn
from wacloud.shared.domain.ids import BusinessId, SessionId

# How old the memory of a session may be and still count. Older, or not there: the database is asked.
FRESH = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Identity:
    """
    Somebody, the session their token belongs to, and their place in the business they act in.

    `is_removed`: it names a business they are no longer a member of. `has_others`: they belong to several.
    `is_outside`: the session is a Supabase project's, which alone can end it.
    """

    user: User
    held: Session
    membership: Membership | None
    is_removed: bool
    has_others: bool = False
    is_outside: bool = False


async def identify(deps: AuthDeps, token: str, purpose: Purpose) -> Identity:
    """
    Everything a token cannot say for itself is asked anew each time: it lives on after a sign-out, a removal, or
    the end of an account.

    A token of the API names its business; a browser's is what its session says. Where neither names one, they act
    in the first they have joined since.

    :raises NotSignedIn: the token is not good, its session has ended, or the person is gone or disabled.
    :raises AppError: it is a Supabase project's; see `admit_outsider`.
    """
    if purpose == "access" and deps.outside is not None and deps.outside.tokens.is_theirs(token):
        return await _outsider(deps, deps.outside, token)
    now = deps.clock()
    claims = deps.tokens.read(token, purpose, now)
    remembered = await _remembered(deps, claims, now)
    async with deps.db.member(claims.user_id, read_only=True) as tx:
        held = remembered or await deps.sessions.find(tx, claims.session_id)
        if held is None or held.user_id != claims.user_id or not held.is_alive(now):
            raise NotSignedIn(SESSION_ENDED)
        user = await find_user(deps.users, tx, claims.user_id)
        if user is None or user.is_disabled:
            raise NotSignedIn
        business_id = claims.business_id if purpose == "access" else held.acting_in
        memberships = await memberships_of(deps.businesses, tx, user.id)
    if remembered is None:
        await deps.memory.remember(held, now)
    if held.was_unseen(now):
        async with deps.db.system("a session is used") as tx:
            await deps.sessions.touch(tx, held.id, now)
        await deps.memory.forget([held.id])
    membership = _place_in(memberships, business_id)
    is_removed = business_id is not None and membership is None
    return Identity(user, held, membership, is_removed, len(memberships) > 1)


async def _outsider(deps: AuthDeps, outside: Outside, token: str) -> Identity:
    outsider, user, awaits_factor = await admit_outsider(deps, outside, token)
    async with deps.db.member(user.id, read_only=True) as tx:
        memberships = await memberships_of(deps.businesses, tx, user.id)
    held = Session(
        id=SessionId(outsider.session_id),
        user_id=user.id,
        acting_in=None,
        aal=outsider.aal,
        amr=outsider.amr,
        address="",
        user_agent="",
        created_at=outsider.issued_at,
        last_seen_at=outsider.issued_at,
        not_after=outsider.issued_at,
        verified_at=datetime.fromtimestamp(outsider.proved_at, UTC),
        awaits_factor=awaits_factor,
    )
    membership = _place_in(memberships, None)
    return Identity(user, held, membership, False, len(memberships) > 1, is_outside=True)


async def _remembered(deps: AuthDeps, claims: Claims, now: datetime) -> Session | None:
    recalled = await deps.memory.recall(claims.session_id)
    if recalled is None:
        return None
    held, at = recalled
    return held if timedelta() <= now - at <= FRESH else None


def _place_in(memberships: Sequence[Membership], business_id: BusinessId | None) -> Membership | None:
    return next((one for one in memberships if business_id in (None, one.business_id)), None)
