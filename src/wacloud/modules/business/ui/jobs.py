"""The work of this module that no person waits for."""

from datetime import timedelta

from wacloud.modules.business.application.erase_business import ERASE, ERASE_DUE, erase_business, erase_due_businesses
from wacloud.modules.business.application.ports import BusinessDeps
from wacloud.shared.application.jobs import Job, JobKind, Lane, Outcome, one_by_one

BUSINESS_SCHEDULES = {ERASE_DUE: timedelta(hours=1)}


def business_jobs(deps: BusinessDeps) -> list[JobKind]:
    """The kinds of jobs this module runs."""

    async def erase(job: Job) -> Outcome | None:
        return await erase_business(deps, job)

    async def erase_due(_: Job) -> None:
        await erase_due_businesses(deps)

    return [
        JobKind(ERASE, Lane.HOUSEKEEPING, one_by_one(erase)),
        JobKind(ERASE_DUE, Lane.HOUSEKEEPING, one_by_one(erase_due)),
    ]
