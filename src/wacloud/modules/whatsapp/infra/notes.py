"""Notes of the team; see `application/desk_stores.py`."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from wacloud.modules.whatsapp.domain.desk import ANSWERING_ROLES
from wacloud.modules.whatsapp.domain.note import Note, Teammate
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId, UserId


class PostgresNotes:
    """See `desk_stores.Notes`."""

    async def team(self, tx: Tx, business_id: BusinessId) -> Sequence[Teammate]:
        rows = await tx.rows(
            "select u.id, u.name from app.members m join app.users u on u.id = m.user_id "
            "where m.business_id = %s and m.role = any(%s) order by lower(u.name), u.id",
            (business_id, list(ANSWERING_ROLES)),
        )
        return [Teammate(UserId(row.id), row.name) for row in rows]

    async def add_once(self, tx: Tx, business_id: BusinessId, note: Note) -> bool:
        return bool(
            await tx.execute(
                "insert into app.conversation_notes (business_id, id, conversation_id, author_id, text, mentions, "
                "created_at) values (%s, %s, %s, %s, %s, %s, %s) on conflict do nothing",
                (
                    business_id,
                    note.id,
                    note.conversation_id,
                    note.author_id,
                    note.text,
                    list(note.mentions),
                    note.created_at,
                ),
            )
        )

    async def between(
        self,
        tx: Tx,
        business_id: BusinessId,
        conversation_id: UUID,
        since: datetime | None,
        until: datetime | None,
        limit: int,
    ) -> Sequence[Note]:
        rows = await tx.rows(
            """
            select n.id, n.author_id, u.name, n.text, n.mentions, n.created_at
            from app.conversation_notes n left join app.users u on u.id = n.author_id
            where n.business_id = %(business)s and n.conversation_id = %(conversation)s
              and (%(since)s::timestamptz is null or n.created_at >= %(since)s)
              and (%(until)s::timestamptz is null or n.created_at < %(until)s)
            order by n.created_at desc, n.id desc limit %(limit)s
            """,
            {
                "business": business_id,
                "conversation": conversation_id,
                "since": since,
                "until": until,
                "limit": limit,
            },
        )
        return [
            Note(id_, conversation_id, UserId(author_id), text, tuple(mentions), at, name)
            for id_, author_id, name, text, mentions, at in reversed(rows)
        ]
