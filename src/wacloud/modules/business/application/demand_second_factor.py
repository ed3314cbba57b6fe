"""A business demands a second factor of its members, or stops demanding it."""

from wacloud.modules.business.application.ports import BusinessDeps
from wacloud.modules.business.application.record_audit import record_audit
from wacloud.modules.business.domain.audit import AuditEntry
from wacloud.shared.application.caller import Caller
from wacloud.shared.domain.errors import AppError
from wacloud.shared.domain.ids import BusinessId, UserId


class NoFactorOfYourOwn(AppError):
    """Set up a second factor for yourself first."""

    kind = "conflict"


async def demand_second_factor(
    deps: BusinessDeps, actor: UserId, business_id: BusinessId, demanded: bool, caller: Caller
) -> None:
    """
    From now on members without one reach nothing of the business; they set one up and go on.

    :raises NoFactorOfYourOwn: whoever demands it has none.
    :raises NotAllowed: the actor does not look after this business (any more).
    :raises BusinessClosing: it is about to be deleted.
    """
    if demanded and not await deps.factor_holders.among([actor]):
        raise NoFactorOfYourOwn
    async with deps.db.tenant(business_id) as tx:
        team = await deps.members.lock(tx, business_id)
        team.check_open()
        team.check_manager(actor)
        await deps.businesses.set_demand(tx, business_id, demanded)
        changed = AuditEntry(
            action="business.second_factor_demanded",
            actor_id=actor,
            business_id=business_id,
            detail={"demanded": demanded},
        )
        await record_audit(deps, tx, changed, caller=caller)
