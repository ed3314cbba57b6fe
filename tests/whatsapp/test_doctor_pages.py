"""The connection doctor for people and programs: what stands there, what its buttons do, and whose it is."""

from typing import Any
from uuid import uuid4

import pytest

from builders import meta
from rig import Rig, Shop, as_body, eventually
from wacloud.twins.graph.access import TokenFacts


@pytest.fixture
async def shop(rig: Rig) -> Shop:
    return await rig.shop(enabled=False)


async def api(rig: Rig, shop: Shop, method: str, path: str, **more: Any) -> tuple[int, Any]:
    url = f"{rig.url}/api/whatsapp/numbers{path}"
    async with rig.http.request(method, url, headers=rig.bearer(shop), **more) as answer:
        return answer.status, await answer.json(content_type=None)


async def page(rig: Rig, shop: Shop, path: str, language: str = "es", method: str = "GET") -> tuple[int, str]:
    url = f"{rig.url}{path}?lang={language}"
    headers = {**rig.bearer(shop), "origin": rig.url}
    async with rig.http.request(method, url, headers=headers, allow_redirects=False) as answer:
        return answer.status, await answer.text()


async def run(rig: Rig, shop: Shop) -> dict[str, Any]:
    assert (await api(rig, shop, "POST", f"/{shop.number_id}/checks"))[0] == 202

    async def done() -> Any:
        _, told = await api(rig, shop, "GET", f"/{shop.number_id}/checks?lang=en")
        return None if told["is_running"] else told

    told: dict[str, Any] = await eventually(done)
    return told


async def test_a_run_that_was_asked_for_is_done_and_read_worst_first(rig: Rig, shop: Shop):
    rig.twin.twin.access.wabas[shop.waba_id].subscribed = False
    told = await run(rig, shop)
    states = [check["state"] for check in told["checks"]]
    assert states == sorted(states, key=["broken", "warning", "unknown", "ok"].index)
    [subscription] = [check for check in told["checks"] if check["code"] == "subscription"]
    assert subscription["cause"] == "not_subscribed"
    assert subscription["text"] == "Meta does not send us what happens in this account: nothing comes in."
    assert subscription["broken_since"] is not None


async def test_subscribing_again_mends_it(rig: Rig, shop: Shop):
    account = rig.twin.twin.access.wabas[shop.waba_id]
    account.subscribed = False
    await run(rig, shop)
    _, shown = await page(rig, shop, f"/numbers/{shop.number_id}/doctor")
    assert "Volver a suscribir" in shown
    assert (await page(rig, shop, f"/numbers/{shop.number_id}/doctor/subscribe", method="POST"))[0] == 303
    assert account.subscribed
    told = await run(rig, shop)
    assert "not_subscribed" not in {check["cause"] for check in told["checks"]}


async def test_a_token_that_may_not_subscribe_is_told_on_the_page(rig: Rig, shop: Shop):
    token = rig.twin.twin.access.wabas[shop.waba_id].access_token
    rig.twin.twin.access.facts[token] = TokenFacts(scopes=("whatsapp_business_messaging",))
    status, shown = await page(rig, shop, f"/numbers/{shop.number_id}/doctor/subscribe", method="POST")
    del rig.twin.twin.access.facts[token]
    assert status == 422
    assert "whatsapp_business_management" in shown


async def test_an_echo_test_waits_and_hears_the_word(rig: Rig, shop: Shop):
    status, test = await api(rig, shop, "POST", f"/{shop.number_id}/echo-test")
    assert status == 201
    assert (await api(rig, shop, "POST", f"/{shop.number_id}/echo-test"))[1]["word"] == test["word"]
    _, shown = await page(rig, shop, f"/numbers/{shop.number_id}/doctor")
    assert test["word"] in shown
    assert "hx-get" in shown
    assert await rig.post(as_body(meta.inbound(shop, "34600111222", f" {test['word'].upper()} "))) == 200

    async def heard() -> Any:
        return (await api(rig, shop, "GET", f"/{shop.number_id}/checks"))[1]["echo_test"]["heard_at"]

    await eventually(heard)
    _, shown = await page(rig, shop, f"/numbers/{shop.number_id}/doctor")
    assert "Lo que escriben los clientes llega." in shown


async def test_a_word_that_never_came_is_told_when_its_time_is_over(rig: Rig, shop: Shop):
    _, test = await api(rig, shop, "POST", f"/{shop.number_id}/echo-test")
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute(
            "update app.echo_tests set asked_at = asked_at - interval '1 hour', "
            "expires_at = expires_at - interval '1 hour'"
        )
    _, shown = await page(rig, shop, f"/numbers/{shop.number_id}/doctor", "en")
    assert f"“{test['word']}” has not come in." in shown
    assert (await api(rig, shop, "POST", f"/{shop.number_id}/echo-test"))[1]["asked_at"] > test["asked_at"]


async def test_a_number_of_another_business_does_not_exist(rig: Rig, shop: Shop):
    other = await rig.shop(enabled=False)
    for method, path in (("GET", "checks"), ("POST", "checks"), ("POST", "echo-test")):
        status, told = await api(rig, shop, method, f"/{other.number_id}/{path}")
        assert (status, told["code"]) == (404, "number_unknown")
    assert (await page(rig, shop, f"/numbers/{other.number_id}/doctor"))[0] == 404
    assert (await api(rig, shop, "GET", f"/{uuid4()}/checks"))[0] == 404
    listed = (await api(rig, shop, "GET", "/checks"))[1]["numbers"]
    assert [one["id"] for one in listed] == [str(shop.number_id)]


async def test_the_page_says_before_the_first_look_that_there_was_none(rig: Rig, shop: Shop):
    _, shown = await page(rig, shop, "/doctor", "en")
    assert "Not looked at yet" in shown
    assert "Look now" in shown


async def test_a_notice_leads_to_the_check(rig: Rig, shop: Shop):
    rig.twin.twin.access.wabas[shop.waba_id].subscribed = False
    await run(rig, shop)
    link = f'href="/numbers/{shop.number_id}/doctor"'
    assert link in (await page(rig, shop, "/notices"))[1]
    assert link in (await page(rig, shop, "/notices/pressing"))[1]


async def test_no_answer_and_no_page_shows_a_token(rig: Rig, shop: Shop):
    told = await run(rig, shop)
    _, shown = await page(rig, shop, "/doctor")
    token = rig.twin.twin.access.wabas[shop.waba_id].access_token
    assert f"{token}" not in str(told).split()
    assert f"{token}<" not in shown
