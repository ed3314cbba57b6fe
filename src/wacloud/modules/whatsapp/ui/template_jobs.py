"""The work about message templates that no person waits for."""

from datetime import timedelta

from wacloud.modules.whatsapp.application.sync_templates import (
    SYNC_ALL_TEMPLATES,
    SYNC_TEMPLATES,
    sync_all_templates,
    sync_templates,
)
from wacloud.modules.whatsapp.application.template_ports import MessageTemplateDeps
from wacloud.shared.application.jobs import Job, JobKind, Lane, one_by_one

TEMPLATE_SCHEDULES = {SYNC_ALL_TEMPLATES: timedelta(days=1)}


def template_jobs(deps: MessageTemplateDeps) -> list[JobKind]:
    """Reading the lists of one business, and of all of them."""

    async def sync(job: Job) -> None:
        if job.business_id is not None:
            await sync_templates(deps, job.business_id)

    async def sync_all(_: Job) -> None:
        await sync_all_templates(deps.whatsapp)

    return [
        JobKind(SYNC_TEMPLATES, Lane.HOUSEKEEPING, one_by_one(sync)),
        JobKind(SYNC_ALL_TEMPLATES, Lane.HOUSEKEEPING, one_by_one(sync_all)),
    ]
