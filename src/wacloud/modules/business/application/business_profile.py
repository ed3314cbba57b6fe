"""What a business says of itself, for the modules above, inside their transaction."""

from wacloud.modules.business.application.ports import BusinessDeps
from wacloud.modules.business.domain.profile import BusinessNotFound, BusinessProfile
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId


async def business_profile(deps: BusinessDeps, tx: Tx, business_id: BusinessId) -> BusinessProfile:
    """
    Read the profile. A worker's transaction may hold several businesses, so the id says which.

    :raises BusinessNotFound: there is none, or none this transaction may see.
    """
    profile = await deps.businesses.find_profile(tx, business_id)
    if profile is None:
        raise BusinessNotFound
    return profile
