"""Messages out: at most one POST for a decision, every answer of Meta classed, nothing left without an end."""

import asyncio
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from builders import meta
from rig import Rig, Shop, as_body, eventually
from wacloud.modules.whatsapp.application.limits import Wish
from wacloud.modules.whatsapp.application.mend import wake_queued_messages
from wacloud.modules.whatsapp.application.outbox import dispatch_job
from wacloud.modules.whatsapp.application.send_again import NothingToSendAgain, send_again
from wacloud.modules.whatsapp.application.stored import SendResult
from wacloud.modules.whatsapp.application.write_reply import write_reply
from wacloud.modules.whatsapp.domain.callback import read_callback, write_callback
from wacloud.modules.whatsapp.domain.conversation import OutsideServiceWindow
from wacloud.modules.whatsapp.domain.delivery import judge, pause_before_retry, pause_for_pair, tries_of
from wacloud.shared.application.db import StoreAway
from wacloud.shared.infra.crypto import SecretBox

NO_WAIT = timedelta()


@pytest.fixture
async def shop(rig: Rig) -> Shop:
    return await rig.shop(enabled=False)


async def sends(rig: Rig, shop: Shop, text: str, conversation: UUID | None = None, **more) -> UUID:
    """Somebody writes; returns the message's id."""
    conversation = conversation or await rig.heard(shop)
    status, answer = await rig.send(shop, conversation, text, **more)
    assert status == 202, answer
    return UUID(answer["message_id"])


def posts(rig: Rig, shop: Shop, rule) -> int:
    """How often the shop POSTed: what a rule struck and what was accepted."""
    return rule.applied + len(rig.accepted(shop))


async def waits(rig: Rig, shop: Shop, message_id: UUID, reason: str):
    """The message stands queued again, for this reason."""

    async def look():
        row = await rig.one(shop, message_id)
        return row if (row.state, row.reason) == ("queued", reason) else None

    return await eventually(look, tell=lambda: rig.one(shop, message_id))


async def number_of(rig: Rig, shop: Shop):
    [row] = await rig.rows(shop, "select * from app.phone_numbers where business_id = %s", (shop.business_id,))
    return row


async def set_number(rig: Rig, shop: Shop, **values) -> None:
    columns = ", ".join(f"{name} = %({name})s" for name in values)
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute(f"update app.phone_numbers set {columns} where id = %(id)s", {**values, "id": shop.number_id})


# ---- by program


async def test_a_message_by_program_is_sent_delivered_and_named_by_its_author(rig: Rig, shop: Shop):
    message_id = await sends(rig, shop, "Su pedido está listo.")
    row = await rig.becomes(shop, message_id, "delivered")
    assert (row.author, row.author_id, row.body) == ("member", shop.user_id, "Su pedido está listo.")
    assert row.wamid
    assert rig.accepted(shop) == ["Su pedido está listo."]


async def test_the_same_key_ten_times_at_once_is_one_message(rig: Rig, shop: Shop):
    conversation = await rig.heard(shop)
    answers = await asyncio.gather(*(rig.send(shop, conversation, "uno", key="pedido-4711") for _ in range(10)))
    assert {status for status, _ in answers} <= {202, 409}
    [message_id] = {answer["message_id"] for status, answer in answers if status == 202}
    await rig.becomes(shop, message_id, "delivered")
    assert rig.accepted(shop) == ["uno"]


async def test_a_key_used_again_for_something_else_is_refused(rig: Rig, shop: Shop):
    rosa, paco = await rig.heard(shop, "34600111222"), await rig.heard(shop, "34600333444")
    _, first = await rig.send(shop, rosa, "uno", key="pedido-4711")
    for conversation, text in ((paco, "uno"), (rosa, "dos")):
        status, problem = await rig.send(shop, conversation, text, key="pedido-4711")
        assert (status, problem["code"]) == (422, "idempotency_key_reused")
    status, again = await rig.send(shop, rosa, "uno", key="pedido-4711")
    assert (status, again["message_id"]) == (202, first["message_id"])
    await rig.becomes(shop, first["message_id"], "delivered")
    assert rig.accepted(shop) == ["uno"]


