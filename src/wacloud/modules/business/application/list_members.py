"""Who belongs to a business."""

from collections.abc import Sequence
from dataclasses import replace

from wacloud.modules.business.application.ports import BusinessDeps
from wacloud.modules.business.application.stored import MemberRow
from wacloud.shared.domain.ids import BusinessId, UserId


async def list_members(deps: BusinessDeps, user_id: UserId, business_id: BusinessId) -> Sequence[MemberRow]:
    """Owners first, then by name; each with whether they have a second factor."""
    rows = await deps.reader.members(user_id, business_id)
    holders = await deps.factor_holders.among([row.user_id for row in rows])
    return [replace(row, has_second_factor=row.user_id in holders) for row in rows]
