"""The table of people whom a Supabase project lets in."""

from datetime import datetime
from typing import Any
from uuid import UUID

from wacloud.modules.auth.domain.outsider import Acquaintance
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import UserId

_FIND = "select user_id, refused_at, left_at from app.acquaintances where issuer = %s and subject = %s"


class PostgresAcquaintances:
    """See `outside.Acquaintances`."""

    async def find(self, tx: Tx, issuer: str, subject: UUID) -> Acquaintance | None:
        row = await tx.row(_FIND, (issuer, subject))
        return row and _to_acquaintance(row)

    async def meet(self, tx: Tx, issuer: str, subject: UUID) -> Acquaintance:
        await tx.execute(
            "insert into app.acquaintances (issuer, subject) values (%s, %s) on conflict do nothing", (issuer, subject)
        )
        row = await tx.row(f"{_FIND} for update", (issuer, subject))
        assert row is not None
        return _to_acquaintance(row)

    async def link(self, tx: Tx, issuer: str, subject: UUID, user_id: UserId) -> None:
        await tx.execute(
            "update app.acquaintances set user_id = %s, refused_at = null, left_at = null"
            " where issuer = %s and subject = %s",
            (user_id, issuer, subject),
        )

    async def refuse(self, tx: Tx, issuer: str, subject: UUID, now: datetime) -> None:
        await tx.execute(
            "update app.acquaintances set refused_at = %s where issuer = %s and subject = %s", (now, issuer, subject)
        )


def _to_acquaintance(row: Any) -> Acquaintance:
    return Acquaintance(row.user_id and UserId(row.user_id), row.refused_at, row.left_at)
