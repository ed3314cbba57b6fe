"""What a business says of itself: the part of it that customers may be told, and what it is to its members."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import available_timezones

from wacloud.shared.domain.errors import AppError, NotFound
from wacloud.shared.domain.ids import BusinessId

SHORTEST_NAME, LONGEST_NAME = 2, 100
SECTORS: Final = ("retail", "healthcare", "restaurant", "other")
EMPLOYEE_COUNTS: Final = ("1-10", "11-50", "51-200", "200+")
LANGUAGES: Final = ("es", "en")
PHONE: Final = r"^\+[1-9]\d{8,14}$"
# Whatever is longer was not typed by anybody who describes a shop.
LONGEST_TEXT: Final = {"about": 1000, "address": 200, "city": 100, "web": 200, "email": 254}


class BusinessNotFound(NotFound):
    """There is no such business."""


class BusinessNameLength(AppError):
    """A business has a name of 2 to 100 characters."""


class SectorUnknown(AppError):
    """Choose one of the sectors."""


class PhoneNotPossible(AppError):
    """Write the phone number with its country code, like +34600000042."""


class EmployeeCountUnknown(AppError):
    """Choose one of the sizes."""


class LanguageUnknown(AppError):
    """Choose Spanish or English."""


class TimeZoneUnknown(AppError):
    """There is no such time zone."""


class TextTooLongForProfile(AppError):
    """One of the texts is too long."""


@dataclass(frozen=True, slots=True)
class BusinessProfile:
    """
    A business as its bot introduces it.

    `profile` holds what the owner filled in, each key only where they did: `about`, `address`, `city`, `web`,
    `email`, `phone`, `hours`, `special_days` and `holidays` (see `hours.py`). From `erase_at` on nothing is left of it;
    until then nobody answers in its name.
    """

    id: BusinessId
    name: str
    sector: str
    language: str
    time_zone: str
    profile: Mapping[str, Any]
    phone: str | None = None
    employee_count: str | None = None
    erase_at: datetime | None = None

    @property
    def is_closing(self) -> bool:
        """Whether its deletion has been asked for."""
        return self.erase_at is not None


@dataclass(frozen=True, slots=True)
class Membership:
    """A person's place in one business."""

    business_id: BusinessId
    business_name: str
    sector: str
    language: str
    time_zone: str
    role: str
    erase_at: datetime | None = None
    demands_second_factor: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What somebody wants a business to say of itself, tidied; None leaves a field as it is."""

    name: str | None = None
    sector: str | None = None
    phone: str | None = None
    employee_count: str | None = None
    language: str | None = None
    time_zone: str | None = None
    texts: Mapping[str, str] | None = None

    @classmethod
    def typed(cls, **fields: Any) -> "Description":
        """
        Tidy and check what was typed.

        :raises AppError: one of the fields will not do; which, says its class.
        """
        told = cls(**fields)
        name = None if told.name is None else " ".join(told.name.split())
        if name is not None and not SHORTEST_NAME <= len(name) <= LONGEST_NAME:
            raise BusinessNameLength
        for value, known, refusal in (
            (told.sector, SECTORS, SectorUnknown),
            (told.employee_count, EMPLOYEE_COUNTS, EmployeeCountUnknown),
            (told.language, LANGUAGES, LanguageUnknown),
        ):
            if value is not None and value not in known:
                raise refusal
        # `$` would let a line break pass, and \d the digits of other scripts.
        if told.phone is not None and not re.fullmatch(PHONE.strip("^$"), told.phone, re.ASCII):
            raise PhoneNotPossible
        if told.time_zone is not None and told.time_zone not in available_timezones():
            raise TimeZoneUnknown
        texts = {key: text.strip() for key, text in (told.texts or {}).items()}
        if any(len(text) > LONGEST_TEXT[key] for key, text in texts.items()):
            raise TextTooLongForProfile
        return cls(
            name=name,
            sector=told.sector,
            phone=told.phone,
            employee_count=told.employee_count,
            language=told.language,
            time_zone=told.time_zone,
            texts=texts,
        )

    def changed(self) -> Mapping[str, str]:
        """The columns that are told."""
        names = ("name", "sector", "phone", "employee_count", "language", "time_zone")
        return {name: value for name in names if (value := getattr(self, name)) is not None}
