"""The table of notices."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from wacloud.modules.notification.domain.notice import Notice, Severity, StoredNotice
from wacloud.shared.application.db import Database, Tx
from wacloud.shared.domain.ids import BusinessId, UserId
from wacloud.shared.infra.postgres import storable

_COLUMNS = "id, code, severity, details, at, settled_at"


class PostgresNotices:
    """See `ports.Notices`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def add_once(self, tx: Tx, notice: Notice, severity: Severity) -> bool:
        row = await tx.row(
            """
            with newest as (
              -- News come in any order: one that is older than what is known of its subject is over already.
              select max(at) as at from app.notices where business_id = %(business)s and subject = %(subject)s)
            insert into app.notices (business_id, key, code, subject, severity, details, at, user_id, settled_at)
            select %(business)s, %(key)s, %(code)s, %(subject)s, %(severity)s, %(details)s, %(at)s, %(user)s,
                   case when newest.at > %(at)s then newest.at end
            from newest
            on conflict do nothing returning id, settled_at
            """,
            {
                "business": notice.business_id,
                "key": notice.key,
                "code": notice.code,
                "subject": notice.subject,
                "severity": severity,
                "details": _written(notice.details),
                "at": notice.at,
                "user": notice.user_id,
            },
        )
        if row is None or row.settled_at is not None:
            return False
        await tx.execute(
            "update app.notices set settled_at = %s"
            " where business_id = %s and subject = %s and id <> %s and settled_at is null",
            (notice.at, notice.business_id, notice.subject, row.id),
        )
        return True

    async def renew(self, tx: Tx, notice: Notice, severity: Severity) -> None:
        await tx.execute(
            "update app.notices set code = %s, severity = %s, details = %s,"
            " at = case when settled_at is null then greatest(at, %s) else at end"
            " where business_id = %s and key = %s",
            (notice.code, severity, _written(notice.details), notice.at, notice.business_id, notice.key),
        )

    async def settle(self, tx: Tx, business_id: BusinessId, notice_id: UUID, by: UserId, at: datetime) -> bool:
        return bool(
            await tx.execute(
                "update app.notices set settled_at = coalesce(settled_at, %s), settled_by = coalesce(settled_by, %s)"
                " where business_id = %s and id = %s",
                (at, by, business_id, notice_id),
            )
        )

    async def settle_subject(self, tx: Tx, business_id: BusinessId, subject: str, by: UserId, at: datetime) -> None:
        await tx.execute(
            "update app.notices set settled_at = %s, settled_by = %s"
            " where business_id = %s and subject = %s and settled_at is null",
            (at, by, business_id, subject),
        )

    async def forget(self, tx: Tx, business_id: BusinessId, subjects: Sequence[str]) -> None:
        await tx.execute(
            "delete from app.notices where business_id = %s and subject = any (%s)", (business_id, list(subjects))
        )

    async def open(self, user_id: UserId, business_id: BusinessId) -> Sequence[StoredNotice]:
        async with self._db.member(user_id, read_only=True) as tx:
            rows = await tx.rows(
                f"select {_COLUMNS} from app.notices"
                " where business_id = %s and settled_at is null and severity <> 'info'"
                " order by at desc, id desc limit 20",
                (business_id,),
            )
        return [_to_notice(row) for row in rows]

    async def newest(self, user_id: UserId, business_id: BusinessId) -> Sequence[StoredNotice]:
        async with self._db.member(user_id, read_only=True) as tx:
            rows = await tx.rows(
                f"select {_COLUMNS} from app.notices where business_id = %s order by at desc, id desc limit 200",
                (business_id,),
            )
        return [_to_notice(row) for row in rows]


def _written(details: Mapping[str, str]) -> str:
    return json.dumps({name: storable(value, 500) for name, value in details.items()})


def _to_notice(row: Any) -> StoredNotice:
    return StoredNotice(row.id, row.code, row.severity, row.details, row.at, row.settled_at)
