"""What the notification module needs from the world."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from uuid import UUID

from wacloud.modules.business.api import BusinessDeps
from wacloud.modules.notification.domain.delivery import Conclusion, SendResult
from wacloud.modules.notification.domain.mail import Email, Mail, MailId, State, StoredMail
from wacloud.modules.notification.domain.notice import Notice, Severity, StoredNotice
from wacloud.modules.notification.domain.report import SuppressionReason
from wacloud.modules.user.api import UserDeps
from wacloud.shared.application.clock import Clock
from wacloud.shared.application.db import Database, Tx
from wacloud.shared.domain.ids import BusinessId, UserId


@dataclass(frozen=True, slots=True)
class MailLimits:
    """How many mails there may be; see the function `private.mail_limit`."""

    kind_pause: timedelta = timedelta(minutes=1)
    asked_an_hour: int = 10
    sender_a_day: int = 30
    notices_an_hour: int = 20


@dataclass(frozen=True, slots=True)
class UnsentMail:
    """A mail an operator may want to know of."""

    created_at: datetime
    template: str
    recipient: str
    state: str
    reason: str | None


class Mails(Protocol):
    """The outbox, inside a caller's transaction."""

    async def limit_reached(self, tx: Tx, mail: Mail, *, is_asked: bool, limits: MailLimits) -> str | None:
        """The limit one more mail would break. The address is held until the transaction ends."""
        ...

    async def is_written(self, tx: Tx, business_id: BusinessId, key: str) -> bool:
        """Whether a mail of this business has this key."""
        ...

    async def add_once(self, tx: Tx, mail: Mail, *, sealed: str, is_asked: bool) -> MailId | None:
        """None, writing nothing, where its key was used before."""
        ...

    async def add_unsendable(self, tx: Tx, mail: Mail, *, is_asked: bool, reason: str) -> None:
        """Keep one that can go nowhere, so that it is seen."""
        ...

    async def find_locked(self, tx: Tx, mail_id: MailId) -> StoredMail | None:
        """The mail, held until the transaction ends."""
        ...

    async def begin(self, tx: Tx, mail_id: MailId) -> None:
        """`sending`, one try more."""
        ...

    async def conclude(self, tx: Tx, mail_id: MailId, conclusion: Conclusion) -> None:
        """Record how a try ended. What the provider reported meanwhile stays."""
        ...

    async def find_reported(self, tx: Tx, provider_id: str | None, mail_id: MailId | None) -> StoredMail | None:
        """The mail a report is about, held until the transaction ends."""
        ...

    async def move(self, tx: Tx, mail_id: MailId, state: State, reason: str | None, provider_id: str | None) -> None:
        """Record what the provider reported."""
        ...

    async def left_behind(self, tx: Tx, before: timedelta) -> Sequence[tuple[MailId, BusinessId | None]]:
        """Mails that should be on their way and have not moved for so long."""
        ...

    async def purge(self, tx: Tx, older_than: timedelta) -> int:
        """Delete old ones; returns how many."""
        ...

    async def counts(self, tx: Tx) -> Mapping[str, int]:
        """How many mails are in each state."""
        ...

    async def newest_unsent(self, tx: Tx, limit: int) -> Sequence[UnsentMail]:
        """Those that did not arrive, or wait with a reason."""
        ...

    async def of_person(self, tx: Tx, user_id: UserId) -> Sequence[Mapping[str, object]]:
        """What was sent to a person, the newest first, as this transaction may see it."""
        ...

    async def forget_person(self, tx: Tx, user_id: UserId) -> None:
        """Take their address out of what was sent, and whatever waits with it."""
        ...


class Suppressions(Protocol):
    """Addresses nothing goes to any more."""

    async def why(self, tx: Tx, address: str) -> SuppressionReason | None:
        """Why not, or None."""
        ...

    async def add(self, tx: Tx, address: str, reason: SuppressionReason, mail_id: MailId) -> None:
        """Nothing goes there from now on."""
        ...

    async def lift(self, tx: Tx, address: str) -> bool:
        """Mails may go there again; False where they might all along."""
        ...


class Notices(Protocol):
    """What businesses have to know."""

    async def add_once(self, tx: Tx, notice: Notice, severity: Severity) -> bool:
        """
        Settle older ones of its subject. False where its key was told before, or a newer one of its subject is there.
        """
        ...

    async def renew(self, tx: Tx, notice: Notice, severity: Severity) -> None:
        """What was told under its key says this now; one that is settled or put away stays so."""
        ...

    async def settle(self, tx: Tx, business_id: BusinessId, notice_id: UUID, by: UserId, at: datetime) -> bool:
        """Put it away; False where there is none that this transaction may see."""
        ...

    async def settle_subject(self, tx: Tx, business_id: BusinessId, subject: str, by: UserId, at: datetime) -> None:
        """Whatever stands about it is over."""
        ...

    async def forget(self, tx: Tx, business_id: BusinessId, subjects: Sequence[str]) -> None:
        """Nothing about them is kept."""
        ...

    async def open(self, user_id: UserId, business_id: BusinessId) -> Sequence[StoredNotice]:
        """Those that still stand and are more than information, as this person may see them."""
        ...

    async def newest(self, user_id: UserId, business_id: BusinessId) -> Sequence[StoredNotice]:
        """The newest two hundred of all."""
        ...


class Transport(Protocol):
    """Whoever takes our mails. Network: never call it with a transaction open."""

    @property
    def is_idempotent(self) -> bool:
        """Whether the same mail given twice is sent once."""
        ...

    async def send(self, email: Email) -> SendResult:
        """One try. Never raises for what a network or a provider does."""
        ...


class Composer(Protocol):
    """Writes the mail in the reader's language."""

    def compose(self, mail: StoredMail, values: Mapping[str, str], zone: str | None) -> Email:
        """:raises Exception: the template and the values do not fit each other (any more)."""
        ...


@dataclass(frozen=True, slots=True)
class ShelfMail:
    """A mail as /dev/mails shows it. The list leaves the texts out."""

    id: str
    recipient: str
    subject: str
    at: datetime
    state: str = ""
    html: str = ""
    text: str = ""


class MailShelf(Protocol):
    """The mails of a demo or a development machine, for people to read."""

    async def newest(self, limit: int = 100) -> Sequence[ShelfMail]:
        """Without their texts."""
        ...

    async def find(self, mail_id: str) -> ShelfMail | None:
        """With its texts."""
        ...


@dataclass(frozen=True, slots=True)
class NotificationDeps:
    """What the notification module needs from outside."""

    db: Database
    clock: Clock
    users: UserDeps
    business: BusinessDeps
    mails: Mails
    suppressions: Suppressions
    notices: Notices
    transport: Transport
    composer: Composer
    seal: Callable[[str], str]
    unseal: Callable[[str], str]
    base_url: str
    limits: MailLimits = MailLimits()
