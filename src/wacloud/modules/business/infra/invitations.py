"""The table of invitations."""

from datetime import datetime
from typing import Any
from uuid import UUID

from wacloud.modules.business.application.stored import NewInvitation
from wacloud.modules.business.domain.invitation import Invitation
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId, new_id

COLUMNS = "business_id, id, email, role, invited_by, created_at, expires_at, accepted_at, revoked_at"


class PostgresInvitations:
    """See `ports.Invitations`."""

    async def add(self, tx: Tx, new: NewInvitation) -> Invitation:
        await tx.execute(
            "update app.invitations set revoked_at = now()"
            " where business_id = %s and email = %s and accepted_at is null and revoked_at is null",
            (new.business_id, new.email),
        )
        row = await tx.row(
            "insert into app.invitations (business_id, id, email, role, invited_by, link_hash, expires_at)"
            f" values (%s, %s, %s, %s, %s, %s, %s) returning {COLUMNS}",
            (new.business_id, new_id(), new.email, new.role, new.invited_by, new.link_hash, new.expires_at),
        )
        assert row is not None
        return to_invitation(row)

    async def sent_since(self, tx: Tx, business_id: BusinessId, email: str, since: datetime) -> tuple[int, int]:
        row = await tx.row(
            "select count(*) filter (where email = %s) as to_one, count(*) as to_all from app.invitations"
            " where business_id = %s and created_at > %s",
            (email, business_id, since),
        )
        assert row is not None
        return row.to_one, row.to_all

    async def find(self, tx: Tx, business_id: BusinessId, invitation_id: UUID) -> Invitation | None:
        row = await tx.row(
            f"select {COLUMNS} from app.invitations where business_id = %s and id = %s for update",
            (business_id, invitation_id),
        )
        return row and to_invitation(row)

    async def place_of(self, tx: Tx, token_hash: bytes) -> tuple[BusinessId, UUID] | None:
        row = await tx.row(
            "select business_id, id from app.invitations where link_hash = %(hash)s"
            " union all select business_id, id from app.invitations where mail_hash = %(hash)s",
            {"hash": token_hash},
        )
        return row and (row.business_id, row.id)

    async def is_opened_by(self, tx: Tx, invitation: Invitation, token_hash: bytes) -> bool:
        row = await tx.row(
            "select 1 from app.invitations where business_id = %s and id = %s and (link_hash = %s or mail_hash = %s)",
            (invitation.business_id, invitation.id, token_hash, token_hash),
        )
        return row is not None

    async def set_mail_hash(self, tx: Tx, invitation: Invitation, token_hash: bytes) -> None:
        await tx.execute(
            "update app.invitations set mail_hash = %s where business_id = %s and id = %s",
            (token_hash, invitation.business_id, invitation.id),
        )

    async def accept(self, tx: Tx, invitation: Invitation) -> None:
        await tx.execute(
            "update app.invitations set accepted_at = now() where business_id = %s and id = %s",
            (invitation.business_id, invitation.id),
        )

    async def revoke(self, tx: Tx, invitation: Invitation) -> None:
        await tx.execute(
            "update app.invitations set revoked_at = now() where business_id = %s and id = %s and revoked_at is null",
            (invitation.business_id, invitation.id),
        )

    async def forget_older(self, tx: Tx, business_id: BusinessId, before: datetime) -> None:
        await tx.execute(
            "delete from app.invitations where business_id = %s and created_at < %s", (business_id, before)
        )


def to_invitation(row: Any) -> Invitation:
    """One row, its columns as COLUMNS names them."""
    return Invitation(*row)
