"""Looking after connected numbers."""

from datetime import timedelta
from uuid import UUID

from wacloud.modules.whatsapp.application.check_numbers import (
    CHECK_ALL_NUMBERS,
    CHECK_HELD_NUMBERS,
    CHECK_NUMBERS,
    check_all_numbers,
    check_held_numbers,
    check_numbers,
)
from wacloud.modules.whatsapp.application.checkup_ports import CheckupDeps
from wacloud.shared.application.jobs import Job, JobKind, Lane, Outcome, one_by_one

CHECKUP_SCHEDULES = {CHECK_ALL_NUMBERS: timedelta(days=1), CHECK_HELD_NUMBERS: timedelta(minutes=5)}


def checkup_jobs(deps: CheckupDeps) -> list[JobKind]:
    """The numbers of one business, and of all of them."""

    async def check(job: Job) -> Outcome | None:
        if job.business_id is None:
            return None
        number_id = job.payload.get("number_id")
        return await check_numbers(deps, job.business_id, UUID(number_id) if number_id else None)

    async def check_all(_: Job) -> None:
        await check_all_numbers(deps)

    async def check_held(_: Job) -> None:
        await check_held_numbers(deps)

    return [
        JobKind(CHECK_NUMBERS, Lane.HOUSEKEEPING, one_by_one(check)),
        JobKind(CHECK_ALL_NUMBERS, Lane.HOUSEKEEPING, one_by_one(check_all)),
        JobKind(CHECK_HELD_NUMBERS, Lane.HOUSEKEEPING, one_by_one(check_held)),
    ]
