"""Warnings about templates, with what they mean in money where the business writes to."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date
from decimal import Decimal
from typing import Final
from uuid import UUID

from wacloud.modules.whatsapp.application.template_ports import MessageTemplateDeps
from wacloud.modules.whatsapp.domain.message_template import KeptTemplate
from wacloud.modules.whatsapp.domain.template_warnings import TemplateWarning, warnings_of, with_prices
from wacloud.shared.domain.ids import BusinessId

MOST_COUNTRIES: Final = 3
MONTHS: Final = 3


async def warnings_for(
    deps: MessageTemplateDeps, business_id: BusinessId, templates: Sequence[KeptTemplate]
) -> Mapping[UUID, Sequence[TemplateWarning]]:
    """By template; those there is nothing to say of are left out. Prices are read only where one became dearer."""
    now = deps.whatsapp.clock()
    async with deps.whatsapp.db.tenant(business_id, read_only=True) as tx:
        histories = await deps.templates.histories(tx, business_id, [one.id for one in templates])
    found = {one.id: told for one in templates if (told := warnings_of(one, histories.get(one.id, ()), now))}
    if any(one.before for told in found.values() for one in told):
        rates = await _rates(deps, business_id, now.astimezone(UTC).date())
        found = {place: [with_prices(one, rates) for one in told] for place, told in found.items()}
    return found


async def _rates(
    deps: MessageTemplateDeps, business_id: BusinessId, today: date
) -> Mapping[tuple[str, str, str], Decimal]:
    """Of the countries that got most messages of late, the most first."""
    months = today.year * 12 + today.month - 1 - (MONTHS - 1)
    costs = await deps.whatsapp.costs.since(business_id, date(months // 12, months % 12 + 1, 1))
    counted: Counter[tuple[str, str]] = Counter()
    for tally in costs.tallies:
        counted[tally.country, tally.currency] += tally.messages
    places = [place for place, _ in counted.most_common(MOST_COUNTRIES)]
    listed = await deps.whatsapp.costs.rates({country for country, _ in places}, today)
    known = {(one.country, one.currency, one.category): one.amount for one in listed}
    return {
        (*place, category): known[*place, category]
        for place in places
        for category in ("utility", "authentication", "marketing")
        if (*place, category) in known
    }
