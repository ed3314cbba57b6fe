"""What a token says, and how long it says it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, TypeAlias

from wacloud.shared.domain.ids import BusinessId, UserId

# A token is good for one purpose only: "access" in an Authorization header, "session" in a browser's cookie.
Purpose: TypeAlias = Literal["access", "session"]

LIFETIMES: dict[Purpose, timedelta] = {"access": timedelta(minutes=15), "session": timedelta(days=7)}
LEEWAY = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Claims:
    """Who, and in which business they act; what they may do there is asked of the database."""

    user_id: UserId
    business_id: BusinessId | None
