"""Somebody has read a notice and does not want to see it any more."""

from uuid import UUID

from wacloud.modules.notification.application.ports import NotificationDeps
from wacloud.modules.notification.domain.notice import NoticeUnknown
from wacloud.shared.domain.ids import BusinessId, UserId


async def put_away_notice(deps: NotificationDeps, user_id: UserId, business_id: BusinessId, notice_id: UUID) -> None:
    """
    For everybody of the business; it stays in the list of all. Twice does no harm.

    :raises NoticeUnknown: this person sees no such notice.
    """
    async with deps.db.member(user_id) as tx:
        if not await deps.notices.settle(tx, business_id, notice_id, user_id, deps.clock()):
            raise NoticeUnknown
