"""What connecting numbers needs from the world: where connections are kept, and Meta's side of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from wacloud.modules.whatsapp.application.example_files import MetaUploads
from wacloud.modules.whatsapp.application.ports import WhatsappDeps
from wacloud.modules.whatsapp.domain.connecting import Connection, Move, NumberAtMeta, Step, TokenFacts, Way
from wacloud.modules.whatsapp.domain.number_profile import NumberProfile
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.errors import NotFound
from wacloud.shared.domain.ids import BusinessId, UserId


class NumberUnknown(NotFound):
    """You have no such number."""


@dataclass(frozen=True, slots=True)
class AccountAtMeta:
    """A WhatsApp account as Meta describes it. `portfolio_id` is who owns it: its limit is that of all its accounts."""

    name: str | None
    portfolio_id: str | None


@dataclass(frozen=True, slots=True)
class NumberRow:
    """A number as the pages show it, with what is known of its account. `is_alone`: no other of it is connected."""

    id: UUID
    waba_id: str
    waba_name: str | None
    phone_number_id: str
    display_phone_number: str
    verified_name: str | None
    name_status: str | None
    quality: str | None
    per_second: int
    messaging_limit: str | None
    state: str
    held_because: str | None
    held_until: datetime | None
    is_coexistent: bool
    has_pin: bool
    connected_at: datetime | None
    created_at: datetime
    is_alone: bool


class MetaAccounts(Protocol):
    """
    Meta's side. Network: never call it with a transaction open. Tokens come encrypted.

    Every call raises `MetaProblem`: what Meta answered, or that it could not be reached.
    """

    async def exchange(self, code: str) -> str:
        """A code of Embedded Signup for a token (in clear), once and within 30 seconds."""
        ...

    async def inspect(self, access_token: str) -> TokenFacts:
        """What this token is good for."""
        ...

    async def account(self, waba_id: str, access_token: str) -> AccountAtMeta:
        """What the account is called, and whose it is."""
        ...

    async def numbers(self, waba_id: str, access_token: str) -> Sequence[NumberAtMeta]:
        """All numbers of the account, however many pages they are."""
        ...

    async def number(self, phone_number_id: str, access_token: str) -> NumberAtMeta:
        """One number, as it stands."""
        ...

    async def add_number(
        self, waba_id: str, access_token: str, *, country_code: str, phone_number: str, verified_name: str
    ) -> str:
        """A new number of the account; returns Meta's id of it."""
        ...

    async def request_code(self, phone_number_id: str, access_token: str, method: str, language: str) -> None:
        """Let Meta send a code to the phone, by SMS or VOICE."""
        ...

    async def verify_code(self, phone_number_id: str, access_token: str, code: str) -> None:
        """Show Meta the code."""
        ...

    async def register(self, phone_number_id: str, access_token: str, pin: str) -> None:
        """Make it a number of the Cloud API. Ten times in 72 hours."""
        ...

    async def subscribe(self, waba_id: str, access_token: str) -> None:
        """Let the account's webhooks come to our app."""
        ...

    async def unsubscribe(self, waba_id: str, access_token: str) -> None:
        """No more of them."""
        ...

    async def sync(self, phone_number_id: str, access_token: str, sync_type: str) -> None:
        """Coexistence: ask the phone's app for its address book or its chats."""
        ...

    async def profile(self, phone_number_id: str, access_token: str) -> NumberProfile:
        """What the number says of the business."""
        ...

    async def change_profile(self, phone_number_id: str, access_token: str, profile: NumberProfile) -> None:
        """Say something else."""
        ...

    async def change_photo(self, phone_number_id: str, access_token: str, handle: str) -> None:
        """Show the file of this handle."""
        ...


class SimulatedSignUp(Protocol):
    """Meta's dialog, played by the local twin. Network, too."""

    async def sign_up(self, name: str) -> str:
        """A new account with a number, and the code for it. :raises MetaProblem: the twin does not answer."""
        ...


