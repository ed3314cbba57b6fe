"""What there is to tell of a deletion that was asked for."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from wacloud.modules.business.application.ports import BusinessDeps
from wacloud.modules.business.domain.profile import BusinessNotFound
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId, UserId


@dataclass(frozen=True, slots=True)
class Deletion:
    """A business that will be erased, and whose it is."""

    business_name: str
    erase_at: datetime
    owners: Collection[UserId]


async def find_deletion(deps: BusinessDeps, tx: Tx, business_id: BusinessId) -> Deletion | None:
    """None where it stays, or is gone already."""
    try:
        team = await deps.members.lock(tx, business_id)
    except BusinessNotFound:
        return None
    return Deletion(team.business_name, team.erase_at, team.owners) if team.erase_at is not None else None
