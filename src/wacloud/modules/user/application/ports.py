"""What the user module needs from the world."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from wacloud.modules.user.domain.user import User
from wacloud.shared.application.db import Database, Tx
from wacloud.shared.domain.ids import UserId


class Users(Protocol):
    """People, inside a caller's transaction."""

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


class UserReader(Protocol):
    """What pages show of a person."""

    async def oneself(self, user_id: UserId) -> User | None:
        """The person who asks."""
        ...


@dataclass(frozen=True, slots=True)
class UserDeps:
    """What the user module needs from outside."""

    db: Database
    users: Users
    reader: UserReader
