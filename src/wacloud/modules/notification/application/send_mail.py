"""Send one mail of the outbox: once, whatever dies on the way."""

import json

import structlog

from wacloud.modules.notification.application.ports import NotificationDeps
from wacloud.modules.notification.domain.delivery import Conclusion, SendResult, conclude, give_up, is_too_old
from wacloud.modules.notification.domain.mail import Email, MailId, StoredMail
from wacloud.modules.user.api import find_user
from wacloud.shared.application.jobs import Again, Done, Outcome

log = structlog.get_logger()


async def send_mail(deps: NotificationDeps, mail_id: MailId) -> Outcome:
    """
    Commit `sending`, give it to the transport with no transaction open, record what came of it.

    A mail found `sending` was begun by a worker that died, or its last try has an unknown outcome. A transport that
    knows what it has seen gets it again; any other may have sent it, so it becomes `unconfirmed` and stays so.
    """
    begun = await _begin(deps, mail_id)
    if begun is None:
        return Done()
    mail, zone = begun
    email = _compose(deps, mail, zone)
    if email is None:
        conclusion = Conclusion("failed", "cannot_compose")
    else:
        result = await deps.transport.send(email)
        _tell(mail, result)
        conclusion = conclude(mail, result, is_idempotent=deps.transport.is_idempotent)
    async with deps.db.system("send mails") as tx:
        await deps.mails.conclude(tx, mail_id, conclusion)
    if conclusion.again is not None:
        return Again(conclusion.again, conclusion.reason or "not now")
    return Done()


async def _begin(deps: NotificationDeps, mail_id: MailId) -> tuple[StoredMail, str | None] | None:
    """None where there is nothing to send (any more): that is recorded here."""
    async with deps.db.system("send mails") as tx:
        mail = await deps.mails.find_locked(tx, mail_id)
        if mail is None or mail.state not in ("queued", "sending"):
            return None
        end = _end_before_sending(deps, mail)
        if end is None and (why := await deps.suppressions.why(tx, mail.recipient)) is not None:
            end = Conclusion("suppressed", why)
        if end is not None:
            await deps.mails.conclude(tx, mail_id, end)
            return None
        user = await find_user(deps.users, tx, mail.user_id) if mail.user_id is not None else None
        await deps.mails.begin(tx, mail_id)
    return mail, user.time_zone if user else None


def _end_before_sending(deps: NotificationDeps, mail: StoredMail) -> Conclusion | None:
    if not mail.recipient:
        return Conclusion("failed", "person_left")
    if mail.state == "sending" and not deps.transport.is_idempotent:
        return Conclusion("unconfirmed", "worker_lost")
    if is_too_old(mail, deps.clock()):
        return give_up(mail)
    return None


def _compose(deps: NotificationDeps, mail: StoredMail, zone: str | None) -> Email | None:
    try:
        values = json.loads(deps.unseal(mail.sealed or ""))
        return deps.composer.compose(mail, values, zone)
    except Exception as error:
        # A key that is gone, a template of another version. What is in the text stays out of the log.
        log.error("mail.cannot_compose", mail=str(mail.id), template=mail.template, error=type(error).__name__)
        return None


def _tell(mail: StoredMail, result: SendResult) -> None:
    """What an operator has to repair is an error; the rest is a line among others. Never an address or a text."""
    told = {"mail": str(mail.id), "template": mail.template, "reason": result.reason}
    if result.verdict in ("quota", "locked"):
        log.error("mail.stopped", **told)
    elif result.verdict != "accepted":
        log.warning("mail.not_sent", verdict=result.verdict, **told)