async def test_a_key_for_two_conversations_at_once_is_one_message_and_one_refusal(rig: Rig, shop: Shop):
    rosa, paco = await rig.heard(shop, "34600111222"), await rig.heard(shop, "34600333444")
    answers = await asyncio.gather(*(rig.send(shop, one, "uno", key="pedido-4711") for one in (rosa, paco)))
    assert sorted(status for status, _ in answers) == [202, 422]
    await rig.settled(shop, webhooks=2)
    assert rig.accepted(shop) == ["uno"]


async def test_a_request_repeated_after_the_window_closed_is_answered_as_the_first_time(rig: Rig, shop: Shop):
    conversation = await rig.heard(shop)
    _, first = await rig.send(shop, conversation, "uno", key="pedido-4711")
    await rig.becomes(shop, first["message_id"], "delivered")
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute(
            "update app.conversations set last_inbound_at = now() - interval '2 days' where business_id = %s",
            (shop.business_id,),
        )
    status, again = await rig.send(shop, conversation, "uno", key="pedido-4711")
    assert (status, again["message_id"]) == (202, first["message_id"])


async def test_without_a_key_the_same_text_is_sent_each_time(rig: Rig, shop: Shop):
    conversation = await rig.heard(shop)
    for _ in range(2):
        await sends(rig, shop, "uno", conversation)
    await rig.settled(shop, webhooks=1)
    assert rig.accepted(shop) == ["uno", "uno"]


async def test_messages_of_one_conversation_leave_in_the_order_they_were_written(rig: Rig, shop: Shop):
    conversation = await rig.heard(shop)
    for n in range(12):
        await sends(rig, shop, f"{n:02}", conversation)
    await rig.settled(shop, webhooks=1)
    assert rig.accepted(shop) == [f"{n:02}" for n in range(12)]


async def test_a_conversation_of_another_business_does_not_exist(rig: Rig, shop: Shop):
    conversation = await rig.heard(shop)
    status, problem = await rig.send(await rig.shop(), conversation, "hola")
    assert (status, problem["code"]) == (404, "conversation_unknown")
    assert rig.accepted(shop) == []


@pytest.mark.parametrize("text", ["x" * 4097, "", "   \n ", "\u0000\u0007"])
async def test_a_text_that_is_too_long_or_empty_is_refused(rig: Rig, shop: Shop, text: str):
    conversation = await rig.heard(shop)
    status, _ = await rig.send(shop, conversation, text)
    assert status == 422
    assert await rig.messages(shop, "out") == []


async def test_a_text_of_4096_characters_is_sent_whole(rig: Rig, shop: Shop):
    message_id = await sends(rig, shop, "ñ" * 4096)
    await rig.becomes(shop, message_id, "delivered")


async def test_outside_the_service_window_nothing_is_queued(rig: Rig, shop: Shop):
    conversation = await rig.heard(shop, at=time.time() - 25 * 3600)
    status, problem = await rig.send(shop, conversation, "hola")
    assert (status, problem["code"]) == (409, "outside_service_window")
    assert await rig.messages(shop, "out") == []


async def test_a_window_that_closes_before_the_message_leaves_ends_it_with_its_reason(rig: Rig, shop: Shop):
    await set_number(rig, shop, state="held")
    message_id = await sends(rig, shop, "hola")
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute(
            "update app.conversations set last_inbound_at = now() - interval '24 hours' where business_id = %s",
            (shop.business_id,),
        )

    async def ended():
        await rig.hurry(shop)
        return (await rig.one(shop, message_id)).state == "failed"

    await eventually(ended)
    assert (await rig.one(shop, message_id)).reason == "outside_service_window"
    assert rig.accepted(shop) == []


@pytest.mark.parametrize("headers", [{}, {"authorization": "Bearer nonsense"}, {"authorization": "Basic Zm9v"}])
async def test_nobody_sends_without_a_token(rig: Rig, shop: Shop, headers):
    conversation = await rig.heard(shop)
    status, _ = await rig.send(shop, conversation, "hola", headers=headers)
    assert status == 401


