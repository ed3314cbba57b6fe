"""Try a question on the knowledge: what is found, how sure it is, and what of it would be said without a model."""

from dataclasses import dataclass

from wacloud.modules.bot.application.model import Knowledge
from wacloud.modules.bot.application.ports import Briefings
from wacloud.modules.bot.application.source_ports import SourceDeps
from wacloud.modules.bot.domain.knowledge import KnowledgeItemId
from wacloud.modules.bot.domain.ranking import Hit, asked_in, choose
from wacloud.modules.bot.domain.settings import DEFAULT_THRESHOLD
from wacloud.shared.domain.ids import BusinessId

SHOWN = 8


@dataclass(frozen=True, slots=True)
class TryDeps:
    """What the pages of the knowledge need."""

    sources: SourceDeps
    search: Knowledge
    briefings: Briefings


@dataclass(frozen=True, slots=True)
class Tried:
    """The hits, best first, and those of them the bot would answer with."""

    hits: tuple[Hit, ...]
    answers: frozenset[KnowledgeItemId]
    threshold: float


async def try_question(deps: TryDeps, business_id: BusinessId, text: str) -> Tried:
    """Search as a turn does, on what is known at this moment."""
    briefing = (await deps.briefings.of([business_id])).get(business_id)
    threshold = briefing.settings.knowledge_threshold if briefing else DEFAULT_THRESHOLD
    deps.search.forget(business_id)
    asked = asked_in([text])
    results = await deps.search.search(business_id, asked.lookups, SHOWN)
    chosen = choose(asked, results, threshold)
    best: dict[KnowledgeItemId, Hit] = {}
    for hit in (hit for hits in results for hit in hits):
        if hit.item.id not in best or best[hit.item.id].score < hit.score:
            best[hit.item.id] = hit
    hits = sorted(best.values(), key=lambda hit: -hit.score)[:SHOWN]
    return Tried(tuple(hits), frozenset(hit.item.id for hit in chosen.hits), threshold)
