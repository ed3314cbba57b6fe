"""Tell the owners of a business that its deletion was asked for."""

from wacloud.modules.business.api import find_deletion
from wacloud.modules.notification.application.ports import NotificationDeps
from wacloud.modules.notification.application.queue_mail import queue_mail
from wacloud.modules.notification.domain.mail import Mail
from wacloud.modules.user.api import find_user
from wacloud.shared.domain.ids import BusinessId

MAIL_DELETION = "notification.mail_deletion"


async def mail_deletion(deps: NotificationDeps, business_id: BusinessId) -> None:
    """One mail to each owner, in their own language; none where the deletion was taken back meanwhile."""
    async with deps.db.tenant(business_id) as tx:
        deletion = await find_deletion(deps.business, tx, business_id)
        if deletion is None:
            return
        until = deletion.erase_at.isoformat()
        for owner_id in sorted(deletion.owners):
            owner = await find_user(deps.users, tx, owner_id)
            if owner is None:
                continue
            mail = Mail(
                to=owner.email,
                template="business_deletion_requested",
                language=owner.language,
                values={"business_name": deletion.business_name, "until": until},
                user_id=owner.id,
                business_id=business_id,
                key=f"deletion:{until}:{owner.id}",
            )
            await queue_mail(deps, tx, mail)
