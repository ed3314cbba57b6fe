"""The table of identities: what is written down in one form, and the form in which the person then writes."""

from typing import Any

import pytest

from builders import meta
from builders.people import Desk
from rig import Rig


@pytest.fixture
async def desk(rig: Rig) -> Desk:
    return Desk(rig, await rig.shop(enabled=False))


def shows(**ids: str | None) -> dict[str, Any]:
    """A text of somebody who shows these ids and no others."""
    message = {**meta.text("", "hola"), **{name: value for name, value in ids.items() if value}}
    if not ids.get("from"):
        del message["from"]
    return message


async def writes(desk: Desk, **ids: str | None) -> None:
    await desk.webhook(meta.inbound_of(desk.shop, shows(**ids)))


@pytest.mark.parametrize(
    ("noted", "written"),
    [
        pytest.param("+55 11 8765-4321", "551187654321", id="BR noted without the 9, writes without"),
        pytest.param("+55 11 98765-4321", "551187654321", id="BR noted with the 9, writes without"),
        pytest.param("+55 11 8765-4321", "5511987654321", id="BR noted without the 9, writes with"),
        pytest.param("+52 55 1234 5678", "5215512345678", id="MX noted without the 1, writes with"),
        pytest.param("+52 1 55 1234 5678", "525512345678", id="MX noted with the 1, writes without"),
        pytest.param("+54 11 2345-6789", "5491123456789", id="AR noted without the 9, writes with"),
        pytest.param("+54 9 11 2345-6789", "541123456789", id="AR noted with the 9, writes without"),
        pytest.param("+54 11 15-2345-6789", "5491123456789", id="AR noted with the 15, writes with the 9"),
        pytest.param("0034 600 111 222", "34600111222", id="ES noted with 00"),
    ],
)
async def test_a_number_written_down_by_hand_is_whoever_writes_from_it(desk: Desk, noted: str, written: str) -> None:
    made = await desk.add(noted, name="Rosa")
    await writes(desk, **{"from": written})
    [contact] = await desk.all()
    assert contact["id"] == made["id"]
    # What Meta shows is what is written to, whatever somebody typed.
    assert f"wa_id:{written}" in [f"{one['kind']}:{one['value']}" for one in (await desk.get(made["id"]))["identities"]]


@pytest.mark.parametrize("is_turned", [False, True], ids=["as told", "the other way round"])
@pytest.mark.parametrize(
    ("first", "second", "people"),
    [
        ({"from": "5511987654321"}, {"from": "551187654321"}, 1),
        ({"from": "5491123456789"}, {"from": "541123456789"}, 1),
        ({"from": "5215512345678"}, {"from": "525512345678"}, 1),
        ({"from": "551187654321"}, {"from": "5511987654321", "from_user_id": "BR.a1"}, 1),
        ({"from": "34600111222"}, {"from": "34600111222", "from_user_id": "ES.a1"}, 1),
        ({"from_user_id": "ES.a1"}, {"from": "34600111222", "from_user_id": "ES.a1"}, 1),
        ({"from_user_id": "ES.a1"}, {"from_user_id": "ES.a2"}, 2),
        (
            {"from_user_id": "ES.a1", "from_parent_user_id": "ES.ENT.p"},
            {"from_user_id": "ES.b1", "from_parent_user_id": "ES.ENT.p"},
            1,
        ),
        # A number whose owner has another BSUID has another owner.
        ({"from": "34600111222", "from_user_id": "ES.a1"}, {"from": "34600111222", "from_user_id": "ES.b1"}, 2),
    ],
    ids=[
        "BR with and without the 9",
        "AR with and without the 9",
        "MX with and without the 1",
        "BR without the 9, then with it and an id",
        "the id appears later",
        "the phone appears later",
        "two ids",
        "one parent id",
        "a number that changed hands",
    ],
)
async def test_ids_prove_who_is_one_person(
    desk: Desk, first: dict[str, str], second: dict[str, str], people: int, is_turned: bool
) -> None:
    for told in (second, first) if is_turned else (first, second):
        await writes(desk, **told)
    assert len(await desk.all()) == people


async def test_a_new_id_and_a_new_number_that_meta_tells_of_are_the_same_person(desk: Desk) -> None:
    await writes(desk, from_user_id="ES.old")
    told = {"user_id": {"previous": "ES.old", "current": "ES.new"}, "timestamp": meta.text("", "")["timestamp"]}
    change = meta.value(desk.shop.phone_number_id, user_id_update=[told])
    await desk.webhook(meta.envelope(desk.shop.waba_id, change, field="user_id_update"))
    await writes(desk, from_user_id="ES.new")
    assert len(await desk.all()) == 1