class Connections(Protocol):
    """Numbers on their way."""

    async def add(
        self, tx: Tx, business_id: BusinessId, connection_id: UUID, way: Way, by: UserId, number: NumberRow | None
    ) -> Connection:
        """A new one; `number` is one of ours, to be connected again."""
        ...

    async def open_count(self, tx: Tx, business_id: BusinessId) -> int:
        """How many are not at their end; held until the transaction ends."""
        ...

    async def get(self, tx: Tx, business_id: BusinessId, connection_id: UUID) -> Connection:
        """:raises ConnectionUnknown: it is nobody's, or another's."""
        ...

    async def newest(self, tx: Tx, business_id: BusinessId, limit: int) -> Sequence[Connection]:
        """The newest first."""
        ...

    async def begin(
        self, tx: Tx, business_id: BusinessId, connection_id: UUID, step: Step, now: datetime
    ) -> Connection | None:
        """Note that this step is being done; None where it is not at it, or somebody is at it."""
        ...

    async def note_pin(self, tx: Tx, connection: Connection, pin: str) -> bool:
        """Before Meta is told it; False where somebody else is at it by now."""
        ...

    async def record(self, tx: Tx, connection: Connection, move: Move, now: datetime) -> Connection | None:
        """What the step came to; None, changing nothing, where somebody else is at it by now."""
        ...

    async def note_session(
        self, tx: Tx, business_id: BusinessId, connection_id: UUID, session: Mapping[str, Any]
    ) -> Connection | None:
        """What the browser heard from Meta's dialog: only ever a hint. None where it is over."""
        ...

    async def end(self, tx: Tx, business_id: BusinessId, connection_id: UUID, *, restart: bool, now: datetime) -> bool:
        """Abandon it, or go back to its beginning; its token and PIN are forgotten. False where it is over."""
        ...


class NumberBook(Protocol):
    """The numbers of a business, with what is secret about them."""

    async def all(self, tx: Tx, business_id: BusinessId) -> Sequence[NumberRow]:
        """The oldest first."""
        ...

    async def get(self, tx: Tx, business_id: BusinessId, number_id: UUID) -> NumberRow:
        """:raises NumberUnknown: it is nobody's, or another's."""
        ...

    async def token(self, tx: Tx, business_id: BusinessId, number_id: UUID) -> str:
        """Encrypted. :raises NumberUnknown: see `get`."""
        ...

    async def pin(self, tx: Tx, business_id: BusinessId, number_id: UUID) -> str | None:
        """Encrypted, where it was registered here. :raises NumberUnknown: see `get`."""
        ...

    async def note(self, tx: Tx, business_id: BusinessId, number_id: UUID, at_meta: NumberAtMeta) -> None:
        """What Meta says of it."""
        ...

    async def note_connected(
        self, tx: Tx, connection: Connection, at_meta: NumberAtMeta, account: AccountAtMeta, now: datetime
    ) -> None:
        """The number has come to its place; its PIN goes with it."""
        ...

    async def disconnect(self, tx: Tx, business_id: BusinessId, number_id: UUID, no_token: str) -> bool:
        """It sends nothing any more and its token is forgotten; False where that was so."""
        ...

    async def heard_since(self, tx: Tx, business_id: BusinessId, number_id: UUID, since: datetime) -> bool:
        """Whether a customer has written to it."""
        ...


@dataclass(frozen=True, slots=True)
class ConnectingDeps:
    """The list of what connecting needs. `config_id` is that of Embedded Signup, `dialog_url` who plays it."""

    whatsapp: WhatsappDeps
    connections: Connections
    numbers: NumberBook
    meta: MetaAccounts
    simulated: SimulatedSignUp | None
    seal: Callable[[str], str]
    unseal: Callable[[str], str]
    app_id: str
    config_id: str
    graph_version: str
    dialog_url: str | None
    uploads: MetaUploads

    @property
    def ways(self) -> tuple[Way, ...]:
        """Those that are open here, the easiest first."""
        ways: list[Way] = []
        if self.app_id and self.config_id:
            ways.append("embedded")
        ways.append("token")
        if self.simulated is not None:
            ways.append("simulator")
        return tuple(ways)
