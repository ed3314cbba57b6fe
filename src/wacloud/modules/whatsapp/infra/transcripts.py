"""A conversation from its beginning; see `application/transcripts.py`."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from wacloud.modules.whatsapp.application.transcripts import Line
from wacloud.shared.application.db import Database
from wacloud.shared.domain.ids import BusinessId, UserId

_AT_ONCE = 500


class PostgresTranscripts:
    """See `transcripts.Transcripts`."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def lines(
        self, user_id: UserId, business_id: BusinessId, conversation_id: UUID, after: tuple[datetime, int] | None
    ) -> Sequence[Line]:
        at, arrival = after or (None, None)
        async with self._db.member(user_id, read_only=True) as tx:
            rows = await tx.rows(
                """
                select m.sent_at, m.arrival, m.direction, m.author, u.name, m.kind, m.body, f.file_name, m.state,
                       m.revoked_at is not null as is_revoked
                from (
                  select m.*, (m.content #>> '{media,id}')::uuid as media_id from app.messages m
                  where m.business_id = %(business)s and m.conversation_id = %(conversation)s
                    and m.kind not in ('edit', 'revoke')
                    and (%(at)s::timestamptz is null or (m.sent_at, m.arrival) > (%(at)s, %(arrival)s))
                  order by m.sent_at, m.arrival limit %(most)s) m
                left join app.users u on u.id = m.author_id
                left join app.media f on f.business_id = %(business)s and f.id = m.media_id
                order by m.sent_at, m.arrival
                """,
                {
                    "business": business_id,
                    "conversation": conversation_id,
                    "at": at,
                    "arrival": arrival,
                    "most": _AT_ONCE,
                },
            )
        return [Line(*row) for row in rows]
