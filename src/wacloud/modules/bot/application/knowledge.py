"""Teaching the bot: the questions and answers of a business, and the vectors the search needs of them."""

import math
from collections.abc import Sequence

from wacloud.modules.bot.application.log_changes import SYSTEM, Editor, log_change
from wacloud.modules.bot.application.model import KnowledgeDeps, Vector
from wacloud.modules.bot.domain.knowledge import (
    MOST_ITEMS,
    KnowledgeItem,
    KnowledgeItemId,
    KnowledgeText,
    TooMuchKnowledge,
)
from wacloud.modules.bot.domain.spelling import words_of
from wacloud.shared.application.db import Tx
from wacloud.shared.application.jobs import Lane, NewJob
from wacloud.shared.domain.errors import NotFound
from wacloud.shared.domain.ids import BusinessId

INDEX_JOB = "bot.index_knowledge"
_AT_ONCE = 50


async def list_knowledge(deps: KnowledgeDeps, business_id: BusinessId) -> tuple[KnowledgeItem, ...]:
    """All questions and answers, in the owner's order."""
    async with deps.db.tenant(business_id, read_only=True) as tx:
        return await deps.store.items(tx, business_id)


async def add_knowledge(
    deps: KnowledgeDeps, business_id: BusinessId, texts: Sequence[KnowledgeText], by: Editor = SYSTEM
) -> tuple[KnowledgeItem, ...]:
    """
    Add questions with their answers, all or none.

    :raises TooMuchKnowledge: there is no room for them.
    """
    async with deps.db.tenant(business_id) as tx:
        if await deps.store.count(tx, business_id) + len(texts) > MOST_ITEMS:
            raise TooMuchKnowledge
        added = [await deps.store.add(tx, business_id, text) for text in texts]
        index_later(tx, business_id)
        for item in added:
            await log_item(deps, tx, business_id, by, "added", item)
    return tuple(added)


async def replace_knowledge(
    deps: KnowledgeDeps, business_id: BusinessId, item_id: KnowledgeItemId, text: KnowledgeText, by: Editor = SYSTEM
) -> KnowledgeItem:
    """
    Give an item a new question and answer.

    :raises NotFound: there is no such item.
    """
    async with deps.db.tenant(business_id) as tx:
        item = await deps.store.replace(tx, business_id, item_id, text)
        if item is None:
            raise NotFound
        index_later(tx, business_id)
        await log_item(deps, tx, business_id, by, "changed", item)
    return item


async def remove_knowledge(
    deps: KnowledgeDeps, business_id: BusinessId, item_id: KnowledgeItemId, by: Editor = SYSTEM
) -> None:
    """
    Forget an item.

    :raises NotFound: there is no such item.
    """
    async with deps.db.tenant(business_id) as tx:
        gone = next((item for item in await deps.store.items(tx, business_id) if item.id == item_id), None)
        if gone is None or not await deps.store.remove(tx, business_id, item_id):
            raise NotFound
        await log_item(deps, tx, business_id, by, "removed", gone)


async def log_item(
    deps: KnowledgeDeps, tx: Tx, business_id: BusinessId, by: Editor, done: str, item: KnowledgeItem
) -> None:
    """A question of the knowledge was added, changed or removed, in the transaction that does it."""
    action = f"bot.knowledge_{done}"
    await log_change(deps.business, tx, business_id, by, action, item_id=str(item.id), question=item.question)


async def index_knowledge(deps: KnowledgeDeps, business_id: BusinessId) -> int:
    """
    Make the vectors that are missing, and return how many were made. Doing it twice does no harm.

    :raises EmbedderUnavailable: no vectors can be made now; what was made is kept.
    """
    made = 0
    while True:
        async with deps.db.tenant(business_id, read_only=True) as tx:
            items = await deps.store.without_vector(tx, business_id, deps.embedder.model, _AT_ONCE)
        if not items:
            return made
        vectors = await _vectors_of(deps, items)
        async with deps.db.tenant(business_id) as tx:
            kept = [
                await deps.store.keep_vector(tx, business_id, item, deps.embedder.model, vector)
                for item, vector in zip(items, vectors, strict=True)
            ]
        made += sum(kept)
        if not any(kept):
            # Somebody is rewriting all of them just now; each change queues this job again.
            return made


def index_later(tx: Tx, business_id: BusinessId) -> None:
    """Make the vectors that are missing after the commit."""
    tx.queue(
        NewJob(
            kind=INDEX_JOB,
            lane=Lane.HOUSEKEEPING,
            business_id=business_id,
            unique_key=f"{INDEX_JOB}:{business_id}",
        )
    )


async def _vectors_of(deps: KnowledgeDeps, items: Sequence[KnowledgeItem]) -> list[Vector]:
    # Half the question alone, half the question with its answer: measured better than either of them.
    questions = [" ".join(words_of(item.question)) for item in items]
    both = [" ".join(words_of(f"{item.question} {item.answer}")) for item in items]
    vectors = await deps.embedder.embed(questions + both)
    return [_between(a, b) for a, b in zip(vectors[: len(items)], vectors[len(items) :], strict=True)]


def _between(a: Vector, b: Vector) -> Vector:
    middle = [x + y for x, y in zip(a, b, strict=True)]
    length = math.sqrt(sum(x * x for x in middle)) or 1.0
    return tuple(x / length for x in middle)
