"""What can be wrong with a token, a number or an account: the twin tells it, and refuses what Meta refuses."""

import time
from typing import Any

import pytest
from graph_harness import CUSTOMER, PNID, SECRET, TOKEN, WABA, Harness, code_of

APP_TOKEN = f"4242|{SECRET}"
FIELDS = "status,health_status,webhook_configuration,whatsapp_business_manager_messaging_limit"


async def changed(graph: Harness, method: str, path: str, **body: Any) -> None:
    answer = await graph.control(method, path, body)
    assert "error" not in answer, answer


async def debugged(graph: Harness) -> dict[str, Any]:
    _, answer = await graph.graph("GET", f"debug_token?input_token={TOKEN}", token=APP_TOKEN)
    data: dict[str, Any] = answer["data"]
    return data


async def described(graph: Harness) -> dict[str, Any]:
    _, answer = await graph.graph("GET", f"{PNID}?fields={FIELDS}")
    return answer


def text() -> dict[str, Any]:
    return {"messaging_product": "whatsapp", "to": CUSTOMER, "type": "text", "text": {"body": "hola"}}


async def test_an_expired_token_is_refused_with_463_and_told_so(graph: Harness) -> None:
    await changed(graph, "POST", "tokens", access_token=TOKEN, expires_at=int(time.time()) - 5)
    assert code_of(await graph.graph("GET", PNID)) == (401, 190)
    told = await debugged(graph)
    assert (told["is_valid"], told["error"]["subcode"]) == (False, 463)


async def test_a_token_without_a_scope_is_refused_what_it_is_for(graph: Harness) -> None:
    await changed(graph, "POST", "tokens", access_token=TOKEN, scopes=["whatsapp_business_management"])
    assert code_of(await graph.graph("POST", f"{PNID}/messages", text())) == (403, 200)
    assert (await graph.graph("GET", f"{WABA}/subscribed_apps"))[0] == 200
    assert (await debugged(graph))["scopes"] == ["whatsapp_business_management"]


async def test_a_missing_payment_method_blocks_sending_and_stands_in_the_health_of_the_account(graph: Harness) -> None:
    assert (await described(graph))["health_status"]["can_send_message"] == "AVAILABLE"
    await changed(graph, "PATCH", "wabas", waba_id=WABA, payment_missing=True)
    assert code_of(await graph.graph("POST", f"{PNID}/messages", text())) == (400, 131042)
    health = (await described(graph))["health_status"]
    [account] = [one for one in health["entities"] if one["entity_type"] == "WABA"]
    assert (health["can_send_message"], account["errors"][0]["error_code"]) == ("BLOCKED", 141006)


@pytest.mark.parametrize(("status", "code"), [("BANNED", 131031), ("RATE_LIMITED", 131048), ("DISCONNECTED", 133010)])
async def test_a_number_of_another_status_may_not_send(graph: Harness, status: str, code: int) -> None:
    await changed(graph, "PATCH", "numbers", phone_number_id=PNID, status=status)
    assert code_of(await graph.graph("POST", f"{PNID}/messages", text()))[1] == code
    assert (await described(graph))["status"] == status


async def test_a_flagged_number_may_send(graph: Harness) -> None:
    await changed(graph, "PATCH", "numbers", phone_number_id=PNID, status="FLAGGED", messaging_limit="TIER_250")
    assert code_of(await graph.graph("POST", f"{PNID}/messages", text()))[1] != 133010
    assert (await described(graph))["whatsapp_business_manager_messaging_limit"] == "TIER_250"


async def test_overrides_stand_beside_the_apps_own_address(graph: Harness) -> None:
    own = (await described(graph))["webhook_configuration"]
    assert list(own) == ["application"]
    await changed(graph, "PATCH", "numbers", phone_number_id=PNID, callback_url="https://elsewhere.test/hook")
    told = (await described(graph))["webhook_configuration"]
    assert (told["application"], told["phone_number"]) == (own["application"], "https://elsewhere.test/hook")


async def test_the_apps_own_subscription_is_told_to_the_app_alone(graph: Harness) -> None:
    await changed(graph, "PATCH", "app", app_fields=["messages"])
    _, answer = await graph.graph("GET", "4242/subscriptions", token=APP_TOKEN)
    [row] = answer["data"]
    assert [field["name"] for field in row["fields"]] == ["messages"]
    assert code_of(await graph.graph("GET", "4242/subscriptions"))[1] == 100


async def test_subscribed_apps_come_in_pages(graph: Harness) -> None:
    await changed(graph, "PATCH", "wabas", waba_id=WABA, other_apps=[str(n) for n in range(30)])
    _, first = await graph.graph("GET", f"{WABA}/subscribed_apps")
    assert len(first["data"]) == 25
    _, last = await graph.graph("GET", f"{WABA}/subscribed_apps?after={first['paging']['cursors']['after']}")
    assert last["data"][-1]["whatsapp_business_api_data"]["id"] == "4242"
