"""Mails that were left behind, and mails that are old."""

from datetime import timedelta

from wacloud.modules.notification.application.ports import NotificationDeps
from wacloud.modules.notification.application.queue_mail import send_job

LEFT_BEHIND = timedelta(minutes=20)  # longer than any pause between two tries
KEEP = timedelta(days=90)


async def wake_mails(deps: NotificationDeps) -> None:
    """Give a job to every mail that should be on its way and has none: a parked job may not end one in silence."""
    async with deps.db.system("wake mails") as tx:
        left = await deps.mails.left_behind(tx, LEFT_BEHIND)
        tx.queue(*(send_job(mail_id, business_id) for mail_id, business_id in left))


async def purge_mails(deps: NotificationDeps) -> None:
    """Three months are enough to answer "did you write to me?"."""
    async with deps.db.system("purge mails") as tx:
        await deps.mails.purge(tx, KEEP)
