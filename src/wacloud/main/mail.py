"""Who takes our mails, as the settings say it, and where people read them on a development machine."""

import aiohttp
import structlog

from wacloud.main.settings import Settings
from wacloud.modules.notification.application.ports import MailShelf, Transport
from wacloud.modules.notification.infra.local_outbox import LocalOutbox, NoTransport
from wacloud.modules.notification.infra.resend import ResendShelf, ResendTransport
from wacloud.modules.notification.infra.smtp import SmtpTransport, read_smtp_url
from wacloud.shared.application.clock import Clock
from wacloud.shared.application.db import Database

log = structlog.get_logger()


def mail_transport(settings: Settings, egress: aiohttp.ClientSession, db: Database, clock: Clock) -> Transport:
    """Resend, else a mail server, else the shelf of a development machine, else nobody, with a warning."""
    sender, reply_to = settings.mail_from, settings.mail_reply_to
    if settings.resend_api_key:
        return ResendTransport(
            egress,
            base_url=settings.resend_api_url,
            api_key=settings.resend_api_key,
            sender=sender,
            reply_to=reply_to,
        )
    if settings.smtp_url:
        return SmtpTransport(read_smtp_url(settings.smtp_url), sender=sender, reply_to=reply_to, clock=clock)
    if settings.is_play:
        return LocalOutbox(db)
    log.warning(
        "mail.nobody_takes_it",
        effect="nobody can sign up, be invited or get a new password",
        remedy="set RESEND_API_KEY or SMTP_URL, and MAIL_FROM",
    )
    return NoTransport()


def mail_shelf(settings: Settings, egress: aiohttp.ClientSession, db: Database) -> MailShelf | None:
    """None where /dev/mails must not be."""
    if not settings.is_play:
        return None
    if settings.resend_api_key:
        return ResendShelf(egress, base_url=settings.resend_api_url, api_key=settings.resend_api_key)
    return LocalOutbox(db)
