"""The clock of the knowledge: pages are read again when their time has come, vectors of another model made anew."""

from collections import defaultdict
from uuid import UUID

from wacloud.modules.bot.application.knowledge import index_later
from wacloud.modules.bot.application.read_source import embed_later, read_later
from wacloud.modules.bot.application.source_ports import SourceDeps
from wacloud.shared.domain.ids import BusinessId


async def look_after_knowledge(deps: SourceDeps) -> int:
    """Queue what is due in all businesses; returns how many sources. What is queued already is not queued again."""
    db, model = deps.knowledge.db, deps.knowledge.embedder.model
    async with db.system("find pages to read again, and vectors of other models") as tx:
        due = await deps.rows.due(tx, deps.clock())
        other = await deps.rows.of_other_models(tx, model)
        items = await deps.knowledge.store.of_other_models(tx, model)
    to_read, to_embed = _by_business(due), _by_business(other)
    for business_id in {*to_read, *to_embed, *items}:
        async with db.tenant(business_id) as tx:
            for source_id in to_read[business_id]:
                await read_later(deps, tx, business_id, source_id)
            for source_id in to_embed[business_id]:
                source = await deps.rows.find(tx, business_id, source_id)
                if source is not None and source.revision == source.live_revision:
                    embed_later(tx, business_id, source_id, source.revision)
            if business_id in items:
                index_later(tx, business_id)
    return len(due) + len(other)


def _by_business(found: list[tuple[BusinessId, UUID]]) -> defaultdict[BusinessId, list[UUID]]:
    grouped: defaultdict[BusinessId, list[UUID]] = defaultdict(list)
    for business_id, source_id in found:
        grouped[business_id].append(source_id)
    return grouped
