"""What looking after connected numbers needs from the world."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Protocol
from uuid import UUID

from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.domain.checkup import Finding, KeptCheck
from wacloud.modules.whatsapp.domain.checkup_facts import NoAnswer, NumberFacts, SubscriptionFacts, TokenFacts, Traffic
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId

LOST_AFTER: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class CheckedNumber:
    """A number to look after, with its (encrypted) token. `state` and `held_because`: whether it may send."""

    id: UUID
    waba_id: str
    phone_number_id: str
    display: str
    name: str | None
    access_token: str
    state: str
    held_because: str | None


@dataclass(frozen=True, slots=True)
class Checkup:
    """The last look at a number."""

    asked_at: datetime
    finished_at: datetime | None
    step: int

    def is_running(self, now: datetime) -> bool:
        """One was asked for and has not ended; what has not ended by now is lost, and may be asked for again."""
        is_open = self.finished_at is None or self.finished_at < self.asked_at
        return is_open and now - self.asked_at < LOST_AFTER


@dataclass(frozen=True, slots=True)
class CheckChange:
    """A check went from one state to another."""

    code: str
    at: datetime
    before: str | None
    after: str
    cause: str


@dataclass(frozen=True, slots=True)
class EchoTest:
    """A word that somebody is asked to write to a number."""

    id: UUID
    number_id: UUID
    word: str
    asked_at: datetime
    expires_at: datetime
    heard_at: datetime | None


class AskMeta(Protocol):
    """Meta's Graph API. Network: never call it with a transaction open. Never raises: `NoAnswer` says why."""

    async def token(self, access_token: str) -> TokenFacts | NoAnswer:
        """What it is good for."""
        ...

    async def number(self, phone_number_id: str, access_token: str) -> NumberFacts | NoAnswer:
        """All that a number tells of itself, in one call."""
        ...

    async def subscription(self, waba_id: str, access_token: str) -> SubscriptionFacts | NoAnswer:
        """Every page of the apps subscribed."""
        ...

    async def own_endpoint(self) -> Finding:
        """Our webhook's own address, asked from outside as Meta asks it."""
        ...


class Checkups(Protocol):
    """What was found, and the tests that are under way."""

    async def numbers(self, tx: Tx, business_id: BusinessId) -> Sequence[CheckedNumber]:
        """Those that are not disconnected, oldest first."""
        ...

    async def with_held(self, tx: Tx) -> Sequence[BusinessId]:
        """Businesses with a number that is held for what a look can tell."""
        ...

    async def held_and_due(self, tx: Tx, business_id: BusinessId, now: datetime) -> Sequence[UUID]:
        """Those numbers of a business that were not looked at for a while."""
        ...

    async def ask(self, tx: Tx, business_id: BusinessId, numbers: Sequence[UUID], at: datetime) -> None:
        """A look at these was asked for."""
        ...

    async def step(self, tx: Tx, business_id: BusinessId, number_id: UUID, step: int, at: datetime) -> None:
        """So many questions are answered."""
        ...

    async def finish(self, tx: Tx, business_id: BusinessId, number_id: UUID, at: datetime) -> None:
        """The look has ended."""
        ...

    async def latest(self, tx: Tx, business_id: BusinessId, number_id: UUID) -> Checkup | None:
        """The last look."""
        ...

    async def checks(self, tx: Tx, business_id: BusinessId, number_id: UUID) -> Sequence[KeptCheck]:
        """What each check found, in no order."""
        ...

    async def keep(
        self, tx: Tx, business_id: BusinessId, number_id: UUID, check: KeptCheck, before: str | None
    ) -> None:
        """In the place of what was found before, whose state was `before`; a change is noted."""
        ...

    async def changes(self, tx: Tx, business_id: BusinessId, number_id: UUID) -> Sequence[CheckChange]:
        """The newest."""
        ...

    async def traffic(self, tx: Tx, business_id: BusinessId, number_id: UUID, now: datetime) -> Traffic:
        """What came in lately."""
        ...

    async def hold(self, tx: Tx, business_id: BusinessId, number_id: UUID, why: str) -> bool:
        """Keep back what a number would send, where it sends now."""
        ...

    async def let_go(self, tx: Tx, business_id: BusinessId, number_id: UUID, whys: Sequence[str]) -> bool:
        """It sends again, where it was held for one of these reasons."""
        ...

    async def heard_from(
        self, tx: Tx, business_id: BusinessId, phone: str, not_at: UUID, since: datetime
    ) -> UUID | None:
        """The conversation in which this phone wrote last to another number that sends, since then."""
        ...

    async def add_echo(self, tx: Tx, business_id: BusinessId, test: EchoTest) -> None:
        """A new test of a number; the one before is over."""
        ...

    async def find_echo(self, tx: Tx, business_id: BusinessId, number_id: UUID) -> EchoTest | None:
        """The newest test of a number; whether its word came in is looked up."""
        ...


@dataclass(frozen=True, slots=True)
class CheckupDeps:
    """The list of what it needs. `app_id` may be empty: then some things cannot be told."""

    whatsapp: WhatsappDeps
    checkups: Checkups
    meta: AskMeta
    app_id: str
    base_url: str
