"""What an answer of the Graph API means for the message that was sent: the classes of Meta's error codes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal

from wacloud.modules.whatsapp.domain.sending_limits import Limit
from wacloud.modules.whatsapp.domain.template_codes import CODE_OVER
from wacloud.shared.domain.errors import AppError

Verdict = Literal["accepted", "retry", "wait", "later", "stop", "reconnect", "unknown"]

# Transient at Meta: nothing was accepted, the same request may be sent again.
RETRY: Final = frozenset({1, 2, 131000, 131016, 131057, 133004, 135000, 139102, 139103, 2494100})
# Of these the same request is not tried for a whole day, but so often.
TRIES: Final = {1: 3, 135000: 2}
# Throttled. The value says what is held back: one recipient, the number, or everything of the account.
WAIT: Final[Mapping[int, Limit]] = {
    131056: "pair",
    130429: "number",
    4: "account",
    80007: "account",
    613: "account",
    131208: "number",
    138002: "number",
}
# Too many people blocked or reported the number: what it sends to many waits as well.
SPAM_LIMIT: Final = 131048
# Not before some time, or not before somebody has mended something.
LATER: Final = {
    368: timedelta(hours=24),
    131042: timedelta(hours=1),
    SPAM_LIMIT: timedelta(hours=4),
    131049: timedelta(hours=24),
    131064: timedelta(hours=24),
    132015: timedelta(hours=3),
    132069: timedelta(hours=1),
    133008: timedelta(hours=1),
    133009: timedelta(hours=1),
    133015: timedelta(minutes=5),
    133016: timedelta(hours=72),
    134101: timedelta(minutes=10),
}
# The business has to reconnect: its number holds everything until then.
RECONNECT: Final = frozenset({0, 3, 10, 190, 131005, *range(200, 300)})
# Refused for good, though Meta has answered some of them with HTTP 500. What is in no list goes by its status.
STOP: Final = frozenset(
    {
        *(33, 100, 130403, 130472, 130497, 131008, 131009, 131020, 131021, 131026, 131030, 131031, 131035, 131036),
        *(131037, 131041, 131044, 131045, 131047, 131050, 131051, 131052, 131053, 131055, 131059, 131060, 131061),
        *(131062, 131063, 132000, 132001, 132005, 132007, 132008, 132012, 132016, 132018, 132068, 133000, 133005),
        *(133006, 133010, 134011, 134100, 134102, 137000, 139100, 139101, 1752041, 2593079, 2593085),
        *(code for code in range(131201, 131216) if code not in WAIT),
        *(code for code in range(138000, 138019) if code not in WAIT),
        *range(139000, 139005),
        *range(147001, 147006),
    }
)
RETRIES: Final = 6
# What no second try mends, and what an open window mends.
_FOR_GOOD: Final = ("no_recipient", CODE_OVER)
_WINDOW_WAS_CLOSED: Final = 131047


class MetaRefused(AppError):
    """Meta does not accept this token for this number."""


@dataclass(frozen=True, slots=True)
class SendOutcome:
    """
    What one POST came to.

    accepted: `wamid` is set. retry: refused for now, nothing was sent. wait: throttled, `scope` says what.
    later: not before `after`. stop: never. reconnect: the token is dead. unknown: it may have been sent.
    `own_reason` says why where it was not Meta that refused. `usage_percent` is how much of the calls that Meta allows
    our app for this account in an hour is used, where it says so.
    """

    verdict: Verdict
    wamid: str | None = None
    code: int | None = None
    title: str | None = None
    details: str | None = None
    scope: Limit | None = None
    after: timedelta | None = None
    own_reason: str | None = None
    usage_percent: int = 0

    @property
    def reason(self) -> str:
        """The reason as it is kept with the message."""
        return self.own_reason or f"meta:{self.code}"

    def as_error(self) -> dict[str, object]:
        """The error as it is kept with the message."""
        return {"code": self.code, "title": self.title, "details": self.details}


def judge(
    http_status: int,
    code: int | None,
    *,
    title: str | None = None,
    details: str | None = None,
    transient: bool = False,
) -> SendOutcome:
    """
    Class an error of Meta by its code, never by its text or HTTP status (reference section 8).

    Without a code, a 4xx is a refusal for good; a 5xx may have been passed on before it broke, so nobody knows.
    """
    known = SendOutcome("stop", code=code, title=title, details=details)
    if code is None:
        if http_status == 429:
            return SendOutcome("wait", code=code, title=title, details=details, scope="number")
        if 400 <= http_status < 500:
            return known
        return SendOutcome("unknown", code=code, title=title or f"HTTP {http_status}", details=details)
    if code in WAIT:
        return SendOutcome("wait", code=code, title=title, details=details, scope=WAIT[code])
    if code in RETRY:
        return SendOutcome("retry", code=code, title=title, details=details)
    if code in LATER:
        return SendOutcome("later", code=code, title=title, details=details, after=LATER[code])
    if code in RECONNECT:
        return SendOutcome("reconnect", code=code, title=title, details=details)
    if code not in STOP and (transient or http_status >= 500):
        return SendOutcome("retry", code=code, title=title, details=details)
    return known


def may_be_sent_again(state: str, code: int | None, reason: str | None) -> bool:
    """
    Whether it makes sense that a person sends this message once more, the service window being open.

    Not where Meta refused it for good: the same message would only be refused again.
    """
    if state == "unconfirmed":
        return True
    return state == "failed" and code not in STOP - {_WINDOW_WAS_CLOSED} and reason not in _FOR_GOOD


def tries_of(code: int | None) -> float:
    """How often a message is POSTed in all where Meta keeps answering this; most go on for a day."""
    return TRIES.get(code or 0, float("inf"))


def pause_before_retry(tries: int) -> timedelta:
    """1, 2, 4 ... up to 60 seconds; after the sixth try a quarter of an hour."""
    return timedelta(minutes=15) if tries >= RETRIES else timedelta(seconds=min(2.0 ** (tries - 1), 60))


def pause_for_pair(waits: int) -> timedelta:
    """Meta's advice for one recipient: 4^n seconds, n counting from 0."""
    return timedelta(seconds=min(4**waits, 600))


def pause_for_number(waits: int) -> timedelta:
    """The limit is one of messages a second: a short pause mends it, a longer one only where it did not."""
    return timedelta(seconds=min(2.0**waits, 60))


def pause_for(scope: Limit | None, waits: int) -> timedelta:
    """How long whatever Meta throttled keeps still; `waits` counts from 0."""
    return pause_for_pair(waits) if scope == "pair" else pause_for_number(waits)
