"""Points in time as people say them, in the zone of the business and the language of the page."""

from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_date, format_datetime, format_timedelta

from wacloud.shared.ui.i18n import N_, translate

DEFAULT_ZONE = "Europe/Madrid"
_A_WEEK = 7

TODAY = N_("Today")
YESTERDAY = N_("Yesterday")
TOMORROW = N_("Tomorrow")
NOW = N_("now")


@cache
def zone_named(name: str) -> ZoneInfo:
    """The zone, or the default one where the name is not known here."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo(DEFAULT_ZONE)


def clock_time(at: datetime, zone: str) -> str:
    """14:05."""
    return at.astimezone(zone_named(zone)).strftime("%H:%M")


def day_name(at: datetime, now: datetime, zone: str, language: str) -> str:
    """Today, Yesterday, Tomorrow, the weekday within a week, otherwise the date."""
    there, days = _days_ago(at, now, zone)
    if days == 0:
        return translate(language, TODAY)
    if days == 1:
        return translate(language, YESTERDAY)
    if days == -1:
        return translate(language, TOMORROW)
    if 0 < days < _A_WEEK:
        return _start_upper(format_date(there, "EEEE", locale=language))
    if there.year == now.year:
        return format_date(there, "d 'de' MMMM" if language == "es" else "d MMMM", locale=language)
    return format_date(there, "long", locale=language)


def list_time(at: datetime, now: datetime, zone: str, language: str) -> str:
    """As short as it can be told: the time today, then yesterday, the weekday, the date."""
    there, days = _days_ago(at, now, zone)
    if days <= 0:
        return there.strftime("%H:%M")
    if days == 1:
        return translate(language, YESTERDAY)
    if days < _A_WEEK:
        return _date(there.date(), "EEE", language)
    return _date(there.date(), "d MMM" if there.year == now.year else "d/M/yy", language)


def date_time(at: datetime, now: datetime, zone: str, language: str) -> str:
    """Date and time to the minute, as it stands in a sentence; the year where it is another."""
    there = at.astimezone(zone_named(zone))
    pattern = "d MMM" if there.year == now.astimezone(there.tzinfo).year else "medium"
    return f"{format_date(there, pattern, locale=language)}, {there:%H:%M}"


@lru_cache(maxsize=4096)
def full_time(at: datetime, zone: str, language: str) -> str:
    """Date and time to the second, for a title and for records."""
    return str(format_datetime(at.astimezone(zone_named(zone)), "medium", locale=language))


def ago(at: datetime, now: datetime, language: str) -> str:
    """3 minutes ago."""
    if now - at < timedelta(minutes=1):
        return translate(language, NOW)
    return str(format_timedelta(at - now, add_direction=True, threshold=1, locale=language))


def time_left(until: datetime, now: datetime) -> str:
    """5 h, 40 min: rounded down, so that it never promises too much."""
    minutes = max(0, int((until - now).total_seconds() // 60))
    return f"{minutes // 60} h" if minutes >= 60 else f"{minutes} min"


def sortable(at: datetime | None, arrival: int = 0) -> str:
    """A key whose order as text is the order in time, then of arrival."""
    at = at or datetime.fromtimestamp(0, UTC)
    return f"{int(at.timestamp() * 1_000_000):017d}-{arrival:019d}"


@lru_cache(maxsize=1024)
def _date(day: date, pattern: str, language: str) -> str:
    return str(format_date(day, pattern, locale=language))


def _days_ago(at: datetime, now: datetime, zone: str) -> tuple[datetime, int]:
    there = at.astimezone(zone_named(zone))
    return there, (now.astimezone(zone_named(zone)).date() - there.date()).days


def _start_upper(text: str) -> str:
    return text[:1].upper() + text[1:]
