"""What a business has to know of a template before it sends more: that it is paused, or costs more than it did."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, Literal

from wacloud.modules.whatsapp.domain.message_template import KeptTemplate, TemplateChange

# Meta pauses for three hours, then for six, then it disables the template.
PAUSES: Final = (timedelta(hours=3), timedelta(hours=6))
# So long a move to a dearer category is news.
NEWS_FOR: Final = timedelta(days=60)
_DEAREST_LAST: Final = ("UTILITY", "AUTHENTICATION", "MARKETING")
Code = Literal["paused", "disabled", "dearer", "dearer_soon"]


@dataclass(frozen=True, slots=True)
class Price:
    """What one message costs in a country, in the category before and in the one after."""

    country: str
    currency: str
    before: Decimal
    after: Decimal

    @property
    def of_thousand(self) -> tuple[Decimal, Decimal]:
        """One message costs a fraction of a cent; a thousand are something to think about."""
        return self.before * 1000, self.after * 1000


@dataclass(frozen=True, slots=True)
class TemplateWarning:
    """`at` is when it began, or will; `until` when a pause ends by itself, `pauses` which one it is."""

    code: Code
    at: datetime | None = None
    until: datetime | None = None
    pauses: int = 0
    before: str | None = None
    after: str | None = None
    prices: Sequence[Price] = ()


def warnings_of(kept: KeptTemplate, history: Sequence[TemplateChange], now: datetime) -> Sequence[TemplateWarning]:
    """The gravest first. `history` is the newest first; of a template that is gone there is nothing to warn of."""
    if kept.deleted_at is not None:
        return ()
    found: list[TemplateWarning] = []
    pauses = [step.at for step in history if step.what == "status" and step.after == "PAUSED"]
    if kept.status == "PAUSED":
        at = pauses[0] if pauses else kept.changed_at
        nth = max(len(pauses), 1)
        until = at + PAUSES[nth - 1] if nth <= len(PAUSES) else None
        found.append(TemplateWarning("paused", at, until if until and until > now else None, nth))
    elif kept.status == "DISABLED":
        found.append(TemplateWarning("disabled", next((s.at for s in history if s.after == "DISABLED"), None)))
    if _costs_more(kept.category, kept.next_category):
        found.append(
            TemplateWarning("dearer_soon", kept.next_category_at, before=kept.category, after=kept.next_category)
        )
    moved = next((step for step in history if step.what == "category" and step.before), None)
    if moved and moved.at > now - NEWS_FOR and moved.after == kept.category and _costs_more(moved.before, moved.after):
        found.append(TemplateWarning("dearer", moved.at, before=moved.before, after=moved.after))
    return found


def with_prices(warning: TemplateWarning, rates: Mapping[tuple[str, str, str], Decimal]) -> TemplateWarning:
    """With what it means in money; `rates` by country, currency and category, the countries most written to first."""
    if warning.before is None or warning.after is None:
        return warning
    before, after = warning.before.lower(), warning.after.lower()
    places = dict.fromkeys((country, currency) for country, currency, _ in rates)
    prices = [
        Price(country, currency, rates[country, currency, before], rates[country, currency, after])
        for country, currency in places
        if (country, currency, before) in rates and (country, currency, after) in rates
    ]
    return replace(warning, prices=[price for price in prices if price.after > price.before])


def _costs_more(before: str | None, after: str | None) -> bool:
    if before not in _DEAREST_LAST or after not in _DEAREST_LAST:
        return False
    return _DEAREST_LAST.index(after) > _DEAREST_LAST.index(before)
