"""What is known of files; see `media_ports.MediaRows`."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from wacloud.modules.whatsapp.application.media_stored import (
    AtMeta,
    Kept,
    LeftMedia,
    MediaFile,
    MediaRow,
    NewMedia,
    ToFetch,
    ToTranscribe,
)
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId

_ADD = """
insert into app.media (business_id, id, kind, state, key, created_at, number_id, meta_id, url, sha256, declared_type,
  file_name, voice, fetch_until, message_id, message_created_at, uploaded_by)
select business_id, id, kind, 'waiting', key, created_at, number_id, meta_id, url, sha256, declared_type,
  file_name, voice, fetch_until, message_id, message_created_at, uploaded_by
from unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[], %s::timestamptz[], %s::uuid[], %s::text[], %s::text[],
            %s::bytea[], %s::text[], %s::text[], %s::boolean[], %s::timestamptz[], %s::uuid[], %s::timestamptz[],
            %s::uuid[])
  as m(business_id, id, kind, key, created_at, number_id, meta_id, url, sha256, declared_type, file_name, voice,
       fetch_until, message_id, message_created_at, uploaded_by)
"""

# Where a file is shown: the conversation of its message.
_CONVERSATION = """
(select o.conversation_id from app.messages o
 where o.business_id = m.business_id and o.id = m.message_id and o.created_at = m.message_created_at limit 1)
"""

_BEGIN = f"""
update app.media m set state = 'fetching', attempts = m.attempts + 1
from app.phone_numbers n
where m.business_id = %s and m.id = %s and m.state in ('waiting', 'fetching') and m.meta_id is not null
  and n.business_id = m.business_id and n.id = m.number_id
returning m.id, m.kind, m.key, m.meta_id, m.url, m.sha256, m.declared_type, m.file_name, m.voice, m.fetch_until,
  m.attempts, n.phone_number_id, n.access_token, {_CONVERSATION} as conversation_id
