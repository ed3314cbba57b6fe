"""Create a business, inside the transaction of a module above."""

from zoneinfo import available_timezones

from wacloud.modules.business.application.ports import BusinessDeps
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.errors import AppError
from wacloud.shared.domain.ids import BusinessId, UserId

SHORTEST_NAME, LONGEST_NAME = 2, 100


class BusinessNameLength(AppError):
    """A business has a name of 2 to 100 characters."""


class TimeZoneUnknown(AppError):
    """There is no such time zone."""


async def create_business(
    deps: BusinessDeps, tx: Tx, *, owner_id: UserId, name: str, language: str = "es", time_zone: str = "Europe/Madrid"
) -> BusinessId:
    """
    Create it; its owner is its first member.

    :raises BusinessNameLength: the name is too short or too long.
    :raises TimeZoneUnknown: there is no such zone.
    """
    name = " ".join(name.split())
    if not SHORTEST_NAME <= len(name) <= LONGEST_NAME:
        raise BusinessNameLength
    if time_zone not in available_timezones():
        raise TimeZoneUnknown
    return await deps.businesses.add(tx, owner_id, name, language, time_zone)
