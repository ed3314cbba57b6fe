"""The work about message templates that no person waits for."""

from datetime import timedelta

from wacloud.modules.whatsapp.application.sync_templates import (
    SYNC_ALL_TEMPLATES,
    SYNC_TEMPLATES,
    sync_all_templates,
    sync_templates,
)
from wacloud.modules.whatsapp.application.template_ports import MessageTemplateDeps
from wacloud.modules.whatsapp.domain.message_template import MetaAway
from wacloud.shared.application.jobs import Again, Job, JobKind, Lane, Outcome, one_by_one

TEMPLATE_SCHEDULES = {SYNC_ALL_TEMPLATES: timedelta(days=1)}
AWAY = timedelta(minutes=2)
UNTIL_THE_NEXT = timedelta(hours=20)


def template_jobs(deps: MessageTemplateDeps) -> list[JobKind]:
    """Reading the lists of one business, and of all of them."""

    async def sync(job: Job) -> Outcome | None:
        if job.business_id is not None:
            try:
                await sync_templates(deps, job.business_id)
            except MetaAway:
                # The day's next reading comes anyway; until then it is tried now and then.
                if deps.whatsapp.clock() - job.created_at > UNTIL_THE_NEXT:
                    raise
                return Again(AWAY, "Meta did not answer")
        return None

    async def sync_all(_: Job) -> None:
        await sync_all_templates(deps.whatsapp)

    return [
        JobKind(SYNC_TEMPLATES, Lane.HOUSEKEEPING, one_by_one(sync)),
        JobKind(SYNC_ALL_TEMPLATES, Lane.HOUSEKEEPING, one_by_one(sync_all)),
    ]
