"""What somebody holds who has signed in, and how long."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from wacloud.shared.domain.errors import AppError, NotFound
from wacloud.shared.domain.ids import BusinessId, SessionId, UserId

# How sure we are who it is (NIST's and Supabase's words): one factor, or two.
Assurance: TypeAlias = Literal["aal1", "aal2"]
Because: TypeAlias = Literal[
    "signed_out", "revoked", "password_changed", "email_verified", "too_many", "refresh_reused"
]

IDLE = timedelta(days=7)  # without any request
ABSOLUTE = timedelta(days=30)  # whatever they do meanwhile
MOST = 20  # of one person; the one not used for longest ends
SEEN_EVERY = timedelta(minutes=1)  # how exactly it is known when a session was last used
KEPT = timedelta(days=30)  # ended ones, so that a person can be told of an unknown browser
# A used refresh token is answered with its successor for this long, and as long as that successor is unused: twenty
# tabs may ask at once, and an answer may get lost.
REFRESH_GRACE = timedelta(seconds=10)


class SessionNotFound(NotFound):
    """There is no such session."""


# Why nobody is signed in by a token that is good in itself: for the log, and for programs that ask.
SESSION_ENDED = "the session has ended"
ALREADY_USED = "used before"


class RefreshTokenNotGood(AppError):
    """This refresh token is no longer good; sign in again."""

    kind = "unauthenticated"


@dataclass(frozen=True, slots=True)
class Proof:
    """One thing by which somebody proved who they are, and when (seconds since 1970)."""

    method: str
    timestamp: int


@dataclass(frozen=True, slots=True)
class Session:
    """One browser or program of a person. `acting_in` is the business they act in; None: the first they have."""

    id: SessionId
    user_id: UserId
    acting_in: BusinessId | None
    aal: Assurance
    amr: tuple[Proof, ...]
    address: str
    user_agent: str
    created_at: datetime
    last_seen_at: datetime
    not_after: datetime
    ended_at: datetime | None = None

    def is_alive(self, now: datetime) -> bool:
        """Not ended, used within the last week, begun within the last thirty days."""
        return self.ended_at is None and now < self.not_after and now - self.last_seen_at < IDLE

    def was_unseen(self, now: datetime) -> bool:
        """Whether it is worth writing down that it was used."""
        return now - self.last_seen_at >= SEEN_EVERY
