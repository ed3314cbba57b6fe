"""What the auth module needs from the world."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from wacloud.modules.auth.application.outside import Outside
from wacloud.modules.auth.application.passkey_ports import PasskeyDeps
from wacloud.modules.auth.domain.api_key import ApiKey
from wacloud.modules.auth.domain.credential import Credential
from wacloud.modules.auth.domain.factor import Factor, FactorMethod
from wacloud.modules.auth.domain.guessing import Refusal, Tries
from wacloud.modules.auth.domain.one_time import OneTimePurpose, OneTimeToken
from wacloud.modules.auth.domain.session import Assurance, Because, Session
from wacloud.modules.auth.domain.token import Claims, Purpose
from wacloud.modules.business.api import BusinessDeps
from wacloud.modules.notification.api import Mail
from wacloud.modules.user.api import User, UserDeps
from wacloud.shared.application.clock import Clock
from wacloud.shared.application.db import Database, Tx
from wacloud.shared.domain.ids import ApiKeyId, BusinessId, SessionId, UserId


class Credentials(Protocol):
    """Password hashes, seen by paths that cross tenants only."""

    async def find(self, tx: Tx, user_id: UserId) -> Credential | None:
        """None where this person has no password."""
        ...

    async def replace_hash(self, tx: Tx, old: Credential, new_hash: str) -> None:
        """Store a stronger hash of the same password, unless the password was changed in the meantime."""
        ...

    async def put(self, tx: Tx, user_id: UserId, password_hash: str, at: datetime) -> None:
        """Their password from now on, the first or another."""
        ...

    async def drop(self, tx: Tx, user_id: UserId) -> None:
        """They have none from now on."""
        ...


class Passwords(Protocol):
    """The password hasher: slow on purpose, so never call it with a transaction open."""

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Say whether they belong together. No hash takes the same time and is never right."""
        ...

    async def hash(self, password: str) -> str:
        """A new hash with today's parameters."""
        ...

    def is_outdated(self, password_hash: str) -> bool:
        """Whether the parameters have changed since it was made."""
        ...


class Tokens(Protocol):
    """Signs and reads tokens."""

    def issue(self, claims: Claims, purpose: Purpose, now: datetime, profile: User | None = None) -> str:
        """
        A token for one purpose; how long it lives stands in LIFETIMES.

        `profile`: whom it tells about as well, for programs that read their user from it as from one of Supabase's.
        """
        ...

    def read(self, token: str, purpose: Purpose, now: datetime) -> Claims:
        """:raises NotSignedIn: it is not ours, not of this time or not for this purpose."""
        ...

    def successors(self, refresh_token: str) -> Sequence[str]:
        """
        What may follow a refresh token: the same each time, so that whoever shows it again gets the same one.

        The first is today's; the others are of secrets that are being replaced.
        """
        ...

    def public_keys(self) -> Mapping[str, Any]:
        """What others need to verify our tokens (a JSON Web Key Set)."""
        ...


class Sessions(Protocol):
    """Who is signed in. PostgreSQL decides; what is remembered elsewhere only makes it quick."""

    async def find(self, tx: Tx, session_id: SessionId, *, lock: bool = False) -> Session | None:
        """None where there is none, or none this transaction may see."""
        ...

    async def alive(self, tx: Tx, user_id: UserId, now: datetime) -> Sequence[Session]:
        """Those of a person that can be used, the one used last first."""
        ...

    async def alive_among(self, tx: Tx, ids: Collection[SessionId], now: datetime) -> Mapping[SessionId, Assurance]:
        """Those of them that can be used, and how sure each makes us."""
        ...

    async def take_turns(self, tx: Tx, user_id: UserId) -> None:
        """Until the commit nobody else begins a session of this person: whoever counts them counts all."""
        ...

    async def knows_browser(self, tx: Tx, user_id: UserId, user_agent: str) -> bool:
        """Whether they signed in with it before, or never at all."""
        ...

    async def add(self, tx: Tx, begun: Session) -> None:
        """A new one."""
        ...

    async def act_in(self, tx: Tx, session_id: SessionId, business_id: BusinessId) -> None:
        """From now on."""
        ...

    async def prove(self, tx: Tx, proved: Session) -> None:
        """Its assurance, its proofs and when they were given, whether it waits and until when it may live."""
        ...

    async def touch(self, tx: Tx, session_id: SessionId, now: datetime) -> None:
        """It is being used."""
        ...

    async def end(self, tx: Tx, user_id: UserId, ids: Sequence[SessionId], because: Because, now: datetime) -> None:
        """Those of them that have not ended before."""
        ...

    async def forget_old(self, tx: Tx, user_id: UserId, before: datetime) -> None:
        """Delete those that ended, or could not be used any more, before then."""
        ...


