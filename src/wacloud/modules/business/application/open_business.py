"""Somebody who is signed in opens one more business."""

from wacloud.modules.business.application.create_business import create_business
from wacloud.modules.business.application.ports import BusinessDeps
from wacloud.shared.application.caller import Caller
from wacloud.shared.domain.errors import AppError
from wacloud.shared.domain.ids import BusinessId, UserId

MOST_OWNED = 20


class TooManyBusinesses(AppError):
    """You own 20 businesses already; delete one that is not used any more."""

    kind = "limit"


async def open_business(
    deps: BusinessDeps,
    owner_id: UserId,
    caller: Caller,
    *,
    name: str,
    sector: str,
    phone: str,
    employee_count: str,
    language: str = "es",
    time_zone: str = "Europe/Madrid",
) -> BusinessId:
    """
    Open it; they own it.

    :raises TooManyBusinesses: they own too many already.
    :raises AppError: one of the fields will not do; which, says its class.
    """
    owned = [one for one in await deps.reader.mine(owner_id) if one.role == "owner"]
    if len(owned) >= MOST_OWNED:
        raise TooManyBusinesses
    async with deps.db.system("open a business") as tx:
        return await create_business(
            deps,
            tx,
            owner_id=owner_id,
            name=name,
            sector=sector,
            phone=phone,
            employee_count=employee_count,
            language=language,
            time_zone=time_zone,
            caller=caller,
        )
