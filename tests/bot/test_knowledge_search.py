"""The knowledge in the database, its search, and how good the search is."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence

import pytest
from bot_builders import new_business
from shop_faq import (
    CLINIC,
    CLINIC_ASKED,
    CLINIC_OUT,
    COLLOQUIAL,
    DIRECT,
    ENGLISH,
    OUT_OF_SCOPE,
    SHOP,
)

from wacloud.modules.bot.application.knowledge import (
    add_knowledge,
    index_knowledge,
    list_knowledge,
    remove_knowledge,
    replace_knowledge,
)
from wacloud.modules.bot.application.model import EmbedderUnavailable, KnowledgeDeps, Vector
from wacloud.modules.bot.domain.knowledge import KnowledgeItemId, KnowledgeText, TooMuchKnowledge
from wacloud.modules.bot.domain.ranking import asked_in, choose, content_words
from wacloud.modules.bot.domain.settings import DEFAULT_THRESHOLD
from wacloud.modules.bot.infra.embeddings import LocalEmbedder
from wacloud.modules.bot.infra.knowledge_items import KnowledgeItems
from wacloud.modules.bot.infra.knowledge_search import CachedKnowledge
from wacloud.shared.domain.errors import NotFound
from wacloud.shared.domain.ids import BusinessId
from wacloud.shared.infra.postgres import PostgresDatabase


@pytest.fixture(scope="module")
async def embedder() -> AsyncIterator[LocalEmbedder]:
    embedder = LocalEmbedder()
    yield embedder
    await embedder.aclose()


@pytest.fixture(scope="module")
def deps(db: PostgresDatabase, embedder: LocalEmbedder) -> KnowledgeDeps:
    return KnowledgeDeps(db, KnowledgeItems(), embedder)


async def teach(deps: KnowledgeDeps, business_id: BusinessId, faq: Sequence[tuple[str, str]]) -> None:
    await add_knowledge(deps, business_id, [KnowledgeText.typed(*pair) for pair in faq])
    assert await index_knowledge(deps, business_id) == len(faq)


@pytest.fixture(scope="module")
async def shop(deps: KnowledgeDeps, db: PostgresDatabase) -> BusinessId:
    business_id = await new_business(db)
    await teach(deps, business_id, SHOP)
    return business_id


@pytest.fixture(scope="module")
async def clinic(deps: KnowledgeDeps, db: PostgresDatabase) -> BusinessId:
    business_id = await new_business(db)
    await teach(deps, business_id, CLINIC)
    return business_id


@pytest.fixture(scope="module")
def knowledge(deps: KnowledgeDeps) -> CachedKnowledge:
    return CachedKnowledge(deps.db, deps.store, deps.embedder)


async def found(knowledge: CachedKnowledge, business_id: BusinessId, text: str) -> list[int]:
    """The positions of the items the bot would answer with."""
    asked = asked_in([text])
    results = await knowledge.search(business_id, asked.lookups)
    return [hit.item.position for hit in choose(asked, results, DEFAULT_THRESHOLD).hits]


async def count_right(
    knowledge: CachedKnowledge, business_id: BusinessId, asked: Sequence[tuple[str, int]]
) -> tuple[int, int]:
    """How many questions got their answer, and how many got another one."""
    answers = [await found(knowledge, business_id, text) for text, _ in asked]
    right = sum(wanted in answer for answer, (_, wanted) in zip(answers, asked, strict=True))
    wrong = sum(bool(answer) and wanted not in answer for answer, (_, wanted) in zip(answers, asked, strict=True))
    return right, wrong


@pytest.mark.parametrize(
    ("asked", "least_right", "most_wrong"),
    [(DIRECT, 19, 1), (COLLOQUIAL, 15, 2), (ENGLISH, 13, 1)],
    ids=["direct", "colloquial", "english"],
)
async def test_questions_find_their_answer(
    knowledge: CachedKnowledge,
    shop: BusinessId,
    asked: Sequence[tuple[str, int]],
    least_right: int,
    most_wrong: int,
) -> None:
    right, wrong = await count_right(knowledge, shop, asked)
    print(f"{right} of {len(asked)} right, {wrong} wrong")
    assert right >= least_right
    assert wrong <= most_wrong


async def test_another_trade_finds_its_answers_too(knowledge: CachedKnowledge, clinic: BusinessId) -> None:
    right, wrong = await count_right(knowledge, clinic, CLINIC_ASKED)
    print(f"{right} of {len(CLINIC_ASKED)} right, {wrong} wrong")
    assert right >= 9
    assert wrong <= 1


async def test_what_is_not_in_the_knowledge_is_not_answered(
    knowledge: CachedKnowledge, shop: BusinessId, clinic: BusinessId
) -> None:
    answered = [text for text in OUT_OF_SCOPE if await found(knowledge, shop, text)]
    answered += [text for text in CLINIC_OUT if await found(knowledge, clinic, text)]
    print(answered)
    assert len(answered) <= 1


async def test_words_agree_with_the_text_search_of_the_database(
    knowledge: CachedKnowledge, deps: KnowledgeDeps, shop: BusinessId
) -> None:
    """Where PostgreSQL finds words in common, the search in memory does so too; it knows more forms of a word."""
    for text, _ in (*DIRECT, *COLLOQUIAL, *ENGLISH):
        (hits,) = await knowledge.search(shop, [text], limit=100)
        here = {hit.item.id for hit in hits if hit.words > 0}
        words = content_words((await knowledge._of(shop)).vocabulary.meant(text))
        async with deps.db.tenant(shop, read_only=True) as tx:
            rows = await tx.rows(
                "select id from app.knowledge_items, unnest(%s::text[]) as word "
                "where business_id = %s and words @@ plainto_tsquery('spanish', private.plain(word))",
                (list(words), shop),
            )
        assert here >= {row.id for row in rows}, text


async def test_meaning_agrees_with_the_similarity_of_the_database(
    knowledge: CachedKnowledge, deps: KnowledgeDeps, shop: BusinessId
) -> None:
    text = "¿Puedo pagar con tarjeta?"
    (hits,) = await knowledge.search(shop, [text], limit=100)
    (vector,) = await deps.embedder.embed([(await knowledge._of(shop)).vocabulary.meant(text)])
    async with deps.db.tenant(shop, read_only=True) as tx:
        rows = await tx.rows(
            "select id, private.similarity(embedding, %s::real[]) as near from app.knowledge_items "
            "where business_id = %s",
            (list(vector), shop),
        )
    near = {row.id: row.near for row in rows}
    for hit in hits:
        assert hit.meaning == pytest.approx(near[hit.item.id], abs=1e-4)


async def test_the_knowledge_of_another_business_is_never_found(
    knowledge: CachedKnowledge, deps: KnowledgeDeps, shop: BusinessId, business_id: BusinessId
) -> None:
    canary = "¿Cuál es la palabra xilofonado?"
    await teach(deps, business_id, [(canary, "Canario secreto.")])
    for text in (canary, "xilofonado", "Canario secreto"):
        (hits,) = await knowledge.search(shop, [text], limit=100)
        assert all("anario" not in hit.item.answer for hit in hits)
        (theirs,) = await knowledge.search(business_id, [text])
        assert [hit.item.answer for hit in theirs] == ["Canario secreto."]
    assert len(await knowledge.items(shop)) == len(SHOP)
    with pytest.raises(NotFound):
        await remove_knowledge(deps, shop, (await list_knowledge(deps, business_id))[0].id)


async def test_items_are_added_replaced_and_removed(deps: KnowledgeDeps, business_id: BusinessId) -> None:
    first, second = await add_knowledge(
        deps, business_id, [KnowledgeText.typed("¿Uno?", "1"), KnowledgeText.typed("¿Dos?", "2")]
    )
    assert await index_knowledge(deps, business_id) == 2
    assert await index_knowledge(deps, business_id) == 0
    changed = await replace_knowledge(deps, business_id, first.id, KnowledgeText.typed("¿Tres?", "3"))
    assert (changed.id, changed.question, changed.position) == (first.id, "¿Tres?", 0)
    assert await index_knowledge(deps, business_id) == 1
    await remove_knowledge(deps, business_id, second.id)
    assert await list_knowledge(deps, business_id) == (changed,)
    with pytest.raises(NotFound):
        await replace_knowledge(deps, business_id, second.id, KnowledgeText.typed("¿Dos?", "2"))
    with pytest.raises(NotFound):
        await remove_knowledge(deps, business_id, KnowledgeItemId(uuid.uuid4()))


async def test_too_much_is_refused_whole(deps: KnowledgeDeps, business_id: BusinessId) -> None:
    with pytest.raises(TooMuchKnowledge):
        await add_knowledge(deps, business_id, [KnowledgeText.typed("¿Uno?", "1")] * 2001)
    assert await list_knowledge(deps, business_id) == ()


async def test_a_change_made_while_the_vector_was_computed_is_not_overwritten(
    deps: KnowledgeDeps, business_id: BusinessId
) -> None:
    (item,) = await add_knowledge(deps, business_id, [KnowledgeText.typed("¿Uno?", "1")])

    class Slow(LocalEmbedder):
        async def embed(self, texts: Sequence[str]) -> list[Vector]:
            await replace_knowledge(deps, business_id, item.id, KnowledgeText.typed("¿Dos?", "2"))
            return [(1.0,) * 4] * len(texts)

    slow = Slow()
    assert await index_knowledge(KnowledgeDeps(deps.db, deps.store, slow), business_id) == 0
    # A worker of another test may have been quicker: the change queued a job.
    await index_knowledge(deps, business_id)
    async with deps.db.tenant(business_id) as tx:
        [row] = await tx.rows("select embedding from app.knowledge_items where business_id = %s", (business_id,))
    assert len(row.embedding or ()) > 4, "the vector of the first text is there"
    await slow.aclose()


async def test_what_is_not_indexed_yet_is_found_by_its_words(deps: KnowledgeDeps, business_id: BusinessId) -> None:
    await add_knowledge(deps, business_id, [KnowledgeText.typed("¿Vendéis persianas?", "Sí, a medida.")])
    fresh = CachedKnowledge(deps.db, deps.store, deps.embedder)
    ((hit, *_),) = await fresh.search(business_id, ["persianas"])
    assert (hit.words, hit.meaning) == (1.0, 0.0)


async def test_without_vectors_the_words_still_answer(deps: KnowledgeDeps, shop: BusinessId) -> None:
    class Away:
        model = LocalEmbedder.model

        async def embed(self, texts: Sequence[str]) -> list[Vector]:
            raise EmbedderUnavailable

    ((hit, *_),) = await CachedKnowledge(deps.db, deps.store, Away()).search(shop, ["perros"])
    assert hit.item.position == 14


async def test_many_turns_read_the_knowledge_once(deps: KnowledgeDeps, shop: BusinessId) -> None:
    reads, now = 0, 0.0

    class Counting(KnowledgeItems):
        async def indexed(self, *given: object, **named: object) -> tuple[object, ...]:  # type: ignore[override]
            nonlocal reads
            reads += 1
            return await super().indexed(*given, **named)  # type: ignore[arg-type]

    knowledge = CachedKnowledge(deps.db, Counting(), deps.embedder, monotonic=lambda: now)
    await asyncio.gather(*(knowledge.search(shop, ["¿Qué horario tenéis?"]) for _ in range(50)))
    assert reads == 1
    now = 10.1
    await knowledge.items(shop)
    # Nothing has changed: its version is looked at, and that is all.
    assert reads == 1
    knowledge.forget(shop)
    await knowledge.items(shop)
    assert reads == 2


async def test_equal_texts_are_computed_once_and_waiting_ones_together(embedder: LocalEmbedder) -> None:
    batches: list[int] = []

    class Counting(LocalEmbedder):
        def _encode(self, texts: list[str]) -> list[Vector]:
            batches.append(len(texts))
            return super()._encode(texts)

    counting = Counting()
    many = await asyncio.gather(*(counting.embed([f"texto {n % 10}", "hola"]) for n in range(40)))
    assert sum(batches) == 11
    assert len(batches) <= 2
    assert many[3] == many[13]
    (alone,) = await embedder.embed(["texto 3"])
    assert many[3][0] == pytest.approx(alone, abs=1e-5)
    gone = asyncio.create_task(counting.embed(["uno"]))
    both = asyncio.create_task(counting.embed(["uno"]))
    await asyncio.sleep(0)
    gone.cancel()
    assert len((await both)[0]) == 512
    await counting.aclose()
