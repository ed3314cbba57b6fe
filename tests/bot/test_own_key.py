"""A business brings its own key: tried, sealed, used, told of, put under a newer key, never seen again."""

from collections.abc import AsyncIterator
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from model_twin import ModelTwin, error, model_twin

from builders import meta
from rig import Rig, ScriptedModel, Shop, as_body, eventually, open_rig
from wacloud.main.secrets_cli import reseal
from wacloud.modules.bot.domain.settings import BotSettings
from wacloud.modules.bot.infra.bot_versions import PostgresBotVersions
from wacloud.shared.infra.crypto import SecretBox

KEY = "sk-proj-a-key-of-the-shop-1234"
FAQ = (("¿Cuál es vuestro horario?", "De 9 a 14."),)


@pytest.fixture(scope="module")
async def twin() -> AsyncIterator[ModelTwin]:
    async with model_twin() as running:
        yield running


@pytest.fixture(scope="module")
async def rig(own_database: Any, redis_url: str, twin: ModelTwin) -> AsyncIterator[Rig]:
    settings = {"openai_own_key_url": twin.url}
    async with open_rig(own_database.app_dsn, redis_url, model=ScriptedModel(), settings=settings) as rig:
        yield rig


@pytest.fixture(autouse=True)
def fresh(twin: ModelTwin) -> None:
    twin.state.clear()


async def call(rig: Rig, shop: Shop, method: str, body: Any = None) -> tuple[int, Any]:
    url = f"{rig.url}/api/bot/model-key"
    async with rig.http.request(method, url, json=body, headers=rig.bearer(shop)) as answer:
        return answer.status, await answer.json() if answer.status != 204 else None


async def answered(rig: Rig, shop: Shop, text: str, webhooks: int = 1) -> Any:
    assert await rig.post(as_body(meta.inbound(shop, "34600111222", text))) == 200
    await rig.settled(shop, webhooks=webhooks)
    return (
        await rig.rows(
            shop, "select * from app.bot_turns where business_id = %s order by decided_at", (shop.business_id,)
        )
    )[-1]


async def test_a_key_is_tried_kept_sealed_and_never_told(rig: Rig, twin: ModelTwin) -> None:
    shop = await rig.shop()
    assert await call(rig, shop, "GET") == (
        200,
        {"is_own": False, "ending": None, "state": None, "state_at": None, "added_at": None},
    )
    status, told = await call(rig, shop, "PUT", {"key": KEY})
    assert (status, told["is_own"], told["ending"], told["state"]) == (200, True, "1234", "ok")
    assert KEY not in str(told)
    [row] = await rig.rows(shop, "select * from app.bot_provider_keys where business_id = %s", (shop.business_id,))
    assert KEY not in str(row)
    assert rig.house.secrets.decrypt(row.sealed) == KEY
    async with rig.http.get(f"{rig.url}/bot/models", headers=rig.bearer(shop)) as page:
        text = await page.text()
    assert "1234" in text
    assert KEY not in text
    assert (await call(rig, shop, "DELETE"))[0] == 204
    assert (await call(rig, shop, "GET"))[1]["is_own"] is False


@pytest.mark.parametrize(
    ("key", "status", "code"),
    [
        ("not a key", 422, "key_not_one"),
        ("sk-with a blank in the middle", 422, "key_not_one"),
        ("sk-" + "x" * 400, 422, None),
        ("sk-proj-refused-by-openai", 422, "key_refused"),
        ("sk-proj-openai-is-broken-1", 503, "key_not_tried"),
    ],
)
async def test_what_is_no_good_is_not_kept(rig: Rig, twin: ModelTwin, key: str, status: int, code: str | None) -> None:
    twin.refused_keys = {
        "sk-proj-refused-by-openai": error(401, "invalid_api_key"),
        "sk-proj-openai-is-broken-1": error(500, "server_error"),
    }
    shop = await rig.shop()
    got, told = await call(rig, shop, "PUT", {"key": key})
    assert (got, told["code"] if code else None) == (status, code)
    assert key not in str(told).replace("sk-...", "")
    assert await rig.rows(shop, "select 1 from app.bot_provider_keys where business_id = %s", (shop.business_id,)) == []


