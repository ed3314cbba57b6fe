"""The rows of sources, their pieces and products."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from wacloud.modules.bot.application.model import Vector
from wacloud.modules.bot.application.source_ports import NewSource, StoredChunk, ToRead
from wacloud.modules.bot.domain.chunking import Chunk
from wacloud.modules.bot.domain.source import Problem, Refresh, Room, Source
from wacloud.modules.bot.infra.product_rows import PostgresProducts
from wacloud.modules.bot.infra.sign_index import signs_of
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId

_COLUMNS: Final = (
    "id, kind, title, is_enabled, state, reason, url, file_name, content_type, size_bytes, pages, refresh, revision, "
    "live_revision, live_chunks, created_at, refreshed_at, next_refresh_at, embedding_model"
)


class PostgresSources(PostgresProducts):
    """See `source_ports.SourceRows`."""

    async def lock(self, tx: Tx, business_id: BusinessId) -> None:
        await tx.rows("select pg_advisory_xact_lock(hashtextextended('knowledge:' || %s, 0))", (str(business_id),))

    async def room(self, tx: Tx, business_id: BusinessId) -> Room:
        row: Any = await tx.row(
            """
            select (select count(*) from app.knowledge_items where business_id = %(b)s) as items,
                   (select count(*) from app.knowledge_products where business_id = %(b)s) as products,
                   count(*) as sources, count(*) filter (where kind = 'page') as pages,
                   coalesce(sum(size_bytes), 0) as size_bytes, coalesce(sum(live_chunks), 0) as pieces
            from app.knowledge_sources where business_id = %(b)s
            """,
            {"b": business_id},
        )
        return Room(row.items, row.sources, row.pages, row.products, int(row.size_bytes), int(row.pieces))

    async def listed(self, tx: Tx, business_id: BusinessId) -> list[Source]:
        rows = await tx.rows(
            f"select {_COLUMNS} from app.knowledge_sources where business_id = %s order by created_at desc, id",
            (business_id,),
        )
        return [Source(**row._asdict()) for row in rows]

    async def find(self, tx: Tx, business_id: BusinessId, source_id: UUID) -> Source | None:
        row = await tx.row(
            f"select {_COLUMNS} from app.knowledge_sources where business_id = %s and id = %s",
            (business_id, source_id),
        )
        return None if row is None else Source(**row._asdict())

    async def to_read(self, tx: Tx, business_id: BusinessId, source_id: UUID) -> ToRead | None:
        source = await self.find(tx, business_id, source_id)
        row = await tx.row(
            "select body, file_key, checksum, etag, last_modified from app.knowledge_sources "
            "where business_id = %s and id = %s",
            (business_id, source_id),
        )
        if source is None or row is None:
            return None
        return ToRead(source, row.body, row.file_key, row.checksum, row.etag, row.last_modified)

    async def add(self, tx: Tx, business_id: BusinessId, new: NewSource) -> UUID | None:
        row = await tx.row(
            """
            insert into app.knowledge_sources
              (business_id, kind, title, body, url, file_key, file_name, content_type, size_bytes, refresh)
            values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
            on conflict (business_id, url) where kind = 'page' do nothing
            returning id
            """,
            (
                business_id,
                new.kind,
                new.title,
                new.body,
                new.url,
                new.file_key,
                new.file_name,
                new.content_type,
                new.size_bytes,
                new.refresh,
            ),
        )
        return None if row is None else row.id

    async def change(
        self,
        tx: Tx,
        business_id: BusinessId,
        source_id: UUID,
        *,
        title: str | None = None,
        is_enabled: bool | None = None,
        refresh: Refresh | None = None,
        body: str | None = None,
        size_bytes: int | None = None,
        next_refresh_at: datetime | None = None,
    ) -> None:
        await tx.execute(
            """
            update app.knowledge_sources set title = coalesce(%s, title), is_enabled = coalesce(%s, is_enabled),
              body = coalesce(%s, body), size_bytes = coalesce(%s, size_bytes),
              next_refresh_at = case when %s::text is null then next_refresh_at else %s::timestamptz end,
              refresh = coalesce(%s, refresh)
            where business_id = %s and id = %s
            """,
            (title, is_enabled, body, size_bytes, refresh, next_refresh_at, refresh, business_id, source_id),
        )

    async def remove(self, tx: Tx, business_id: BusinessId, source_id: UUID) -> str | None:
        row = await tx.row(
            "delete from app.knowledge_sources where business_id = %s and id = %s returning file_key",
            (business_id, source_id),
        )
        return None if row is None else row.file_key

    async def note_state(
        self, tx: Tx, business_id: BusinessId, source_id: UUID, state: str, reason: Problem | None = None
    ) -> None:
        await tx.execute(
            "update app.knowledge_sources set state = %s, reason = %s where business_id = %s and id = %s",
            (state, reason, business_id, source_id),
        )

    async def note_read(
        self,
        tx: Tx,
        business_id: BusinessId,
        source_id: UUID,
        *,
        now: datetime,
        next_refresh_at: datetime | None,
        etag: str | None = None,
        last_modified: str | None = None,
    ) -> None:
        await tx.execute(
            """
            update app.knowledge_sources set refreshed_at = %s, next_refresh_at = %s, etag = coalesce(%s, etag),
              last_modified = coalesce(%s, last_modified)
            where business_id = %s and id = %s
            """,
            (now, next_refresh_at, etag, last_modified, business_id, source_id),
        )

    async def write_revision(
        self,
        tx: Tx,
        business_id: BusinessId,
        source_id: UUID,
        chunks: Sequence[Chunk],
        *,
        checksum: bytes,
        size_bytes: int,
        pages: int,
        title: str | None,
    ) -> int:
        row: Any = await tx.row(
            """
            update app.knowledge_sources set revision = revision + 1, checksum = %s, size_bytes = %s, pages = %s,
              title = coalesce(%s, title)
            where business_id = %s and id = %s returning revision
            """,
            (checksum, size_bytes, pages, title, business_id, source_id),
        )
        await tx.execute(
            """
            insert into app.knowledge_chunks (business_id, source_id, revision, position, heading, body)
            select %s, %s, %s, position, heading, body
            from unnest(%s::int[], %s::text[], %s::text[]) as t(position, heading, body)
            """,
            (
                business_id,
                source_id,
                row.revision,
                list(range(len(chunks))),
                [chunk.heading for chunk in chunks],
                [chunk.body for chunk in chunks],
            ),
        )
        return int(row.revision)

    async def stems(
        self, tx: Tx, business_id: BusinessId, source_id: UUID, revision: int, first: int, most: int
    ) -> list[tuple[int, list[str]]]:
        rows = await tx.rows(
            """
            select position, tsvector_to_array(
              to_tsvector('spanish'::regconfig, private.plain(left(heading || ' ' || body, 8000)))) as stems
            from app.knowledge_chunks
            where business_id = %s and source_id = %s and revision = %s and position >= %s
            order by position limit %s
            """,
            (business_id, source_id, revision, first, most),
        )
        return [(row.position, row.stems) for row in rows]

    async def add_words(
        self,
        tx: Tx,
        business_id: BusinessId,
        source_id: UUID,
        revision: int,
        words: Mapping[tuple[str, str], Sequence[int]],
    ) -> None:
        await tx.execute(
            """
            insert into app.knowledge_words (business_id, source_id, revision, sound, stem, positions)
            select %s, %s, %s, sound, stem, string_to_array(positions, ' ')::int[]
            from unnest(%s::text[], %s::text[], %s::text[]) as t(sound, stem, positions)
            on conflict (business_id, sound, stem, source_id, revision) do update set positions = excluded.positions
            """,
            (
                business_id,
                source_id,
                revision,
                [sound for sound, _ in words],
                [stem for _, stem in words],
                [" ".join(map(str, places)) for places in words.values()],
            ),
        )

    async def without_vector(
        self, tx: Tx, business_id: BusinessId, source_id: UUID, revision: int, model: str, limit: int
    ) -> list[StoredChunk]:
        rows = await tx.rows(
            """
            select position, heading, body from app.knowledge_chunks
            where business_id = %s and source_id = %s and revision = %s
              and (embedding is null or embedding_model is distinct from %s)
            order by position limit %s
            """,
            (business_id, source_id, revision, model, limit),
        )
        return [StoredChunk(*row) for row in rows]

    async def keep_vectors(
        self,
        tx: Tx,
        business_id: BusinessId,
        source_id: UUID,
        revision: int,
        model: str,
        vectors: Mapping[int, Vector],
    ) -> int:
        # As texts, because arrays of arrays would be flattened.
        return await tx.execute(
            """
            update app.knowledge_chunks c
            set embedding = private.as_embedding(v.vector::real[]), embedding_model = %s, signs = v.signs
            from unnest(%s::int[], %s::text[], %s::bytea[]) as v(position, vector, signs)
            where c.business_id = %s and c.source_id = %s and c.revision = %s and c.position = v.position
            """,
            (
                model,
                list(vectors),
                ["{" + ",".join(map(repr, vector)) + "}" for vector in vectors.values()],
                [signs_of(vector) for vector in vectors.values()],
                business_id,
                source_id,
                revision,
            ),
        )

    async def publish(self, tx: Tx, business_id: BusinessId, source_id: UUID, revision: int, model: str | None) -> bool:
        who = (business_id, source_id, revision)
        touched = await tx.execute(
            """
            update app.knowledge_sources set live_revision = %s, state = 'ready', reason = null, embedding_model = %s,
              live_chunks = found.count, signs = case when found.signed = found.count then found.signs end
            from (
              select count(*) as count, count(signs) as signed, string_agg(signs, ''::bytea order by position) as signs
              from app.knowledge_chunks where business_id = %s and source_id = %s and revision = %s) found
            where business_id = %s and id = %s and revision = %s
            """,
            (revision, model, *who, *who),
        )
        if touched:
            for table in ("knowledge_chunks", "knowledge_words"):
                await tx.execute(
                    f"delete from app.{table} where business_id = %s and source_id = %s and revision < %s", who
                )
        return touched > 0

    async def withdraw(self, tx: Tx, business_id: BusinessId, source_id: UUID) -> None:
        await tx.execute(
            """
            update app.knowledge_sources set live_revision = null, live_chunks = 0, signs = null, checksum = null,
              etag = null, last_modified = null, embedding_model = null
            where business_id = %s and id = %s
            """,
            (business_id, source_id),
        )
        for table in ("knowledge_chunks", "knowledge_words"):
            await tx.execute(
                f"delete from app.{table} where business_id = %s and source_id = %s", (business_id, source_id)
            )

    async def chunks(
        self, tx: Tx, business_id: BusinessId, source_id: UUID, first: int, most: int
    ) -> list[StoredChunk]:
        rows = await tx.rows(
            """
            select c.position, c.heading, c.body from app.knowledge_chunks c
            join app.knowledge_sources s on s.business_id = c.business_id and s.id = c.source_id
              and s.live_revision = c.revision
            where c.business_id = %s and c.source_id = %s and c.position >= %s order by c.position limit %s
            """,
            (business_id, source_id, first, most),
        )
        return [StoredChunk(*row) for row in rows]

    async def due(self, tx: Tx, now: datetime) -> list[tuple[BusinessId, UUID]]:
        rows = await tx.rows(
            "select business_id, id from app.knowledge_sources where next_refresh_at <= %s order by next_refresh_at",
            (now,),
        )
        return [(BusinessId(row.business_id), row.id) for row in rows]

    async def of_other_models(self, tx: Tx, model: str) -> list[tuple[BusinessId, UUID]]:
        rows = await tx.rows(
            "select business_id, id from app.knowledge_sources "
            "where live_revision is not null and live_chunks > 0 and embedding_model is distinct from %s",
            (model,),
        )
        return [(BusinessId(row.business_id), row.id) for row in rows]

    async def version(self, tx: Tx, business_id: BusinessId) -> int:
        row = await tx.row("select version from app.knowledge_versions where business_id = %s", (business_id,))
        return 0 if row is None else int(row.version)
