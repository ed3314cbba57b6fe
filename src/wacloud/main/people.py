"""
What the modules above `user` hold about a person: their parts of an export, and of leaving.

A module that keeps something new about people adds a line to each.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from wacloud.modules.auth.infra.personal_data import AuthPersonalData
from wacloud.modules.business.api import AuditEntry
from wacloud.modules.business.infra.audit_log import PostgresAuditLog
from wacloud.modules.business.infra.personal_data import BusinessPersonalData
from wacloud.modules.notification.infra.personal_data import NotificationPersonalData
from wacloud.modules.user.api import AuditTrail, ExportPart, FarewellPart, UserDeps
from wacloud.modules.user.infra.users import PostgresUserReader, PostgresUsers
from wacloud.shared.application.caller import Caller
from wacloud.shared.application.clock import Clock, system_clock
from wacloud.shared.application.db import Database, Tx
from wacloud.shared.domain.ids import UserId


def user_deps(db: Database, clock: Clock = system_clock) -> UserDeps:
    """The lowest module, with what the others add to it."""
    return UserDeps(
        db,
        PostgresUsers(),
        PostgresUserReader(db),
        audit=audit_trail(PostgresAuditLog()),
        exports=export_parts(db),
        farewells=farewell_parts(db),
        clock=clock,
    )


def export_parts(db: Database) -> Mapping[str, ExportPart]:
    """By the name each has in the export."""
    business = BusinessPersonalData(db)
    return {
        "memberships": business.memberships,
        "sign_in": AuthPersonalData(db).export,
        "mails": NotificationPersonalData(db).export,
        "audit_log": business.audit_entries,
    }


def farewell_parts(db: Database) -> Sequence[FarewellPart]:
    """In this order: whoever may refuse comes first."""
    return (BusinessPersonalData(db).forget, AuthPersonalData(db).forget, NotificationPersonalData(db).forget)


def audit_trail(log: PostgresAuditLog) -> AuditTrail:
    """What a person does to themselves, in the log that belongs to the module business."""

    async def note(tx: Tx, user_id: UserId, action: str, detail: Mapping[str, Any], caller: Caller) -> None:
        await log.add(tx, [AuditEntry(action=action, actor_id=user_id, user_id=user_id, detail=detail)], caller)

    return note
