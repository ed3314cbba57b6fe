"""What is asked of models beside turns counts as spent, and stops where the business's budget does."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from builders import meta
from rig import Rig, ScriptedModel, Shop, as_body, eventually, open_rig
from wacloud.modules.bot.application.knowledge import index_knowledge
from wacloud.modules.bot.application.model import ModelReply
from wacloud.modules.bot.domain.prices import Usage
from wacloud.modules.bot.domain.settings import BotSettings
from wacloud.modules.bot.infra.bot_versions import PostgresBotVersions
from wacloud.shared.infra.postgres import PostgresDatabase

FAQ = (("¿Hacéis envíos?", "Sí, a toda España por 4 euros."),)
TINY = Decimal("0.0000001")


@pytest.fixture(scope="module")
async def rig(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    async with open_rig(own_database.app_dsn, redis_url, model=ScriptedModel()) as rig:
        yield rig


async def call(rig: Rig, shop: Shop, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    async with rig.http.request(method, f"{rig.url}/api/bot/{path}", json=body, headers=rig.bearer(shop)) as answer:
        return answer.status, await answer.json()


async def talking(rig: Rig, **bot: Any) -> tuple[Shop, UUID]:
    """A shop whose model costs something, and a conversation a person has."""
    shop = await rig.shop(knowledge=FAQ, enabled=False)
    await index_knowledge(rig.house.knowledge, shop.business_id)

    async def say(_: Any) -> ModelReply:
        return ModelReply("Sí, por 4 euros.", "complete", "gpt-6-luna", Usage(1000, 100), 5)

    rig.says(shop, say)
    db: PostgresDatabase = rig.house.db
    async with db.tenant(shop.business_id) as tx:
        await PostgresBotVersions().publish(tx, shop.business_id, replace(BotSettings(), **bot))
    assert await rig.post(as_body(meta.inbound(shop, "34600111222", "¿hacéis envíos?"))) == 200

    async def here() -> bool:
        return bool(await rig.messages(shop))

    await eventually(here)
    return shop, (await rig.messages(shop))[0].conversation_id


async def spent(rig: Rig, shop: Shop) -> list[Any]:
    sql = "select turns, input_tokens, output_tokens, cost_usd from app.bot_spending where business_id = %s"
    return await rig.rows(shop, sql, (shop.business_id,))


async def test_a_try_a_draft_and_another_tone_are_counted_together(rig: Rig) -> None:
    shop, conversation = await talking(rig)
    assert (await call(rig, shop, "POST", "try", {"messages": ["¿Hacéis envíos?"]}))[0] == 200
    body = {"conversation_id": str(conversation)}
    assert (await call(rig, shop, "POST", "assist/draft", body))[0] == 200
    told = await call(rig, shop, "POST", "assist/rewrite", body | {"text": "Sí.", "style": "friendlier"})
    assert told[0] == 200, told
    [day] = await spent(rig, shop)
    assert (day.turns, day.input_tokens, day.output_tokens) == (0, 3000, 300)
    assert day.cost_usd == Decimal("0.00045")


async def test_golden_questions_are_counted_once(rig: Rig) -> None:
    shop, _ = await talking(rig)
    golden = {"question": "¿Hacéis envíos?", "facts": ["4 euros"]}
    assert (await call(rig, shop, "POST", "golden-questions", golden))[0] in (200, 201)
    status, run = await call(rig, shop, "POST", "evaluations", {})
    assert status in (200, 201, 202), run

    async def done() -> bool:
        return bool((await call(rig, shop, "GET", f"evaluations/{run['id']}"))[1]["state"] == "done")

    await eventually(done)
    [day] = await spent(rig, shop)
    assert (day.turns, day.input_tokens) == (0, 1000)


async def test_help_with_replies_stops_where_the_budget_does(rig: Rig) -> None:
    shop, conversation = await talking(rig, budget_day_usd=TINY)
    body = {"conversation_id": str(conversation)}
    first = await call(rig, shop, "POST", "assist/rewrite", body | {"text": "Sí.", "style": "friendlier"})
    assert first[0] == 200
    status, refused = await call(rig, shop, "POST", "assist/rewrite", body | {"text": "Sí.", "style": "shorter"})
    assert (status, refused["code"]) == (429, "model_budget_used_up")
    status, draft = await call(rig, shop, "POST", "assist/draft", body)
    assert (status, draft["source"]) == (200, "knowledge")


async def test_a_draft_without_a_budget_does_not_lift_the_one_that_is_published(rig: Rig) -> None:
    shop, _ = await talking(rig, budget_day_usd=TINY)
    status, _ = await call(rig, shop, "PATCH", "draft", {"revision": 0, "budget_day_usd": None})
    assert status == 200
    tried = [await call(rig, shop, "POST", "try", {"messages": ["¿Hacéis envíos?"]}) for _ in range(2)]
    assert [told["source"] for _, told in tried] == ["model", "knowledge"]
    assert tried[1][1]["why"] == "budget_out_faq_match"
