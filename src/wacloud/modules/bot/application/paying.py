"""Who is asked for a business, and whether its budget still allows it."""

from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

from wacloud.modules.bot.application.guards import Period, Provider
from wacloud.modules.bot.application.model import AnswerDeps
from wacloud.modules.bot.domain.settings import BotSettings
from wacloud.shared.domain.ids import BusinessId


async def provider_of(deps: AnswerDeps, business_id: BusinessId) -> Provider | None:
    """By the business's own key or the installation's; None where there is neither. Call it without a transaction."""
    guards = deps.guards
    own = await guards.own.of(business_id) if guards.own else None
    if own is not None:
        return own
    if guards.provider is not None:
        return guards.provider
    return Provider(deps.model) if deps.model is not None else None


async def used_up(deps: AnswerDeps, business_id: BusinessId, settings: BotSettings, day: date) -> Period | None:
    """Which budget is used up, if any; those in charge are told. Call it without a transaction."""
    spending = deps.guards.spending
    if spending is None or (settings.budget_day_usd is None and settings.budget_month_usd is None):
        return None
    spent = await spending.until(business_id, day)
    period: Period | None = None
    if settings.budget_month_usd is not None and spent.month >= settings.budget_month_usd:
        period = "month"
    elif settings.budget_day_usd is not None and spent.day >= settings.budget_day_usd:
        period = "day"
    if period is not None:
        await spending.tell_out(business_id, day, period)
    return period


def today(deps: AnswerDeps, time_zone: str) -> date:
    """The business's own day."""
    return deps.clock().astimezone(ZoneInfo(time_zone)).date()


def within_budget(settings: BotSettings, published: BotSettings) -> BotSettings:
    """What is only tried spends no more than what is published may: a draft does not lift the limit."""
    return replace(settings, budget_day_usd=published.budget_day_usd, budget_month_usd=published.budget_month_usd)
