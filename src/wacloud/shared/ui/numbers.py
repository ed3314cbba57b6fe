"""Figures as a reader writes them: money of models, shares, and how long something took."""

from decimal import Decimal
from typing import Final

from babel.numbers import format_currency, format_decimal, format_percent

_HIDES_NONE: Final = Decimal("0.00001")


def dollars(value: Decimal | float, language: str) -> str:
    """An answer costs parts of a cent: whole cents would call a thousand of them nothing."""
    sum_ = Decimal(str(value))
    digits = "#,##0.00" if sum_ == sum_.quantize(Decimal("0.01")) else "#,##0.00###"
    if 0 < sum_ < _HIDES_NONE:
        digits = "#,##0.00######"
    pattern = f"{digits}\u00a0¤" if language == "es" else f"¤{digits}"
    return str(format_currency(sum_, "USD", pattern, language, currency_digits=False))


def share(value: float, language: str) -> str:
    """0.67 is 67 %."""
    return str(format_percent(value, locale=language))


def seconds(ms: float, language: str) -> str:
    """What took less than a tenth of a second is told in thousandths of one."""
    if 0 < ms < 100:
        return f"{max(round(ms), 1)}\u00a0ms"
    return f"{format_decimal(round(ms / 1000, 1), '#,##0.#', language)}\u00a0s"
