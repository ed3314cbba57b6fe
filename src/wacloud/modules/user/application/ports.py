"""What the user module needs from the world."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from wacloud.modules.user.domain.user import Notifications, User
from wacloud.shared.application.caller import Caller
from wacloud.shared.application.clock import Clock, system_clock
from wacloud.shared.application.db import Database, Tx
from wacloud.shared.domain.ids import UserId


class Users(Protocol):
    """People, inside a caller's transaction. Whoever has left is not found."""

    async def find(self, tx: Tx, user_id: UserId) -> User | None:
        """None where there is nobody, or nobody this transaction may see."""
        ...

    async def find_by_email(self, tx: Tx, email: str) -> User | None:
        """Capitals do not matter."""
        ...

    async def able_among(self, tx: Tx, ids: Collection[UserId]) -> Collection[UserId]:
        """Those who are there, verified and not disabled."""
        ...

    async def add(self, tx: Tx, name: str, email: str, language: str, verified_at: datetime | None) -> UserId | None:
        """None, writing nothing, where somebody has this address already."""
        ...

    async def verify(self, tx: Tx, user_id: UserId, at: datetime, name: str | None, language: str | None) -> None:
        """Their address is proved; a name or language given takes the place of the one there is."""
        ...

    async def change_email(self, tx: Tx, user_id: UserId, email: str, at: datetime) -> bool:
        """Another address, proved. False, writing nothing, where somebody has it."""
        ...

    async def set_disabled(self, tx: Tx, user_id: UserId, at: datetime | None) -> None:
        """Since when they may not use the product; None: they may."""
        ...

    async def newest(self, tx: Tx, most: int) -> Sequence[User]:
        """Whoever came last, first."""
        ...

    async def describe(self, tx: Tx, user_id: UserId, name: str, language: str, time_zone: str) -> None:
        """Write what a person says of themselves."""
        ...

    async def choose(self, tx: Tx, user_id: UserId, notifications: Notifications) -> None:
        """Write what a person wants to be told."""
        ...

    async def find_locked(self, tx: Tx, user_id: UserId) -> User | None:
        """The person, held until the transaction ends."""
        ...

    async def anonymise(self, tx: Tx, user_id: UserId) -> None:
        """Take away their name, address and choices; the address is free for somebody else."""
        ...


class UserReader(Protocol):
    """What pages show of a person."""

    async def oneself(self, user_id: UserId) -> User | None:
        """The person who asks."""
        ...


class ExportPart(Protocol):
    """
    What another module keeps about a person, for their export: plain JSON values, times and ids.

    This module is the lowest and cannot ask the others; `main/people.py` names them.
    """

    async def __call__(self, user_id: UserId) -> object:
        """It opens its own transaction, with rights to what is this person's and nothing else."""
        ...


class FarewellPart(Protocol):
    """What another module does when a person leaves, in the one transaction of leaving."""

    async def __call__(self, tx: Tx, user_id: UserId) -> None:
        """:raises AppError: they cannot leave yet; nothing of it happens then."""
        ...


class AuditTrail(Protocol):
    """Who did what. The log belongs to a module above."""

    async def __call__(self, tx: Tx, user_id: UserId, action: str, detail: Mapping[str, Any], caller: Caller) -> None:
        """In the transaction of what was done. `detail` holds no personal data."""
        ...


async def no_audit(tx: Tx, user_id: UserId, action: str, detail: Mapping[str, Any], caller: Caller) -> None:
    """For a test without an audit log."""


@dataclass(frozen=True, slots=True)
class UserDeps:
    """What the user module needs from outside."""

    db: Database
    users: Users
    reader: UserReader
    audit: AuditTrail = no_audit
    exports: Mapping[str, ExportPart] = field(default_factory=dict)
    farewells: Sequence[FarewellPart] = ()
    clock: Clock = system_clock
