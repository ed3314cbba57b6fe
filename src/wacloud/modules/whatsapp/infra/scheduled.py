"""Texts that go out later; see `application/desk_stores.py`."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from wacloud.modules.whatsapp.domain.scheduled import Scheduled
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId

_COLUMNS = (
    "s.id, s.conversation_id, s.author_id, s.text, s.answers, s.send_at, s.created_at, s.is_held, "
    "s.unless_they_write, s.state, s.reason"
)
_WAITING = (
    f"select {_COLUMNS}, null as author_name from app.scheduled_messages s "
    "where s.business_id = %s and s.conversation_id = %s and s.state = 'waiting'"
)


class PostgresScheduled:
    """See `desk_stores.ScheduledMessages`."""

    async def add_once(self, tx: Tx, business_id: BusinessId, made: Scheduled, cause: str) -> bool:
        return bool(
            await tx.execute(
                "insert into app.scheduled_messages (business_id, id, conversation_id, author_id, cause, text, "
                "answers, send_at, is_held, unless_they_write, created_at) "
                "values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) on conflict do nothing",
                (
                    business_id,
                    made.id,
                    made.conversation_id,
                    made.author_id,
                    cause,
                    made.text,
                    made.answers,
                    made.send_at,
                    made.is_held,
                    made.unless_they_write,
                    made.created_at,
                ),
            )
        )

    async def shown(self, tx: Tx, business_id: BusinessId, conversation_id: UUID) -> Sequence[Scheduled]:
        rows = await tx.rows(
            f"select {_COLUMNS}, u.name as author_name from app.scheduled_messages s "
            "left join app.users u on u.id = s.author_id "
            "where s.business_id = %s and s.conversation_id = %s and s.state <> 'cancelled' order by s.send_at, s.id",
            (business_id, conversation_id),
        )
        return [_scheduled(row) for row in rows]

    async def find(self, tx: Tx, business_id: BusinessId, scheduled_id: UUID) -> Scheduled | None:
        row = await tx.row(
            f"select {_COLUMNS}, null as author_name from app.scheduled_messages s "
            "where s.business_id = %s and s.id = %s and s.state <> 'cancelled'",
            (business_id, scheduled_id),
        )
        return _scheduled(row) if row else None

    async def due(self, tx: Tx, business_id: BusinessId, conversation_id: UUID, until: datetime) -> Sequence[Scheduled]:
        rows = await tx.rows(
            f"{_WAITING} and s.send_at <= %s order by s.send_at, s.id", (business_id, conversation_id, until)
        )
        return [_scheduled(row) for row in rows]

    async def held(self, tx: Tx, business_id: BusinessId, conversation_id: UUID) -> Sequence[Scheduled]:
        rows = await tx.rows(f"{_WAITING} and s.is_held order by s.send_at, s.id", (business_id, conversation_id))
        return [_scheduled(row) for row in rows]

    async def take(self, tx: Tx, business_id: BusinessId, scheduled_id: UUID) -> str | None:
        row = await tx.row(
            "delete from app.scheduled_messages where business_id = %s and id = %s and state <> 'cancelled' "
            "returning cause",
            (business_id, scheduled_id),
        )
        return row.cause if row else None

    async def cancel(self, tx: Tx, business_id: BusinessId, scheduled_id: UUID, reason: str) -> Scheduled | None:
        row = await tx.row(
            f"""
            with s as (
              select * from app.scheduled_messages where business_id = %(business)s and id = %(id)s
                and state <> 'cancelled' for update),
            gone as (
              update app.scheduled_messages o set state = 'cancelled', text = '', reason = %(reason)s
              from s where o.business_id = s.business_id and o.id = s.id)
            select {_COLUMNS}, null as author_name from s
            """,
            {"business": business_id, "id": scheduled_id, "reason": reason},
        )
        return _scheduled(row) if row else None

    async def fail(self, tx: Tx, business_id: BusinessId, scheduled_id: UUID, reason: str) -> bool:
        return bool(
            await tx.execute(
                "update app.scheduled_messages set state = 'failed', reason = %s "
                "where business_id = %s and id = %s and state = 'waiting'",
                (reason, business_id, scheduled_id),
            )
        )

    async def overdue(self, tx: Tx, older_than: timedelta) -> Sequence[tuple[BusinessId, UUID]]:
        rows = await tx.rows(
            "select distinct business_id, conversation_id from app.scheduled_messages "
            "where state = 'waiting' and send_at < now() - %s limit 1000",
            (older_than,),
        )
        return [(BusinessId(row.business_id), row.conversation_id) for row in rows]


def _scheduled(row: tuple[object, ...]) -> Scheduled:
    return Scheduled(*row)  # type: ignore[arg-type]