@dataclass(frozen=True, slots=True)
class Link:
    """A refresh token in its chain."""

    generation: int
    hash: bytes
    created_at: datetime
    used_at: datetime | None


class RefreshTokens(Protocol):
    """The chain of each session."""

    async def session_of(self, tx: Tx, token_hash: bytes) -> SessionId | None:
        """Whose chain it belongs to; None where we never gave it away."""
        ...

    async def chain_from(self, tx: Tx, session_id: SessionId, token_hash: bytes) -> Sequence[Link]:
        """This token and all that followed it, in order."""
        ...

    async def add(
        self, tx: Tx, session_id: SessionId, user_id: UserId, generation: int, token_hash: bytes, now: datetime
    ) -> None:
        """The next of a chain; the one before it is used now."""
        ...

    async def replace(self, tx: Tx, session_id: SessionId, user_id: UserId, token_hash: bytes, now: datetime) -> None:
        """One that follows none: the end of the chain, if there is one, is used now."""
        ...


class OneTimeTokens(Protocol):
    """Secrets that work once."""

    async def put(self, tx: Tx, token: OneTimeToken, token_hash: bytes, now: datetime) -> None:
        """In the place of an older one of the same person and purpose."""
        ...

    async def find(self, tx: Tx, token_hash: bytes, purpose: OneTimePurpose, now: datetime) -> OneTimeToken | None:
        """None where it is none, was used, is too old or for something else."""
        ...

    async def newest(self, tx: Tx, user_id: UserId, purpose: OneTimePurpose, now: datetime) -> OneTimeToken | None:
        """The one that would still work."""
        ...

    async def use(self, tx: Tx, token: OneTimeToken) -> bool:
        """Take it out. False where somebody else did."""
        ...

    async def forget_old(self, tx: Tx, user_id: UserId, now: datetime) -> None:
        """Delete those of a person that work no more."""
        ...

    async def drop(self, tx: Tx, user_id: UserId, *purposes: OneTimePurpose) -> None:
        """They shall not work any more."""
        ...


@dataclass(frozen=True, slots=True)
class TotpSecret:
    """What an app and we both know."""

    factor: Factor
    secret: str


class Factors(Protocol):
    """A person's apps and passkeys, seen by paths that cross tenants only."""

    async def all(self, tx: Tx, user_id: UserId) -> Sequence[Factor]:
        """Whether confirmed or not, the oldest first."""
        ...

    async def methods(self, tx: Tx, user_id: UserId) -> Sequence[FactorMethod]:
        """What they can prove themselves with; empty where they have no second factor."""
        ...

    async def add_totp(self, tx: Tx, factor: Factor, secret: str) -> None:
        """A new app; its secret is encrypted."""
        ...

    async def totp_secrets(self, tx: Tx, user_id: UserId) -> Sequence[TotpSecret]:
        """Of all their apps, locked until the commit."""
        ...

    async def use_step(self, tx: Tx, factor_id: UUID, step: int, now: datetime) -> bool:
        """Note the time of a code that was right. False, changing nothing, where that or a later one was used."""
        ...

    async def confirm_totp(self, tx: Tx, factor_id: UUID, now: datetime) -> None:
        """It counts from now on."""
        ...

    async def rename(self, tx: Tx, user_id: UserId, factor_id: UUID, name: str) -> bool:
        """False where it is none of theirs."""
        ...

    async def remove(self, tx: Tx, user_id: UserId, ids: Collection[UUID]) -> None:
        """Those of theirs."""
        ...


class Totp(Protocol):
    """The arithmetic of authenticator apps (RFC 6238)."""

    def new_secret(self) -> str:
        """160 random bits, in letters people can type."""
        ...

    def uri(self, secret: str, account: str) -> str:
        """What an app reads from a QR code."""
        ...

    def step_of(self, secret: str, code: str, now: datetime) -> int | None:
        """The time step this code belongs to; None where it is of none that counts now."""
        ...


