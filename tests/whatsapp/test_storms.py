"""Meta throttles while much is under way: nothing is lost or doubled, each person reads in order. The twin judges."""

from collections import defaultdict
from dataclasses import replace
from datetime import timedelta
from uuid import UUID, uuid4

import pytest

from rig import Rig, Shop, eventually
from wacloud.modules.whatsapp.application.outbox import Draft, put_in_outbox
from wacloud.shared.domain.ids import new_id
from wacloud.twins.graph.world import Number, Template

LOW = 25  # messages a second; what each test sends takes some seconds of it
OFFER = Template(
    name="oferta", language="es", category="MARKETING", components=[{"type": "BODY", "text": "Rebajas hoy."}]
)


@pytest.fixture
async def shop(rig: Rig) -> Shop:
    return await rig.shop(enabled=False)


def at_meta(rig: Rig, shop: Shop) -> Number:
    return rig.twin.twin.access.numbers[shop.phone_number_id][1]


async def people(rig: Rig, shop: Shop, count: int) -> list[UUID]:
    """Conversations with people who have just written."""
    return [await rig.heard(shop, f"346{n:08}") for n in range(count)]


async def write(rig: Rig, shop: Shop, texts: dict[UUID, list[str]], *, bulk: bool) -> None:
    async with rig.house.db.tenant(shop.business_id) as tx:
        drafts = [
            Draft(
                business_id=shop.business_id,
                conversation_id=conversation,
                cause=f"storm:{new_id()}",
                author="member",
                author_id=shop.user_id,
                body=text,
                bulk=bulk,
            )
            for conversation, some in texts.items()
            for text in some
        ]
        await put_in_outbox(rig.house.whatsapp, tx, drafts)


async def all_sent(rig: Rig, shop: Shop, count: int) -> None:
    async def look() -> bool:
        rows = await rig.messages(shop, "out")
        return len(rows) == count and {row.state for row in rows} <= {"sent", "delivered", "read"}

    async def tell():
        rows = await rig.messages(shop, "out")
        return defaultdict(int, {state: sum(r.state == state for r in rows) for state in {r.state for r in rows}})

    await eventually(look, 120, tell)


def each_once_and_in_order(rig: Rig, shop: Shop, count: int) -> None:
    told = rig.accepted_whole(shop)
    assert len(told) == len({one["text"] for one in told}) == count
    of: dict[str, list[int]] = defaultdict(list)
    for one in told:
        who, place = one["text"].split(" ")
        of[f"{one['customer']} {who}"].append(int(place))
    assert all(places == sorted(places) for places in of.values()), of


@pytest.mark.parametrize("bulk", [False, True])
async def test_a_number_that_meta_lets_send_far_less_than_we_think_loses_and_doubles_nothing(rig, shop, bulk):
    at_meta(rig, shop).throughput = LOW
    conversations = await people(rig, shop, 6)
    refused = rig.twin.twin.ledger.refused[130429]
    await write(rig, shop, {c: [f"c{n} {i}" for i in range(20)] for n, c in enumerate(conversations)}, bulk=bulk)
    await all_sent(rig, shop, 120)
    each_once_and_in_order(rig, shop, 120)
    if not bulk:
        assert rig.twin.twin.ledger.refused[130429] > refused


async def test_one_person_at_their_limit_keeps_nobody_else_waiting(rig, shop):
    rosa, *others = await people(rig, shop, 4)
    rule = rig.misbehave(shop, times=6, error_code=131056, text_contains="rosa")
    await write(
        rig,
        shop,
        {rosa: [f"rosa {i}" for i in range(5)], **{c: [f"c{n} {i}" for i in range(5)] for n, c in enumerate(others)}},
        bulk=False,
    )

    async def others_have_theirs() -> bool:
        return sum(not text.startswith("rosa") for text in rig.accepted(shop)) == 15

    await eventually(others_have_theirs)
    assert sum(text.startswith("rosa") for text in rig.accepted(shop)) < 5

    async def hurried() -> bool:
        await rig.hurry(shop)
        await rig.house.redis.delete(f"send:{{{shop.waba_id}}}:pair:{shop.phone_number_id}:34600000000")
        return len(rig.accepted(shop)) == 20

    await eventually(hurried, 90)
    assert rule.applied == 6
    each_once_and_in_order(rig, shop, 20)


async def test_an_answer_waits_behind_no_campaign(rig, shop):
    at_meta(rig, shop).throughput = LOW
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute("update app.phone_numbers set throughput = %s", (LOW,))
    rosa, *others = await people(rig, shop, 9)
    campaign = {c: [f"oferta{n} {i}" for i in range(20)] for n, c in enumerate([rosa, *others[:7]])}
    await write(rig, shop, campaign, bulk=True)
    await eventually(lambda: _some(rig, shop, 10))
    before = len(rig.accepted(shop))
    await write(rig, shop, {rosa: ["hola 0"], others[7]: ["buenas 0"]}, bulk=False)
    await all_sent(rig, shop, 162)
    told = rig.accepted(shop)
    # A campaign's messages are at most a tenth of a second in front; here is room for a slow machine.
    assert max(told.index("hola 0"), told.index("buenas 0")) < before + 40
    each_once_and_in_order(rig, shop, 162)


