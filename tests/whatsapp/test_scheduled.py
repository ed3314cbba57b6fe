"""What goes out later: held for some seconds so that it may be taken back, or at a time somebody chose."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from test_team_inbox import colleague

from builders import meta
from rig import Rig, ScriptedModel, Shop, as_body, eventually, open_rig
from wacloud.modules.whatsapp.application.hold_reply import hold_reply
from wacloud.modules.whatsapp.application.mend import wake_overdue_messages
from wacloud.modules.whatsapp.application.schedule_message import schedule_message
from wacloud.modules.whatsapp.application.write_reply import AnsweredMeanwhile

TOMORROW = (datetime.now(UTC) + timedelta(days=1)).isoformat()


@pytest.fixture(scope="module")
async def rig(own_database: Any, redis_url: str) -> AsyncIterator[Rig]:
    """Replies are held for a minute here: nothing goes out by itself while a test looks."""
    async with open_rig(own_database.app_dsn, redis_url, model=ScriptedModel(), settings={"undo_send_s": 60}) as rig:
        yield rig


@pytest.fixture
async def shop(rig: Rig) -> Shop:
    return await rig.shop(enabled=False)


async def ask(rig: Rig, shop: Shop, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
    sent = {**rig.bearer(shop), **headers}
    async with rig.http.request(method, rig.url + path, json=body, headers=sent) as answer:
        return answer.status, await answer.json(content_type=None) if answer.status != 204 else None


async def form(rig: Rig, shop: Shop, path: str, **fields: str) -> tuple[int, str]:
    headers = {**rig.bearer(shop), "hx-request": "true"}
    async with rig.http.post(rig.url + path, data=fields, headers=headers) as answer:
        return answer.status, await answer.text()


async def reply(rig: Rig, shop: Shop, conversation: UUID, text: str, **fields: str) -> tuple[int, str]:
    return await form(rig, shop, f"/inbox/{conversation}/reply", **{"key": uuid4().hex, "text": text, **fields})


async def waiting(rig: Rig, shop: Shop, conversation: UUID) -> list[Any]:
    status, found = await ask(rig, shop, "GET", f"/api/whatsapp/conversations/{conversation}/scheduled")
    assert status == 200
    return list(found["scheduled"])


async def time_comes(rig: Rig, shop: Shop) -> None:
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute(
            "update app.scheduled_messages set send_at = send_at - interval '2 days' where business_id = %s",
            (shop.business_id,),
        )
    await rig.hurry(shop)


async def schedule(rig: Rig, shop: Shop, conversation: UUID, text: str, **more: Any) -> Any:
    body = {"text": text, "send_at": TOMORROW, **more}
    status, made = await ask(rig, shop, "POST", f"/api/whatsapp/conversations/{conversation}/scheduled", body)
    assert status == 201, made
    return made


async def goes_out(rig: Rig, shop: Shop, *texts: str) -> None:
    async def look() -> bool:
        return rig.accepted(shop) == list(texts)

    async def tell() -> Any:
        return rig.accepted(shop)

    await eventually(look, 20, tell)


async def test_a_reply_is_held_and_goes_out_when_its_seconds_are_over(rig: Rig, shop: Shop):
    conversation = await rig.heard(shop)
    status, page = await reply(rig, shop, conversation, "Ya voy")
    assert status == 200
    assert "Sale en un momento" in page
    assert [one["text"] for one in await waiting(rig, shop, conversation)] == ["Ya voy"]
    assert await rig.messages(shop, "out") == []
    await time_comes(rig, shop)
    await goes_out(rig, shop, "Ya voy")
    assert await waiting(rig, shop, conversation) == []


async def test_what_is_taken_back_is_never_sent_and_stands_in_the_composer_again(rig: Rig, shop: Shop):
    conversation = await rig.heard(shop)
    await reply(rig, shop, conversation, "Ya voi")
    [held] = await waiting(rig, shop, conversation)
    status, page = await form(rig, shop, f"/inbox/scheduled/{held['id']}/take-back", text="y un saludo")
    assert status == 200
    assert "Ya voi\ny un saludo</textarea>" in page
    await time_comes(rig, shop)
    await reply(rig, shop, conversation, "Ya voy")
    await time_comes(rig, shop)
    await goes_out(rig, shop, "Ya voy")
    [gone] = await rig.rows(
        shop, "select * from app.scheduled_messages where business_id = %s and id = %s", (shop.business_id, held["id"])
    )
    assert (gone.state, gone.text) == ("cancelled", "")


async def test_the_same_form_again_holds_and_sends_one_message(rig: Rig, shop: Shop):
    conversation, key = await rig.heard(shop), uuid4().hex
    for _ in range(2):
        assert (await reply(rig, shop, conversation, "Una vez", key=key))[0] == 200
    await time_comes(rig, shop)
    await goes_out(rig, shop, "Una vez")
    assert (await reply(rig, shop, conversation, "Una vez", key=key))[0] == 200
    assert await waiting(rig, shop, conversation) == []
    assert (await reply(rig, shop, conversation, "Otra cosa", key=key))[0] == 422


async def test_the_same_form_after_it_was_taken_back_sends_nothing(rig: Rig, shop: Shop):
    conversation, key = await rig.heard(shop), uuid4().hex
    await reply(rig, shop, conversation, "Nunca", key=key)
    [held] = await waiting(rig, shop, conversation)
    await form(rig, shop, f"/inbox/scheduled/{held['id']}/take-back")
    assert (await reply(rig, shop, conversation, "Nunca", key=key))[0] == 422
    assert await waiting(rig, shop, conversation) == []


async def test_what_is_written_next_does_not_overtake_what_is_held(rig: Rig, shop: Shop):
    conversation = await rig.heard(shop)
    await reply(rig, shop, conversation, "uno")
    await reply(rig, shop, conversation, "dos")
    assert (await rig.send(shop, conversation, "tres"))[0] == 202
    await goes_out(rig, shop, "uno", "dos", "tres")


async def test_taking_back_and_going_out_at_once_end_in_one_of_the_two(rig: Rig, shop: Shop):
    conversation = await rig.heard(shop)
    for n in range(8):
        await reply(rig, shop, conversation, f"texto {n}")
        [held] = await waiting(rig, shop, conversation)
        (status, _), _ = await asyncio.gather(
            ask(rig, shop, "DELETE", f"/api/whatsapp/scheduled/{held['id']}"), time_comes(rig, shop)
        )

        async def is_over() -> bool:
            return await waiting(rig, shop, conversation) == []

        await eventually(is_over)
        sent = [m.body for m in await rig.messages(shop, "out")]
        assert (f"texto {n}" in sent) == (status == 404), status


async def test_the_bot_is_silent_from_the_moment_a_person_has_sent(rig: Rig):
    shop = await rig.shop(enabled=True, quiet_ms=10_000, max_wait_ms=10_000)
    assert await rig.post(as_body(meta.inbound(shop, "34600111222", "hola"))) == 200

    async def is_there() -> Any:
        return await rig.messages(shop)

    [heard] = await eventually(is_there)
    await reply(rig, shop, heard.conversation_id, "Soy Marta")
    [heard] = await rig.messages(shop)
    assert (heard.state, heard.handler) == ("handed_over", "person")


async def test_a_colleague_s_held_answer_stops_a_second_one_once(rig: Rig, shop: Shop):
    conversation = await rig.heard(shop)
    [heard] = await rig.messages(shop)
    ana = await colleague(rig, shop)
    await reply(rig, shop, conversation, "Lo miro")
    [held] = await waiting(rig, shop, conversation)
    deps, key = rig.house.whatsapp, uuid4().hex
    place = (deps, ana, shop.business_id, conversation, "Lo miro yo")
    with pytest.raises(AnsweredMeanwhile):
        await hold_reply(*place, key, read_until=heard.id)
    await hold_reply(*place, key, read_until=UUID(held["id"]))
    assert len(await waiting(rig, shop, conversation)) == 2


async def test_a_text_goes_out_at_its_time_and_the_conversation_is_its_author_s(rig: Rig, shop: Shop):
    conversation = await rig.heard(shop)
    await schedule(rig, shop, conversation, "Buenos días")
    assert rig.accepted(shop) == []
    await time_comes(rig, shop)
    await goes_out(rig, shop, "Buenos días")
    [sent] = await rig.messages(shop, "out")
    assert (sent.author, sent.author_id, sent.handler) == ("member", shop.user_id, "person")


async def test_one_idempotency_key_schedules_one_message(rig: Rig, shop: Shop):
    conversation = await rig.heard(shop)
    path, body = f"/api/whatsapp/conversations/{conversation}/scheduled", {"text": "a", "send_at": TOMORROW}
    first = await ask(rig, shop, "POST", path, body, **{"idempotency-key": "k" * 20})
    again = await ask(rig, shop, "POST", path, body, **{"idempotency-key": "k" * 20})
    assert first == again
    assert len(await waiting(rig, shop, conversation)) == 1


async def test_only_if_they_have_not_written_by_then(rig: Rig, shop: Shop):
    conversation = await rig.heard(shop)
    await schedule(rig, shop, conversation, "¿Sigues ahí?", unless_they_write=True)
    await rig.heard(shop, at=datetime.now(UTC).timestamp() + 5)
    await time_comes(rig, shop)

    async def is_gone() -> bool:
        return await waiting(rig, shop, conversation) == []

    await eventually(is_gone)
    assert await rig.messages(shop, "out") == []


async def test_what_comes_too_late_stays_with_its_reason_and_its_author_is_told(rig: Rig, shop: Shop):
    conversation = await rig.heard(shop)
    made = await schedule(rig, shop, conversation, "¿Qué tal fue?")
    async with rig.house.db.tenant(shop.business_id) as tx:
        await tx.execute(
            "update app.conversations set last_inbound_at = now() - interval '25 hours' where business_id = %s",
            (shop.business_id,),
        )
    await time_comes(rig, shop)

    async def has_failed() -> Any:
        return [one for one in await waiting(rig, shop, conversation) if one["state"] == "failed"]

    [failed] = await eventually(has_failed)
    assert failed["reason"] == "outside_service_window"
    [told] = await rig.house.notification.notices.newest(shop.user_id, shop.business_id)
    assert (told.code, told.details["name"]) == ("scheduled_not_sent", "¿Qué tal fue?")
    path = f"/api/whatsapp/scheduled/{made['id']}/send"
    status, refused = await ask(rig, shop, "POST", path)
    assert (status, refused["code"]) == (409, "outside_service_window")
    await rig.heard(shop)
    assert (await ask(rig, shop, "POST", path))[0] == 204
    await goes_out(rig, shop, "¿Qué tal fue?")
    assert (await ask(rig, shop, "POST", path))[0] == 404


async def test_it_goes_out_although_its_author_has_left(rig: Rig, shop: Shop):
    conversation, ana = await rig.heard(shop), await colleague(rig, shop)
    at = datetime.now(UTC) + timedelta(days=1)
    await schedule_message(rig.house.whatsapp, ana, shop.business_id, conversation, "Hasta mañana", at)
    async with rig.house.db.system("test: somebody leaves") as tx:
        await tx.execute("delete from app.members where business_id = %s and user_id = %s", (shop.business_id, ana))
    await time_comes(rig, shop)
    await goes_out(rig, shop, "Hasta mañana")


async def test_one_whose_job_was_lost_is_found(rig: Rig, shop: Shop):
    conversation = await rig.heard(shop)
    await schedule(rig, shop, conversation, "Perdido")
    async with rig.house.db.system("test: lose a job") as tx:
        await tx.execute("delete from app.jobs where business_id = %s", (shop.business_id,))
    await time_comes(rig, shop)
    assert await wake_overdue_messages(rig.house.whatsapp) >= 1
    await goes_out(rig, shop, "Perdido")


@pytest.mark.parametrize(
    "send_at",
    [
        datetime.now(UTC) - timedelta(minutes=1),
        datetime.now(UTC) + timedelta(days=400),
    ],
)
async def test_a_time_that_has_passed_or_is_far_away_is_refused(rig: Rig, shop: Shop, send_at: datetime):
    conversation = await rig.heard(shop)
    body = {"text": "a", "send_at": send_at.isoformat()}
    status, told = await ask(rig, shop, "POST", f"/api/whatsapp/conversations/{conversation}/scheduled", body)
    assert (status, told["code"]) == (422, "schedule_time_wrong")


async def test_twenty_wait_in_a_conversation_and_no_more(rig: Rig, shop: Shop):
    conversation = await rig.heard(shop)
    for n in range(20):
        await schedule(rig, shop, conversation, f"{n}")
    body = {"text": "uno más", "send_at": TOMORROW}
    status, told = await ask(rig, shop, "POST", f"/api/whatsapp/conversations/{conversation}/scheduled", body)
    assert (status, told["code"]) == (409, "too_many_scheduled")


async def test_the_form_offers_times_and_keeps_what_was_wrong(rig: Rig, shop: Shop):
    conversation = await rig.heard(shop)
    headers = {**rig.bearer(shop)}
    async with rig.http.get(f"{rig.url}/inbox/{conversation}/schedule?text=Hola", headers=headers) as answer:
        page = await answer.text()
    assert "Mañana por la mañana" in page
    assert ">Hola</textarea>" in page
    path = f"/inbox/{conversation}/schedule"
    status, page = await form(rig, shop, path, key=uuid4().hex, text="Hola", at="", other="2020-01-01T10:00")
    assert (status, "no haya pasado" in page, 'value="2020-01-01T10:00"' in page) == (422, True, True)
    later = (datetime.now(UTC) + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    status, page = await form(rig, shop, path, key=uuid4().hex, text="Hola", at="", other=later)
    assert status == 200
    assert 'id="composer"' in page
    assert [one["text"] for one in await waiting(rig, shop, conversation)] == ["Hola"]
