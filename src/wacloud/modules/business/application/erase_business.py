"""Erase businesses whose time has come."""

from datetime import timedelta
from uuid import UUID

from wacloud.modules.business.application.ports import BusinessDeps
from wacloud.modules.business.application.stored import PROFILE
from wacloud.shared.application.jobs import Again, Job, Lane, NewJob
from wacloud.shared.domain.ids import BusinessId

ERASE = "business.erase_business"
ERASE_DUE = "business.erase_due_businesses"
AT_ONCE = 2000
SWEEPS_A_RUN = 50
# Workers remember for some seconds whose number it was, and a job may be half-way: what they write after the first
# sweep is found by the ones after it.
WATCHED_FOR = timedelta(minutes=10)
AGAIN_AFTER = timedelta(minutes=1)
AT_THE_NEXT = timedelta(seconds=1)


async def erase_due_businesses(deps: BusinessDeps) -> int:
    """Queue a job for each business whose days of grace are over; returns how many there are."""
    async with deps.db.system("find businesses to erase") as tx:
        due = await deps.businesses.due_for_erasure(tx, deps.clock())
        # The job is nobody's: as one of the business's own it would erase itself.
        tx.queue(
            *(
                NewJob(
                    kind=ERASE,
                    lane=Lane.HOUSEKEEPING,
                    payload={"business_id": str(business_id)},
                    order_key=f"erase:{business_id}",
                    unique_key=f"erase:{business_id}",
                    max_attempts=20,
                )
                for business_id in due
            )
        )
    return len(due)


async def erase_business(deps: BusinessDeps, job: Job) -> Again | None:
    """
    Delete every row of it from every table, and its files, then look again for ten minutes whether anything came back.

    Doing it twice does no harm. A business that was kept at the last moment is left alone.
    """
    business_id = BusinessId(UUID(job.payload["business_id"]))
    async with deps.db.tenant(business_id, read_only=True) as tx:
        profile = await deps.businesses.find_profile(tx, business_id)
    if profile is not None and (profile.erase_at is None or profile.erase_at > deps.clock()):
        return None
    has_found = False
    for _ in range(SWEEPS_A_RUN):
        if not await deps.erasure.sweep(business_id, AT_ONCE):
            break
        has_found = True
    else:
        return Again(AT_THE_NEXT, "there is more of it")
    for erase in deps.also_erase:
        has_found = await erase(business_id) > 0 or has_found
    async with deps.db.tenant(business_id) as tx:
        await deps.audit_log.close(tx, business_id)
        tx.outdate(business_id, PROFILE)
    if has_found or deps.clock() - job.created_at < WATCHED_FOR:
        return Again(AGAIN_AFTER, "waiting for what may come late")
    return None
