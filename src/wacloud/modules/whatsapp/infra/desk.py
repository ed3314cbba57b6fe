"""Where conversations stand with the team, and their labels; see `application/desk_stores.py`."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from wacloud.modules.whatsapp.application.desk_stores import Label
from wacloud.modules.whatsapp.domain.desk import ANSWERING_ROLES, IN_DANGER, Priority, TooManyLabels
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId, UserId

_OPEN = "status = 'open', snoozed_until = null, closed_at = null, closed_by = null"


class PostgresDesk:
    """See `desk_stores.Desk`."""

    async def close(self, tx: Tx, business_id: BusinessId, conversation_id: UUID, by: UserId, at: datetime) -> bool:
        return bool(
            await tx.execute(
                "update app.conversations set status = 'closed', closed_at = %s, closed_by = %s, snoozed_until = null, "
                "unread = 0 where business_id = %s and id = %s and status <> 'closed'",
                (at, by, business_id, conversation_id),
            )
        )

    async def snooze(self, tx: Tx, business_id: BusinessId, conversation_id: UUID, until: datetime) -> None:
        await tx.execute(
            "update app.conversations set status = 'snoozed', snoozed_until = %s, closed_at = null, closed_by = null, "
            "unread = 0 where business_id = %s and id = %s",
            (until, business_id, conversation_id),
        )

    async def reopen(self, tx: Tx, business_id: BusinessId, conversation_id: UUID) -> bool:
        return bool(
            await tx.execute(
                f"update app.conversations set {_OPEN} where business_id = %s and id = %s and status <> 'open'",
                (business_id, conversation_id),
            )
        )

    async def wake(self, tx: Tx, business_id: BusinessId, conversation_id: UUID, now: datetime) -> bool:
        return bool(
            await tx.execute(
                f"update app.conversations set {_OPEN}, unread = greatest(unread, 1) "
                "where business_id = %s and id = %s and status = 'snoozed' and snoozed_until <= %s",
                (business_id, conversation_id, now),
            )
        )

    async def set_priority(self, tx: Tx, business_id: BusinessId, conversation_id: UUID, priority: Priority) -> None:
        await tx.execute(
            "update app.conversations set priority = %s where business_id = %s and id = %s",
            (int(priority), business_id, conversation_id),
        )

    async def mark_danger(self, tx: Tx, business_id: BusinessId, conversation_id: UUID) -> None:
        await tx.execute(
            "update app.conversations set priority = %s, "
            "handed_over_because = case when handler = 'bot' then handed_over_because else %s end "
            "where business_id = %s and id = %s",
            (int(Priority.URGENT), IN_DANGER, business_id, conversation_id),
        )

    async def assign(self, tx: Tx, business_id: BusinessId, conversation_id: UUID, to: UserId | None) -> bool:
        return bool(
            await tx.execute(
                """
                update app.conversations c set assigned_to = %(to)s::uuid
                where c.business_id = %(business)s and c.id = %(id)s and (%(to)s::uuid is null or exists (
                  select from app.members m
                  where m.business_id = %(business)s and m.user_id = %(to)s::uuid and m.role = any(%(roles)s)))
                """,
                {"to": to, "business": business_id, "id": conversation_id, "roles": list(ANSWERING_ROLES)},
            )
        )

    async def least_busy(self, tx: Tx, business_id: BusinessId) -> UserId | None:
        await tx.execute("select pg_advisory_xact_lock(hashtextextended('balance:' || %s, 0))", (str(business_id),))
        row = await tx.row(
            """
            select m.user_id from app.members m
            where m.business_id = %(business)s and m.role = any(%(roles)s)
            order by (select count(*) from app.conversations c
                      where c.business_id = m.business_id and c.assigned_to = m.user_id and c.status = 'open'),
                     m.joined_at, m.user_id
            limit 1
            """,
            {"business": business_id, "roles": list(ANSWERING_ROLES)},
        )
        return UserId(row.user_id) if row else None


class PostgresLabels:
    """See `desk_stores.Labels`."""

    async def all(self, tx: Tx, business_id: BusinessId) -> Sequence[Label]:
        rows = await tx.rows(
            "select id, name, colour from app.labels where business_id = %s order by lower(name)", (business_id,)
        )
        return [Label(*row) for row in rows]

    async def add(self, tx: Tx, business_id: BusinessId, label: Label, most: int) -> bool:
        await tx.execute("select pg_advisory_xact_lock(hashtextextended('labels:' || %s, 0))", (str(business_id),))
        known = await tx.row("select count(*) as n from app.labels where business_id = %s", (business_id,))
        if known and known.n >= most:
            raise TooManyLabels
        return bool(
            await tx.execute(
                "insert into app.labels (business_id, id, name, colour) values (%s, %s, %s, %s) on conflict do nothing",
                (business_id, label.id, label.name, label.colour),
            )
        )

    async def change(self, tx: Tx, business_id: BusinessId, label: Label) -> bool | None:
        await tx.execute("select pg_advisory_xact_lock(hashtextextended('labels:' || %s, 0))", (str(business_id),))
        taken = await tx.row(
            "select 1 from app.labels where business_id = %s and lower(name) = lower(%s) and id <> %s",
            (business_id, label.name, label.id),
        )
        if taken is not None:
            return False
        changed = await tx.execute(
            "update app.labels set name = %s, colour = %s where business_id = %s and id = %s",
            (label.name, label.colour, business_id, label.id),
        )
        return True if changed else None

    async def remove(self, tx: Tx, business_id: BusinessId, label_id: UUID) -> bool:
        return bool(
            await tx.execute("delete from app.labels where business_id = %s and id = %s", (business_id, label_id))
        )

    async def put_on(self, tx: Tx, business_id: BusinessId, conversation_id: UUID, label_ids: Sequence[UUID]) -> bool:
        wanted = list(set(label_ids))
        here = {"business": business_id, "conversation": conversation_id, "labels": wanted}
        known = await tx.rows(
            "select id from app.labels where business_id = %(business)s and id = any(%(labels)s) for key share", here
        )
        if len(known) < len(wanted):
            return False
        await tx.execute(
            "delete from app.conversation_labels where business_id = %(business)s "
            "and conversation_id = %(conversation)s and label_id <> all(%(labels)s)",
            here,
        )
        await tx.execute(
            "insert into app.conversation_labels (business_id, conversation_id, label_id) "
            "select %(business)s, %(conversation)s, unnest(%(labels)s::uuid[]) on conflict do nothing",
            here,
        )
        return True
