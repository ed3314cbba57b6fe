"""What a business says of itself: the part of it that customers may be told."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from wacloud.shared.domain.errors import NotFound
from wacloud.shared.domain.ids import BusinessId


class BusinessNotFound(NotFound):
    """There is no such business."""


@dataclass(frozen=True, slots=True)
class BusinessProfile:
    """
    A business as its bot introduces it.

    `profile` holds what the owner filled in, each key only where they did: `about`, `address`, `city`, `web`,
    `email`, `phone`, `hours` and `special_days` (see `hours.py`).
    """

    id: BusinessId
    name: str
    sector: str
    language: str
    time_zone: str
    profile: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Membership:
    """A person's place in one business."""

    business_id: BusinessId
    business_name: str
    sector: str
    language: str
    time_zone: str
    role: str
