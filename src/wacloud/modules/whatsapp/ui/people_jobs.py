"""The work about people that nobody waits for."""

from wacloud.modules.whatsapp.application.block_contact import SETTLE_BLOCK, settle_block
from wacloud.modules.whatsapp.application.erase_contact import SWEEP_CONTACT, sweep_contact
from wacloud.modules.whatsapp.application.import_contacts import IMPORT_ROWS, import_rows
from wacloud.modules.whatsapp.application.people_ports import PeopleDeps
from wacloud.shared.application.jobs import Job, JobKind, Lane, Outcome, one_by_one


def people_jobs(deps: PeopleDeps) -> list[JobKind]:
    """The kinds of jobs about people."""

    async def block(job: Job) -> Outcome | None:
        return await settle_block(deps, job)

    async def sweep(job: Job) -> Outcome | None:
        return await sweep_contact(deps, job)

    async def take_rows(job: Job) -> Outcome | None:
        return await import_rows(deps, job)

    return [
        JobKind(SETTLE_BLOCK, Lane.HOUSEKEEPING, one_by_one(block)),
        JobKind(SWEEP_CONTACT, Lane.HOUSEKEEPING, one_by_one(sweep)),
        JobKind(IMPORT_ROWS, Lane.HOUSEKEEPING, one_by_one(take_rows)),
    ]
