"""Public holidays of the countries we serve, and of the regions of Spain."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final

import holidays

from wacloud.shared.domain.errors import AppError

COUNTRIES: Final = ("ES", "MX", "AR", "CO", "CL", "PE")
# The comunidades and cities that add days of their own, as ISO 3166-2 names them.
REGIONS_OF_SPAIN: Final[Mapping[str, str]] = {
    "AN": "Andalucía",
    "AR": "Aragón",
    "AS": "Asturias",
    "IB": "Illes Balears",
    "CN": "Canarias",
    "CB": "Cantabria",
    "CL": "Castilla y León",
    "CM": "Castilla-La Mancha",
    "CT": "Catalunya",
    "CE": "Ceuta",
    "VC": "Comunitat Valenciana",
    "EX": "Extremadura",
    "GA": "Galicia",
    "RI": "La Rioja",
    "MD": "Madrid",
    "ML": "Melilla",
    "MC": "Murcia",
    "NC": "Navarra",
    "PV": "País Vasco",
}
_LANGUAGE_OF_PACKAGE: Final = {"es": "es", "en": "en_US"}


class HolidaysUnknown(AppError):
    """We do not know the public holidays of this country or region."""


@dataclass(frozen=True, slots=True)
class HolidayCalendar:
    """Whose public holidays a business goes by, and whether it closes on them. No region: only the country's."""

    country: str
    region: str | None = None
    closes: bool = True

    def name_on(self, day: date, language: str = "es") -> str | None:
        """What is celebrated on this day, if it is a holiday."""
        return public_holidays(self.country, self.region, day.year, language).get(day)

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> "HolidayCalendar":
        """
        From what a profile holds or a person chose.

        :raises HolidaysUnknown: there is no such country or region.
        """
        country, region = told.get("country"), told.get("region") or None
        if country not in COUNTRIES or not (region is None or (country == "ES" and region in REGIONS_OF_SPAIN)):
            raise HolidaysUnknown
        return cls(str(country), region, bool(told.get("closes", True)))

    def as_told(self) -> dict[str, Any]:
        """As a profile holds it."""
        return {"country": self.country, "region": self.region, "closes": self.closes}


@lru_cache(maxsize=512)
def public_holidays(country: str, region: str | None, year: int, language: str = "es") -> Mapping[date, str]:
    """The days of one year with their names; movable feasts and days moved to a Monday stand where they fall."""
    found = holidays.country_holidays(
        country, subdiv=region, years=year, expand=False, language=_LANGUAGE_OF_PACKAGE.get(language, "es")
    )
    return dict(sorted(found.items()))