@dataclass(frozen=True, slots=True)
class BackupCode:
    """A code that was not used yet, as its hash."""

    id: UUID
    hash: str


class BackupCodes(Protocol):
    """Codes on paper, seen by paths that cross tenants only."""

    async def put_new(self, tx: Tx, user_id: UserId, set_id: UUID, hashes: Sequence[str], now: datetime) -> None:
        """A set that is not saved yet, in the place of another that was not."""
        ...

    async def save(self, tx: Tx, user_id: UserId, set_id: UUID, now: datetime) -> bool:
        """This set counts and the one before is gone. False where it is none that waits for it."""
        ...

    async def usable(self, tx: Tx, user_id: UserId) -> Sequence[BackupCode]:
        """Of the saved set."""
        ...

    async def use(self, tx: Tx, code: BackupCode) -> bool:
        """Take it out. False where somebody else did."""
        ...

    async def drop(self, tx: Tx, user_id: UserId) -> None:
        """All of them."""
        ...


class ApiKeys(Protocol):
    """The keys of a business's programs."""

    async def find_by_hash(self, tx: Tx, key_hash: bytes) -> ApiKey | None:
        """The key that has this hash, of whichever business."""
        ...

    async def find(self, tx: Tx, business_id: BusinessId, key_id: ApiKeyId) -> ApiKey | None:
        """One of a business's, held until the commit; None where it was revoked."""
        ...

    async def all(self, tx: Tx, business_id: BusinessId) -> Sequence[ApiKey]:
        """The newest first, ended ones too."""
        ...

    async def add(self, tx: Tx, made: ApiKey, key_hash: bytes) -> None:
        """A new one; whoever makes it is a member."""
        ...

    async def change(self, tx: Tx, changed: ApiKey) -> None:
        """Its name and what it may do."""
        ...

    async def revoke(self, tx: Tx, key: ApiKey, now: datetime) -> None:
        """It is good for nothing from now on."""
        ...

    async def note_use(self, tx: Tx, key: ApiKey, address: str, now: datetime) -> bool:
        """It is being used, from there. False where somebody else has noted that within the minute."""
        ...

    async def forget_old(self, tx: Tx, business_id: BusinessId, before: datetime) -> None:
        """Delete those that were revoked or expired before then."""
        ...


class SessionMemory(Protocol):
    """
    What was seen of sessions a moment ago, shared by all processes. It may forget, be away, or be an old copy.

    Network: never with a transaction open. It never raises.
    """

    async def recall(self, session_id: SessionId) -> tuple[Session, datetime] | None:
        """The session as the database told it, and when."""
        ...

    async def remember(self, seen: Session, at: datetime) -> None:
        """`at` is a time before the database was asked."""
        ...

    async def forget(self, ids: Sequence[SessionId]) -> None:
        """They have ended, or changed."""
        ...


class GuessLimits(Protocol):
    """Counts tries, for all processes together. Network: never with a transaction open."""

    async def take(self, tries: Tries) -> Refusal | None:
        """
        Count one more, in one step with the question whether there is one left. None: it is counted.

        :raises TriesNotCounted: it cannot be counted, so nothing may be tried.
        """
        ...

    async def give_back(self, tries: Tries) -> None:
        """It was right, so it was no guess. Never raises."""
        ...


class Mails(Protocol):
    """Where letters go."""

    async def queue(self, tx: Tx, mail: Mail) -> None:
        """It is sent if the transaction is committed."""
        ...


@dataclass(frozen=True, slots=True)
class AuthDeps:
    """What the auth module needs from outside."""

    db: Database
    clock: Clock
    credentials: Credentials
    passwords: Passwords
    tokens: Tokens
    sessions: Sessions
    refresh_tokens: RefreshTokens
    one_time_tokens: OneTimeTokens
    factors: Factors
    totp: Totp
    backup_codes: BackupCodes
    passkeys: PasskeyDeps
    api_keys: ApiKeys
    memory: SessionMemory
    limits: GuessLimits
    mails: Mails
    users: UserDeps
    businesses: BusinessDeps
    base_url: str
    outside: Outside | None = None
    redirect_urls: Sequence[str] = ()  # where programs may be sent on to, besides our own pages