async def test_a_reply_on_the_page_is_sent_and_takes_the_conversation_over(rig: Rig, shop: Shop):
    conversation = await rig.heard(shop)
    message_id = await write_reply(
        rig.house.whatsapp, shop.user_id, shop.business_id, conversation, "  Sí,\r\na las nueve.\u0000 "
    )
    await rig.becomes(shop, message_id, "delivered")
    assert rig.accepted(shop) == ["Sí,\na las nueve."]
    [row] = (await rig.house.whatsapp.inbox.page(shop.user_id, shop.business_id)).rows
    assert (row.handler, row.assigned_to, row.unread) == ("person", "Marta", 0)


async def test_a_message_to_nobody_ends_with_its_reason(rig: Rig, shop: Shop):
    nameless = meta.text("", "¿quién soy?")
    del nameless["from"]
    await rig.post(as_body(meta.inbound_of(shop, nameless)))
    await rig.settled(shop, webhooks=1)
    [question] = await rig.messages(shop)
    row = await rig.becomes(shop, await sends(rig, shop, "hola", question.conversation_id), "failed")
    assert row.reason == "no_recipient"


# ---- what Meta answers


async def test_a_transient_error_is_tried_again_and_sent_once(rig: Rig, shop: Shop):
    rule = rig.misbehave(shop, error_code=131000)
    message_id = await sends(rig, shop, "hola")
    await waits(rig, shop, message_id, "meta:131000")
    row = await rig.becomes(shop, message_id, "delivered")
    assert (row.reason, row.error, row.dispatch_attempt) == (None, None, 2)
    assert (rule.applied, rig.accepted(shop)) == (1, ["hola"])


@pytest.mark.parametrize("code", [131056, 130429, 80007])
async def test_a_throttled_message_waits_and_is_sent(rig: Rig, shop: Shop, code: int):
    rule = rig.misbehave(shop, error_code=code)
    message_id = await sends(rig, shop, "hola")
    await waits(rig, shop, message_id, f"meta:{code}")
    await rig.becomes(shop, message_id, "delivered")
    assert posts(rig, shop, rule) == 2


async def test_while_a_person_is_throttled_others_are_not(rig: Rig, shop: Shop):
    rosa, paco = await rig.heard(shop, "34600111222"), await rig.heard(shop, "34600333444")
    rule = rig.misbehave(shop, error_code=131056, text_contains="para Rosa")
    held = await sends(rig, shop, "para Rosa", rosa)
    await waits(rig, shop, held, "meta:131056")
    await rig.becomes(shop, await sends(rig, shop, "para Paco", paco), "delivered")
    assert rule.applied == 1


@pytest.mark.parametrize("code", [131047, 131026, 100, 131045])
async def test_a_refusal_for_good_ends_the_message_with_its_reason(rig: Rig, shop: Shop, code: int):
    rule = rig.misbehave(shop, times=None, error_code=code, details="porque sí")
    row = await rig.becomes(shop, await sends(rig, shop, "hola"), "failed")
    assert (row.reason, row.error["code"], row.error["details"]) == (f"meta:{code}", code, "porque sí")
    assert row.failed_at is not None
    assert posts(rig, shop, rule) == 1
    assert (await rig.ledger(shop)).failed_because == {f"meta:{code}": 1}


async def test_an_unknown_error_is_tried_three_times(rig: Rig, shop: Shop):
    rule = rig.misbehave(shop, times=None, error_code=1)
    message_id = await sends(rig, shop, "hola")

    async def ended():
        await rig.hurry(shop)
        return (await rig.one(shop, message_id)).state == "failed"

    await eventually(ended)
    assert posts(rig, shop, rule) == 3


async def test_a_dead_token_holds_the_number_until_it_is_reconnected(rig: Rig, shop: Shop):
    conversation, other = await rig.heard(shop), await rig.heard(shop, "34600333444")
    rule = rig.misbehave(shop, error_code=190)
    first = await sends(rig, shop, "uno", conversation)
    await waits(rig, shop, first, "meta:190")
    number = await number_of(rig, shop)
    assert (number.state, number.held_because) == ("held", "meta:190")
    second = await sends(rig, shop, "dos", other)
    await rig.hurry(shop)
    await asyncio.sleep(0.3)
    assert [(await rig.one(shop, m)).state for m in (first, second)] == ["queued", "queued"]
    await set_number(rig, shop, state="connected", held_because=None)
    await rig.hurry(shop)
    await rig.becomes(shop, first, "delivered")
    await rig.becomes(shop, second, "delivered")
    assert posts(rig, shop, rule) == 3


