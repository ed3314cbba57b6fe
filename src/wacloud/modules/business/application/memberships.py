"""Where a person belongs, for the modules above, inside their transaction."""

from collections.abc import Collection, Mapping, Sequence

from wacloud.modules.business.application.ports import BusinessDeps
from wacloud.modules.business.domain.profile import Membership
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId, UserId


async def memberships_of(deps: BusinessDeps, tx: Tx, user_id: UserId) -> Sequence[Membership]:
    """Every business of this person, the first they joined first."""
    return await deps.businesses.memberships(tx, user_id)


async def find_membership(deps: BusinessDeps, tx: Tx, user_id: UserId, business_id: BusinessId) -> Membership | None:
    """This person's place in this business; None where they have none (any more)."""
    found = await deps.businesses.memberships(tx, user_id)
    return next((membership for membership in found if membership.business_id == business_id), None)


async def demanding_among(deps: BusinessDeps, tx: Tx, business_ids: Collection[BusinessId]) -> Collection[BusinessId]:
    """Those that demand a second factor of their members."""
    return await deps.businesses.demanding_among(tx, business_ids)


async def members_among(
    deps: BusinessDeps, tx: Tx, pairs: Collection[tuple[UserId, BusinessId]]
) -> Mapping[tuple[UserId, BusinessId], str]:
    """The role in each of the pairs where the person (still) belongs to the business."""
    return await deps.businesses.members_among(tx, pairs)


async def people_in_charge(deps: BusinessDeps, tx: Tx, business_id: BusinessId) -> Sequence[UserId]:
    """Owners first, then admins."""
    return await deps.businesses.people_in_charge(tx, business_id)
