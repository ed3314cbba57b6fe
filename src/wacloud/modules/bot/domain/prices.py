"""What an answer of a model costs: token counts and a price list with dates."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

_MILLION = Decimal(1_000_000)
# Writing a prefix into the provider's cache costs a quarter more than reading it as plain input.
_CACHE_WRITE = Decimal("1.25")


@dataclass(frozen=True, slots=True)
class Usage:
    """
    Tokens of one answer. Cached and cache-write tokens are part of the input, reasoning tokens of the output.
    """

    input_tokens: int
    output_tokens: int
    cached_tokens: int = 0
    cache_write_tokens: int = 0
    reasoning_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars for a million tokens of one model, as listed by its maker on that day."""

    model: str
    listed_on: date
    input: Decimal
    cached: Decimal
    output: Decimal


PRICES = (
    Price("gpt-6-luna", date(2026, 11, 1), Decimal("0.10"), Decimal("0.01"), Decimal("0.50")),
)  # fmt: skip


def cost_usd(model: str, usage: Usage, on: date, prices: tuple[Price, ...] = PRICES) -> Decimal | None:
    """What this usage cost on that day, or None for a model whose price we do not know."""
    # A dated snapshot ("gpt-6-luna-2026-10-01") has the price of its model.
    listed = [p for p in prices if model == p.model or _is_snapshot(model, p.model)]
    if not listed:
        return None
    price = max(
        (p for p in listed if p.listed_on <= on),
        key=lambda p: p.listed_on,
        default=min(listed, key=lambda p: p.listed_on),
    )
    fresh = max(usage.input_tokens - usage.cached_tokens - usage.cache_write_tokens, 0)
    dollars = (
        fresh * price.input
        + usage.cached_tokens * price.cached
        + usage.cache_write_tokens * price.input * _CACHE_WRITE
        + usage.output_tokens * price.output
    )
    return (dollars / _MILLION).quantize(Decimal("0.00000001"))


def _is_snapshot(model: str, of: str) -> bool:
    rest = model.removeprefix(of + "-")
    return rest != model and len(rest) == 10 and rest.replace("-", "").isdigit()