async def test_a_token_our_key_does_not_open_holds_nothing_and_the_message_goes_once_the_key_is_right(
    rig: Rig, shop: Shop
):
    right = (await number_of(rig, shop)).access_token
    await set_number(rig, shop, access_token=SecretBox(["the key of another installation"]).encrypt("token"))
    message_id = await sends(rig, shop, "hola")
    await waits(rig, shop, message_id, "token_unreadable")
    number = await number_of(rig, shop)
    assert (number.state, number.held_because) == ("connected", None)
    await set_number(rig, shop, access_token=right)
    await rig.hurry(shop)
    row = await rig.becomes(shop, message_id, "delivered")
    assert (row.reason, row.error) == (None, None)
    assert rig.accepted(shop) == ["hola"]


@pytest.mark.parametrize("code", [190, 130429])
async def test_what_meta_refused_stays_known_when_the_number_cannot_be_held_back(
    rig: Rig, shop: Shop, monkeypatch, code: int
):
    async def broken(*_, **__):
        raise StoreAway("away for a moment")

    with monkeypatch.context() as patch:
        patch.setattr(rig.house.whatsapp.numbers, "hold", broken)
        patch.setattr(rig.house.whatsapp.throttle, "stop", broken)
        rule = rig.misbehave(shop, error_code=code)
        message_id = await sends(rig, shop, "hola")
        await waits(rig, shop, message_id, f"meta:{code}")
    await rig.hurry(shop)
    await rig.becomes(shop, message_id, "delivered")
    assert posts(rig, shop, rule) == 2


@pytest.mark.parametrize(("code", "at_least"), [(131042, timedelta(minutes=50)), (131048, timedelta(hours=3))])
async def test_what_can_only_go_later_waits_for_later(rig: Rig, shop: Shop, code: int, at_least: timedelta):
    rule = rig.misbehave(shop, error_code=code)
    message_id = await sends(rig, shop, "hola")
    await waits(rig, shop, message_id, f"meta:{code}")

    async def put_off():
        return [job for job in await rig.jobs(shop) if job.state == "ready"]

    [job] = await eventually(put_off)
    assert job.run_at - datetime.now(UTC) > at_least
    await rig.hurry(shop)
    await rig.becomes(shop, message_id, "delivered")
    assert posts(rig, shop, rule) == 2


async def test_an_error_without_a_code_leaves_the_message_unconfirmed(rig: Rig, shop: Shop):
    rule = rig.misbehave(shop, http_status=500, body="<html>oops</html>")
    message_id = await sends(rig, shop, "hola")
    row = await rig.becomes(shop, message_id, "unconfirmed")
    assert row.reason == "no_answer"
    await rig.settled(shop, webhooks=1)
    await asyncio.sleep(0.3)
    assert posts(rig, shop, rule) == 1


async def test_a_cut_answer_is_settled_by_the_status_that_carries_our_id(rig: Rig, shop: Shop):
    rule = rig.misbehave(shop, accept_then_cut=True, hold_statuses=True)
    message_id = await sends(rig, shop, "hola")
    assert (await rig.becomes(shop, message_id, "unconfirmed")).wamid is None
    await eventually(lambda: held_statuses(rig, 2))
    rig.twin.twin.statuses.release()
    row = await rig.becomes(shop, message_id, "delivered")
    assert (row.reason, row.error) == (None, None)
    assert row.wamid
    assert row.accepted_at
    assert rule.applied == 1
    assert rig.accepted(shop) == ["hola"]


async def held_statuses(rig: Rig, number: int) -> bool:
    return rig.twin.twin.statuses.held >= number


async def test_a_cut_answer_with_no_status_ever_stays_unconfirmed_and_is_not_sent_again(rig: Rig, shop: Shop):
    rig.misbehave(shop, accept_then_cut=True, accept_without_status=True)
    message_id = await sends(rig, shop, "hola")
    await rig.becomes(shop, message_id, "unconfirmed")
    await rig.hurry(shop)
    await asyncio.sleep(0.5)
    assert (await rig.one(shop, message_id)).state == "unconfirmed"
    assert rig.accepted(shop) == ["hola"]
    assert await rig.jobs(shop) == []


