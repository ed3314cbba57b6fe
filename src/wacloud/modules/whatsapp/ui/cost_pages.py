"""What Meta charges: the month as a picture, as rows and as JSON."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Final
from uuid import UUID

from babel import Locale
from babel.dates import format_date
from babel.numbers import format_currency
from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel
from starlette.responses import Response

from wacloud.modules.whatsapp.application.costs import Costs
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.domain.cost import Tally
from wacloud.modules.whatsapp.ui.cost_words import CATEGORIES, OTHER, TYPES
from wacloud.shared.domain.errors import NotFound
from wacloud.shared.ui.guard import Member, requires
from wacloud.shared.ui.pages import look_of, render
from wacloud.shared.ui.permissions import Permission

Reader = Annotated[Member, Depends(requires(Permission.COSTS_READ))]
Month = Annotated[str, Query(pattern=r"^20\d{2}-(0[1-9]|1[0-2])$", description="The month, as in 2026-11; this one.")]

MONTHS_SHOWN: Final = 6
_HEIGHT: Final = 100


class TallyBody(BaseModel):
    """Messages alike in all that makes their price. `cost` is null where they cost something and no rate is known."""

    number: str
    country: str
    category: str
    type: str
    messages: int
    rate: str | None
    currency: str
    cost: str | None


class FreeTierBody(BaseModel):
    """Replies a number sent for nothing this month, of so many."""

    number: str
    used: int
    most: int


class CostsBody(BaseModel):
    """A month's costs, estimated from what was delivered and Meta's list prices."""

    month: str
    totals: dict[str, str]
    messages_without_rate: int
    free_tiers: list[FreeTierBody]
    tallies: list[TallyBody]


@dataclass(frozen=True, slots=True)
class Column:
    """A month in the picture: two parts of a column, the free one below."""

    month: date
    label: str
    free: int
    charged: int
    free_height: float
    charged_height: float

    @property
    def href(self) -> str:
        """Its page."""
        return f"/costs?month={self.month:%Y-%m}"


def routes(deps: WhatsappDeps) -> APIRouter:
    """`/costs` and its JSON twin."""
    router = APIRouter()

    @router.get("/costs", include_in_schema=False)
    async def costs_page(request: Request, member: Reader, month: str | None = None) -> Response:
        this = _this_month(deps.clock())
        # A page is asked for by people: what is no month, or lies ahead, is this one.
        shown = _month_of(month) if month and re.fullmatch(r"20\d{2}-(0[1-9]|1[0-2])", month) else this
        shown = min(shown, this)
        costs = await deps.costs.since(member.business_id, _months_back(shown, MONTHS_SHOWN - 1))
        language = look_of(request, member).language
        columns = _columns(costs, shown, language)
        return render(
            request,
            "whatsapp/costs.html",
            member=member,
            shown=shown,
            month_name=format_date(shown, "LLLL y", locale=language),
            earlier=_months_back(shown, 1),
            later=_months_back(shown, -1) if shown < this else None,
            tallies=costs.of(shown),
            totals=[_money(amount, currency, language) for currency, amount in costs.totals(shown).items()],
            without_rate=costs.without_rate(shown),
            free_tiers=costs.free_tiers(shown),
            columns=columns if any(column.free or column.charged for column in columns) else [],
            category=lambda name: CATEGORIES.get(name, OTHER),
            kind=lambda name: TYPES.get(name, TYPES["regular"]),
            country=lambda code: Locale(language).territories.get(code, "?") if code != "ZZ" else "?",
            money=lambda amount, currency: _money(amount, currency, language, digits=4),
        )

    @router.get("/inbox/messages/{message_id}/cost", include_in_schema=False)
    async def of_message(request: Request, member: Reader, message_id: UUID) -> Response:
        """What one message cost, as a part of its receipt."""
        cost = await deps.costs.of_message(member.business_id, message_id)
        if cost is None:
            raise NotFound
        language = look_of(request, member).language
        tally = cost.tally
        return render(
            request,
            "whatsapp/_message_cost.html",
            member=member,
            cost=cost,
            category=CATEGORIES.get(tally.category, OTHER) if tally else None,
            kind=TYPES.get(tally.type, TYPES["regular"]) if tally else None,
            amount=_money(tally.cost, tally.currency, language, digits=4) if tally and tally.cost is not None else None,
        )

    @router.get("/inbox/{conversation_id}/costs", include_in_schema=False)
    async def of_talk(request: Request, member: Reader, conversation_id: UUID) -> Response:
        """This month's costs of a conversation and its contact, as a part of the panel beside it."""
        month = _this_month(deps.clock())
        costs = await deps.costs.of_talk(member.business_id, conversation_id, month)
        language = look_of(request, member).language
        told = [
            (told, _total(some, month, language), some.without_rate(month), sum(t.messages for t in some.of(month)))
            for told, some in (("here", costs.here), ("contact", costs.contact))
        ]
        return render(
            request,
            "whatsapp/_panel_costs.html",
            member=member,
            told=told,
            month_name=format_date(month, "LLLL", locale=language),
        )

    @router.get(
        "/api/whatsapp/costs",
        tags=["whatsapp"],
        operation_id="get_costs",
        summary="What Meta charges",
        response_model=CostsBody,
        response_description="The month's messages by country, category and type of price.",
    )
    async def costs_json(member: Reader, month: Month | None = None) -> CostsBody:
        """Delivered messages of a month as Meta priced them, times its list prices: an estimate, not the invoice."""
        shown = _month_of(month) if month else _this_month(deps.clock())
        costs = await deps.costs.since(member.business_id, shown)
        return CostsBody(
            month=f"{shown:%Y-%m}",
            totals={currency: str(amount) for currency, amount in costs.totals(shown).items()},
            messages_without_rate=costs.without_rate(shown),
            free_tiers=[FreeTierBody(number=t.number, used=t.used, most=t.most) for t in costs.free_tiers(shown)],
            tallies=[_body(tally) for tally in costs.of(shown)],
        )

    return router


