"""The rows of the knowledge."""

from collections.abc import Sequence
from typing import Any

from wacloud.modules.bot.application.model import KnowledgeState, Vector
from wacloud.modules.bot.domain.knowledge import IndexedItem, KnowledgeItem, KnowledgeItemId, KnowledgeText
from wacloud.shared.application.db import Tx
from wacloud.shared.domain.ids import BusinessId

_COLUMNS = "id, question, answer, position"


class KnowledgeItems:
    """See `application.model.KnowledgeStore`."""

    async def items(self, tx: Tx, business_id: BusinessId) -> tuple[KnowledgeItem, ...]:
        rows = await tx.rows(
            f"select {_COLUMNS} from app.knowledge_items where business_id = %s order by position, id",
            (business_id,),
        )
        return tuple(_to_item(row) for row in rows)

    async def indexed(self, tx: Tx, business_id: BusinessId, model: str) -> tuple[IndexedItem, ...]:
        rows = await tx.rows(
            """
            select id, question, answer, position,
                   case when embedding_model = %s then embedding end as embedding,
                   array(select lexeme from unnest(words) where 'A' = any(weights)) as question_words,
                   array(select lexeme from unnest(words) where 'C' = any(weights)) as answer_words
            from app.knowledge_items
            -- An answer with a gap in it waits for its owner: see has_gap().
            where business_id = %s and answer not like '%%[[%%]]%%' order by position, id
            """,
            (model, business_id),
        )
        return tuple(
            IndexedItem(
                item=_to_item(row),
                question_words=frozenset(row.question_words),
                answer_words=frozenset(row.answer_words),
                vector=None if row.embedding is None else tuple(row.embedding),
            )
            for row in rows
        )

    async def without_vector(
        self, tx: Tx, business_id: BusinessId, model: str, limit: int
    ) -> tuple[KnowledgeItem, ...]:
        rows = await tx.rows(
            """
            select id, question, answer, position from app.knowledge_items
            where business_id = %s and (embedding is null or embedding_model is distinct from %s)
            order by position, id limit %s
            """,
            (business_id, model, limit),
        )
        return tuple(_to_item(row) for row in rows)

    async def keep_vector(
        self, tx: Tx, business_id: BusinessId, item: KnowledgeItem, model: str, vector: Vector
    ) -> bool:
        touched = await tx.execute(
            """
            update app.knowledge_items set embedding = %s::real[], embedding_model = %s
            where business_id = %s and id = %s and question = %s and answer = %s
            """,
            (list(vector), model, business_id, item.id, item.question, item.answer),
        )
        return touched > 0

    async def count(self, tx: Tx, business_id: BusinessId) -> int:
        row = await tx.row("select count(*) as items from app.knowledge_items where business_id = %s", (business_id,))
        return 0 if row is None else int(row.items)

    async def add(self, tx: Tx, business_id: BusinessId, text: KnowledgeText) -> KnowledgeItem:
        row = await tx.row(
            """
            insert into app.knowledge_items (business_id, question, answer, position)
            select %(business)s, %(question)s, %(answer)s, coalesce(max(position) + 1, 0)
            from app.knowledge_items where business_id = %(business)s
            returning id, question, answer, position
            """,
            {"business": business_id, "question": text.question, "answer": text.answer},
        )
        return _to_item(row)

    async def replace(
        self, tx: Tx, business_id: BusinessId, item_id: KnowledgeItemId, text: KnowledgeText
    ) -> KnowledgeItem | None:
        row = await tx.row(
            """
            update app.knowledge_items
            set question = %s, answer = %s, embedding = null, embedding_model = null, updated_at = now()
            where business_id = %s and id = %s
            returning id, question, answer, position
            """,
            (text.question, text.answer, business_id, item_id),
        )
        return None if row is None else _to_item(row)

    async def remove(self, tx: Tx, business_id: BusinessId, item_id: KnowledgeItemId) -> bool:
        touched = await tx.execute(
            "delete from app.knowledge_items where business_id = %s and id = %s", (business_id, item_id)
        )
        return touched > 0

    async def of_other_models(self, tx: Tx, model: str) -> set[BusinessId]:
        rows = await tx.rows(
            "select distinct business_id from app.knowledge_items where embedding_model is distinct from %s", (model,)
        )
        return {BusinessId(row.business_id) for row in rows}

    async def state(self, tx: Tx, business_id: BusinessId) -> KnowledgeState:
        row: Any = await tx.row(
            """
            select coalesce((select version from app.knowledge_versions where business_id = %(b)s), 0) as version,
                   coalesce(sum(live_chunks), 0) as pieces
            from app.knowledge_sources where business_id = %(b)s and is_enabled and live_revision is not null
            """,
            {"b": business_id},
        )
        return KnowledgeState(int(row.version), int(row.pieces))

    async def stems(self, tx: Tx, words: Sequence[str]) -> dict[str, frozenset[str]]:
        rows = await tx.rows(
            """
            select word, tsvector_to_array(to_tsvector('spanish'::regconfig, private.plain(word))) as stems
            from unnest(%s::text[]) as asked(word)
            """,
            (list(words),),
        )
        return {row.word: frozenset(row.stems) for row in rows}


def _to_item(row: Any) -> KnowledgeItem:
    return KnowledgeItem(KnowledgeItemId(row.id), row.question, row.answer, row.position)