async def test_an_accepted_message_whose_statuses_never_come_stays_sent(rig: Rig, shop: Shop):
    rig.misbehave(shop, accept_without_status=True)
    row = await rig.becomes(shop, await sends(rig, shop, "hola"), "sent")
    assert row.accepted_at
    assert row.delivered_at is None


async def test_a_connection_cut_before_any_answer_is_unconfirmed_and_never_repeated(rig: Rig, shop: Shop):
    rule = rig.misbehave(shop, times=None, cut_before=True)
    message_id = await sends(rig, shop, "hola")
    await rig.becomes(shop, message_id, "unconfirmed")
    await rig.hurry(shop)
    await asyncio.sleep(0.5)
    assert posts(rig, shop, rule) == 1


async def test_while_meta_cannot_be_reached_the_message_waits(rig: Rig, shop: Shop, monkeypatch):
    conversation = await rig.heard(shop)
    api = rig.house.whatsapp.cloud_api
    right = api._base
    monkeypatch.setattr(api, "_base", "http://127.0.0.1:9/v26.0")
    message_id = await sends(rig, shop, "hola", conversation)

    async def refused():
        row = await rig.one(shop, message_id)
        return row.state == "queued" and row.dispatch_attempt

    await eventually(refused)
    monkeypatch.setattr(api, "_base", right)
    await rig.becomes(shop, message_id, "delivered")
    assert rig.accepted(shop) == ["hola"]


async def test_a_message_whose_worker_died_half_way_is_unconfirmed_and_not_sent(rig: Rig, shop: Shop):
    await set_number(rig, shop, state="held")
    conversation = await rig.heard(shop)
    message_id = await sends(rig, shop, "hola", conversation)

    async def given_back():
        return [job for job in await rig.jobs(shop) if job.state == "ready"]

    await eventually(given_back)
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute(
            "update app.messages set state = 'dispatching', dispatch_attempt = 1 where id = %s", (message_id,)
        )
    await set_number(rig, shop, state="connected")
    await rig.hurry(shop)
    row = await rig.becomes(shop, message_id, "unconfirmed")
    assert row.reason == "worker_lost"
    assert rig.accepted(shop) == []


async def test_a_job_that_runs_twice_sends_once(rig: Rig, shop: Shop):
    conversation = await rig.heard(shop)
    rig.misbehave(shop, delay_ms=300)
    message_id = await sends(rig, shop, "hola", conversation)
    await rig.becomes(shop, message_id, "sent", "delivered")
    async with rig.house.db.tenant(shop.business_id) as tx:
        tx.queue(*(dispatch_job(shop.business_id, conversation, message_id) for _ in range(3)))
    await eventually(lambda: nothing_open(rig, shop))
    assert rig.accepted(shop) == ["hola"]


async def test_a_refusal_that_comes_late_does_not_free_a_message_for_another_post(rig: Rig, shop: Shop):
    """Its worker was taken for dead; meanwhile a person sent it again, and that POST is under way."""
    message_id = await sends(rig, shop, "hola")
    await rig.becomes(shop, message_id, "sent", "delivered")
    store = rig.house.whatsapp.deliveries
    pair = [(shop.business_id, message_id)]
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute(
            "update app.messages set state = 'dispatching', dispatch_attempt = 3, wamid = null where id = %s",
            (message_id,),
        )
        [under_way] = await store.to_send(tx, pair)
        for state in ("queued", "failed", "unconfirmed"):
            await store.record(tx, [SendResult(replace(under_way, dispatch_attempt=2), state, reason="late")])
        assert await store.begin_dispatch(tx, [under_way]) == {}
        await store.record(tx, [SendResult(under_way, "queued", reason="of this one")])
        assert await store.begin_dispatch(tx, [under_way]) == {message_id: 4}


async def nothing_open(rig: Rig, shop: Shop) -> bool:
    return not await rig.jobs(shop)


