"""What the auth module needs from the world."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from wacloud.modules.auth.domain.credential import Credential
from wacloud.modules.auth.domain.token import Claims, Purpose
from wacloud.modules.business.api import BusinessDeps
from wacloud.modules.user.api import UserDeps
from wacloud.shared.application.clock import Clock
from wacloud.shared.application.db import Database, Tx
from wacloud.shared.domain.ids import UserId


class Credentials(Protocol):
    """Password hashes, seen by paths that cross tenants only."""

    async def find(self, tx: Tx, user_id: UserId) -> Credential | None:
        """None where this person has no password."""
        ...

    async def replace_hash(self, tx: Tx, old: Credential, new_hash: str) -> None:
        """Store a stronger hash of the same password, unless the password was changed in the meantime."""
        ...

    async def add(self, tx: Tx, user_id: UserId, password_hash: str) -> None:
        """The first password of somebody new."""
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

    def issue(self, claims: Claims, purpose: Purpose, now: datetime) -> str:
        """A token for one purpose; how long it lives stands in LIFETIMES."""
        ...

    def read(self, token: str, purpose: Purpose, now: datetime) -> Claims:
        """:raises NotSignedIn: it is not ours, not of this time or not for this purpose."""
        ...

    def public_keys(self) -> Mapping[str, Any]:
        """What others need to verify our tokens (a JSON Web Key Set)."""
        ...


@dataclass(frozen=True, slots=True)
class AuthDeps:
    """What the auth module needs from outside."""

    db: Database
    clock: Clock
    credentials: Credentials
    passwords: Passwords
    tokens: Tokens
    users: UserDeps
    businesses: BusinessDeps
