"""
When a business is open, with split shifts ("horario partido"), nights past midnight and special days.

In the profile: `hours` is `{"mon": [["09:00", "13:30"], ["17:00", "20:30"]], ...}`; a day that is missing
or empty is closed. `special_days` is `{"2026-12-25": {"name": "Navidad", "hours": []}}` and wins over the
weekday. A shift that ends at or before its start ends on the next day. `holidays` is
`{"country": "ES", "region": "MD", "closes": true}`: public holidays are closed unless `special_days` says otherwise.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from wacloud.modules.business.domain.public_holidays import HolidayCalendar, HolidaysUnknown
from wacloud.shared.domain.errors import AppError

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
# Whoever opens in more than this many days is closed until further notice.
LOOK_AHEAD_DAYS = 120
MIDNIGHT = time(0)
MOST_SHIFTS, MOST_SPECIAL_DAYS, LONGEST_DAY_NAME = 4, 400, 80

Shift: TypeAlias = tuple[time, time]


class HoursNotReadable(AppError):
    """The opening hours cannot be read; write each shift like 09:00 to 13:30."""


class ShiftsOverlap(AppError):
    """Two shifts of the same day overlap."""


class TooManyShifts(AppError):
    """A day has at most 4 shifts, and there is room for 400 special days."""


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A date on which the usual hours do not hold; no shifts means closed."""

    day: date
    name: str
    shifts: tuple[Shift, ...]


@dataclass(frozen=True, slots=True)
class OpeningHours:
    """The shifts of Monday to Sunday, and the dates that differ."""

    week: tuple[tuple[Shift, ...], ...]
    special_days: Mapping[date, SpecialDay]
    holidays: HolidayCalendar | None = None

    def shifts_on(self, day: date) -> tuple[Shift, ...]:
        """The shifts that start on this date."""
        special = self.special_on(day)
        return self.week[day.weekday()] if special is None else special.shifts

    def special_on(self, day: date, language: str = "es") -> SpecialDay | None:
        """What is special about this date: what the business said of it, else a public holiday it closes on."""
        special = self.special_days.get(day)
        if special is None and self.holidays is not None and self.holidays.closes:
            name = self.holidays.name_on(day, language)
            return SpecialDay(day, name, ()) if name else None
        return special


@dataclass(frozen=True, slots=True)
class OpenState:
    """Whether it is open, and when that ends: the closing or the next opening, in the business's own time."""

    is_open: bool
    changes_at: datetime | None


def opening_hours(profile: Mapping[str, Any]) -> OpeningHours | None:
    """
    Read the hours from a profile; None where the business has told none.

    :raises HoursNotReadable: they are there, but not in the form above.
    """
    told = profile.get("hours")
    if not told:
        return None
    try:
        special = [
            SpecialDay(date.fromisoformat(day), str(entry.get("name", "")), _shifts(entry.get("hours", [])))
            for day, entry in profile.get("special_days", {}).items()
        ]
        week = tuple(_shifts(told.get(day, [])) for day in DAYS)
        calendar = HolidayCalendar.read(profile["holidays"]) if profile.get("holidays") else None
    except (AttributeError, TypeError, ValueError, HolidaysUnknown) as error:
        raise HoursNotReadable from error
    return OpeningHours(week, {entry.day: entry for entry in special}, calendar)


def checked_hours(
    week: Mapping[str, Any], special_days: Mapping[str, Any], holidays: Mapping[str, Any] | None
) -> dict[str, Any]:
    """
    Hours a person typed, as a profile holds them: every day told, shifts in order.

    :raises HoursNotReadable: something is no day or no time.
    :raises ShiftsOverlap: two shifts of a day do.
    :raises TooManyShifts: a day has too many, or there are too many days.
    :raises HolidaysUnknown: nobody knows the holidays of that place.
    """
    if set(week) - set(DAYS):
        raise HoursNotReadable
    if len(special_days) > MOST_SPECIAL_DAYS:
        raise TooManyShifts
    told = {day: _checked_shifts(week.get(day, [])) for day in DAYS}
    special: dict[str, Any] = {}
    for day, entry in sorted(special_days.items()):
        try:
            name = " ".join(str(entry.get("name", "")).split())[:LONGEST_DAY_NAME]
            special[date.fromisoformat(day).isoformat()] = {
                "name": name,
                "hours": _checked_shifts(entry.get("hours", [])),
            }
        except (AttributeError, ValueError) as error:
            raise HoursNotReadable from error
    calendar = HolidayCalendar.read(holidays).as_told() if holidays else None
    return {"hours": told, "special_days": special, **({"holidays": calendar} if calendar else {})}


def _checked_shifts(told: Any) -> list[list[str]]:
    try:
        shifts = _shifts(told)
    except (TypeError, ValueError) as error:
        raise HoursNotReadable from error
    if len(shifts) > MOST_SHIFTS:
        raise TooManyShifts
    spans = [(_minutes(start), _minutes(end) or 24 * 60) for start, end in shifts]
    for place, (start, end) in enumerate(spans):
        # Only the last one may run past midnight, and no shift is as long as nothing.
        if start == end or (place + 1 < len(spans) and (end < start or end > spans[place + 1][0])):
            raise ShiftsOverlap
    return [[f"{start:%H:%M}", "24:00" if end == MIDNIGHT else f"{end:%H:%M}"] for start, end in shifts]


def _minutes(clock: time) -> int:
    return clock.hour * 60 + clock.minute


def is_open(profile: Mapping[str, Any], time_zone: str, now: datetime) -> OpenState | None:
    """
    Say whether the business is open at this moment; None where it has told no hours.

    :raises HoursNotReadable: its hours are not in the form above.
    """
    hours = opening_hours(profile)
    if hours is None:
        return None
    zone = ZoneInfo(time_zone)
    for opens, closes in _spans(hours, zone, now.astimezone(zone).date()):
        if closes <= now:
            continue
        if opens <= now:
            return OpenState(True, closes.astimezone(zone))
        return OpenState(False, opens.astimezone(zone))
    return OpenState(False, None)


def _spans(hours: OpeningHours, zone: ZoneInfo, today: date) -> Iterator[tuple[datetime, datetime]]:
    """Stretches of being open, in UTC because the zone's clocks may change; touching shifts make one."""
    current: tuple[datetime, datetime] | None = None
    for offset in range(-1, LOOK_AHEAD_DAYS):
        day = today + timedelta(days=offset)
        for start, end in hours.shifts_on(day):
            opens = datetime.combine(day, start, zone).astimezone(UTC)
            last_day = day if end > start else day + timedelta(days=1)
            closes = datetime.combine(last_day, end, zone).astimezone(UTC)
            if current is not None and opens <= current[1]:
                current = (current[0], max(current[1], closes))
                continue
            if current is not None:
                yield current
            current = (opens, closes)
    if current is not None:
        yield current


def _shifts(told: Any) -> tuple[Shift, ...]:
    return tuple(sorted((_clock(start), _clock(end)) for start, end in told))


def _clock(told: str) -> time:
    return MIDNIGHT if told == "24:00" else time.fromisoformat(told)