async def test_one_message_that_breaks_the_sender_harms_no_other(rig: Rig, shop: Shop, monkeypatch):
    conversations = [await rig.heard(shop, f"3460000000{n}") for n in range(5)]
    api = rig.house.whatsapp.cloud_api
    send = type(api).send

    async def breaks(message, data):
        if message.body == "rompe":
            raise ZeroDivisionError
        await asyncio.sleep(0.1)
        return await send(api, message, data)

    monkeypatch.setattr(api, "send", breaks)
    texts = ["rompe", "a", "b", "c", "d"]
    ids = await asyncio.gather(
        *(sends(rig, shop, text, conversation) for text, conversation in zip(texts, conversations, strict=True))
    )
    for message_id in ids[1:]:
        await rig.becomes(shop, message_id, "delivered")
    # Whether its POST left nobody can say, so nobody sends it again.
    await rig.becomes(shop, ids[0], "unconfirmed")
    assert sorted(rig.accepted(shop)) == ["a", "b", "c", "d"]


# ---- once more, by a person


async def test_a_person_sends_a_failed_message_again(rig: Rig, shop: Shop):
    rig.misbehave(shop, error_code=131026)
    message_id = await sends(rig, shop, "hola")
    await rig.becomes(shop, message_id, "failed")
    await send_again(rig.house.whatsapp, shop.user_id, shop.business_id, message_id)
    row = await rig.becomes(shop, message_id, "delivered")
    assert (row.reason, row.error) == (None, None)
    assert rig.accepted(shop) == ["hola"]


async def test_a_person_sends_an_unconfirmed_message_again(rig: Rig, shop: Shop):
    rig.misbehave(shop, cut_before=True)
    message_id = await sends(rig, shop, "hola")
    await rig.becomes(shop, message_id, "unconfirmed")
    await send_again(rig.house.whatsapp, shop.user_id, shop.business_id, message_id)
    await rig.becomes(shop, message_id, "delivered")
    assert rig.accepted(shop) == ["hola"]


async def test_ten_wishes_to_send_again_are_one(rig: Rig, shop: Shop):
    rig.misbehave(shop, error_code=131026)
    message_id = await sends(rig, shop, "hola")
    await rig.becomes(shop, message_id, "failed")
    outcomes = await asyncio.gather(
        *(send_again(rig.house.whatsapp, shop.user_id, shop.business_id, message_id) for _ in range(10)),
        return_exceptions=True,
    )
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["NoneType"] + ["NothingToSendAgain"] * 9
    await rig.becomes(shop, message_id, "delivered")
    assert rig.accepted(shop) == ["hola"]


async def test_a_message_that_was_sent_is_not_sent_again(rig: Rig, shop: Shop):
    message_id = await sends(rig, shop, "hola")
    await rig.becomes(shop, message_id, "delivered")
    with pytest.raises(NothingToSendAgain):
        await send_again(rig.house.whatsapp, shop.user_id, shop.business_id, message_id)
    stranger = await rig.shop()
    with pytest.raises(NothingToSendAgain):
        await send_again(rig.house.whatsapp, stranger.user_id, shop.business_id, message_id)


async def test_outside_the_window_a_failed_message_stays_failed(rig: Rig, shop: Shop):
    rig.misbehave(shop, error_code=131026)
    message_id = await sends(rig, shop, "hola")
    await rig.becomes(shop, message_id, "failed")
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute(
            "update app.conversations set last_inbound_at = now() - interval '2 days' where business_id = %s",
            (shop.business_id,),
        )
    with pytest.raises(OutsideServiceWindow):
        await send_again(rig.house.whatsapp, shop.user_id, shop.business_id, message_id)
    assert (await rig.one(shop, message_id)).state == "failed"


async def test_an_imported_message_that_once_failed_is_never_sent_by_us(rig: Rig, shop: Shop):
    await rig.heard(shop)
    past = {
        **meta.text("34910000000", "Promo de hace un mes"),
        "to": "34600111222",
        "history_context": {"status": "ERROR"},
    }
    chunk = {"metadata": {"phase": 1}, "threads": [{"id": "34600111222", "messages": [past]}]}
    value = meta.value(shop.phone_number_id, history=[chunk])
    await rig.post(as_body(meta.envelope(shop.waba_id, value, field="history")))
    await rig.settled(shop, webhooks=2)
    [old] = await rig.messages(shop, "out")
    assert (old.author, old.state) == ("history", "failed")
    with pytest.raises(NothingToSendAgain):
        await send_again(rig.house.whatsapp, shop.user_id, shop.business_id, old.id)
    assert (await rig.one(shop, old.id)).state == "failed"
    assert rig.accepted(shop) == []


