"""What a message costs, in words: of what kind Meta says it is, and whether it is charged."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from babel import Locale
from babel.numbers import format_currency

from wacloud.shared.ui.i18n import N_, Translate

CATEGORIES: Final[Mapping[str, str]] = {
    "service": N_("Replies"),
    "utility": N_("Utility templates"),
    "marketing": N_("Promotions"),
    "marketing_lite": N_("Promotions"),
    "authentication": N_("Codes to sign in"),
    "authentication_international": N_("Codes to sign in, international"),
    "referral_conversion": N_("Conversations from ads"),
}
OTHER: Final = N_("Other")
TYPES: Final[Mapping[str, str]] = {
    "regular": N_("charged"),
    "free_customer_service": N_("free: the first thousand replies"),
    "free_entry_point": N_("free: came from an ad"),
    "free_group_customer_service": N_("free: group"),
    "free": N_("free"),
}


def pricing_in_words(pricing: Mapping[str, Any] | None, say: Translate) -> str | None:
    """Kind and whether it is charged, of one message; None where Meta has not told."""
    if not pricing:
        return None
    kind = say(CATEGORIES.get(str(pricing.get("category")), OTHER))
    told = str(pricing.get("type") or ("free" if pricing.get("billable") is False else "regular"))
    return f"{kind}: {say(TYPES.get(told, TYPES['regular']))}"


def money_of_many(amount: Decimal, currency: str, language: str) -> str:
    """An amount large enough for the digits a language gives its money."""
    return format_currency(amount, currency, locale=language)


def country_in_words(code: str, language: str) -> str:
    """Its name; ZZ is none."""
    return str(Locale(language).territories.get(code, code)) if code != "ZZ" else "?"
