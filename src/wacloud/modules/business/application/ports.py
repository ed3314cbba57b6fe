"""What the business module needs from the world."""

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from wacloud.modules.business.application.stored import AuditPage, BusinessDetail, MemberRow, NewInvitation
from wacloud.modules.business.domain.audit import AuditEntry
from wacloud.modules.business.domain.invitation import Invitation
from wacloud.modules.business.domain.onboarding import OnboardingStep, Step, StepState
from wacloud.modules.business.domain.profile import BusinessProfile, Description, Membership
from wacloud.modules.business.domain.team import Team
from wacloud.modules.user.api import UserDeps
from wacloud.shared.application.caller import Caller
from wacloud.shared.application.clock import Clock, system_clock
from wacloud.shared.application.db import Database, Tx
from wacloud.shared.domain.ids import BusinessId, UserId


class Businesses(Protocol):
    """Businesses and who belongs to them, inside a caller's transaction."""

    async def find_profile(self, tx: Tx, business_id: BusinessId) -> BusinessProfile | None:
        """None where there is none, or none this transaction may see."""
        ...

    async def memberships(self, tx: Tx, user_id: UserId) -> Sequence[Membership]:
        """Every business of this person, the first they joined first."""
        ...

    async def members_among(
        self, tx: Tx, pairs: Collection[tuple[UserId, BusinessId]]
    ) -> Mapping[tuple[UserId, BusinessId], str]:
        """The role in each of the pairs where the person belongs to the business."""
        ...

    async def demanding_among(self, tx: Tx, business_ids: Collection[BusinessId]) -> Collection[BusinessId]:
        """Those that demand a second factor of their members."""
        ...

    async def set_demand(self, tx: Tx, business_id: BusinessId, demanded: bool) -> None:
        """Whether it demands one from now on."""
        ...

    async def people_in_charge(self, tx: Tx, business_id: BusinessId) -> Sequence[UserId]:
        """Its owners, then its admins."""
        ...

    async def add(self, tx: Tx, owner_id: UserId, described: Description) -> BusinessId:
        """A business, with its owner as the first member."""
        ...

    async def describe(self, tx: Tx, business_id: BusinessId, described: Description) -> None:
        """Change what is told, leave the rest."""
        ...

    async def put_in_profile(
        self, tx: Tx, business_id: BusinessId, entries: Mapping[str, Any], *, without: Sequence[str] = ()
    ) -> None:
        """Put these keys into the profile, take those out."""
        ...

    async def set_erase_at(self, tx: Tx, business_id: BusinessId, at: datetime | None) -> None:
        """When it is to be erased; None keeps it."""
        ...

    async def due_for_erasure(self, tx: Tx, now: datetime) -> Sequence[BusinessId]:
        """Those whose time has come."""
        ...


class Members(Protocol):
    """The members of a business."""

    async def lock(self, tx: Tx, business_id: BusinessId) -> Team:
        """
        All of them; until the end of the transaction nobody else changes who they are.

        :raises BusinessNotFound: there is no such business.
        """
        ...

    async def add(self, tx: Tx, business_id: BusinessId, user_id: UserId, role: str) -> None:
        """A new member."""
        ...

    async def set_roles(self, tx: Tx, business_id: BusinessId, roles: Mapping[UserId, str]) -> None:
        """Change them; the business belongs to one of its owners afterwards."""
        ...

    async def remove(self, tx: Tx, business_id: BusinessId, user_id: UserId) -> None:
        """Take one out; conversations they had are nobody's afterwards."""
        ...


