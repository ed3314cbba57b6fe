"""What the models of a business have cost, for people."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from wacloud.modules.bot.application.own_key import CostsOfDay, OwnKeyDeps
from wacloud.modules.business.api import business_profile
from wacloud.shared.domain.ids import BusinessId


@dataclass(frozen=True, slots=True)
class ModelCosts:
    """This month, day by day, the newest first; `today` is the business's own."""

    today: date
    days: tuple[CostsOfDay, ...]

    @property
    def day_usd(self) -> Decimal:
        """Today's."""
        return sum((one.cost_usd for one in self.days if one.day == self.today), Decimal(0))

    @property
    def month_usd(self) -> Decimal:
        """This month's."""
        return sum((one.cost_usd for one in self.days), Decimal(0))


async def model_costs(deps: OwnKeyDeps, business_id: BusinessId) -> ModelCosts:
    """Read them."""
    async with deps.db.tenant(business_id, read_only=True) as tx:
        profile = await business_profile(deps.business, tx, business_id)
        today = deps.business.clock().astimezone(ZoneInfo(profile.time_zone)).date()
        return ModelCosts(today, await deps.keys.costs(tx, business_id, today.replace(day=1), today))
