"""
Connecting a number: the steps, what may stop each of them, and what Meta's refusals mean on the way.

    access -> account -> number -> code -> verify -> register -> subscribe -> sync -> test -> done

What is satisfied at Meta already is skipped. A step that fails stays where it is, with its `Problem`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal
from uuid import UUID

from wacloud.shared.domain.errors import AppError, NotFound
from wacloud.shared.domain.ids import BusinessId, UserId

Way = Literal["embedded", "token", "simulator"]
Step = Literal["access", "account", "number", "code", "verify", "register", "subscribe", "sync", "test", "done"]
State = Literal["open", "done", "abandoned"]
STEPS: Final[tuple[Step, ...]] = (
    "access",
    "account",
    "number",
    "code",
    "verify",
    "register",
    "subscribe",
    "sync",
    "test",
    "done",
)
# Longer than any step may take: whoever began it is gone.
LEASE: Final = timedelta(seconds=75)
SCOPES: Final = frozenset({"whatsapp_business_management", "whatsapp_business_messaging"})
REGISTRATIONS: Final = 10  # in 72 hours, says Meta
COEXISTENCE_EVENT: Final = "FINISH_WHATSAPP_BUSINESS_APP_ONBOARDING"
# So long a code is surely good; Meta does not say how long it really is.
CODE_GOOD_FOR: Final = timedelta(minutes=10)
_REFUSED_CODES: Final = ("code_over", "code_wrong", "meta_refused")
SYNC_TYPES: Final = ("smb_app_state_sync", "history")


class ConnectionUnknown(NotFound):
    """There is no such connection of a number."""


class ConnectionBusy(AppError):
    """Somebody is at this step right now. Wait a moment."""

    kind = "conflict"


class ConnectionMovedOn(AppError):
    """This step is over. Open the page again to see where it stands."""

    kind = "conflict"


class WayNotOpen(AppError):
    """Numbers cannot be connected this way here."""

    kind = "conflict"


class MetaProblem(AppError):
    """Meta does not do this."""

    kind = "conflict"

    def __init__(
        self, words: str | None = None, *, code: int | None = None, subcode: int | None = None, away: bool = False
    ) -> None:
        super().__init__(words)
        self.meta_code = code
        self.subcode = subcode
        self.is_away = away


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a step did not go well: our name for it, Meta's code and words where it was Meta, when to try again."""

    step: str
    why: str
    code: int | None = None
    words: str | None = None
    retry_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class NumberAtMeta:
    """A number as Meta describes it; what it did not say is None."""

    phone_number_id: str
    display_phone_number: str
    verified_name: str | None = None
    name_status: str | None = None
    status: str | None = None
    code_status: str | None = None
    quality: str | None = None
    per_second: int = 80
    messaging_limit: str | None = None
    has_pin: bool = False
    is_on_app: bool = False

    @property
    def is_registered(self) -> bool:
        """It can send. Of Meta's other words nothing can be built on."""
        return self.status in ("CONNECTED", "FLAGGED")

    @property
    def is_verified(self) -> bool:
        """Somebody has shown that the phone is theirs."""
        return self.code_status == "VERIFIED"

    def next_step(self) -> Step:
        """What it needs first."""
        if self.is_registered:
            return "subscribe"
        return "register" if self.is_verified else "code"


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """What debug_token says: `waba_ids` are those it was granted for, none: it does not name any."""

    app_id: str | None
    is_valid: bool
    scopes: frozenset[str]
    expires_at: datetime | None
    waba_ids: Sequence[str]

    def refusal(self, app_id: str, now: datetime) -> str | None:
        """Why it is not good enough; `app_id` is ours, or empty where we do not know it."""
        # One that has run out is not valid either, and this says more.
        if self.expires_at is not None and self.expires_at <= now:
            return "token_expired"
        if not self.is_valid:
            return "token_refused"
        if app_id and self.app_id is not None and self.app_id != app_id:
            return "token_of_another_app"
        return None if self.scopes >= SCOPES else "scopes_missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What somebody gave for a step. Secrets of it are never shown, kept in clear, or logged."""

    code: str | None = field(default=None, repr=False)
    access_token: str | None = field(default=None, repr=False)
    waba_id: str | None = None
    phone_number_id: str | None = None
    country_code: str | None = None
    phone_number: str | None = None
    verified_name: str | None = None
    method: str | None = None
    language: str | None = None
    verification_code: str | None = field(default=None, repr=False)
    pin: str | None = field(default=None, repr=False)
    skip: bool = False
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """A number on its way. `access_token` and `pin` are encrypted."""

    business_id: BusinessId
    id: UUID
    way: Way
    state: State
    step: Step
    access_token: str | None = field(repr=False)
    pin: str | None = field(repr=False)
    waba_id: str | None
    phone_number_id: str | None
    number_id: UUID | None
    facts: Mapping[str, Any]
    problem: Problem | None
    doing_since: datetime | None
    attempt: int
    created_by: UserId | None
    created_at: datetime
    changed_at: datetime

    def is_busy(self, now: datetime) -> bool:
        """Somebody is at it."""
        return self.doing_since is not None and now - self.doing_since < LEASE

    def was_interrupted(self, now: datetime) -> bool:
        """Somebody was at it and did not come back: it may be tried again."""
        return self.doing_since is not None and not self.is_busy(now)

    @property
    def is_coexistence(self) -> bool:
        """The number is in the WhatsApp Business app, too. Meta says so, never the browser."""
        return bool(self.facts.get("is_on_app"))

    @property
    def display_phone_number(self) -> str | None:
        """The number as people read it, once it is known."""
        return self.facts.get("display_phone_number")


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What a step came to. `goes_on`: the next one needs nobody. Fields that are None stay."""

    step: Step
    goes_on: bool = False
    problem: Problem | None = None
    access_token: str | None = field(default=None, repr=False)
    waba_id: str | None = None
    phone_number_id: str | None = None
    number_id: UUID | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    forgets_pin: bool = False
    at_meta: NumberAtMeta | None = None  # to be kept with the number


# Meta's codes, and then its subcodes of 100, to what they mean here.
_CODES: Final[Mapping[int, str]] = {
    0: "token_refused",
    3: "permission_missing",
    4: "too_many_calls",
    10: "permission_missing",
    33: "not_visible",
    190: "token_refused",
    368: "account_restricted",
    80007: "too_many_calls",
    131005: "permission_missing",
    131031: "account_locked",
    131037: "name_not_approved",
    131045: "certificate",
    133000: "not_deregistered",
    133005: "pin_wrong",
    133006: "not_verified",
    133008: "pin_wait",
    133009: "pin_wait",
    133010: "not_registered",
    133015: "deleted_recently",
    133016: "registered_too_often",
}
# Those of the verification codes, 136023 to 136026, are not documented well: Meta's own words are shown beside.
_SUBCODES: Final[Mapping[int, str]] = {
    33: "not_visible",
    36007: "signup_code_over",
    36009: "signup_code_over",
    136023: "verified_before",
    136024: "code_too_often",
    136025: "code_wrong",
    136026: "code_over",
    2388001: "number_in_use",
    2388103: "too_many_numbers",
    2593107: "synced_before",
    2593108: "sync_too_late",
    2593109: "sync_declined",
}
_WAITS: Final[Mapping[str, timedelta]] = {
    "pin_wait": timedelta(hours=1),
    "deleted_recently": timedelta(minutes=5),
    "registered_too_often": timedelta(hours=72),
    "too_many_calls": timedelta(hours=1),
}


def problem_of(step: str, error: MetaProblem, now: datetime) -> Problem:
    """By code and subcode, never by Meta's text, which is kept to be shown."""
    code, subcode = error.meta_code, error.subcode
    why = "meta_away" if error.is_away else "meta_refused"
    if code is not None:
        # A subcode says more where there is one: it often comes under 100.
        known = _SUBCODES.get(subcode or 0) or _SUBCODES.get(code) or _CODES.get(code)
        why = known or ("permission_missing" if 200 <= code <= 299 else why)
    wait = _WAITS.get(why)
    return Problem(step, why, subcode if subcode in _SUBCODES else code, error.detail, now + wait if wait else None)


def is_code_over(why: str, asked_at: str | None, now: datetime) -> bool:
    """Whether the code that was refused came too late: Meta says so, or it was asked for long ago."""
    if why == "code_over" or asked_at is None or why not in _REFUSED_CODES:
        return why == "code_over"
    return now - datetime.fromisoformat(asked_at) > CODE_GOOD_FOR
