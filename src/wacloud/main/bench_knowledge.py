"""`wacloud bench knowledge`: what it needs is made here, and measured in `wacloud.bench.knowledge`."""

import asyncio
from typing import Any

from wacloud.bench.businesses import ids_of, make_businesses
from wacloud.bench.knowledge import KnowledgePlan, measure_knowledge
from wacloud.bench.places import conditions
from wacloud.main.bench_rig import Rig
from wacloud.modules.whatsapp.infra.media_files import open_files


def run_knowledge(pieces: int, businesses: int, questions: int, rig: Rig) -> dict[str, Any]:
    """Teach businesses and ask."""
    plan = KnowledgePlan(pieces, businesses, questions)

    async def run() -> dict[str, Any]:
        async with rig.database() as db:
            stated = await conditions(db, rig.stores)
            made = ids_of(await make_businesses(db, rig.encrypt, plan.businesses))
            files = open_files((rig.folder / "files").as_uri(), {})
            return {**await measure_knowledge(db, made, plan, files, rig.say), "conditions": stated}

    return asyncio.run(run())
