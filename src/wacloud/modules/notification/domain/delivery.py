"""What a transport says of one try, and what follows for the mail."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from wacloud.modules.notification.domain.mail import State, StoredMail
from wacloud.modules.notification.domain.templates import TEMPLATES

# accepted: it has the mail. wait: not now, nothing was sent, the try does not count. retry: the same. locked: nothing
# can be sent until somebody repairs the settings. quota: nothing more may be sent, by contract. refused: never.
# unknown: it may or may not have the mail. seen: it took a mail with this id before, in other words.
Verdict = Literal["accepted", "wait", "retry", "locked", "quota", "refused", "unknown", "seen"]

FIRST_PAUSE = timedelta(seconds=4)
LONGEST_PAUSE = timedelta(minutes=15)
LOCKED_PAUSE = timedelta(minutes=5)
DEFAULT_USE = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class SendResult:
    """How one try ended. `after`: when the provider wants to be asked again."""

    verdict: Verdict
    provider_id: str | None = None
    reason: str | None = None
    after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Conclusion:
    """The mail's new state, and when it is tried again; `again` None: never."""

    state: State
    reason: str | None = None
    provider_id: str | None = None
    again: timedelta | None = None

    @property
    def is_end(self) -> bool:
        """Nothing of the text is needed any more."""
        return self.again is None


def is_too_old(mail: StoredMail, now: datetime) -> bool:
    """A reset link that arrives tomorrow helps nobody."""
    template = TEMPLATES.get(mail.template)
    return now - mail.created_at > (template.useful_for if template else DEFAULT_USE)


def give_up(mail: StoredMail) -> Conclusion:
    """The end of a mail that became too old: `sending` means that a try of unknown outcome was its last."""
    return Conclusion("unconfirmed" if mail.state == "sending" else "failed", "gave_up")


def conclude(mail: StoredMail, result: SendResult, *, is_idempotent: bool) -> Conclusion:
    """
    What follows. Only outcomes that cannot send the mail twice are tried again.

    :param is_idempotent: the transport knows a mail it has seen, so even an unknown outcome may be repeated.
    """
    match result.verdict:
        case "accepted":
            return Conclusion("sent", provider_id=result.provider_id)
        case "wait" | "retry":
            return Conclusion("queued", result.reason, again=result.after or pause_after(mail.attempts))
        case "locked":
            return Conclusion("queued", result.reason, again=LOCKED_PAUSE)
        case "unknown" if is_idempotent:
            return Conclusion("sending", result.reason, again=pause_after(mail.attempts))
        case "unknown" | "seen":
            return Conclusion("unconfirmed", result.reason)
        case "quota" | "refused":
            return Conclusion("failed", result.reason)


def pause_after(attempts: int) -> timedelta:
    """Twice as long each time, with some jitter, so that what failed together does not come back together."""
    pause = min(FIRST_PAUSE * int(2 ** min(max(attempts - 1, 0), 12)), LONGEST_PAUSE)
    return pause * random.uniform(0.75, 1.25)
