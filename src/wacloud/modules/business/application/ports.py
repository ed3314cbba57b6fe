"""What the business module needs from the world."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

from wacloud.modules.business.domain.audit import AuditEntry
from wacloud.modules.business.domain.profile import BusinessProfile, Membership
from wacloud.shared.application.caller import Caller
from wacloud.shared.application.db import Database, Tx
from wacloud.shared.domain.ids import BusinessId, UserId


class Businesses(Protocol):
    """Businesses and their members, inside a caller's transaction."""

    async def find_profile(self, tx: Tx, business_id: BusinessId) -> BusinessProfile | None:
        """None where there is none, or none this transaction may see."""
        ...

    async def memberships(self, tx: Tx, user_id: UserId) -> Sequence[Membership]:
        """Every business of this person, the first they joined first."""
        ...

    async def members_among(
        self, tx: Tx, pairs: Collection[tuple[UserId, BusinessId]]
    ) -> Collection[tuple[UserId, BusinessId]]:
        """Those of the pairs where the person belongs to the business."""
        ...

    async def add(self, tx: Tx, owner_id: UserId, name: str, language: str, time_zone: str) -> BusinessId:
        """A business, with its owner as the first member."""
        ...


class BusinessReader(Protocol):
    """What pages show of a person's businesses."""

    async def mine(self, user_id: UserId) -> Sequence[Membership]:
        """The first they joined first."""
        ...


class AuditLog(Protocol):
    """What was done, inside the transaction that does it."""

    async def add(self, tx: Tx, entries: Sequence[AuditEntry], caller: Caller) -> None:
        """Once written nobody changes it."""
        ...


@dataclass(frozen=True, slots=True)
class BusinessDeps:
    """What the business module needs from outside."""

    db: Database
    businesses: Businesses
    reader: BusinessReader
    audit_log: AuditLog
