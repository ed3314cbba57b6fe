"""How much of the calls that Meta allows our app is used, as the headers of its answers say (reference section 8.1)."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from math import isfinite
from typing import Any, Final

import msgspec

from wacloud.modules.whatsapp.domain.delivery import SendOutcome

# Of the WhatsApp account, by the id of its owner; and of the app as a whole. In percent of an hour's calls.
_HEADERS: Final = ("X-Business-Use-Case-Usage", "X-App-Usage")
_PERCENTS: Final = ("call_count", "total_time", "total_cputime")


def with_usage(outcome: SendOutcome, headers: Mapping[str, str]) -> SendOutcome:
    """The same outcome with what the headers say; a throttled one is over no sooner than they say."""
    percent, minutes = 0, 0
    for name in _HEADERS:
        if name in headers:
            for figures in _figures(headers[name]):
                percent = max(percent, *(_whole(figures.get(key)) for key in _PERCENTS))
                minutes = max(minutes, _whole(figures.get("estimated_time_to_regain_access")))
    if outcome.verdict == "wait" and minutes and outcome.scope == "account":
        return replace(outcome, usage_percent=percent, after=timedelta(minutes=minutes))
    return replace(outcome, usage_percent=percent) if percent else outcome


def _figures(header: str) -> Iterator[Mapping[str, Any]]:
    """Flat, or lists by the ids of businesses: Meta sends both."""
    try:
        content = msgspec.json.decode(header)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return
    if not isinstance(content, dict):
        return
    yield content
    for listed in content.values():
        if isinstance(listed, list):
            yield from (one for one in listed if isinstance(one, dict))


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        return 0
    return max(0, min(int(value), 10_000))
