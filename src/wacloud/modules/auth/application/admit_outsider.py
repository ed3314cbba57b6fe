"""Whom a token of a Supabase project belongs to: the person we made when we first saw them."""

from wacloud.modules.auth.application.outside import Outside
from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.outsider import Acquaintance, Outsider, SupabaseEmailTaken
from wacloud.modules.business.api import AuditEntry, record_audit
from wacloud.modules.user.api import EmailTaken, User, add_user, find_user, find_user_by_email
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.errors import AppError, NotSignedIn
from wacloud.shared.domain.ids import UserId


async def admit_outsider(deps: AuthDeps, outside: Outside, token: str) -> tuple[Outsider, User, bool]:
    """
    Their subject there is what we know them by, never the address: where somebody here has that already, it may be
    somebody else, and nobody is let in. Who is seen first becomes a person of ours, with the address proved there.

    Says as well whether they have a second factor here and their token was got without one.

    :raises NotSignedIn: the token is not good, the person is disabled, or left and has not signed in there since.
    :raises SupabaseEmailTaken: somebody here has their address.
    :raises SupabaseAccountNotFit: they have no confirmed address there.
    :raises SupabaseAway: its keys cannot be asked for, and we have none.
    """
    outsider = await outside.tokens.read(token, deps.clock())
    async with deps.db.system("whose a token of Supabase is") as tx:
        known = await outside.acquaintances.find(tx, outside.tokens.issuer, outsider.subject)
        found = known.user_id if known and known.user_id else await _first_sight(deps, outside, tx, outsider)
        user = await find_user(deps.users, tx, found) if not isinstance(found, AppError) else None
        awaits = user is not None and outsider.aal == "aal1" and bool(await deps.factors.methods(tx, user.id))
    if isinstance(found, AppError):
        raise found
    if user is None or user.is_disabled:
        raise NotSignedIn
    return outsider, user, awaits


async def _first_sight(deps: AuthDeps, outside: Outside, tx: Tx, outsider: Outsider) -> UserId | AppError:
    """Or why not. That they were refused is committed, so nothing is raised."""
    issuer, now = outside.tokens.issuer, deps.clock()
    # Whoever comes second waits here, and finds the person the first one made.
    known = await outside.acquaintances.meet(tx, issuer, outsider.subject)
    if known.user_id is not None:
        return known.user_id
    if known.left_at is not None and outsider.proved_at <= known.left_at.timestamp():
        return NotSignedIn("left")
    if await find_user_by_email(deps.users, tx, outsider.email) is not None:
        return await _refuse(deps, outside, tx, outsider, known)
    try:
        user_id = await add_user(
            deps.users, tx, name=outsider.name, email=outsider.email, language=outsider.language, verified_at=now
        )
    except EmailTaken:
        return await _refuse(deps, outside, tx, outsider, known)
    await outside.acquaintances.link(tx, issuer, outsider.subject, user_id)
    await record_audit(
        deps.businesses,
        tx,
        AuditEntry(
            action="auth.supabase_admitted", actor_id=user_id, user_id=user_id, detail={"subject": outsider.subject}
        ),
    )
    return user_id


async def _refuse(
    deps: AuthDeps, outside: Outside, tx: Tx, outsider: Outsider, known: Acquaintance
) -> SupabaseEmailTaken:
    """Said once in the audit log, however often they try."""
    if known.refused_at is None:
        await outside.acquaintances.refuse(tx, outside.tokens.issuer, outsider.subject, deps.clock())
        await record_audit(
            deps.businesses,
            tx,
            AuditEntry(action="auth.supabase_refused", actor_kind="unknown", detail={"subject": outsider.subject}),
        )
    return SupabaseEmailTaken()
