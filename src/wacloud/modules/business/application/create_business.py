"""Create a business, inside the transaction of a module above."""

from wacloud.modules.business.application.complete_step import complete_step
from wacloud.modules.business.application.ports import BusinessDeps
from wacloud.modules.business.application.record_audit import record_audit
from wacloud.modules.business.domain.audit import AuditEntry
from wacloud.modules.business.domain.profile import Description
from wacloud.shared.application.caller import NOBODY, Caller
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId, UserId


async def create_business(
    deps: BusinessDeps,
    tx: Tx,
    *,
    owner_id: UserId,
    name: str,
    language: str = "es",
    time_zone: str = "Europe/Madrid",
    sector: str | None = None,
    phone: str | None = None,
    employee_count: str | None = None,
    owner_is_verified: bool = True,
    caller: Caller = NOBODY,
) -> BusinessId:
    """
    Create it; its owner is its first member.

    Where the owner's address is not proved yet, the first step of the onboarding waits for that.

    :raises AppError: one of the fields will not do; which, says its class.
    """
    described = Description.typed(
        name=name,
        sector=sector,
        phone=phone,
        employee_count=employee_count,
        language=language,
        time_zone=time_zone,
    )
    business_id = await deps.businesses.add(tx, owner_id, described)
    await deps.steps.begin(tx, business_id)
    if owner_is_verified:
        await complete_step(deps, tx, business_id, "account")
    await complete_step(deps, tx, business_id, "business")
    created = AuditEntry(action="business.created", actor_id=owner_id, business_id=business_id)
    await record_audit(deps, tx, created, caller=caller)
    return business_id