async def test_an_old_failure_told_again_does_not_touch_the_message_sent_again(rig: Rig, shop: Shop):
    rig.misbehave(shop, fail_later=131026)
    message_id = await sends(rig, shop, "hola")
    failed = await rig.becomes(shop, message_id, "failed")
    old = meta.status(
        failed.wamid,
        "failed",
        at=failed.failed_at.timestamp(),
        biz_opaque_callback_data=write_callback(failed.id, failed.created_at),
        errors=[{"code": 131026, "title": "otra vez"}],
    )
    await set_number(rig, shop, state="held")
    await send_again(rig.house.whatsapp, shop.user_id, shop.business_id, message_id)
    webhooks = (await rig.ledger(shop)).webhooks["received"]
    await rig.post(as_body(meta.statuses(shop, old)))
    await eventually(lambda: processed(rig, shop, webhooks + 1))
    assert (await rig.one(shop, message_id)).state == "queued"
    rig.misbehave(shop, accept_without_status=True)
    await set_number(rig, shop, state="connected")
    await rig.hurry(shop)
    again = await rig.becomes(shop, message_id, "sent")
    assert again.wamid != failed.wamid
    old["recipient_id"] = "34600111222"
    await rig.post(as_body(meta.statuses(shop, old)))
    await eventually(lambda: processed(rig, shop, webhooks + 2))
    assert (await rig.one(shop, message_id)).state == "sent"
    await rig.post(as_body(meta.statuses(shop, meta.status(again.wamid, "failed", errors=[{"code": 131026}]))))
    await rig.becomes(shop, message_id, "failed")


async def processed(rig: Rig, shop: Shop, number: int) -> bool:
    return (await rig.ledger(shop)).webhooks["processed"] >= number


# ---- limits: see also test_sending_limits.py


async def test_above_its_throughput_a_number_sends_everything_a_little_later(rig: Rig):
    shop = await rig.shop(enabled=False)
    conversations = [await rig.heard(shop, f"346000000{n:02}") for n in range(8)]
    await set_number(rig, shop, throughput=4)
    for n, conversation in enumerate(conversations):
        await sends(rig, shop, f"{n}", conversation)
    ledger = await rig.settled(shop, webhooks=8)
    assert ledger.outbound["failed"] == 0
    assert sorted(rig.accepted(shop)) == [str(n) for n in range(8)]


async def test_the_burst_of_one_person_waits_before_meta_has_to_say_so(rig: Rig, shop: Shop, monkeypatch):
    conversation = await rig.heard(shop)
    wish = Wish(shop.business_id, shop.waba_id, shop.waba_id, shop.phone_number_id, "34600111222", 80)
    await rig.house.whatsapp.throttle.stop(wish, "pair", timedelta(seconds=1.5))
    message_id = await sends(rig, shop, "hola", conversation)

    async def put_off():
        return [job for job in await rig.jobs(shop) if job.last_error == "within Meta's limits"]

    await eventually(put_off)
    row = await rig.becomes(shop, message_id, "delivered")
    assert row.dispatch_attempt == 1


# ---- rules


