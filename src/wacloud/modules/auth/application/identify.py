"""Find out who a token belongs to, as the database knows them now."""

from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.token import Purpose
from wacloud.modules.business.api import Membership, find_membership, memberships_of
from wacloud.modules.user.api import User, find_user
from wacloud.shared.domain.errors import NotSignedIn


async def identify_person(deps: AuthDeps, token: str, purpose: Purpose) -> User:
    """:raises NotSignedIn: the token is not good, or the person is gone."""
    claims = deps.tokens.read(token, purpose, deps.clock())
    async with deps.db.member(claims.user_id, read_only=True) as tx:
        user = await find_user(deps.users, tx, claims.user_id)
    if user is None:
        raise NotSignedIn
    return user


async def identify_member(deps: AuthDeps, token: str, purpose: Purpose) -> tuple[User, Membership | None]:
    """
    The person and their place in the business the token names, asked anew each time: a token lives on after
    a removal.

    A token that names no business was given to somebody who had none; they act in the first they joined
    since.

    :raises NotSignedIn: the token is not good, the person is gone, or is no longer in that business.
    """
    claims = deps.tokens.read(token, purpose, deps.clock())
    async with deps.db.member(claims.user_id, read_only=True) as tx:
        user = await find_user(deps.users, tx, claims.user_id)
        if claims.business_id is None:
            found = await memberships_of(deps.businesses, tx, claims.user_id)
            membership = found[0] if found else None
        else:
            membership = await find_membership(deps.businesses, tx, claims.user_id, claims.business_id)
            if membership is None:
                raise NotSignedIn
    if user is None:
        raise NotSignedIn
    return user, membership
