"""The API keys of a business."""

from collections.abc import Sequence

from wacloud.modules.auth.application.ports import AuthDeps
from wacloud.modules.auth.domain.api_key import ApiKey
from wacloud.shared.domain.ids import BusinessId, UserId


async def list_api_keys(deps: AuthDeps, member: UserId, business_id: BusinessId) -> Sequence[ApiKey]:
    """The newest first; those that ended, for some months."""
    async with deps.db.member(member, read_only=True) as tx:
        return await deps.api_keys.all(tx, business_id)
