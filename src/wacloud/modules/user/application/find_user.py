"""Find a person, for the modules above, inside their transaction."""

from collections.abc import Collection

from wacloud.modules.user.application.ports import UserDeps
from wacloud.modules.user.domain.user import User, canonical_email, is_possible_email
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import UserId


async def find_user(deps: UserDeps, tx: Tx, user_id: UserId) -> User | None:
    """None where there is nobody, or nobody this transaction may see."""
    return await deps.users.find(tx, user_id)


async def find_user_by_email(deps: UserDeps, tx: Tx, email: str) -> User | None:
    """Spaces around the address and capitals do not matter; what cannot be an address belongs to nobody."""
    address = canonical_email(email)
    return await deps.users.find_by_email(tx, address) if is_possible_email(address) else None


async def able_among(deps: UserDeps, tx: Tx, ids: Collection[UserId]) -> Collection[UserId]:
    """Those of these people who may use the product: verified, and not disabled."""
    return await deps.users.able_among(tx, ids)
