"""Onboarding at the Graph twin: its window, new numbers, codes, PINs, the phone's app."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from graph_harness import PNID, SECRET, TOKEN, WABA, Harness, code_of

from wacloud.twins.graph.keeping import Keeper
from wacloud.twins.graph.signup import sign_up
from wacloud.twins.graph.twin import Twin

UNREGISTERED = "700800900100299"
NEW = {"country_code": "34", "phone_number": "600 999 888", "verified_name": "Pan Nuevo"}


def subcode_of(answer: tuple[int, Any]) -> tuple[int, int, int | None]:
    return answer[0], answer[1]["error"]["code"], answer[1]["error"].get("error_subcode")


async def control(graph: Harness, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    async with graph.http.request(method, f"{graph.url}/_twin/{path}", json=body) as answer:
        return answer.status, await answer.text()


async def test_a_new_number_has_to_be_verified_before_it_is_registered(graph: Harness) -> None:
    status, made = await graph.graph("POST", f"{WABA}/phone_numbers", NEW)
    assert status == 200
    register = {"messaging_product": "whatsapp", "pin": "123456"}
    assert code_of(await graph.graph("POST", f"{made['id']}/register", register)) == (400, 133006)
    again = await graph.graph("POST", f"{WABA}/phone_numbers", NEW)
    assert subcode_of(again) == (400, 100, 2388001)
    for missing in NEW:
        body = {name: value for name, value in NEW.items() if name != missing}
        assert code_of(await graph.graph("POST", f"{WABA}/phone_numbers", body)) == (400, 100)


async def test_a_portfolio_that_is_not_verified_has_two_numbers(graph: Harness) -> None:
    graph.server.twin.access.wabas[WABA].is_verified = False
    assert subcode_of(await graph.graph("POST", f"{WABA}/phone_numbers", NEW)) == (400, 100, 2388103)


async def test_codes_are_limited_and_not_sent_to_a_verified_number(graph: Harness) -> None:
    ask = {"code_method": "SMS", "language": "es"}
    assert subcode_of(await graph.graph("POST", f"{PNID}/request_code", ask)) == (400, 100, 136023)
    graph.server.twin.access.numbers[UNREGISTERED][1].code_verified = False
    for _ in range(5):
        assert (await graph.graph("POST", f"{UNREGISTERED}/request_code", ask))[0] == 200
    assert subcode_of(await graph.graph("POST", f"{UNREGISTERED}/request_code", ask)) == (400, 100, 136024)


async def test_five_wrong_pins_cost_an_hour(graph: Harness) -> None:
    number = graph.server.twin.access.numbers[UNREGISTERED][1]
    number.pin, number.code_verified = "246810", True
    body = {"messaging_product": "whatsapp", "pin": "111111"}
    for _ in range(5):
        assert code_of(await graph.graph("POST", f"{UNREGISTERED}/register", body)) == (400, 133005)
    right = {**body, "pin": "246810"}
    assert code_of(await graph.graph("POST", f"{UNREGISTERED}/register", right)) == (400, 133008)
    now = graph.server.twin.clock()
    graph.server.twin.clock = lambda: now + 3601
    assert (await graph.graph("POST", f"{UNREGISTERED}/register", right))[0] == 200


async def test_the_app_is_asked_once_for_each_and_within_a_day(graph: Harness) -> None:
    number = graph.server.twin.access.numbers[PNID][1]
    ask = {"messaging_product": "whatsapp", "sync_type": "history"}
    assert code_of(await graph.graph("POST", f"{PNID}/smb_app_data", ask)) == (400, 100)
    number.on_biz_app, number.onboarded_at = True, graph.server.twin.clock()
    assert (await graph.graph("POST", f"{PNID}/smb_app_data", ask))[0] == 200
    assert subcode_of(await graph.graph("POST", f"{PNID}/smb_app_data", ask)) == (400, 100, 2593107)
    number.onboarded_at -= 25 * 3600
    late = {**ask, "sync_type": "smb_app_state_sync"}
    assert subcode_of(await graph.graph("POST", f"{PNID}/smb_app_data", late)) == (400, 100, 2593108)


async def test_numbers_come_by_pages(graph: Harness) -> None:
    _, first = await graph.graph("GET", f"{WABA}/phone_numbers?limit=1")
    after = first["paging"]["cursors"]["after"]
    _, second = await graph.graph("GET", f"{WABA}/phone_numbers?limit=1&after={after}")
    assert [n["id"] for n in first["data"] + second["data"]] == [PNID, UNREGISTERED]
    assert "next" in first["paging"]
    assert "next" not in second["paging"]


async def test_a_code_of_the_window_is_good_for_thirty_seconds(graph: Harness) -> None:
    told = sign_up(graph.server.twin, {"how": "finish"})
    query = f"client_id={graph.server.twin.world.app_id}&client_secret={SECRET}&code={told['code']}"
    now = graph.server.twin.clock()
    graph.server.twin.clock = lambda: now + 31
    late = await graph.graph("GET", f"oauth/access_token?{query}", token=None)
    assert subcode_of(late) == (400, 100, 36007)


async def test_the_window_is_a_page_that_names_its_opener_without_letting_it_in(graph: Harness) -> None:
    status, page = await control(graph, "GET", 'signup?origin=</script><script>alert(1)&name="><b>x')
    assert status == 200
    assert "<script>alert(1)" not in page
    assert "<b>x" not in page
    assert (await control(graph, "POST", "signup", {"how": "fly"}))[0] == 400
    assert (await control(graph, "POST", "signup", {"how": "cancel"}))[0] == 201


async def test_accounts_that_were_made_here_outlive_the_twin(graph: Harness, tmp_path: Path) -> None:
    world = graph.server.twin.world
    first = Twin(world, keeper=Keeper(tmp_path / "phones"))
    told = sign_up(first, {"how": "finish"})
    made = told["session"]["data"]["waba_id"]
    await first.close()
    world.wabas[:] = [waba for waba in world.wabas if waba.waba_id != made]
    second = Twin(world, keeper=Keeper(tmp_path / "phones"))
    assert made in second.access.wabas
    await second.close()


async def test_the_profile_takes_what_meta_takes(graph: Harness) -> None:
    for wrong in ({"email": "nobody"}, {"websites": ["pan.example"]}, {"vertical": "BAKERY"}, {"about": " "}):
        body = {"messaging_product": "whatsapp", **wrong}
        assert code_of(await graph.graph("POST", f"{PNID}/whatsapp_business_profile", body, token=TOKEN)) == (400, 100)
