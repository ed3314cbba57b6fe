"""Where letters go while nobody can send any."""

import structlog

from wacloud.modules.auth.application.ports import Mail
from wacloud.shared.application.db import Tx

log = structlog.get_logger()


class UnsentMails:
    """See `ports.Mails`. Says that there was one, never what stood in it."""

    async def queue(self, tx: Tx, mail: Mail) -> None:
        log.warning("mail.not_sent", template=mail.template, user_id=str(mail.user_id))