@given(st.uuids(), st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_the_callback_data_leads_back_to_the_message(message_id: UUID, created_at: datetime):
    data = write_callback(message_id, created_at)
    assert read_callback(data) == (message_id, created_at)
    assert len(data) <= 512


@given(st.one_of(st.none(), st.text(), st.from_regex(r"wacloud1\.[0-9a-f]{0,40}\.\S{0,30}")))
def test_callback_data_of_others_leads_nowhere_and_breaks_nothing(data: str | None):
    found = read_callback(data)
    assert found is None or write_callback(*found) is not None


NEVER = (
    *(33, 100, 130403, 130472, 130497, 131008, 131009, 131020, 131021, 131026, 131030, 131031, 131035, 131036),
    *(131037, 131041, 131044, 131045, 131047, 131050, 131051, 131052, 131053, 131055, 131060, 131061, 131062),
    *(131063, 131201, 131207, 131209, 131215, 132000, 132001, 132005, 132007, 132008, 132012, 132016, 132018),
    *(132068, 133000, 133005, 133006, 133010, 134011, 134100, 137000, 138000, 139000, 139004, 139100, 139101),
    *(147001, 147005, 1752041, 2593079, 2593085),
)
TABLE = {
    **dict.fromkeys((0, 3, 10, 190, 131005, 200, 250, 299), "reconnect"),
    **dict.fromkeys((1, 2, 131000, 131016, 131057, 133004, 135000, 139102, 139103, 2494100), "retry"),
    **dict.fromkeys((4, 613, 80007, 130429, 131056, 131208, 138002), "wait"),
    **dict.fromkeys((368, 131042, 131048, 131049, 131064, 132015, 132069), "later"),
    **dict.fromkeys((133008, 133009, 133015, 133016, 134101), "later"),
    **dict.fromkeys(NEVER, "stop"),
}


@pytest.mark.parametrize(("code", "verdict"), TABLE.items())
@pytest.mark.parametrize("http_status", [400, 500])
def test_the_code_decides_and_not_the_http_status(code: int, verdict: str, http_status: int):
    assert judge(http_status, code).verdict == verdict


@pytest.mark.parametrize(
    ("http_status", "transient", "verdict"), [(400, False, "stop"), (500, False, "retry"), (400, True, "retry")]
)
def test_a_code_nobody_knows_goes_by_its_status(http_status: int, transient: bool, verdict: str):
    assert judge(http_status, 987654, transient=transient).verdict == verdict


@pytest.mark.parametrize(("http_status", "verdict"), [(400, "stop"), (404, "stop"), (429, "wait"), (502, "unknown")])
def test_an_answer_without_a_code_is_a_refusal_or_nobody_knows(http_status: int, verdict: str):
    assert judge(http_status, None).verdict == verdict


def test_pauses_grow_and_end():
    assert [pause_before_retry(n).total_seconds() for n in range(1, 7)] == [1, 2, 4, 8, 16, 900]
    assert [pause_for_pair(n).total_seconds() for n in range(5)] == [1, 4, 16, 64, 256]
    assert pause_for_pair(50) == timedelta(minutes=10)
    assert (tries_of(1), tries_of(135000)) == (3, 2)
    assert tries_of(131000) > 1000


# ---- what would be left behind


async def without_its_job(rig: Rig, shop: Shop, text: str, *, parked: bool = False) -> UUID:
    """A message queued some minutes ago whose job is gone, as after a worker that lost its lease at a bad moment."""
    conversation = await rig.heard(shop)
    await set_number(rig, shop, state="held", held_because="test")
    message_id = await sends(rig, shop, text, conversation)

    change = "update app.jobs set state = 'parked', parked_at = now()" if parked else "delete from app.jobs"

    async def took_it_away() -> int:
        # Whoever has it in hand could still send it once the number may again.
        async with rig.house.db.tenant(shop.business_id) as tx:
            return await tx.execute(f"{change} where business_id = %s and state = 'ready'", (shop.business_id,))

    await eventually(took_it_away)
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute(
            "update app.messages set created_at = created_at - interval '5 minutes' where id = %s", (message_id,)
        )
    await set_number(rig, shop, state="connected", held_because=None)
    return message_id


async def test_a_queued_message_without_a_job_is_found_and_sent(rig: Rig, shop: Shop):
    message_id = await without_its_job(rig, shop, "¿sigues ahí?")
    await wake_queued_messages(rig.house.whatsapp)
    await rig.becomes(shop, message_id, "sent", "delivered")
    assert rig.accepted(shop) == ["¿sigues ahí?"]


async def test_a_message_whose_job_was_parked_ends_as_failed_and_can_be_sent_again(rig: Rig, shop: Shop):
    message_id = await without_its_job(rig, shop, "al final sí", parked=True)
    await wake_queued_messages(rig.house.whatsapp)
    row = await rig.one(shop, message_id)
    assert (row.state, row.reason) == ("failed", "gave_up")
    await send_again(rig.house.whatsapp, shop.user_id, shop.business_id, message_id)
    await rig.becomes(shop, message_id, "sent", "delivered")
    assert rig.accepted(shop) == ["al final sí"]
