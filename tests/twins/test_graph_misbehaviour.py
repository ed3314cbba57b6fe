"""Misbehaviour of the Graph twin, and the ledger that tells what really happened."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import aiohttp
import pytest
from graph_harness import CUSTOMER, PNID, Harness, code_of


@pytest.fixture(autouse=True)
async def window(graph: Harness) -> None:
    await graph.open_window()


async def test_a_delay_delays_and_a_rule_wears_off(graph: Harness) -> None:
    await graph.misbehave({"delay_ms": 150})
    started = time.perf_counter()
    assert (await graph.text())[0] == 200
    assert time.perf_counter() - started >= 0.15
    started = time.perf_counter()
    await graph.text()
    assert time.perf_counter() - started < 0.15


async def test_a_server_error_comes_with_a_body_that_is_no_json(graph: Harness) -> None:
    await graph.misbehave({"http_status": 503, "body": "<html>upstream away</html>"})
    with pytest.raises(aiohttp.ContentTypeError):
        await graph.text()
    messages = (await graph.ledger())["messages"]
    assert (messages["seen"], messages["accepted"], messages["answered_by_rule"]) == (1, 0, {"503": 1})


@pytest.mark.parametrize(
    ("code", "status"), [(1, 400), (4, 400), (131000, 500), (131048, 400), (131056, 400), (190, 401)]
)
async def test_any_error_code_can_be_ordered(graph: Harness, code: int, status: int) -> None:
    await graph.misbehave({"error_code": code})
    assert code_of(await graph.text()) == (status, code)
    assert (await graph.text())[0] == 200


async def test_a_connection_cut_before_leaves_nothing_behind(graph: Harness) -> None:
    await graph.misbehave({"cut_before": True})
    with pytest.raises(aiohttp.ClientConnectionError):
        await graph.text(biz_opaque_callback_data="m1")
    ledger = await graph.ledger()
    assert (ledger["messages"]["cut_before"], ledger["messages"]["accepted"]) == (1, 0)


async def test_a_connection_cut_after_accepting_is_settled_by_the_statuses(graph: Harness) -> None:
    await graph.misbehave({"accept_then_cut": True})
    with pytest.raises(aiohttp.ClientConnectionError):
        await graph.text("Hola", biz_opaque_callback_data="m1")
    await graph.until(lambda: len(graph.callback.statuses) >= 2)
    assert {s["biz_opaque_callback_data"] for s in graph.callback.statuses} == {"m1"}
    ledger = await graph.ledger()
    assert (ledger["messages"]["accepted"], ledger["messages"]["cut_after_accepting"]) == (1, 1)
    assert ledger["doubled"] == []
    await graph.text("Hola", biz_opaque_callback_data="m1")
    ledger = await graph.ledger()
    assert ledger["doubled"] == ["m1"]
    assert ledger["by_callback_data"] == {"m1": 2}
    assert (await graph.ledger("?callback_data=m1")) == {"accepted": 2}


async def test_an_accepted_message_may_stay_without_status(graph: Harness) -> None:
    await graph.misbehave({"accept_without_status": True})
    assert (await graph.text())[0] == 200
    await asyncio.sleep(0.05)
    assert graph.callback.statuses == []


async def test_a_message_can_fail_after_it_was_sent(graph: Harness) -> None:
    await graph.misbehave({"fail_later": 131049})
    _, answer = await graph.text()
    sent, failed = await graph.statuses_of(answer["messages"][0]["id"], 2)
    assert (sent["status"], failed["status"]) == ("sent", "failed")
    assert failed["errors"][0]["code"] == 131049
    assert failed["errors"][0]["error_data"]["details"]


async def test_webhooks_can_come_more_than_once(graph: Harness) -> None:
    await graph.misbehave({"duplicate_webhooks": 2})
    _, answer = await graph.text()
    statuses = await graph.statuses_of(answer["messages"][0]["id"], 6)
    assert [s["status"] for s in statuses].count("delivered") == 3
    await graph.control("DELETE", "misbehave")
    await graph.misbehave({"duplicate_webhooks": 3}, match={"kind": "inbound", "text_contains": "otra"})
    await graph.inbound({"type": "text", "text": {"body": "otra vez"}})
    await graph.until(lambda: len(graph.callback.messages) == 5)
    assert len({m["id"] for m in graph.callback.messages[1:]}) == 1


async def test_statuses_can_come_in_the_wrong_order(graph: Harness) -> None:
    delays = {"sent": 5, "delivered": 40, "read": 80}
    await graph.control("PATCH", "defaults", {"status_delays_ms": delays})
    await graph.misbehave({"reorder_statuses": True})
    _, answer = await graph.text()
    statuses = await graph.statuses_of(answer["messages"][0]["id"], 3)
    assert [s["status"] for s in statuses] == ["read", "delivered", "sent"]
    phone = await graph.control("GET", f"phones/{CUSTOMER}")
    assert phone["threads"][0]["messages"][-1]["status"] == "read"


async def test_statuses_can_be_held_back_and_released(graph: Harness) -> None:
    await graph.misbehave({"hold_statuses": True})
    _, answer = await graph.text()

    async def held() -> int:
        return int((await graph.control("GET", "misbehave"))["held"])

    while await held() < 2:
        await asyncio.sleep(0.01)
    assert graph.callback.statuses == []
    assert await graph.control("POST", "statuses/release") == {"released": 2}
    await graph.statuses_of(answer["messages"][0]["id"], 2)


async def test_our_own_id_can_be_dropped_from_the_statuses(graph: Harness) -> None:
    await graph.misbehave({"drop_callback_data": True})
    _, answer = await graph.text(biz_opaque_callback_data="m1")
    statuses = await graph.statuses_of(answer["messages"][0]["id"], 2)
    assert all("biz_opaque_callback_data" not in s for s in statuses)


async def test_a_rule_acts_only_where_it_matches(graph: Harness) -> None:
    async def rule(**match: Any) -> None:
        await graph.control("DELETE", "misbehave")
        body = {"do": {"error_code": 131016}, "match": match}
        await graph.control("POST", "misbehave", body)

    await rule(kind="templates")
    assert (await graph.text())[0] == 200
    await rule(to="+34600000002")
    assert (await graph.text())[0] == 200
    await rule(phone_number_id="1")
    assert (await graph.text())[0] == 200
    await rule(text_contains="veneno")
    assert (await graph.text())[0] == 200
    assert code_of(await graph.text("con veneno")) == (500, 131016)
    await rule(kind="messages", to=CUSTOMER, phone_number_id=PNID)
    assert code_of(await graph.text()) == (500, 131016)
    body = {"do": {"error_code": 1}, "probability": 0.0}
    await graph.control("DELETE", "misbehave")
    await graph.control("POST", "misbehave", body)
    assert (await graph.text())[0] == 200
    async with graph.http.post(f"{graph.url}/_twin/misbehave", json={"do": {"explode": 1}}) as answer:
        assert answer.status == 400


async def test_the_ledger_adds_up_and_keeps_the_order_per_customer(graph: Harness) -> None:
    for n in range(5):
        await graph.text(f"texto {n}", biz_opaque_callback_data=f"m{n}")
    await graph.text("x" * 5000)
    await graph.misbehave({"http_status": 500})
    with pytest.raises(aiohttp.ContentTypeError):
        await graph.text()
    ledger = await graph.ledger(f"?customer={CUSTOMER}")
    messages = ledger["messages"]
    parts = messages["accepted"] + sum(messages["refused"].values()) + messages["cut_before"]
    assert messages["seen"] == 7 == parts + sum(messages["answered_by_rule"].values())
    assert [t["text"] for t in ledger["texts"]] == [f"texto {n}" for n in range(5)]
    assert "by_callback_data" not in ledger
    await graph.control("DELETE", "ledger")
    assert (await graph.ledger())["messages"]["seen"] == 0
