"""What later messages do to earlier ones, whichever of the two arrives first."""

import itertools
import time

import pytest

from builders import meta
from rig import Rig, Shop, as_body, eventually
from wacloud.modules.whatsapp.ui.jobs import process_webhooks
from wacloud.shared.application.webhooks import StoredWebhook

ROSA, PACO = "34600111222", "34600333444"
NOW = int(time.time()) - 60
EITHER_ORDER = pytest.mark.parametrize("order", list(itertools.permutations(range(2))), ids=["after", "before"])


@pytest.fixture
async def shop(rig: Rig) -> Shop:
    return await rig.shop(enabled=False)


async def arrive(rig: Rig, shop: Shop, *messages, wait: bool = True) -> None:
    """Each in a webhook of its own, one processed after the other."""
    for message in messages:
        before = (await rig.ledger(shop)).webhooks["processed"]
        assert await rig.post(as_body(meta.inbound_of(shop, message))) == 200

        async def done(before: int = before):
            return (await rig.ledger(shop)).webhooks["processed"] > before

        await eventually(done)
    if wait:
        await rig.settled(shop, webhooks=1)


async def shown(rig: Rig, shop: Shop, wamid: str):
    return next(m for m in await rig.messages(shop) if m.wamid == wamid)


@EITHER_ORDER
async def test_an_edit_changes_the_text_and_keeps_the_old_one(rig: Rig, shop: Shop, order):
    message = meta.text(ROSA, "Mesa para dos", at=NOW)
    both = message, meta.edit(ROSA, message["id"], "Mesa para seis", at=NOW + 5)
    await arrive(rig, shop, *(both[n] for n in order))
    row = await shown(rig, shop, message["id"])
    assert row.body == "Mesa para seis"
    assert [edit["body"] for edit in row.edits] == ["Mesa para dos"]
    assert row.edited_at.timestamp() == NOW + 5


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_of_two_edits_the_later_one_stands(rig: Rig, shop: Shop, order):
    message = meta.text(ROSA, "uno", at=NOW)
    three = (
        message,
        meta.edit(ROSA, message["id"], "dos", at=NOW + 1),
        meta.edit(ROSA, message["id"], "tres", at=NOW + 2),
    )
    await arrive(rig, shop, *(three[n] for n in order))
    row = await shown(rig, shop, message["id"])
    assert (row.body, row.edited_at.timestamp()) == ("tres", NOW + 2)
    assert {edit["body"] for edit in row.edits} == {"uno", "dos"}


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 2, 0), (1, 0, 2)], ids=["after", "before", "around"])
@pytest.mark.parametrize("together", [False, True], ids=["each alone", "in one body"])
async def test_of_two_edits_within_one_second_the_one_that_came_last_stands(rig: Rig, shop: Shop, order, together):
    message = meta.text(ROSA, "uno", at=NOW)
    three = (
        message,
        meta.edit(ROSA, message["id"], "dos", at=NOW + 2),
        meta.edit(ROSA, message["id"], "tres", at=NOW + 2),
    )
    told = [three[n] for n in order]
    if together:
        await rig.post(as_body(meta.inbound_of(shop, *told)))
        await rig.settled(shop, webhooks=1)
    else:
        await arrive(rig, shop, *told)
    row = await shown(rig, shop, message["id"])
    assert row.body == "tres"
    assert {edit["body"] for edit in row.edits} == {"uno", "dos"}


async def test_of_two_edits_within_one_second_the_one_that_came_last_stands_whoever_stores_first(rig: Rig, shop: Shop):
    message = meta.text(ROSA, "uno", at=NOW)
    await arrive(rig, shop, message)
    first, last = (
        as_body(meta.inbound_of(shop, meta.edit(ROSA, message["id"], text, at=NOW + 2))) for text in ("dos", "tres")
    )
    now = rig.house.clock()
    for number, body in ((3_000_002, last), (3_000_001, first)):
        await process_webhooks(rig.house.whatsapp, [StoredWebhook(number, "whatsapp", body, now, 1, None)])
    row = await shown(rig, shop, message["id"])
    assert (row.body, [edit["body"] for edit in row.edits]) == ("tres", ["uno", "dos"])


async def test_the_same_edit_told_twice_changes_the_text_once(rig: Rig, shop: Shop):
    message = meta.text(ROSA, "uno", at=NOW)
    edit = meta.edit(ROSA, message["id"], "dos", at=NOW + 1)
    await arrive(rig, shop, message, edit)
    await rig.post(as_body(meta.inbound_of(shop, edit, meta.text(ROSA, "y otra cosa", at=NOW + 2))))
    await rig.settled(shop, webhooks=3)
    row = await shown(rig, shop, message["id"])
    assert (row.body, [one["body"] for one in row.edits]) == ("dos", ["uno"])


@EITHER_ORDER
async def test_a_message_taken_back_is_marked_and_an_edit_waits_for_no_answer(rig: Rig, shop: Shop, order):
    message = meta.text(ROSA, "Mi clave es 1234", at=NOW)
    both = message, meta.revoke(ROSA, message["id"], at=NOW + 5)
    await arrive(rig, shop, *(both[n] for n in order))
    assert (await shown(rig, shop, message["id"])).revoked_at.timestamp() == NOW + 5
    states = {(m.kind, m.state, m.reason) for m in await rig.messages(shop)}
    assert ("revoke", "ignored", "revoke") in states
    [row] = (await rig.house.whatsapp.inbox.page(shop.user_id, shop.business_id)).rows
    assert row.last_preview != "Mi clave es 1234"


