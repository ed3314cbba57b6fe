"""What a token says, and how long it says it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Literal, TypeAlias

from wacloud.modules.auth.domain.session import ABSOLUTE, Assurance, Proof
from wacloud.shared.domain.ids import BusinessId, SessionId, UserId

# A token is good for one purpose only: "access" in an Authorization header, "session" in a browser's cookie.
Purpose: TypeAlias = Literal["access", "session"]

# A cookie may live as long as any session can; whether its own still does is asked at every request.
LIFETIMES: dict[Purpose, timedelta] = {"access": timedelta(minutes=15), "session": ABSOLUTE}
LEEWAY = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class Claims:
    """
    Who, in which business they act, and which session it belongs to: the token is good while that lives.

    What they may do in the business is asked of the database.
    """

    user_id: UserId
    business_id: BusinessId | None
    session_id: SessionId
    aal: Assurance = "aal1"
    amr: tuple[Proof, ...] = ()
