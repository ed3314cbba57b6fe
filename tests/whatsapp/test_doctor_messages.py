"""What the messages of a number say about it: what Meta refuses, and how many people were written to first."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from rig import Rig, Shop, eventually, open_rig
from wacloud.modules.whatsapp.application.check_numbers import check_numbers


@pytest.fixture(scope="module")
async def rig(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    async with open_rig(own_database.app_dsn, redis_url, settings={"meta_app_id": "1"}) as rig:
        yield rig


@pytest.fixture
async def shop(rig: Rig) -> Shop:
    return await rig.shop(enabled=False)


async def look(rig: Rig, shop: Shop) -> dict[str, Any]:
    await check_numbers(rig.house.checkups, shop.business_id, shop.number_id)
    rows = await rig.rows(shop, "select * from app.number_checks where number_id = %s", (shop.number_id,))
    return {row.code: row for row in rows}


REFUSED = [
    (131045, "registration", "certificate_refused"),
    (131037, "display_name", "name_refused"),
    (131042, "payment", "payment_refused"),
]


@pytest.mark.parametrize(("meta_code", "code", "cause"), REFUSED)
async def test_what_meta_refuses_while_sending_is_seen_and_is_over_with_the_next_message_it_takes(
    rig: Rig, shop: Shop, meta_code: int, code: str, cause: str
):
    conversation = await rig.heard(shop)
    rule = rig.misbehave(shop, error_code=meta_code)
    await rig.send(shop, conversation, "uno")

    async def is_refused() -> bool:
        return rule.applied > 0 and any(row.error for row in await rig.messages(shop, "out"))

    await eventually(is_refused)
    row = (await look(rig, shop))[code]
    assert (row.state, row.cause, row.details["code"]) == ("broken", cause, str(meta_code))
    [number] = await rig.rows(shop, "select state from app.phone_numbers where id = %s", (shop.number_id,))
    assert number.state == "connected"
    await rig.send(shop, conversation, "dos")

    async def is_taken() -> bool:
        await rig.hurry(shop)
        return "dos" in rig.accepted(shop) and any(row.accepted_at for row in await rig.messages(shop, "out"))

    await eventually(is_taken)
    await rig.settled(shop, webhooks=1)
    assert (await look(rig, shop))[code].cause != cause


@pytest.mark.parametrize(("people", "state", "cause"), [(3, "ok", "limit_of"), (40, "warning", "limit_near")])
async def test_how_many_people_were_written_to_first_is_told(rig: Rig, shop: Shop, people: int, state: str, cause: str):
    rig.twin.twin.access.numbers[shop.phone_number_id][1].messaging_limit = "TIER_50"
    async with rig.house.db.tenant(shop.business_id) as tx:
        for n in range(people):
            await tx.execute(
                "with who as (insert into app.contacts (business_id, phone) values (%(b)s, %(phone)s) returning id), "
                "talk as (insert into app.conversations (business_id, contact_id, number_id) "
                "select %(b)s, id, %(number)s from who returning id) "
                "insert into app.messages (business_id, conversation_id, direction, author, kind, sent_at, state, "
                "accepted_at, dispatched_at) "
                "select %(b)s, id, 'out', 'member', 'template', now(), 'sent', now(), now() "
                "from talk",
                {"b": shop.business_id, "number": shop.number_id, "phone": f"3460000{n:04}"},
            )
    row = (await look(rig, shop))["limits"]
    assert (row.state, row.cause, row.details["used"], row.details["value"]) == (state, cause, str(people), "50")
