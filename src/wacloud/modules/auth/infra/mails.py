"""Letters go by the module notification."""

from wacloud.modules.notification.api import Mail, NotificationDeps, queue_mail
from wacloud.shared.application.db import Tx


class QueuedMails:
    """See `ports.Mails`."""

    def __init__(self, notification: NotificationDeps) -> None:
        self._notification = notification

    async def queue(self, tx: Tx, mail: Mail) -> None:
        await queue_mail(self._notification, tx, mail)