def _body(tally: Tally) -> TallyBody:
    return TallyBody(
        number=tally.number,
        country=tally.country,
        category=tally.category,
        type=tally.type,
        messages=tally.messages,
        rate=str(tally.rate) if tally.is_charged and tally.rate is not None else None,
        currency=tally.currency,
        cost=None if tally.cost is None else str(tally.cost),
    )


def _total(costs: Costs, month: date, language: str) -> str:
    """Of little money all there is: a message costs less than a cent."""
    totals = costs.totals(month).items()
    return " + ".join(
        _money(amount, currency, language, digits=4 if 0 < amount < 1 else 2) for currency, amount in totals
    )


def _this_month(now: datetime) -> date:
    return now.astimezone(UTC).date().replace(day=1)


def _month_of(text: str) -> date:
    return date(int(text[:4]), int(text[5:7]), 1)


def _months_back(month: date, count: int) -> date:
    months = month.year * 12 + month.month - 1 - count
    return date(months // 12, months % 12 + 1, 1)


def _columns(costs: Costs, shown: date, language: str) -> Sequence[Column]:
    """Messages of the last months, the highest as high as the picture."""
    months = [_months_back(shown, back) for back in range(MONTHS_SHOWN - 1, -1, -1)]
    counted = []
    for month in months:
        free = sum(tally.messages for tally in costs.of(month) if not tally.is_charged)
        counted.append((month, free, sum(tally.messages for tally in costs.of(month)) - free))
    highest = max(1, *(free + charged for _, free, charged in counted))
    return [
        Column(
            month,
            format_date(month, "LLL", locale=language).rstrip("."),
            free,
            charged,
            round(_HEIGHT * free / highest, 1),
            round(_HEIGHT * charged / highest, 1),
        )
        for month, free, charged in counted
    ]


def _money(amount: Decimal, currency: str, language: str, digits: int = 2) -> str:
    """One message costs a fraction of a cent, so a rate needs more digits than a language gives its money."""
    usual = Locale(language).currency_formats["standard"].pattern
    exact = re.sub(r"\.0+", "." + "0" * digits, usual)
    return format_currency(amount, currency, exact, locale=language, currency_digits=False)