class Invitations(Protocol):
    """Invitations of a business."""

    async def add(self, tx: Tx, new: NewInvitation) -> Invitation:
        """Keep it; one that is open for the same address ends."""
        ...

    async def sent_since(self, tx: Tx, business_id: BusinessId, email: str, since: datetime) -> tuple[int, int]:
        """How many were made: for this address, for all."""
        ...

    async def find(self, tx: Tx, business_id: BusinessId, invitation_id: UUID) -> Invitation | None:
        """One of them, locked."""
        ...

    async def place_of(self, tx: Tx, token_hash: bytes) -> tuple[BusinessId, UUID] | None:
        """Which invitation this token opens."""
        ...

    async def is_opened_by(self, tx: Tx, invitation: Invitation, token_hash: bytes) -> bool:
        """Whether the token still belongs to it."""
        ...

    async def set_mail_hash(self, tx: Tx, invitation: Invitation, token_hash: bytes) -> None:
        """The token of an earlier mail opens nothing afterwards."""
        ...

    async def accept(self, tx: Tx, invitation: Invitation) -> None:
        """It is used."""
        ...

    async def revoke(self, tx: Tx, invitation: Invitation) -> None:
        """It is good for nothing any more."""
        ...

    async def forget_older(self, tx: Tx, business_id: BusinessId, before: datetime) -> None:
        """Drop what ended long ago: it holds addresses of people who never came."""
        ...


class OnboardingSteps(Protocol):
    """How far a business has come."""

    async def begin(self, tx: Tx, business_id: BusinessId) -> None:
        """All of them, pending."""
        ...

    async def all(self, tx: Tx, business_id: BusinessId) -> tuple[OnboardingStep, ...]:
        """In their order; what was never written is pending."""
        ...

    async def move(self, tx: Tx, business_id: BusinessId, step: Step, state: StepState) -> bool:
        """False, changing nothing, where it is done or there already."""
        ...

    async def waiting(self, tx: Tx, step: Step) -> Sequence[BusinessId]:
        """The businesses in which this step is pending."""
        ...


class BusinessReader(Protocol):
    """What pages and lists show; each opens its own transaction, as the person who asks."""

    async def mine(self, user_id: UserId) -> Sequence[Membership]:
        """The first they joined first."""
        ...

    async def membership(self, user_id: UserId, business_id: BusinessId) -> Membership | None:
        """Their place in one business."""
        ...

    async def detail(self, user_id: UserId, business_id: BusinessId) -> BusinessDetail | None:
        """All a member may see of a business; ask for members only, it may come from a cache."""
        ...

    async def members(self, user_id: UserId, business_id: BusinessId) -> Sequence[MemberRow]:
        """Owners first, then by name."""
        ...

    async def invitations(self, user_id: UserId, business_id: BusinessId) -> Sequence[Invitation]:
        """The newest first."""
        ...

    async def onboarding(self, user_id: UserId, business_id: BusinessId) -> tuple[OnboardingStep, ...]:
        """In their order."""
        ...

    async def audit(
        self,
        user_id: UserId,
        business_id: BusinessId,
        *,
        action: str | None = None,
        actor_id: UserId | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> AuditPage:
        """The newest first. An action names one, or with a dot at its end all that begin with it."""
        ...


class AuditLog(Protocol):
    """What was done, inside the transaction that does it."""

    async def add(self, tx: Tx, entries: Sequence[AuditEntry], caller: Caller) -> None:
        """Once written nobody changes it."""
        ...

    async def close(self, tx: Tx, business_id: BusinessId) -> None:
        """Of a business that is gone: forget everything but one entry that says so and names nobody."""
        ...


class FactorHolders(Protocol):
    """Who has a second factor, which the module that signs people in knows. It opens its own transaction."""

    async def among(self, user_ids: Collection[UserId]) -> Collection[UserId]:
        """Those of them."""
        ...


class Erasure(Protocol):
    """Takes a business out of every table there is."""

    async def sweep(self, business_id: BusinessId, most: int) -> int:
        """
        Delete up to `most` rows of each table, children before parents, each table in a transaction of its own.

        The tables are those the catalog names now. Returns how many rows there were; nothing left is 0.
        """
        ...


# Erases what of a business lies outside of the database; returns how much that was. Network.
Erase = Callable[[BusinessId], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class BusinessDeps:
    """What the business module needs from outside."""

    db: Database
    businesses: Businesses
    reader: BusinessReader
    audit_log: AuditLog
    members: Members
    invitations: Invitations
    steps: OnboardingSteps
    erasure: Erasure
    factor_holders: FactorHolders
    users: UserDeps
    clock: Clock = system_clock
    also_erase: Sequence[Erase] = ()
