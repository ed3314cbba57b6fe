"""The members of a business, held, for the modules above, inside their transaction."""

from wacloud.modules.business.application.ports import BusinessDeps
from wacloud.modules.business.domain.team import Team
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId


async def hold_team(deps: BusinessDeps, tx: Tx, business_id: BusinessId) -> Team:
    """
    All of them; until the end of the transaction nobody else changes who they are.

    :raises BusinessNotFound: there is no such business.
    """
    return await deps.members.lock(tx, business_id)
