"""Numbers are looked after: how they stand, what they say of the business, their PIN, renewed and let go."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from rig import Rig, Shop, eventually, open_rig
from wacloud.twins.graph.world import Number, Waba

PROFILE = {
    "about": "Pan cada día",
    "address": "Calle Sol 1",
    "description": "Horno de leña",
    "email": "hola@pan.example",
    "websites": ["https://pan.example"],
    "vertical": "RESTAURANT",
}


@pytest.fixture(scope="module")
async def rig(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    async with open_rig(own_database.app_dsn, redis_url, settings={"meta_app_id": "1"}) as made:
        yield made


@pytest.fixture
async def shop(rig: Rig) -> Shop:
    return await rig.shop(enabled=False)


async def ask(rig: Rig, shop: Shop, method: str, path: str, body: Any = None) -> tuple[int, Any]:
    url = f"{rig.url}/api/whatsapp/{path}"
    async with rig.http.request(method, url, json=body, headers=rig.bearer(shop)) as answer:
        return answer.status, await answer.json(content_type=None) if answer.status != 204 else None


def at_meta(rig: Rig, shop: Shop) -> tuple[Waba, Number]:
    return rig.twin.twin.access.numbers[shop.phone_number_id]


async def connect_again(rig: Rig, shop: Shop, access_token: str) -> Any:
    _, made = await ask(rig, shop, "POST", "connections", {"way": "token", "number_id": str(shop.number_id)})
    body = {"step": "access", "access_token": access_token}
    return (await ask(rig, shop, "POST", f"connections/{made['id']}/continue", body))[1]


async def test_the_profile_is_changed_and_read(rig: Rig, shop: Shop) -> None:
    assert (await ask(rig, shop, "PUT", f"numbers/{shop.number_id}/profile", PROFILE))[0] == 204
    assert await ask(rig, shop, "GET", f"numbers/{shop.number_id}/profile") == (200, PROFILE | {"has_photo": False})


@pytest.mark.parametrize(
    "wrong",
    [
        {"about": "x" * 140},
        {"address": "x" * 257},
        {"description": "x" * 513},
        {"email": "x" * 120 + "@pan.example"},
        {"email": "nobody"},
        {"websites": ["https://a.example", "https://b.example", "https://c.example"]},
        {"websites": ["pan.example"]},
        {"websites": ["https://" + "x" * 256]},
        {"vertical": "BAKERY"},
    ],
    ids=lambda wrong: next(iter(wrong)),
)
async def test_what_meta_would_refuse_is_told_by_field(rig: Rig, shop: Shop, wrong: dict[str, Any]) -> None:
    status, told = await ask(rig, shop, "PUT", f"numbers/{shop.number_id}/profile", PROFILE | wrong)
    assert status == 422
    assert told["errors"][0]["field"].split(".")[0] in wrong
    assert at_meta(rig, shop)[1].profile == {}


async def test_meta_is_asked_how_a_number_stands(rig: Rig, shop: Shop) -> None:
    at_meta(rig, shop)[1].quality_rating = "YELLOW"
    at_meta(rig, shop)[1].name_status = "PENDING_REVIEW"
    _, row = await ask(rig, shop, "POST", f"numbers/{shop.number_id}/refresh")
    assert (row["quality"], row["name_status"], row["messaging_limit"]) == ("YELLOW", "PENDING_REVIEW", "TIER_2K")


async def test_a_disconnected_number_forgets_its_token_and_its_account_is_unsubscribed(rig: Rig, shop: Shop) -> None:
    _, row = await ask(rig, shop, "POST", f"numbers/{shop.number_id}/disconnect")
    assert (row["state"], row["held_because"]) == ("disconnected", "disconnected_here")
    assert not at_meta(rig, shop)[0].subscribed
    assert at_meta(rig, shop)[1].registered
    [kept] = await rig.rows(shop, "select access_token from app.phone_numbers")
    assert rig.house.secrets.decrypt(kept.access_token) == ""
    [entry] = await rig.rows(shop, "select action from app.audit_log where action = 'whatsapp.number_disconnected'")
    assert entry
    assert (await ask(rig, shop, "POST", f"numbers/{shop.number_id}/disconnect"))[0] == 200
    assert (await ask(rig, shop, "GET", f"numbers/{shop.number_id}/profile"))[1]["code"] == "number_not_connected"


async def test_an_account_with_another_number_here_stays_subscribed(rig: Rig, shop: Shop) -> None:
    waba, _ = at_meta(rig, shop)
    second = Number(phone_number_id=f"71{shop.phone_number_id}", display_phone_number="+34 911", verified_name="Dos")
    waba.numbers.append(second)
    rig.twin.twin.access.learn()
    _, made = await ask(rig, shop, "POST", "connections", {"way": "token"})
    path = f"connections/{made['id']}/continue"
    access = {"step": "access", "access_token": waba.access_token, "account": waba.waba_id}
    await ask(rig, shop, "POST", path, access)
    _, now = await ask(rig, shop, "POST", path, {"step": "number", "number": second.phone_number_id})
    assert now["step"] == "test"
    await ask(rig, shop, "POST", f"numbers/{shop.number_id}/disconnect")
    assert waba.subscribed


async def test_a_dead_token_is_renewed_and_what_waited_goes_out_in_order(rig: Rig, shop: Shop) -> None:
    conversation_id = await rig.heard(shop)
    waba, _ = at_meta(rig, shop)
    old, new = waba.access_token, f"{waba.access_token}-new"
    waba.access_token = new
    rig.twin.twin.access.learn()
    for n in range(3):
        assert (await rig.send(shop, conversation_id, f"mensaje {n}"))[0] in (200, 201, 202)

    async def held() -> bool:
        return (await ask(rig, shop, "GET", f"numbers/{shop.number_id}"))[1]["state"] == "held"

    await eventually(held)
    assert (await connect_again(rig, shop, old))["problem"]["why"] == "token_refused"
    now = await connect_again(rig, shop, new)
    assert (now["step"], now["registrations"]) == ("test", 0)
    assert (await ask(rig, shop, "GET", f"numbers/{shop.number_id}"))[1]["state"] == "connected"

    async def all_out() -> bool:
        await rig.hurry(shop)
        return len(rig.accepted(shop)) == 3

    await eventually(all_out)
    assert rig.accepted(shop) == ["mensaje 0", "mensaje 1", "mensaje 2"]


@pytest.mark.parametrize("why", ["account_restricted", "account_disabled", "account_review", "business_closing"])
async def test_a_new_token_mends_nothing_that_meta_or_the_business_holds(rig: Rig, shop: Shop, why: str) -> None:
    until = rig.house.clock() + timedelta(days=3)
    async with rig.house.db.tenant(shop.business_id) as tx:
        await rig.house.whatsapp.numbers.hold(tx, shop.number_id, why, until)
    assert (await connect_again(rig, shop, at_meta(rig, shop)[0].access_token))["step"] == "test"
    _, row = await ask(rig, shop, "GET", f"numbers/{shop.number_id}")
    assert (row["state"], row["held_because"], row["held_until"] is not None) == ("held", why, True)


async def test_a_number_that_was_connected_elsewhere_has_no_pin_here(rig: Rig, shop: Shop) -> None:
    status, told = await ask(rig, shop, "POST", f"numbers/{shop.number_id}/pin")
    assert (status, told["code"]) == (409, "no_pin_here")


async def test_anothers_number_does_not_exist(rig: Rig, shop: Shop) -> None:
    other = await rig.shop(enabled=False)
    for method, path, body in (
        ("GET", "", None),
        ("POST", "/refresh", None),
        ("POST", "/disconnect", None),
        ("POST", "/pin", None),
        ("GET", "/profile", None),
        ("PUT", "/profile", PROFILE),
    ):
        status, told = await ask(rig, other, method, f"numbers/{shop.number_id}{path}", body)
        assert (status, told["code"]) == (404, "number_unknown"), path