async def test_only_the_owner_may_look_or_change(rig: Rig) -> None:
    shop = await rig.shop()
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute("update app.members set role = 'admin' where business_id = %s", (shop.business_id,))
    for method, body in (("GET", None), ("PUT", {"key": KEY}), ("DELETE", None)):
        assert (await call(rig, shop, method, body))[0] == 403
    async with rig.http.get(f"{rig.url}/bot/models", headers=rig.bearer(shop)) as page:
        assert page.status == 403


async def test_its_own_key_is_used_for_its_customers_and_for_no_others(rig: Rig, twin: ModelTwin) -> None:
    shop, other = await rig.shop(knowledge=FAQ), await rig.shop(knowledge=FAQ)
    rig.says(other, "La otra.")
    assert (await call(rig, shop, "PUT", {"key": KEY}))[0] == 200
    turn = await answered(rig, shop, "¿cuál es vuestro horario?")
    assert (turn.why, turn.detail["own_key"], turn.model) == ("model_answered", True, "gpt-6-luna")
    assert twin.keys == [KEY]
    assert rig.accepted(shop) == ["De 9 a 14."]
    assert (await answered(rig, other, "¿cuál es vuestro horario?")).model == "scripted"
    assert twin.keys == [KEY]
    # What it cost is counted for its own day.
    [spent] = await rig.rows(shop, "select * from app.bot_spending where business_id = %s", (shop.business_id,))
    assert (spent.turns, spent.cost_usd) == (1, turn.cost_usd)
    assert spent.cost_usd > 0


async def test_a_key_that_has_no_money_left_is_told_on_the_page(rig: Rig, twin: ModelTwin) -> None:
    shop = await rig.shop(knowledge=FAQ)
    assert (await call(rig, shop, "PUT", {"key": KEY}))[0] == 200
    twin.refused_keys = {KEY: error(429, "insufficient_quota")}
    turn = await answered(rig, shop, "¿cuál es vuestro horario?")
    assert turn.why.startswith("model_unavailable")

    async def told() -> bool:
        return bool((await call(rig, shop, "GET"))[1]["state"] == "no_money")

    await eventually(told)


async def test_a_budget_that_is_used_up_is_told_once(rig: Rig, twin: ModelTwin) -> None:
    shop = await rig.shop(knowledge=FAQ)
    assert (await call(rig, shop, "PUT", {"key": KEY}))[0] == 200
    async with rig.house.db.tenant(shop.business_id) as tx:
        bot = replace(BotSettings(quiet_ms=0), budget_day_usd=Decimal("0.0000001"))
        await PostgresBotVersions().publish(tx, shop.business_id, bot)
    whys = [
        (await answered(rig, shop, text, n)).why
        for n, text in enumerate(
            ("¿Cuál es vuestro horario?", "¿cuál es vuestro horario?", "cuál es vuestro horario"), 1
        )
    ]
    assert [why[:10] for why in whys] == ["model_answ", "budget_out", "budget_out"]
    told = await rig.rows(shop, "select code from app.notices where business_id = %s", (shop.business_id,))
    assert [row.code for row in told] == ["bot_budget_day"]


async def test_it_is_put_under_a_newer_key_with_all_others(rig: Rig) -> None:
    shop = await rig.shop()
    assert (await call(rig, shop, "PUT", {"key": KEY}))[0] == 200
    newer = SecretBox(["a newer key of the installation, long enough", *rig.house.settings.secret_keys])
    async for _ in reseal(rig.house.db, newer):
        pass
    [row] = await rig.rows(shop, "select sealed from app.bot_provider_keys where business_id = %s", (shop.business_id,))
    assert row.sealed.startswith(newer.current_mark)
    assert newer.decrypt(row.sealed) == KEY