"""

# Whoever takes room waits for whoever is taking some: two files cannot both get the last of it.
_TAKE_ROOM = """
update app.media_room r set used_bytes = r.used_bytes + %(size)s - m.kept_bytes
from (select kept_bytes from app.media where business_id = %(business)s and id = %(media)s for update) m
where r.business_id = %(business)s and r.used_bytes + %(size)s - m.kept_bytes <= coalesce(r.quota_bytes, %(quota)s)
"""

_FILE: Final = "m.id, m.kind, m.key, m.content_type, m.file_name, m.voice, m.size, m.sha256, m.thumb_type, m.play_type"


class PostgresMedia:
    """Every statement goes by the file's key."""

    async def add(self, tx: Tx, media: Sequence[NewMedia]) -> None:
        columns = (
            *("business_id", "id", "kind", "key", "created_at", "number_id", "meta_id", "url", "sha256"),
            *("declared_type", "file_name", "voice", "fetch_until", "message_id", "message_created_at", "uploaded_by"),
        )
        await tx.execute(_ADD, [[getattr(one, name) for one in media] for name in columns])

    async def begin_fetch(self, tx: Tx, business_id: BusinessId, media_id: UUID) -> ToFetch | None:
        row = await tx.row(_BEGIN, (business_id, media_id))
        return ToFetch(*row) if row else None

    async def take_room(self, tx: Tx, business_id: BusinessId, media_id: UUID, size: int, quota: int) -> bool:
        await tx.execute("insert into app.media_room (business_id) values (%s) on conflict do nothing", (business_id,))
        taken = await tx.execute(_TAKE_ROOM, {"business": business_id, "media": media_id, "size": size, "quota": quota})
        if taken:
            await tx.execute(
                "update app.media set kept_bytes = %s where business_id = %s and id = %s", (size, business_id, media_id)
            )
        return bool(taken)

    async def keep(self, tx: Tx, business_id: BusinessId, media_id: UUID, kept: Kept) -> UUID | None:
        row = await tx.row(
            f"""
            update app.media m
            set state = 'stored', reason = null, url = null, content_type = %s, file_name = %s, size = %s, sha256 = %s,
                width = %s, height = %s, duration_s = %s, thumb_type = %s, play_type = %s
            where m.business_id = %s and m.id = %s and m.state in ('waiting', 'fetching')
            returning {_CONVERSATION} as conversation_id
            """,
            (
                kept.content_type,
                kept.file_name,
                kept.size,
                kept.sha256,
                kept.looked.width,
                kept.looked.height,
                kept.looked.duration_s,
                kept.looked.thumb_type,
                kept.looked.play_type,
                business_id,
                media_id,
            ),
        )
        return row.conversation_id if row else None

    async def give_back(
        self, tx: Tx, business_id: BusinessId, media_id: UUID, state: str, reason: str | None
    ) -> UUID | None:
        row = await tx.row(
            f"""
            with before as (
              select business_id, id, kept_bytes from app.media where business_id = %s and id = %s for update
            ), room as (
              update app.media_room r set used_bytes = greatest(0, r.used_bytes - b.kept_bytes)
              from before b where r.business_id = b.business_id and b.kept_bytes > 0)
            update app.media m set state = %s, reason = %s, kept_bytes = 0
            from before b where m.business_id = b.business_id and m.id = b.id
            returning {_CONVERSATION} as conversation_id
            """,
            (business_id, media_id, state, reason),
        )
        return row.conversation_id if row else None

    async def fetch_again(self, tx: Tx, business_id: BusinessId, media_id: UUID, now: datetime) -> UUID | None:
        row = await tx.row(
            f"""
            update app.media m set state = 'waiting', reason = null, attempts = 0
            where m.business_id = %s and m.id = %s and m.state = 'failed' and m.fetch_until > %s
            returning {_CONVERSATION} as conversation_id
            """,
            (business_id, media_id, now),
        )
        return row.conversation_id if row else None

    async def find(self, tx: Tx, business_id: BusinessId, media_id: UUID) -> MediaFile | None:
        row = await tx.row(
            f"select {_FILE} from app.media m where m.business_id = %s and m.id = %s and m.state = 'stored'",
            (business_id, media_id),
        )
        return MediaFile(*row) if row else None

    async def of_messages(self, tx: Tx, business_id: BusinessId, ids: Sequence[UUID]) -> Mapping[UUID, MediaRow]:
        rows = await tx.rows(
            """
            select m.id, m.kind, m.state, m.reason, m.content_type, m.file_name, m.voice, m.size, m.width, m.height,
                   m.duration_s, m.thumb_type, m.play_type, m.transcript, m.fetch_until
            from app.media m where m.business_id = %s and m.id = any(%s)
            """,
            (business_id, list(ids)),
        )
        return {row.id: MediaRow(*row) for row in rows}

    async def mark_used(self, tx: Tx, business_id: BusinessId, media_id: UUID) -> None:
        await tx.execute(
            "update app.media set used_at = now() where business_id = %s and id = %s and used_at is null",
            (business_id, media_id),
        )

    async def at_meta(self, tx: Tx, business_id: BusinessId, media_id: UUID, number_id: UUID) -> AtMeta | None:
        row = await tx.row(
            f"""
            select {_FILE}, u.meta_id as uploaded_as, u.expires_at from app.media m
            left join app.media_uploads u
              on u.business_id = m.business_id and u.media_id = m.id and u.number_id = %s
            where m.business_id = %s and m.id = %s and m.state = 'stored'
            """,
            (number_id, business_id, media_id),
        )
        return AtMeta(MediaFile(*row[:-2]), row.uploaded_as, row.expires_at) if row else None

    async def note_upload(
        self, tx: Tx, business_id: BusinessId, media_id: UUID, number_id: UUID, meta_id: str, expires_at: datetime
    ) -> None:
        await tx.execute(
            """
            insert into app.media_uploads (business_id, media_id, number_id, meta_id, expires_at)
            values (%s, %s, %s, %s, %s)
            on conflict (business_id, media_id, number_id)
            do update set meta_id = excluded.meta_id, expires_at = excluded.expires_at
            """,
            (business_id, media_id, number_id, meta_id, expires_at),
        )

    async def to_transcribe(self, tx: Tx, business_id: BusinessId, media_id: UUID) -> ToTranscribe | None:
        row = await tx.row(
            """
            select m.id, m.key, m.content_type, m.size from app.media m
            where m.business_id = %s and m.id = %s and m.state = 'stored' and m.transcript is null
            """,
            (business_id, media_id),
        )
        return ToTranscribe(*row) if row else None

    async def put_words(
        self, tx: Tx, business_id: BusinessId, media_id: UUID, words: str | None
    ) -> tuple[UUID, bool] | None:
        media = await tx.row(
            """
            update app.media set transcript = %s where business_id = %s and id = %s
            returning message_id, message_created_at
            """,
            (words, business_id, media_id),
        )
        if media is None or media.message_id is None:
            return None
        message = await tx.row(
            """
            update app.messages m
            set content = jsonb_set(m.content #- '{media,words_by}', '{media,transcript}', to_jsonb(%s::text))
            where m.business_id = %s and m.id = %s and m.created_at = %s and m.content ? 'media'
            returning m.conversation_id, m.state = 'pending' as is_waiting
            """
            if words is not None
            else """
            update app.messages m set content = m.content #- '{media,words_by}'
            where %s::text is null and m.business_id = %s and m.id = %s and m.created_at = %s
            returning m.conversation_id, m.state = 'pending' as is_waiting
            """,
            (words, business_id, media.message_id, media.message_created_at),
        )
        return (message.conversation_id, message.is_waiting) if message else None

    async def left_behind(self, tx: Tx, older_than: timedelta) -> list[LeftMedia]:
        rows = await tx.rows(
            """
            select m.business_id, m.id, exists (
                select from app.jobs j where j.tenant = m.business_id and j.state = 'parked'
                and j.order_key = 'fetch:' || m.id) as gave_up
            from app.media m
            where m.state in ('waiting', 'fetching') and m.meta_id is not null and m.created_at < now() - %s
              and not exists (select from app.jobs j where j.tenant = m.business_id
                              and j.order_key = 'fetch:' || m.id and j.state <> 'parked')
            limit 500
            """,
            (older_than,),
        )
        return [LeftMedia(*row) for row in rows]

    async def to_remove(
        self, tx: Tx, unused_since: datetime, older_than: datetime | None, most: int
    ) -> list[tuple[BusinessId, UUID, str]]:
        rows: list[Any] = await tx.rows(
            """
            select m.business_id, m.id, m.key from app.media m
            where m.meta_id is null and m.used_at is null and m.state in ('waiting', 'stored') and m.created_at < %s
            union
            select m.business_id, m.id, m.key from app.media m
            where m.state = 'stored' and m.created_at < %s::timestamptz
            limit %s
            """,
            (unused_since, older_than, most),
        )
        return [(row.business_id, row.id, row.key) for row in rows]
