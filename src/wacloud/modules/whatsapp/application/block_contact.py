"""Block somebody, here at once and at Meta by a job; and take them off the list again."""

from datetime import timedelta
from uuid import UUID

from wacloud.modules.business.api import AuditEntry, record_audit
from wacloud.modules.whatsapp.application.people_ports import PeopleDeps, ToBlock
from wacloud.modules.whatsapp.domain.delivery import SendOutcome
from wacloud.modules.whatsapp.domain.person import ContactNotFound
from wacloud.shared.application.caller import Caller
from wacloud.shared.application.jobs import Again, Job, Lane, NewJob
from wacloud.shared.domain.ids import BusinessId, UserId

SETTLE_BLOCK = "whatsapp.settle_block"
NOT_WITHIN_A_DAY = "not_within_a_day"
TRIES = 6
_AGAIN_AFTER = timedelta(seconds=5)


async def set_blocked(
    deps: PeopleDeps, user_id: UserId, business_id: BusinessId, contact_id: UUID, caller: Caller, *, blocked: bool
) -> None:
    """
    From now on nobody answers them, whatever Meta makes of it; or everybody does again.

    :raises ContactNotFound: there is nobody, or nobody any more.
    """
    whatsapp = deps.whatsapp
    async with whatsapp.db.tenant(business_id) as tx:
        if not await deps.people.hold(tx, business_id, contact_id):
            raise ContactNotFound
        await deps.people.block(tx, business_id, contact_id, whatsapp.clock() if blocked else None)
        entry = AuditEntry(
            action="whatsapp.contact_blocked" if blocked else "whatsapp.contact_unblocked",
            actor_id=user_id,
            business_id=business_id,
            detail={"contact_id": contact_id},
        )
        await record_audit(whatsapp.business, tx, entry, caller=caller)
        tx.queue(
            NewJob(
                kind=SETTLE_BLOCK,
                lane=Lane.HOUSEKEEPING,
                business_id=business_id,
                payload={"contact_id": str(contact_id)},
                order_key=f"block:{contact_id}",
                max_attempts=TRIES,
            )
        )


async def settle_block(deps: PeopleDeps, job: Job) -> Again | None:
    """
    The job: tell Meta, for every number of ours they talk to, and keep what it made of it.

    Meta blocks only who wrote within the last day; who did not stays blocked here alone.
    """
    if job.business_id is None:
        return None
    contact_id = UUID(job.payload["contact_id"])
    async with deps.whatsapp.db.tenant(job.business_id, read_only=True) as tx:
        wish = await deps.people.to_block(tx, job.business_id, contact_id)
    if wish is None:
        return None
    reason = None if wish.numbers or not wish.is_blocked else NOT_WITHIN_A_DAY
    for phone_number_id, access_token in wish.numbers:
        outcome = await deps.whatsapp.cloud_api.set_blocked(
            phone_number_id, access_token, _user(wish), blocked=wish.is_blocked
        )
        if outcome.verdict == "accepted":
            continue
        if _is_worth_another_try(outcome) and job.attempt < TRIES:
            return Again(_AGAIN_AFTER * job.attempt, outcome.reason)
        reason = outcome.reason
    async with deps.whatsapp.db.tenant(job.business_id) as tx:
        await deps.people.blocked(tx, job.business_id, contact_id, asked=wish.is_blocked, reason=reason)
    return None


def _user(wish: ToBlock) -> dict[str, str]:
    """A parent BSUID is not taken here; a person's own is."""
    return {"user": f"+{wish.phone}"} if wish.phone else {"user_id": wish.bsuid or ""}


def _is_worth_another_try(outcome: SendOutcome) -> bool:
    return outcome.verdict in ("retry", "wait", "later", "unknown")
