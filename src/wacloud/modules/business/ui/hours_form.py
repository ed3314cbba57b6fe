"""Opening hours as a form without scripts: a few pairs of times for each day, some rows for special days."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from starlette.datastructures import FormData

from wacloud.modules.business.domain.hours import DAYS

SHIFTS: Final = 3
SPECIAL_SHIFTS: Final = 2
EMPTY_ROWS: Final = 3
MOST_ROWS: Final = 60

Times = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class SpecialRow:
    """One special day in the form."""

    day: str
    name: str
    times: Times


@dataclass(frozen=True, slots=True)
class HoursForm:
    """What the form shows."""

    week: Mapping[str, Times]
    special: list[SpecialRow]
    country: str
    region: str
    closes: bool


def shown(profile: Mapping[str, Any], today: date) -> HoursForm:
    """The hours of a profile; special days that are over are not shown, and go with the next change."""
    week = profile.get("hours") or {}
    special = [
        SpecialRow(day, str(entry.get("name", "")), _padded(entry.get("hours", []), SPECIAL_SHIFTS))
        for day, entry in sorted((profile.get("special_days") or {}).items())
        if day >= today.isoformat()
    ]
    empty = [SpecialRow("", "", _padded([], SPECIAL_SHIFTS)) for _ in range(EMPTY_ROWS)]
    holidays = profile.get("holidays") or {}
    return HoursForm(
        {day: _padded(week.get(day, []), SHIFTS) for day in DAYS},
        special + empty,
        holidays.get("country", ""),
        holidays.get("region") or "",
        bool(holidays.get("closes", True)),
    )


def read(form: FormData) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any] | None]:
    """The week, the special days and the holidays somebody typed; the domain judges them."""
    week = {day: _shifts(form, day, SHIFTS) for day in DAYS}
    special = {
        day: {
            "name": str(form.get(f"special_{row}_name", "")),
            "hours": _shifts(form, f"special_{row}", SPECIAL_SHIFTS),
        }
        for row in range(MOST_ROWS)
        if (day := str(form.get(f"special_{row}_day", "")))
    }
    country = str(form.get("country", ""))
    # Only Spain has regions here; one that was left chosen for another country means nothing.
    region = str(form.get("region", "")) if country == "ES" else ""
    holidays = {"country": country, "region": region or None, "closes": bool(form.get("closes"))} if country else None
    return week, special, holidays


def _shifts(form: FormData, prefix: str, most: int) -> list[list[str]]:
    pairs = [[str(form.get(f"{prefix}_{n}_{end}", "")) for end in ("start", "end")] for n in range(most)]
    return [pair for pair in pairs if any(pair)]


def _padded(shifts: Any, least: int) -> Times:
    # A browser's time field knows no 24:00.
    told = [(start, "00:00" if end == "24:00" else end) for start, end in shifts]
    return told + [("", "")] * (least - len(told))
