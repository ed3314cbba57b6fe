"""Take in Meta's rate card: a file of prices by country, category and the day they begin."""

import csv
import re
from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal, InvalidOperation

from wacloud.modules.whatsapp.application.costs import Rate, Rates
from wacloud.shared.application.db import Database
from wacloud.shared.domain.errors import AppError

COLUMNS = ("countries", "category", "currency", "effective_from", "amount")


class RatesNotReadable(AppError):
    """The file of rates cannot be read."""


async def import_rates(db: Database, rates: Rates, lines: Iterable[str], source: str) -> int:
    """
    All of the file or nothing; what was there of the same country, category, currency and day is replaced.

    A line is `countries,category,currency,effective_from,amount`: two-letter codes with spaces between them, Meta's
    name of the category, and the price of one message from that day on. Returns how many rates it were.

    :raises RatesNotReadable: names the line and what is wrong with it.
    """
    read = {(r.country, r.category, r.currency, r.effective_from): r for r in _read(lines, source)}
    async with db.system("rates of messages") as tx:
        await rates.put(tx, list(read.values()))
    return len(read)


def _read(lines: Iterable[str], source: str) -> Iterator[Rate]:
    table = csv.DictReader(lines)
    missing = [name for name in COLUMNS if name not in (table.fieldnames or ())]
    if missing:
        raise RatesNotReadable(f"line 1: no column {', '.join(missing)}")
    for row in table:
        try:
            countries = (row["countries"] or "").upper().split()
            category = (row["category"] or "").strip().lower().replace("-", "_")
            currency = (row["currency"] or "").strip().upper()
            amount = Decimal((row["amount"] or "").strip())
            begins = date.fromisoformat((row["effective_from"] or "").strip())
        except (InvalidOperation, ValueError) as error:
            raise RatesNotReadable(f"line {table.line_num}: an amount or a day that is none") from error
        if not countries or not all(re.fullmatch("[A-Z]{2}", country) for country in countries):
            raise RatesNotReadable(f"line {table.line_num}: countries are codes of two letters, as in ES MX")
        if not re.fullmatch("[a-z_]{1,40}", category) or not re.fullmatch("[A-Z]{3}", currency):
            raise RatesNotReadable(f"line {table.line_num}: a category or currency that is none")
        if not amount.is_finite() or not 0 <= amount < 100:
            raise RatesNotReadable(f"line {table.line_num}: one message costs between 0 and 100")
        for country in countries:
            yield Rate(country, category, currency, begins, amount, source)