async def _some(rig: Rig, shop: Shop, count: int) -> bool:
    return len(rig.accepted(shop)) >= count


async def test_over_the_portfolios_limit_the_rest_waits_and_says_until_when(rig, shop):
    waba = next(w for w in rig.twin.twin.world.wabas if w.waba_id == shop.waba_id)
    waba.templates[:] = [OFFER]
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute("update app.whatsapp_accounts set messaging_limit = 'TIER_50'")
    ids = [await _send_offer(rig, shop, f"+34655{n:06}") for n in range(52)]

    async def looks():
        rows = [await rig.one(shop, message_id) for message_id in ids]
        held = [row for row in rows if row.state == "queued" and row.reason == "limit:portfolio"]
        return (rows, held) if len(held) == 2 and len(rig.accepted(shop)) == 50 else None

    rows, held = await eventually(looks, 60)
    assert all(row.bulk for row in rows)
    now = rig.house.clock()
    assert all(timedelta(hours=23) < row.held_until - now <= timedelta(hours=24) for row in held)
    async with rig.http.get(
        f"{rig.url}/inbox/{held[0].conversation_id}", headers={**rig.bearer(shop), "accept-language": "es"}
    ) as answer:
        page = await answer.text()
    assert "Meta limita a cuántas personas puedes escribir primero en 24 horas" in page
    assert "Saldrá hacia el" in page
    assert (await rig.ledger(shop)).waiting_because == {"limit:portfolio": 2}
    async with rig.http.get(
        f"{rig.url}/ledger/rows?group=outbound&state=queued&reason=limit:portfolio",
        headers={**rig.bearer(shop), "accept-language": "es"},
    ) as answer:
        assert (await answer.text()).count("Saldrá hacia el") == 2
    # Whoever has had one may have another.
    again = await _send_offer(rig, shop, "+34655000001" if rows[1].state != "queued" else "+34655000002")
    await rig.becomes(shop, again, "sent", "delivered")


async def _send_offer(rig: Rig, shop: Shop, to: str, **more) -> UUID:
    body = {
        "to": to,
        "type": "template",
        "category": "marketing",
        "template": {"name": "oferta", "language": {"code": "es"}, "components": []},
        **more,
    }
    async with rig.http.post(f"{rig.url}/api/whatsapp/send", json=body, headers=rig.bearer(shop)) as answer:
        told = await answer.json(content_type=None)
        assert answer.status == 202, told
        return UUID(told["message_id"])


async def test_a_program_says_what_is_sent_in_bulk_and_promotions_are_unless_it_says_otherwise(rig, shop):
    waba = next(w for w in rig.twin.twin.world.wabas if w.waba_id == shop.waba_id)
    waba.templates[:] = [OFFER]
    told = {}
    for bulk in (None, True, False):
        message_id = await _send_offer(rig, shop, "+34655000001", **({} if bulk is None else {"bulk": bulk}))
        told[bulk] = (await rig.becomes(shop, message_id, "sent", "delivered")).bulk
    assert told == {None: True, True: True, False: False}


async def test_people_hear_from_the_number_they_know_and_new_ones_from_all(rig, shop):
    known = await _second_number(rig, shop)
    conversation = await rig.heard(known, "34600111222")
    await _send_offer(rig, shop, "+34600111222")
    for n in range(12):
        await _send_offer(rig, shop, f"+34655{n:06}")
    await all_sent(rig, shop, 13)
    [to_rosa] = [row for row in await rig.messages(shop, "out") if row.conversation_id == conversation]
    assert to_rosa.state in ("sent", "delivered")
    assert len(rig.accepted(known)) > 1 < len(rig.accepted(shop))
    # Held for a while, it is still the one they know.
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute(
            "update app.phone_numbers set state = 'held', held_because = 'meta:368', "
            "held_until = now() + interval '1 day' where id = %s",
            (known.number_id,),
        )
    held = await _send_offer(rig, shop, "+34600111222")

    async def says_so():
        row = await rig.one(shop, held)
        return row if row.reason == "number_held:meta:368" else None

    row = await eventually(says_so)
    assert (row.conversation_id, row.held_until is not None) == (conversation, True)


async def _second_number(rig: Rig, shop: Shop) -> Shop:
    """The shop as seen from another number of its account."""
    other, number_id = f"7009{uuid4().int % 10**8:08}", new_id()
    waba = next(w for w in rig.twin.twin.world.wabas if w.waba_id == shop.waba_id)
    waba.numbers.append(Number(phone_number_id=other, display_phone_number="+34 910 99 99 99", verified_name="Dos"))
    waba.templates[:] = [OFFER]
    rig.twin.twin.access.learn()
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute(
            "insert into app.phone_numbers "
            "(business_id, id, waba_id, phone_number_id, display_phone_number, access_token) "
            "select business_id, %s, waba_id, %s, '+34 910 99 99 99', access_token from app.phone_numbers",
            (number_id, other),
        )
    return replace(shop, phone_number_id=other, number_id=number_id, display="+34 910 99 99 99")
