"""What a provider tells of a mail after it took it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from wacloud.modules.notification.domain.mail import MailId, State

SuppressionReason = Literal["bounced", "complained"]

_STATES: Final[Mapping[str, State]] = {
    "email.sent": "sent",
    "email.delivered": "delivered",
    "email.delivery_delayed": "delayed",
    "email.bounced": "bounced",
    "email.complained": "complained",
    "email.failed": "failed",
    "email.suppressed": "suppressed",
}
# Told, and of no use to us: nothing of ours is tracked, scheduled or received.
_KNOWN_BESIDES: Final = frozenset({"email.opened", "email.clicked", "email.scheduled", "email.received"})


@dataclass(frozen=True, slots=True)
class Report:
    """One report. `mail_id` is our own, where the provider gave back the tag we sent."""

    kind: str
    provider_id: str | None
    mail_id: MailId | None
    bounce: str | None = None

    @property
    def state(self) -> State | None:
        """The state it tells of."""
        return _STATES.get(self.kind)

    @property
    def is_known(self) -> bool:
        """Whether we know what it means."""
        return self.kind in _STATES or self.kind in _KNOWN_BESIDES

    @property
    def suppresses(self) -> SuppressionReason | None:
        """Why nothing may go to this address again. A full mailbox is no reason, an address nobody has is."""
        if self.kind == "email.complained":
            return "complained"
        if self.kind == "email.suppressed" or (self.kind == "email.bounced" and self.bounce == "Permanent"):
            return "bounced"
        return None
