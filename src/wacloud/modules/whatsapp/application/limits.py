"""What sending needs to know of Meta's limits."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from wacloud.modules.whatsapp.domain.sending_limits import Limit
from wacloud.shared.domain.ids import BusinessId


@dataclass(frozen=True, slots=True)
class Wish:
    """
    One message that would like to leave now.

    `bulk`: it is a campaign's, and comes after everything else. `opens`: nobody wrote in the last 24 hours, so the
    person counts among the `people_a_day` that the portfolio may write to first (None: as many as it likes). `instead`
    is a place it was given and could not take: that is free again.
    """

    business_id: BusinessId
    portfolio_id: str
    waba_id: str
    phone_number_id: str
    recipient: str
    per_second: int
    bulk: bool = False
    opens: bool = False
    people_a_day: int | None = None
    instead: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """
    Granted: its `place` is kept, and it leaves `after` so long. Else it may ask again then; `limit` says why.
    """

    after: timedelta
    granted: bool
    limit: Limit | None
    place: str = ""


class Throttle(Protocol):
    """Meta's limits, kept before Meta has to: per number, pair of number and person, account and portfolio."""

    async def ask(self, wishes: Sequence[Wish]) -> Sequence[Answer]:
        """An answer for each. Those before are served before; of a number's second a campaign never has the rest."""
        ...

    async def stop(self, wish: Wish, scope: Limit, pause: timedelta) -> None:
        """
        Meta itself said stop: whatever the scope names waits.

        A number waits as long as the last stops suggest, and is slower afterwards; `pause` is for the others. `spam`
        is what the number sends to many.
        """
        ...

    async def ease(self, wish: Wish, pause: timedelta) -> None:
        """Meta says that its limit of calls is near: campaigns of this account wait."""
        ...
