"""Say when a business is open."""

from collections.abc import Mapping
from typing import Any

from wacloud.modules.business.application.ports import BusinessDeps
from wacloud.modules.business.application.record_audit import record_audit
from wacloud.modules.business.domain.audit import AuditEntry
from wacloud.modules.business.domain.hours import checked_hours
from wacloud.shared.application.caller import Caller
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId, UserId


async def set_hours(
    deps: BusinessDeps,
    actor: UserId,
    business_id: BusinessId,
    caller: Caller,
    *,
    week: Mapping[str, Any],
    special_days: Mapping[str, Any],
    holidays: Mapping[str, Any] | None,
) -> None:
    """
    Replace the week, the special days and whose public holidays count, all three.

    :raises AppError: they cannot be read, overlap or are too many; which, says its class.
    :raises NotAllowed: the actor does not look after this business (any more).
    :raises BusinessClosing: it is about to be deleted.
    """
    told = checked_hours(week, special_days, holidays)
    async with deps.db.tenant(business_id) as tx:
        team = await deps.members.lock(tx, business_id)
        team.check_open()
        team.check_manager(actor)
        without = () if "holidays" in told else ("holidays",)
        await deps.businesses.put_in_profile(tx, business_id, told, without=without)
        changed = AuditEntry(action="business.hours_changed", actor_id=actor, business_id=business_id)
        await record_audit(deps, tx, changed, caller=caller)


async def set_first_hours(deps: BusinessDeps, tx: Tx, business_id: BusinessId, week: Mapping[str, Any]) -> bool:
    """For the modules above: take these where the business has told none. False where it has."""
    profile = await deps.businesses.find_profile(tx, business_id)
    if profile is None or profile.profile.get("hours"):
        return False
    await deps.businesses.put_in_profile(tx, business_id, {"hours": checked_hours(week, {}, None)["hours"]})
    return True