async def test_what_is_taken_back_before_its_answer_is_not_answered(rig: Rig):
    shop = await rig.shop(quiet_ms=8000, max_wait_ms=8000)
    rig.says(shop, "De acuerdo.")
    message = meta.text(ROSA, "Mi clave es 1234", at=NOW)
    await arrive(rig, shop, message, meta.revoke(ROSA, message["id"], at=NOW + 5), wait=False)
    await rig.hurry(shop)
    await eventually(lambda: nothing_open(rig, shop))
    row = await shown(rig, shop, message["id"])
    assert (row.state, row.reason) == ("ignored", "revoked")
    assert rig.accepted(shop) == []


async def nothing_open(rig: Rig, shop: Shop) -> bool:
    return not await rig.jobs(shop)


async def test_a_message_whose_revoke_came_first_is_not_answered(rig: Rig):
    shop = await rig.shop()
    rig.says(shop, "De acuerdo.")
    message = meta.text(ROSA, "Mi clave es 1234", at=NOW)
    await arrive(rig, shop, meta.revoke(ROSA, message["id"], at=NOW + 5), message)
    row = await shown(rig, shop, message["id"])
    assert (row.state, row.reason) == ("ignored", "revoked")
    assert rig.accepted(shop) == []


@EITHER_ORDER
async def test_a_reaction_stands_at_its_message(rig: Rig, shop: Shop, order):
    message = meta.text(ROSA, "¡Gracias!", at=NOW)
    both = message, meta.reaction(ROSA, message["id"], "❤️", at=NOW + 5)
    await arrive(rig, shop, *(both[n] for n in order))
    assert (await shown(rig, shop, message["id"])).reactions["contact"]["emoji"] == "❤️"


async def test_a_reaction_to_our_own_message_stands_there(rig: Rig, shop: Shop):
    conversation = await rig.heard(shop)
    _, answer = await rig.send(shop, conversation, "Su pedido está listo.")
    row = await rig.becomes(shop, answer["message_id"], "delivered")
    await arrive(rig, shop, meta.reaction(ROSA, row.wamid, "👍"))
    assert (await rig.one(shop, row.id)).reactions["contact"]["emoji"] == "👍"
    thread = await rig.house.whatsapp.inbox.thread(shop.user_id, shop.business_id, conversation)
    assert thread is not None
    assert [m.reactions for m in thread.messages] == [{}, {"contact": "👍"}]


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
async def test_a_reaction_that_was_changed_and_taken_off_is_gone(rig: Rig, shop: Shop, order):
    message = meta.text(ROSA, "hola", at=NOW)
    await arrive(rig, shop, message)
    reactions = [meta.reaction(ROSA, message["id"], emoji, at=NOW + n) for n, emoji in enumerate(("👍", "❤️", None))]
    await arrive(rig, shop, *(reactions[n] for n in order))
    assert (await shown(rig, shop, message["id"])).reactions["contact"]["emoji"] is None


@pytest.mark.parametrize("kind", ["edit", "revoke", "reaction"])
async def test_nobody_changes_the_message_of_somebody_else(rig: Rig, shop: Shop, kind):
    message = meta.text(ROSA, "hola", at=NOW)
    change = {
        "edit": lambda: meta.edit(PACO, message["id"], "adiós"),
        "revoke": lambda: meta.revoke(PACO, message["id"]),
        "reaction": lambda: meta.reaction(PACO, message["id"], "💩"),
    }[kind]
    await arrive(rig, shop, change(), message, change())
    row = await shown(rig, shop, message["id"])
    assert (row.body, row.revoked_at, row.edited_at, row.reactions) == ("hola", None, None, None)


@pytest.mark.parametrize("kind", ["edit", "revoke"])
async def test_a_customer_cannot_change_what_the_business_wrote(rig: Rig, shop: Shop, kind):
    conversation = await rig.heard(shop)
    _, answer = await rig.send(shop, conversation, "Son 20 euros.")
    row = await rig.becomes(shop, answer["message_id"], "delivered")
    await arrive(rig, shop, meta.edit(ROSA, row.wamid, "Gratis.") if kind == "edit" else meta.revoke(ROSA, row.wamid))
    after = await rig.one(shop, row.id)
    assert (after.body, after.revoked_at, after.edited_at) == ("Son 20 euros.", None, None)


async def test_a_reference_to_a_message_nobody_knows_is_kept_and_changes_nothing(rig: Rig, shop: Shop):
    await arrive(rig, shop, meta.edit(ROSA, meta.wamid(), "x"), meta.reaction(ROSA, meta.wamid(), "👍"))
    ledger = await rig.ledger(shop)
    assert ledger.ignored_because == {"edit": 1, "reaction": 1}


async def test_a_person_takes_back_in_the_phone_app_what_they_wrote_there(rig: Rig, shop: Shop):
    wrote = {**meta.text(shop.display, "Son 20 euros.", at=NOW), "to": ROSA}
    taken_back = {**meta.revoke(shop.display, wrote["id"], at=NOW + 5), "to": ROSA}
    for echo in (wrote, taken_back):
        value = meta.value(shop.phone_number_id, message_echoes=[echo])
        await rig.post(as_body(meta.envelope(shop.waba_id, value, field="smb_message_echoes")))
    await rig.settled(shop, webhooks=2)
    row = next(m for m in await rig.messages(shop, "out") if m.wamid == wrote["id"])
    assert row.revoked_at.timestamp() == NOW + 5
