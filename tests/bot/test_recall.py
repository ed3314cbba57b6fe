"""What the search finds of what three businesses taught, asked as people ask: half of it as one types in a chat."""

from bot_builders import new_business

from wacloud.bench.golden import BUSINESSES
from wacloud.modules.bot.application.knowledge import add_knowledge, index_knowledge
from wacloud.modules.bot.application.model import KnowledgeDeps
from wacloud.modules.bot.domain.knowledge import KnowledgeText
from wacloud.modules.bot.domain.ranking import asked_in
from wacloud.modules.bot.infra.embeddings import LocalEmbedder
from wacloud.modules.bot.infra.knowledge_items import KnowledgeItems
from wacloud.modules.bot.infra.knowledge_search import CachedKnowledge
from wacloud.shared.infra.postgres import PostgresDatabase


async def test_the_right_answer_comes_first_nine_times_of_ten_and_nearly_always_among_three(
    db: PostgresDatabase,
) -> None:
    embedder = LocalEmbedder()
    store = KnowledgeItems()
    deps, knowledge = KnowledgeDeps(db, store, embedder), CachedKnowledge(db, store, embedder)
    ranks: dict[str, int] = {}
    for taught in BUSINESSES:
        business_id = await new_business(db)
        items = await add_knowledge(deps, business_id, [KnowledgeText.typed(*one) for one in taught.items])
        await index_knowledge(deps, business_id)
        for asked, place, _ in taught.asked:
            if place is not None:
                [hits] = await knowledge.search(business_id, asked_in([asked]).lookups[:1])
                found = [rank for rank, hit in enumerate(hits, 1) if hit.item.id == items[place].id]
                ranks[asked] = found[0] if found else 99
    await embedder.aclose()
    assert len(ranks) >= 60
    first = sum(rank == 1 for rank in ranks.values()) / len(ranks)
    among_three = sum(rank <= 3 for rank in ranks.values()) / len(ranks)
    print(f"recall@1 {first:.3f}, recall@3 {among_three:.3f}", {q: r for q, r in ranks.items() if r > 1})
    assert first >= 0.9
    assert among_three >= 0.97
