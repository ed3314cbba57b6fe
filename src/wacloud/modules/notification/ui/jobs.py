"""The work of this module that no person waits for: mails to send, reports to apply, things to mend."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from wacloud.modules.notification.application.apply_report import apply_report
from wacloud.modules.notification.application.mail_deletion import MAIL_DELETION, mail_deletion
from wacloud.modules.notification.application.mail_invitation import MAIL_INVITATION, Invited, mail_invitation
from wacloud.modules.notification.application.mend_mails import purge_mails, wake_mails
from wacloud.modules.notification.application.ports import NotificationDeps
from wacloud.modules.notification.application.queue_mail import SEND_MAIL
from wacloud.modules.notification.application.send_mail import send_mail
from wacloud.modules.notification.domain.mail import MailId
from wacloud.modules.notification.ui.resend_payload import UnreadableReport, read_report
from wacloud.shared.application.db import StoreAway
from wacloud.shared.application.jobs import Failed, Finish, Job, JobKind, Lane, Outcome, one_by_one
from wacloud.shared.application.webhooks import Processed, StoredWebhook

WAKE_MAILS = "notification.wake_mails"
PURGE_MAILS = "notification.purge_mails"
NOTIFICATION_SCHEDULES = {WAKE_MAILS: timedelta(minutes=5), PURGE_MAILS: timedelta(hours=24)}


def notification_jobs(deps: NotificationDeps) -> list[JobKind]:
    """The kinds of jobs this module runs."""

    async def send(job: Job, finish: Finish) -> None:
        try:
            finish(job, await send_mail(deps, MailId(UUID(job.payload["mail_id"]))))
        except Exception as error:
            finish(job, Failed(f"{type(error).__name__}: {error}"[:2000]))

    async def send_all(jobs: Sequence[Job], finish: Finish) -> None:
        """Side by side: one that a server keeps waiting holds up no other."""
        async with asyncio.TaskGroup() as group:
            for job in jobs:
                group.create_task(send(job, finish))

    async def invite(job: Job) -> Outcome:
        assert job.business_id is not None
        told = {name: str(job.payload[name]) for name in ("email", "language", "business_name", "inviter_name")}
        invitation_id = UUID(job.payload["invitation_id"])
        return await mail_invitation(deps, Invited(business_id=job.business_id, invitation_id=invitation_id, **told))

    async def tell_owners(job: Job) -> None:
        assert job.business_id is not None
        await mail_deletion(deps, job.business_id)

    async def wake(_: Job) -> None:
        await wake_mails(deps)

    async def purge(_: Job) -> None:
        await purge_mails(deps)

    return [
        JobKind(SEND_MAIL, Lane.MAIL, send_all),
        JobKind(MAIL_INVITATION, Lane.MAIL, one_by_one(invite)),
        JobKind(MAIL_DELETION, Lane.MAIL, one_by_one(tell_owners)),
        JobKind(WAKE_MAILS, Lane.HOUSEKEEPING, one_by_one(wake)),
        JobKind(PURGE_MAILS, Lane.HOUSEKEEPING, one_by_one(purge)),
    ]


async def process_reports(deps: NotificationDeps, webhooks: Sequence[StoredWebhook]) -> list[Processed]:
    """Each report by itself: they come in tens, not in thousands."""
    return [await _process(deps, webhook) for webhook in webhooks]


async def _process(deps: NotificationDeps, webhook: StoredWebhook) -> Processed:
    try:
        report = read_report(webhook.body)
    except UnreadableReport as error:
        return Processed(webhook, error=str(error), final=True)
    try:
        business_id, note = await apply_report(deps, report)
    except StoreAway:
        raise
    except Exception as error:
        return Processed(webhook, error=f"{type(error).__name__}: {error}"[:2000])
    return Processed(webhook, business_id, (note,) if note else ())
