"""What somebody holds who has signed in, and how long."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from wacloud.shared.domain.errors import AppError, NotFound
from wacloud.shared.domain.ids import BusinessId, SessionId, UserId

# How sure we are who it is (NIST's and Supabase's words): one factor, or two.
Assurance: TypeAlias = Literal["aal1", "aal2"]
Because: TypeAlias = Literal[
    "signed_out", "revoked", "password_changed", "email_verified", "too_many", "refresh_reused", "factor_changed"
]

IDLE = timedelta(days=7)  # without any request
ABSOLUTE = timedelta(days=30)  # whatever they do meanwhile
MOST = 20  # of one person; the one not used for longest ends
SEEN_EVERY = timedelta(minutes=1)  # how exactly it is known when a session was last used
KEPT = timedelta(days=30)  # ended ones, so that a person can be told of an unknown browser
# A used refresh token is answered with its successor for this long, and as long as that successor is unused: twenty
# tabs may ask at once, and an answer may get lost.
REFRESH_GRACE = timedelta(seconds=10)
FRESH = timedelta(minutes=15)  # how long a proof is good for what matters most
AWAITING = timedelta(minutes=5)  # how long a session may wait for its second factor
# Each of these is a second factor, or (a passkey, which checks its person) two at once.
_STRONG = frozenset({"totp", "passkey", "backup_code"})


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
    """
    One browser or program of a person. `acting_in` is the business they act in; None: the first they have.

    `verified_at`: when they last proved who they are, as well as they can. `awaits_factor`: they have a second one and
    have not shown it yet, so it opens nothing.
    """

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
    verified_at: datetime
    awaits_factor: bool = False
    ended_at: datetime | None = None

    def is_alive(self, now: datetime) -> bool:
        """Not ended, used within the last week, begun within the last thirty days."""
        return self.ended_at is None and now < self.not_after and now - self.last_seen_at < IDLE

    def is_fresh(self, now: datetime) -> bool:
        """Whether its person proved who they are a moment ago."""
        return now - self.verified_at < FRESH

    def was_unseen(self, now: datetime) -> bool:
        """Whether it is worth writing down that it was used."""
        return now - self.last_seen_at >= SEEN_EVERY


def assurance_of(methods: Iterable[str]) -> Assurance:
    """How sure these proofs make us, all together."""
    return "aal2" if _STRONG.intersection(methods) else "aal1"
