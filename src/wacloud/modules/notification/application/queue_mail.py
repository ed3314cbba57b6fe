"""Queue a mail in the transaction of what it tells of."""

import json

import structlog

from wacloud.modules.notification.application.ports import NotificationDeps
from wacloud.modules.notification.domain.mail import Mail, MailId, is_one_address
from wacloud.modules.notification.domain.templates import LANGUAGES, TEMPLATES, prepare
from wacloud.shared.application.db import Tx
from wacloud.shared.application.jobs import Lane, NewJob
from wacloud.shared.domain.ids import BusinessId

log = structlog.get_logger()

SEND_MAIL = "notification.send_mail"


async def queue_mail(deps: NotificationDeps, tx: Tx, mail: Mail) -> str | None:
    """
    Write it into the outbox; a job sends it after the commit.

    Whoever asked gets the same answer where its key or a limit keeps it back, so that nobody learns from it whom we
    write to. A mail without a business needs a system transaction.

    :returns: the limit that kept it back, for a job that may wait.

    :raises TemplateMisused: there is no such mail, or it cannot be filled with these values.
    """
    sealed = deps.seal(json.dumps(prepare(mail.template, mail.values, deps.base_url)))
    if mail.language not in LANGUAGES:
        raise ValueError(f"no mail is written in {mail.language!r}")
    is_asked = TEMPLATES[mail.template].is_asked
    limit = await deps.mails.limit_reached(tx, mail, is_asked=is_asked, limits=deps.limits)
    if limit is not None:
        log.info("mail.kept_back", template=mail.template, limit=limit, business=mail.business_id)
        return limit
    if not is_one_address(mail.to):
        await deps.mails.add_unsendable(tx, mail, is_asked=is_asked, reason="address_not_possible")
        return None
    mail_id = await deps.mails.add_once(tx, mail, sealed=sealed, is_asked=is_asked)
    if mail_id is not None:
        tx.queue(send_job(mail_id, mail.business_id))
    return None


def send_job(mail_id: MailId, business_id: BusinessId | None) -> NewJob:
    """The job that sends it. However often it is queued, one waits and one runs."""
    key = f"mail:{mail_id}"
    return NewJob(
        kind=SEND_MAIL,
        lane=Lane.MAIL,
        business_id=business_id,
        payload={"mail_id": str(mail_id)},
        order_key=key,
        unique_key=key,
    )
