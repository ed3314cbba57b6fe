"""What it takes to let in the people of a Supabase project."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from wacloud.modules.auth.domain.outsider import Acquaintance, Outsider
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import UserId


class OutsideTokens(Protocol):
    """
    Reads the access tokens of a Supabase project.

    Network: never with a transaction open.
    """

    issuer: str

    def is_theirs(self, token: str) -> bool:
        """Whether it says so of itself; nothing is checked."""
        ...

    async def read(self, token: str, now: datetime) -> Outsider:
        """
        :raises NotSignedIn: it is not theirs, not of this time, or not for people.
        :raises SupabaseAccountNotFit: it is of somebody without a confirmed address.
        :raises SupabaseAway: their keys cannot be asked for, and we have none.
        """
        ...


class Acquaintances(Protocol):
    """Whom of a project we have seen, and who they are here."""

    async def find(self, tx: Tx, issuer: str, subject: UUID) -> Acquaintance | None:
        """None where we have never seen them."""
        ...

    async def meet(self, tx: Tx, issuer: str, subject: UUID) -> Acquaintance:
        """The same, made where there is none, and held until the commit."""
        ...

    async def link(self, tx: Tx, issuer: str, subject: UUID, user_id: UserId) -> None:
        """They are this person."""
        ...

    async def refuse(self, tx: Tx, issuer: str, subject: UUID, now: datetime) -> None:
        """Note that they were."""
        ...


@dataclass(frozen=True, slots=True)
class Outside:
    """A Supabase project whose people are let in."""

    tokens: OutsideTokens
    acquaintances: Acquaintances
